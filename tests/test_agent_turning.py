"""A cut in a quote takes away no word that turns its meaning around, and may take away any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import logdebug as ld
from logdebug.agent.grounding import ground
from logdebug.agent.turning import turns

if TYPE_CHECKING:
    from pathlib import Path

LINES = [
    "2026-11-22 08:00:00 INFO user bob is not authorized to drop the table",
    "2026-11-22 08:00:01 ERROR unable to connect to db-1:5432, giving up",
    "2026-11-22 08:00:02 WARN the certificate isn't valid for this host",
    "2026-11-22 08:00:03 ERROR order 4711 of customer 1234 at 10.0.0.1 was not found in the index, failed with code 5",
    "2026-11-22 08:00:04 ERROR reordering failed in: worker 7",
]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("user bob is … authorized to drop the table", False),
        ("user bob is [...] authorized to drop the table", False),
        ("bob … to drop the table", False),
        ("…able to connect to db-1:5432", False),
        ("ERROR … able to connect to db-1:5432", False),
        ("the certificate … valid for this host", False),
        ("user bob is not … to drop the table", True),
        ("… not authorized to drop the table", True),
        ("ERROR unable to … db-1:5432, giving up", True),
        ("… to connect to db-1:5432, giving up", True),
        ("ERROR order 4711 … failed with code 5", True),
        ("…ordering failed", True),
        ("reordering failed … : worker 7", True),
    ],
)
def test_what_a_cut_may_take_away(quote: str, found: bool, tmp_path: Path) -> None:
    """A quote that leaves out a `not`, or the `un` of a word, isn't found; one that leaves out anything else is."""
    (tmp_path / "app.log").write_text("".join(f"{line}\n" for line in LINES))
    with ld.open_log(tmp_path / "app.log") as log:
        for line in (None, 1, 3):
            assert ground(quote, file="app.log", line=line, log=log).verified is found


def test_only_a_short_cut_is_looked_at_for_words() -> None:
    """In a long cut a "not" tells nothing; before the beginning of a quote neither does it."""
    assert turns(" not ", "authorized", is_between=True)
    assert not turns(" not ", "authorized", is_between=False)
    assert not turns("x" * 36 + " not ", "authorized", is_between=True)
    assert not turns(" in", ": x", is_between=True)
