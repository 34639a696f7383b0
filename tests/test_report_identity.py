"""What lines tell of who writes them: the ids of requests, and the addresses that are their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.report.correlation.identity import addresses_of, ids_of
from logdebug.report.correlation.lines import LogLine, Quoted

NUMBER = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def ids(*texts: str) -> list[str]:
    """Give the ids in some lines."""
    found = ids_of(Quoted([LogLine(number, text, None) for number, text in enumerate(texts, 1)]))
    assert set(found.candidates) >= set(found), "what finds them faster missed one"
    return sorted(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GET /orders request_id=ab12cd34ef status=500", ["ab12cd34ef"]),
        ('{"x-request-id": "ab12cd34ef", "level": "error"}', ["ab12cd34ef"]),
        ("failed, Correlation-Id: AB12CD34EF", ["ab12cd34ef"]),
        ("[rid=ab12cd34ef] note: trace=ff00aa11bb22", ["ab12cd34ef", "ff00aa11bb22"]),
        (f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01", [f"00-{TRACE}-00f067aa0ba902b7-01"]),
        (f"the call {NUMBER} hung", [NUMBER]),
        (f"trace_id={TRACE} again {TRACE}", [TRACE]),
        (f"größe é request id={TRACE}", [TRACE]),
        ("grid=ab12cd34ef paid: ab12cd34ef untrace=ab12cd34ef", []),
        ("request_id=short1 request_id=no-digits-here rid=1111111111", []),
        (f"image sha {TRACE}ff and x{TRACE}", []),
    ],
)
def test_ids_are_what_is_called_so_or_has_the_form_of_one(text: str, found: list[str]) -> None:
    """An id is found by its name or form, whatever it is quoted with, and nothing else is."""
    assert ids(text) == found


def test_an_id_has_the_lines_that_carry_it() -> None:
    """A line that says an id twice is given once, with its number and time."""
    texts = ("rid=ab12cd34ef and rid=AB12CD34EF", "nothing", "rid=ab12cd34ef")
    lines = Quoted([LogLine(number, text, None) for number, text in enumerate(texts, 1)])
    assert [line.number for line in ids_of(lines)["ab12cd34ef"]] == [1, 3]


def test_what_stands_in_many_lines_is_no_request() -> None:
    """A tenant's id, in more than 20 lines, is left out."""
    assert ids(*["rid=ab12cd34ef"] * 20) == ["ab12cd34ef"]
    assert ids(*["rid=ab12cd34ef"] * 21) == []


def test_of_a_line_the_first_eight_are_taken() -> None:
    """A line that is a list of ids doesn't make as many requests."""
    assert len(ids(" ".join(f"rid=ab12cd34e{digit}" for digit in range(9)))) == 8


@given(st.lists(st.text(alphabet="rid=: é\N{SNOWMAN}\"'ab12345678", max_size=40), max_size=5))
def test_each_line_has_the_ids_that_it_has_by_itself(texts: list[str]) -> None:
    """Lines that are looked at together, whatever they hold, give the ids that each gives alone."""
    assert ids(*texts) == sorted({word for text in texts for word in ids(text)})


def test_addresses_are_those_that_a_log_calls_its_own() -> None:
    """Lines about itself tell its host and port; an address that it calls is not its own."""
    texts = ("dial tcp 10.0.0.9:5432 failed", "é server listening on port 8081", "pod_name=web-7f9c hostname: node-12")
    lines = Quoted([LogLine(number, text, None) for number, text in enumerate(texts, 1)])
    hosts, ports = addresses_of(lines)
    assert set(hosts) == {"web-7f9c", "node-12"}
    assert set(ports) == {8081}
