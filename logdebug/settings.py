"""What the environment and a `.env` file say: the only reader of both.

A `.env` is searched upward from the working directory; what the environment says goes before it. Nothing is written
back into the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from logdebug.errors import SettingsError

__all__ = ["DEFAULT_MODEL", "OFFLINE", "Settings"]

DEFAULT_MODEL = "gpt-5-mini"
"""The model that is asked where there is a key and no model is named."""
OFFLINE = "offline"
"""The name of the embedded analyst, which needs no model, key or network."""

_NO_KEY_NEEDED = "none"  # what is sent as the key to a server of one's own that asks for none


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings as found.

    Parameters
    ----------
    api_key
        OPENAI_API_KEY; empty where there is none.
    base_url
        OPENAI_BASE_URL, the address of an OpenAI-compatible server; empty for OpenAI's own.
    model
        OPENAI_MODEL; empty where none is named.
    sessions_dir
        LOGDEBUG_SESSIONS_DIR, where sessions are kept; by default `logdebug/sessions` in the user's state directory.
    signatures
        LOGDEBUG_SIGNATURES, files of failure signatures of one's own, separated by colons.
    redaction
        LOGDEBUG_REDACTION, files of rules of one's own for what is hidden from a model, separated by colons.
    price
        LOGDEBUG_PRICE, what the model's tokens cost, as `INPUT/OUTPUT`; empty for the list price.
    """

    api_key: str = field(default="", repr=False)
    base_url: str = ""
    model: str = ""
    sessions_dir: Path = Path("sessions")
    signatures: tuple[Path, ...] = ()
    redaction: tuple[Path, ...] = ()
    price: str = ""

    @classmethod
    def load(cls) -> Settings:
        """Read the environment and the nearest `.env`.

        Raises
        ------
        SettingsError
            Where the `.env` that was found can't be read, or LOGDEBUG_SESSIONS_DIR names the home of nobody.
        """
        found = {**_nearest_dotenv(), **{name: value for name, value in os.environ.items() if value.strip()}}

        def value(name: str) -> str:
            return (found.get(name) or "").strip()

        return cls(
            api_key=value("OPENAI_API_KEY"),
            base_url=value("OPENAI_BASE_URL"),
            model=value("OPENAI_MODEL"),
            sessions_dir=_directory(value("LOGDEBUG_SESSIONS_DIR")),
            signatures=_files(value("LOGDEBUG_SIGNATURES")),
            redaction=_files(value("LOGDEBUG_REDACTION")),
            price=value("LOGDEBUG_PRICE"),
        )

    def model_name(self, named: str | None = None) -> str:
        """Decide which model a run asks: the one named, else OPENAI_MODEL, else the default, else `offline`.

        Parameters
        ----------
        named
            The model that the caller named, if any.

        Returns
        -------
        str
            A model's name, or `offline` where no model is named and there is no key.
        """
        if name := named or self.model:
            return name
        return DEFAULT_MODEL if self.api_key else OFFLINE

    def key_for(self, model: str) -> str:
        """Give the key to send to `model`'s server.

        Raises
        ------
        SettingsError
            Where there is none and the server is OpenAI's own; a server of one's own may need none.
        """
        if self.api_key:
            return self.api_key
        if self.base_url:
            return _NO_KEY_NEEDED
        raise SettingsError(
            f"model {model!r} needs a key: set OPENAI_API_KEY (in the environment or in .env), or OPENAI_BASE_URL for "
            f"a server that needs none, or use model='{OFFLINE}', which needs neither",
            setting="OPENAI_API_KEY",
        )


def default_sessions_dir() -> Path:
    """Give the directory in which sessions are kept where none is named."""
    from platformdirs import user_state_path

    return user_state_path("logdebug") / "sessions"


def _files(given: str) -> tuple[Path, ...]:
    return tuple(Path(path) for path in given.split(os.pathsep) if path)


def _directory(given: str) -> Path:
    if not given:
        return default_sessions_dir()
    try:
        return Path(given).expanduser()
    except RuntimeError as error:  # the home of a user who isn't there
        raise SettingsError(
            f"LOGDEBUG_SESSIONS_DIR={given!r} is no directory's name: {error}; give a whole path",
            setting="LOGDEBUG_SESSIONS_DIR",
        ) from error


def _nearest_dotenv() -> dict[str, str | None]:
    from dotenv import dotenv_values, find_dotenv

    try:
        path = find_dotenv(usecwd=True)
    except FileNotFoundError:  # the working directory itself is gone
        path = ""
    if not path:
        return {}
    try:
        return dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can't be read as settings: {error}; mend or remove it", setting=path) from error
