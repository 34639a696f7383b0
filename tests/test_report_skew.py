"""Clock skew: the median over shared ids, whatever a few requests did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.report.correlation.identity import Ids
from logdebug.report.correlation.lines import LogLine
from logdebug.report.correlation.skew import Skew, estimate_skews, offsets_of
from logdebug.report.correlation.views import View

BEGIN = datetime(2026, 11, 18, 9, tzinfo=UTC)


def view(index: int, times: dict[str, list[float | None]]) -> View:
    """Make an incident that logged ids at these seconds."""
    ids = {
        word: tuple(
            LogLine(number, word, None if second is None else BEGIN + timedelta(seconds=second))
            for number, second in enumerate(seconds)
        )
        for word, seconds in times.items()
    }
    return View(
        index, f"svc-{index}", f"svc-{index}", "a.log", None, None, (), Ids(ids, lambda: ids), frozenset(), frozenset()
    )


@given(
    ahead=st.floats(-7200, 7200),
    latencies=st.lists(st.floats(0, 0.4), min_size=5, max_size=40),
)
def test_the_median_is_the_skew_whatever_a_few_requests_did(ahead: float, latencies: list[float]) -> None:
    """The estimate is within the latency of the truth, though two requests in five hung for a minute."""
    there = {f"id{place}": [10.0 * place] for place in range(len(latencies))}
    here = {f"id{place}": [10.0 * place + ahead + latency] for place, latency in enumerate(latencies)}
    for place in range(len(latencies) // 5 * 2):
        here[f"id{place}"] = [10.0 * place + ahead + 60.0]
    [skew] = estimate_skews([view(0, there), view(1, here)])
    assert skew.ids == len(latencies)
    assert ahead - 0.01 <= skew.seconds <= ahead + 0.41


def test_a_callers_lines_before_and_after_level_out() -> None:
    """Where one logs the begin and the end of a call and the other its middle, the clocks agree."""
    caller = {f"id{place}": [10.0 * place, 10.0 * place + 4] for place in range(5)}
    called = {f"id{place}": [10.0 * place + 2] for place in range(5)}
    [skew] = estimate_skews([view(0, caller), view(1, called)])
    assert skew.seconds == pytest.approx(0)
    assert not skew.corrected


def test_two_ids_are_too_few() -> None:
    """From fewer than three shared ids nothing is said."""
    times: dict[str, list[float | None]] = {"a": [1], "b": [2]}
    assert not estimate_skews([view(0, times), view(1, {"a": [31], "b": [32]})])


def test_delays_that_scatter_are_no_skew() -> None:
    """A queue that is worked off within minutes looks late, but by no fixed difference: nothing is corrected."""
    there: dict[str, list[float | None]] = {f"id{place}": [float(place)] for place in range(12)}
    here: dict[str, list[float | None]] = {f"id{place}": [place + 9.0 * place] for place in range(12)}
    [skew] = estimate_skews([view(0, there), view(1, here)])
    assert not skew.corrected


def test_ids_without_times_say_nothing() -> None:
    """Lines without a time give no difference."""
    there: dict[str, list[float | None]] = {word: [None] for word in "abcd"}
    here: dict[str, list[float | None]] = {word: [1.0] for word in "abcd"}
    assert not estimate_skews([view(0, there), view(1, here)])


def test_offsets_follow_from_pair_to_pair() -> None:
    """A clock that is compared with a third's is set right by way of it."""
    skews = (
        Skew("b", "a", 1, 0, 30.0, 40, 0.1, corrected=True),
        Skew("c", "b", 2, 1, -5.0, 9, 0.1, corrected=True),
        Skew("e", "d", 4, 3, 0.4, 9, 0.1, corrected=False),
    )
    offsets = {index: offset.total_seconds() for index, offset in offsets_of(skews).items()}
    # b has the most ids, so it counts as right.
    assert offsets == {1: 0.0, 0: -30.0, 2: -5.0, 3: 0.0, 4: 0.0}


def test_an_id_that_everyone_has_is_none_of_a_request() -> None:
    """What more than twenty incidents carry tells nothing of their clocks."""
    times: dict[str, list[float | None]] = {word: [1.0] for word in "abcd"}
    assert not estimate_skews([view(index, times) for index in range(25)])
