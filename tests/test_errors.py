"""Each error carries what it is about, so that whoever catches it needn't read its message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from logdebug import errors

if TYPE_CHECKING:
    from logdebug.errors import LogdebugError


@pytest.mark.parametrize(
    ("error", "attribute", "value"),
    [
        (errors.IncidentError("no", incident=("a", "b")), "incident", ("a", "b")),
        (errors.SettingsError("no", setting="X"), "setting", "X"),
        (errors.LogError("no", log="a.log"), "log", "a.log"),
        (errors.LogInterrupted("no", log="a.log"), "log", "a.log"),
        (errors.PatternError("no", pattern="(", log="a.log"), "pattern", "("),
        (errors.WorkspaceError("no", path="../x"), "path", "../x"),
        (errors.ModelError("no", model="m"), "model", "m"),
        (errors.ModelBusy("no", model="m", retry_after_seconds=2.0), "retry_after_seconds", 2.0),
        (errors.SessionError("no", path="/s"), "path", "/s"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_carries_its_object(error: LogdebugError, attribute: str, value: object) -> None:
    """Each error has the object that it is about, and its message is what `str` gives."""
    assert getattr(error, attribute) == value
    assert str(error) == "no"


@pytest.mark.parametrize("name", errors.__all__)
def test_a_kind_is_one_word(name: str) -> None:
    """`kind` can stand in a report and a column: lower case, underscores, nothing else."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", getattr(errors, name).kind)
