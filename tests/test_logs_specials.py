"""Which lines need more than a look at their words."""

from __future__ import annotations

from logdebug.logs.specials import special_key, specials_of
from logdebug.logs.words import Words


def test_json_colours_and_statuses_are_found_by_their_places() -> None:
    """Any other line isn't among them, also where its neighbours are."""
    lines = [b"plain", b'{"level": 30}', b"\x1b[31mred", b'"GET / HTTP/1.1" 503 17', b"status=404", b'said "hello"']
    assert list(specials_of(lines, b"\n".join(lines))) == [1, 2, 3, 4]
    assert specials_of(lines[:1], lines[0]) == {}


def test_a_special_line_has_the_key_of_its_message_with_its_level_and_status() -> None:
    """Of JSON and of colours the message alone counts; statuses from 400 on tell lines apart, others don't."""
    words = Words()
    (plain,) = words.keys_of([b"order stored"])
    said = b'{"level": 50, "msg": "order stored", "id": %d}'
    assert {special_key(said % number, b"", words) for number in (1, 2)} == {b"error %s #0" % plain}
    assert special_key(b"\x1b[31morder stored\x1b[0m", b"", words) == b" %s #0" % plain
    request = b'1.2.3.4 - - [22/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" %d 17'
    assert [special_key(request % status, b"key", words) for status in (200, 404)] == [b" key #0", b" key #404"]
