"""What the other tests stand on holds: no user settings, no network, and incidents as written."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import conftest
import pytest

from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import RealFailure, WriteCase


def test_no_settings_of_the_user_are_seen(clean_environment: Path) -> None:
    """A test sees no key, no server and no `.env`, and keeps its sessions in a home of its own."""
    settings = Settings.load()
    assert (settings.api_key, settings.base_url, settings.model) == ("", "", "")
    assert settings.sessions_dir.is_relative_to(clean_environment)
    assert Path.home() == Path.cwd() == clean_environment
    assert not any(name.startswith(("OPENAI_", "LOGDEBUG_")) for name in os.environ)


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        lambda: socket.create_connection(("2001:db8::1", 80), timeout=1),
        lambda: socket.getaddrinfo("logdebug.invalid", 443),
    ],
    ids=["ipv4", "ipv6", "name"],
)
def test_no_other_machine_is_reached(reach: Callable[[], object]) -> None:
    """To connect elsewhere, or to look a name up, is refused, and noted, so that swallowing it is no way out."""
    with pytest.raises(conftest.NetworkRefused):
        reach()
    assert len(conftest._refused) == 1
    conftest._refused.clear()


def test_a_case_is_written_as_given(case_dir: WriteCase) -> None:
    """An incident's directory holds the log and the neighbours, byte for byte."""
    incident = case_dir(["one", "two"], service="auth", log_file="logs/auth.log", app__conf=b"\xff")
    assert incident.log_path.read_bytes() == b"one\ntwo\n"
    assert (incident.working_dir / "app.conf").read_bytes() == b"\xff"
    assert incident.service == "auth"


def test_a_neutral_copy_tells_nothing(real_failure: RealFailure, tmp_path: Path) -> None:
    """The copy of a real failure has its log, and neither its label nor its telling name."""
    incident = real_failure.neutral_copy(tmp_path)
    assert incident.log_path.is_file()
    assert not (incident.working_dir / "label.json").exists()
    assert real_failure.name not in str(incident.working_dir)
