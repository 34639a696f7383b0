"""Private keys over many lines are found from either mark, amid other lines, and end where they end."""

from __future__ import annotations

from secret_samples import Maker

from logdebug.redaction.blocks import key_lines

BODY = Maker(5).key_body(6)
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"


def hidden(lines: list[str]) -> list[str]:
    """Give what is hidden of some lines."""
    data = "\n".join(lines).encode()
    return [data[start:end].decode() for start, end in key_lines(data)]


def test_all_lines_between_the_marks_are_a_keys() -> None:
    """Each line of the body is given whole, the short last one too, and neither mark."""
    assert hidden(["before", BEGIN, *BODY, END, "after 0123456789abcdef0123456789abcdef"]) == BODY


def test_a_key_without_its_beginning_is_found_by_its_end() -> None:
    """Lines before an end whose beginning was rotated away are given, up to the first that is none of a key's."""
    assert sorted(hidden(["no key here", *BODY[2:], END])) == sorted(BODY[2:])


def test_a_key_without_its_end_is_found_by_its_beginning() -> None:
    """A key that the text ends in is given as far as it goes."""
    assert hidden([BEGIN, *BODY[:3]]) == BODY[:3]


def test_a_prefix_stays() -> None:
    """What a logger writes before each line of a key stays."""
    assert hidden([f"12:00 app | {line}" for line in [BEGIN, *BODY, END]]) == BODY


def test_a_mention_of_a_mark_hides_nothing_far_below() -> None:
    """A mark in prose, with no key after it, hides no hash that stands in lines of other things below."""
    prose = [f"expected {BEGIN} at the file's start", *["request served in 3 ms, all is well"] * 20]
    assert hidden([*prose, "commit 9fceb02d0ae598e95dc970b74767f19372d61af8"]) == []
