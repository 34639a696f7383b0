"""Settings come from the environment and the nearest `.env`, and from nowhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from logdebug.errors import SettingsError
from logdebug.settings import DEFAULT_MODEL, OFFLINE, Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_set_means_offline(clean_environment: Path) -> None:
    """Without a key and a named model, the embedded analyst works and sessions go to the state directory."""
    settings = Settings.load()
    assert settings.model_name() == OFFLINE
    assert settings.sessions_dir == clean_environment / ".state" / "logdebug" / "sessions"


def test_a_dotenv_is_found_upward(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` above the working directory counts; the nearer one alone counts where there are two."""
    inner = clean_environment / "a" / "b"
    inner.mkdir(parents=True)
    (clean_environment / ".env").write_text("OPENAI_API_KEY=far\nOPENAI_MODEL=far-model\n")
    monkeypatch.chdir(inner)
    assert Settings.load().api_key == "far"
    (inner.parent / ".env").write_text("export OPENAI_API_KEY='near $HOME'  # mine\n")
    assert (Settings.load().api_key, Settings.load().model) == ("near $HOME", "")


def test_the_environment_goes_before_the_dotenv(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins over the `.env`, unless it is empty or blank."""
    (clean_environment / ".env").write_text("OPENAI_API_KEY=file\nOPENAI_BASE_URL=http://file\nOPENAI_MODEL=file\n")
    monkeypatch.setenv("OPENAI_API_KEY", " environment \n")
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setenv("OPENAI_MODEL", "  ")
    settings = Settings.load()
    assert (settings.api_key, settings.base_url, settings.model) == ("environment", "http://file", "file")


def test_nothing_is_written_back(clean_environment: Path) -> None:
    """Reading a `.env` leaves the environment as it was."""
    (clean_environment / ".env").write_text("OPENAI_API_KEY=secret\nSOMETHING_ELSE=1\n")
    before = dict(os.environ)
    Settings.load()
    assert dict(os.environ) == before


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is in no repr, where a traceback or a cell would show it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    assert "secret" not in repr(Settings.load())


@pytest.mark.parametrize(
    ("named", "settings", "model"),
    [
        (None, Settings(), OFFLINE),
        (None, Settings(api_key="k"), DEFAULT_MODEL),
        (None, Settings(api_key="k", model="m"), "m"),
        (None, Settings(model="m"), "m"),
        ("n", Settings(api_key="k", model="m"), "n"),
        (OFFLINE, Settings(api_key="k", model="m"), OFFLINE),
        ("", Settings(api_key="k"), DEFAULT_MODEL),
    ],
)
def test_which_model_is_asked(named: str | None, settings: Settings, model: str) -> None:
    """The caller's model goes first, then OPENAI_MODEL, then the default where there is a key, then `offline`."""
    assert settings.model_name(named) == model


def test_a_model_needs_a_key_or_a_server_of_ones_own() -> None:
    """OpenAI's own server asks for a key, and the error names both ways out; one's own server may ask for none."""
    assert Settings(api_key="k").key_for("m") == "k"
    assert Settings(base_url="http://127.0.0.1:1").key_for("m")
    with pytest.raises(SettingsError, match=r"'m' needs a key.*OPENAI_BASE_URL.*offline"):
        Settings().key_for("m")


def test_a_dotenv_that_is_no_text_is_an_error(clean_environment: Path) -> None:
    """A `.env` in another encoding is named, not passed over and not a traceback of the parser."""
    (clean_environment / ".env").write_bytes(b"OPENAI_API_KEY=\xff\xfe\n")
    with pytest.raises(SettingsError, match="mend or remove") as caught:
        Settings.load()
    assert caught.value.setting.endswith(".env")


def test_broken_lines_of_a_dotenv_hide_no_others(clean_environment: Path) -> None:
    """A name without a value counts as not set, and the lines after a broken one are read."""
    (clean_environment / ".env").write_text("OPENAI_BASE_URL\nnot a setting at all !!\nOPENAI_API_KEY=k\n")
    settings = Settings.load()
    assert (settings.api_key, settings.base_url) == ("k", "")


def test_a_working_directory_that_is_gone_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings can be read where the working directory was removed meanwhile."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        assert Settings.load().model_name() == OFFLINE
    finally:
        os.chdir(tmp_path)


def test_the_sessions_directory_can_be_named(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOGDEBUG_SESSIONS_DIR may begin with `~`; the home of nobody is an error that names the setting."""
    monkeypatch.setenv("LOGDEBUG_SESSIONS_DIR", "~/mine")
    assert Settings.load().sessions_dir == clean_environment / "mine"
    monkeypatch.setenv("LOGDEBUG_SESSIONS_DIR", "~nobody-of-that-name/mine")
    with pytest.raises(SettingsError, match="LOGDEBUG_SESSIONS_DIR") as caught:
        Settings.load()
    assert caught.value.setting == "LOGDEBUG_SESSIONS_DIR"
