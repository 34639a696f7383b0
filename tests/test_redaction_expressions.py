"""Whether each line is looked at by itself or all at once, the same is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secret_samples import clean, leaking

from logdebug.redaction.detector import Detector, detector_of
from logdebug.redaction.rules import load_rules

if TYPE_CHECKING:
    from pathlib import Path


def each_alone(detector: Detector, lines: list[bytes]) -> list[bytes]:
    """Give the secrets of lines that are looked at one by one."""
    return [line[span.start : span.end] for line in lines for span in detector.spans(line)]


def all_at_once(detector: Detector, lines: list[bytes]) -> list[bytes]:
    """Give the secrets of the same lines as one text."""
    data = b"\n".join(lines)
    return [data[span.start : span.end] for span in detector.spans(data)]


def test_many_lines_that_are_alike_hold_what_each_holds() -> None:
    """In a text of a few forms of lines, which all rules see at once, the same secrets are found as in each line."""
    detector = detector_of(load_rules())
    forms = [leak.text.encode() for leak in leaking(120, wording="third", seed=8) if "\n" not in leak.text]
    for start in range(0, len(forms), 4):
        lines = [*forms[start : start + 4], b"password:", b" no=1 key=user secret=none", b"token=expired"] * 12
        assert all_at_once(detector, lines) == each_alone(detector, lines)


def test_what_was_refused_once_is_refused_again_and_nothing_more() -> None:
    """A value that is remembered as no secret does not hide one that follows it on its line."""
    detector = detector_of(load_rules())
    lines = [line.encode() for line in clean(60, wording="first", seed=4)]
    assert each_alone(detector, lines) == each_alone(detector, lines)
    for _ in range(2):
        line = b"api_key=none,password=Hunter22xyz token=null auth_token=9f8e7d6c5b4a39281706"
        assert each_alone(detector, [line]) == [b"Hunter22xyz", b"9f8e7d6c5b4a39281706"]


def test_a_rule_of_ones_own_sees_lines(tmp_path: Path) -> None:
    """The beginning and the end of a text, and what is no blank, are those of a line in a rule of one's own."""
    own = tmp_path / "own.toml"
    own.write_text(
        "[[rule]]\nid = 'whole'\nkind = 'badge'\npattern = '\\Abadge ([^;]+)\\z'\n"
        "match = 'badge Q1'\nnear_miss = 'a badge Q1'\n",
        encoding="utf-8",
    )
    detector = Detector(load_rules(own))
    lines = [b"badge Q1", b"my badge Q2", b"badge Q3", b"badge Q4; no"] * 20
    assert all_at_once(detector, lines) == each_alone(detector, lines) == [b"Q1", b"Q3"] * 20
