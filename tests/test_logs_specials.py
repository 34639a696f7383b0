"""Which lines need more than a look at their words."""

from __future__ import annotations

from logdebug.logs.specials import specials_of


def test_json_colours_and_statuses_are_found_by_their_places() -> None:
    """Any other line isn't among them, also where its neighbours are."""
    lines = [b"plain", b'{"level": 30}', b"\x1b[31mred", b'"GET / HTTP/1.1" 503 17', b"status=404", b'said "hello"']
    assert list(specials_of(lines, b"\n".join(lines))) == [1, 2, 3, 4]
    assert specials_of(lines[:1], lines[0]) == {}
