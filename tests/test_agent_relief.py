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
    "text", ["== 3 passed in 0.21s ==", "Tests: 2 skipped, 8 passed, 10 total", "[INFO] BUILD SUCCESS"]
)
def test_only_a_line_that_begins_so_says_that_tests_passed(text: str) -> None:
    """The last line of a test run counts, and the same words within another line don't."""
    assert relief_in(Record(1, 1, text, None, None, text)) == "passed"
    assert relief_in(Record(1, 1, f"x {text}", None, None, f"x {text}")) != "passed"
