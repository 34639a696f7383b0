"""Which templates one call of a program wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.logs import open_log
from logdebug.logs.calls import by_calls, calls_of
from logdebug.logs.templates import template_of

if TYPE_CHECKING:
    from pathlib import Path

AUTOMATIONS = ("Lights at sunset", "Heating off", "Notify: washer done", "Good night")
EVENTS = ("Running automation actions", "Executing step call service", "Already running")


def test_names_of_several_words_make_no_calls() -> None:
    """Four names with three events each, and a line that ends with a name, are four calls."""
    lines = [f"INFO [automation] {name}: {event}" for event in EVENTS for name in AUTOMATIONS]
    lines += [f"INFO [automation] Initialized trigger {name}" for name in AUTOMATIONS]
    calls = calls_of([line.encode() for line in lines])
    assert calls == [place - place % 4 for place in range(16)]


def test_values_of_one_line_may_all_differ() -> None:
    """Lines that differ in two values are one call where other lines differ in either."""
    pairs = [("orders", "web-a"), ("orders", "web-b"), ("users", "web-b"), ("stock", "web-b")]
    lines = [f"INFO moved collection {name} away to host {host} by hand".encode() for name, host in pairs]
    assert calls_of(lines) == [0, 0, 0, 0]


def test_what_is_one_stays_one() -> None:
    """Templates that are one for sure are one call, whatever their forms."""
    lines = [b"INFO disk is full", b"INFO disk is empty", b"INFO disk is gone"]
    assert calls_of(lines) == [0, 1, 2]
    assert calls_of(lines, [0, 1, 0]) == [0, 1, 0]


def test_a_programs_own_number_names_the_call() -> None:
    """Messages with one of MySQL's, Apache's or JBoss' numbers are one call; an order's are not."""
    lines = [f"12 [Note] [MY-010926] [Server] {text}" for text in ("Access denied for bob", "Access granted")]
    lines += [f"[core:crit] AH00529: {text}" for text in ("(13)Permission denied", "(28)No space left on device")]
    lines += [f"INFO [org.jboss.as] WFLYSRV0025: {text}" for text in ("started in 12 ms", "is up")]
    lines += [f"INFO ORD-100125: {text}" for text in ("paid", "refund failed")]
    assert calls_of([line.encode() for line in lines]) == [0, 0, 2, 2, 4, 4, 6, 7]


def test_a_field_without_value_is_the_same_field() -> None:
    """A logfmt line whose field is empty is of the call whose field has a value."""
    lines = [f'level=info uname={name} msg="request completed" path=/a' for name in ("", "bob", "")]
    assert calls_of([line.encode() for line in lines]) == [0, 0, 0]


def test_bodies_that_were_cut_are_values() -> None:
    """What begins as a body of JSON after a message and doesn't end on the line tells no calls apart."""
    lines = [b'ERROR no such key {"user":3,"exception":"[object] (Error(code: 0)', b'ERROR no such key {"exception":"x']
    assert calls_of(lines) == [0, 0]


def test_templates_of_a_call_are_added_up() -> None:
    """A call's count is that of all its templates, its pattern has what differs as a variable, levels are apart."""
    lines = ["INFO scene 'Good night' saved", "INFO scene 'Movie' saved", "WARN scene 'Movie' saved"]
    counts = (5, 2, 1)
    templates = [template_of(line.encode(), counts[place], place, place + 10) for place, line in enumerate(lines)]
    info, warn = by_calls(templates)
    assert (info.count, info.first_line, info.last_line) == (7, 0, 11)
    assert info.pattern == "scene '<*>' saved"
    assert (warn.count, warn.level) == (1, "warning")


def test_statuses_of_requests_are_told_apart(tmp_path: Path) -> None:
    """A log's templates keep requests that failed apart, by their status, whatever was asked for."""
    path = tmp_path / "access.log"
    asked = [("GET /a", 200), ("GET /b/c?d=e", 200), ("POST /a", 502), ("GET /a", 502)]
    path.write_text("".join(f'1.2.3.4 - - [x] "{what} HTTP/1.1" {status} 5 "-"\n' for what, status in asked))
    with open_log(path) as log:
        assert list(log.templates()["count"]) == [2, 2]
        assert sorted(log.templates()["status"].dropna()) == [502]
