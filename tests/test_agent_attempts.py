"""Tests of attempts: a failed one counts for nothing where the next one is said to have gone well, and else for all."""

from __future__ import annotations

import pytest

from logdebug.agent.attempts import Attempts, is_announced
from tests.test_agent_retried import records


def end_of(*texts: str) -> int:
    """Give the line at which the errors of a log are said to have been overcome."""
    log = records(*texts)
    return Attempts(log).line_of_end([each for each in log if each.level == "error"])


def test_the_attempt_after_the_failed_ones_went_well() -> None:
    """Attempts that failed one after the other are overcome by the next one, whatever stands between them."""
    assert (
        end_of("E kept, attempt=1", "E kept, attempt=2", "other work", "shipped, attempt=3", "shipped, attempt=1") == 4
    )


@pytest.mark.parametrize(
    "texts",
    [
        ("E kept, attempt=1", "E kept, attempt=2", "shipped, attempt=1"),
        ("E kept, attempt=1", "shipped, attempt=2", "E kept, attempt=1"),
        ("E kept, attempt=1", "E attempt=2 failed"),
        ("E kept, attempt=1", "E kept, attempt=1", "E kept, attempt=1", "shipped, attempt=2"),
        ("E kept", "shipped, attempt=2"),
        ("E try 1 of 2 failed", "try 2 of 2 begins"),
    ],
)
def test_another_attempt_that_goes_well_tells_nothing_of_those_that_failed(texts: tuple[str, ...]) -> None:
    """A first attempt, one before the last failure, one that failed too, and one for three, overcome nothing."""
    assert end_of(*texts) == 0


def test_what_is_tried_again_each_time_and_ends_well_time_after_time_is_overcome() -> None:
    """Failures without a number, each announced to be tried again, are overcome by as many good ends."""
    work = ("E mailer busy", "retrying message in 200 ms", "digest sent after retry")
    assert end_of(*work * 4) == 12
    assert end_of(*work * 4, "E mailer busy", "giving up", *("digest sent",) * 6) == 0
    assert end_of(*("E no broker", "retrying in 5 s") * 8, "sent after retry") == 0


def test_each_failure_has_to_be_announced_to_be_tried_again() -> None:
    """One failure that nothing says to be tried again is enough."""
    log = records("E a", "trying to restart job 9", *("work",) * 9, "E b", "done")
    assert is_announced([1], log)
    assert not is_announced([1, 12], log)
    assert not is_announced([], log)


OK = 'GET /swap HTTP/1.1" 200 12 "-" "-"'


def test_a_failure_that_is_tried_again_within_a_request_that_is_answered_well_is_overcome() -> None:
    """What the client got counts; where it got an error, or the failures came up and go on to the end, it was none."""
    work = ("E calendar closed the connection, retrying", f'127.0.0.1 - - "{OK}')
    assert end_of(*work * 3) > 0
    assert end_of(*work * 2, work[0], '127.0.0.1 - - "GET /swap HTTP/1.1" 502 12 "-" "-"') == 0
    assert end_of(*("work",) * 20, *work * 9) == 0


@pytest.mark.parametrize(("status", "refused"), [(400, True), (404, True), (413, False), (403, False), (500, False)])
def test_what_is_answered_as_a_clients_mistake_is_one(status: int, refused: bool) -> None:
    """Trouble right above such an answer is the client's; one above a limit's, a right's or a failure's is not."""
    log = records("bad upload", f'"PUT /a HTTP/1.1" {status}', "work")
    assert Attempts(log).was_refused(log[:1]) is refused
