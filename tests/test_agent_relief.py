"""What a log says to be over is told from what it only mentions."""

from __future__ import annotations

import pytest

from logdebug.agent.relief import relief_in, relief_on
from logdebug.logs import Record


@pytest.mark.parametrize(
    ("line", "relief"),
    [
        ("connection restored after 3 s", "recovered"),
        ("Skipping the malformed row 17", "skipped"),
        ("reconnected; IGNORED 3 stale messages", "recovered"),
        ("12 passed in 0.3s", ""),
        ("connection refused", ""),
        ("", ""),
    ],
)
def test_a_line_says_what_is_over(line: str, relief: str) -> None:
    """A recovery counts before what was passed over, whatever the case; a line that tells of trouble says neither."""
    assert relief_on(line) == relief


@pytest.mark.parametrize(
    ("text", "relief"),
    [
        ("== 3 passed in 0.21s ==", "passed"),
        ("Tests: 2 skipped, 8 passed, 10 total", "passed"),
        ("ok  \tcorp/limiter\t0.280s", "passed"),
        ("test result: ok. 12 passed; 0 failed", "passed"),
        ("12 examples, 0 failures", "passed"),
        ("[INFO] BUILD SUCCESS", "done"),
        ("BUILD SUCCESSFUL in 3s", "done"),
        ("Job succeeded", "done"),
    ],
)
def test_only_a_line_that_begins_so_says_that_it_ended_well(text: str, relief: str) -> None:
    """The last line of a test run or job counts, after a time as well; the same words within another line don't."""
    stamped = f"2026-11-22T08:00:00Z {text}"
    assert relief_in(Record(1, 1, text, None, None, text)) == relief
    assert relief_in(Record(1, 1, stamped, None, None, text)) == relief
    assert relief_in(Record(1, 1, f"x {text}", None, None, f"x {text}")) not in ("passed", "done")
