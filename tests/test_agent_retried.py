"""What failed and came through later is told by its id; what is no job's id tells nothing."""

from __future__ import annotations

import pytest

from logdebug.agent.retried import Retried
from logdebug.logs import Record


def records(*texts: str) -> list[Record]:
    """Make a record of each text, one a line; those that begin with E are errors."""
    return [
        Record(number, number, text, None, "error" if text.startswith("E ") else "info", text)
        for number, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(
    ("failed", "later"),
    [
        ("E task 385b1dd7-5fda failed", "task 385b1dd7-5fda executed in 0.2 s"),
        ("E upload of page=4 failed", 'loaded {"page": 4, "rows": 14}'),
        ("E 1xXcwQ-0007ce-1M deferred", "1xXcwQ-0007ce-1M Completed"),
    ],
)
def test_an_id_that_is_said_to_have_gone_well_later_came_through(failed: str, later: str) -> None:
    """The line that says so is given, whether the id stands alone or as a field's value."""
    log = records(failed, "other work", later)
    assert Retried(log, log[:1]).came_through(log[:1]) == 3


@pytest.mark.parametrize(
    "texts",
    [
        ("E task job-7781 failed", "task job-7781 failed again, not executed"),
        ("E task job-7781 failed", "task job-7782 executed"),
        ("job-7781 executed", "E task job-7781 failed", "job-7781 read"),
        ("E thread-4412 failed", *("thread-4412 sent a mail",) * 5),
        ("E task failed", "task executed"),
    ],
)
def test_what_is_no_job_or_went_well_before_only_did_not(texts: tuple[str, ...]) -> None:
    """Another id, an end that is none, a success before it, and a thread that does much work, say nothing of it."""
    log = records(*texts)
    failed = [each for each in log if each.level == "error"][:1]
    assert Retried(log, failed).came_through(failed) == 0


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("gate 4: try 1 of 4 failed", True),
        ("gate 4: try 4 of 4 failed", False),
        ('"attempt": 2, "max_attempts": 5, "detail": "503"', True),
        ("failed; retry in 150 ms (3 left)", True),
        ("failed, 0 attempts left", False),
        ("2 attempts left", True),
        ("attempt failed", False),
    ],
)
def test_an_attempt_says_whether_there_is_another(text: str, again: bool) -> None:  # a table's column
    """The last attempt of those that were meant isn't tried again."""
    assert Retried.was_tried_again(records(text)) is again
    assert not Retried.was_tried_again([])
