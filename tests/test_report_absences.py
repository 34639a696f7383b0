"""What did not occur is shown with what was searched, and with how the pattern fares in the rest of the file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_samples import HOSTILE, diagnosis, report

from logdebug.records import Absence
from logdebug.report.absences import absences_df, control, finding, told
from logdebug.report.export.postmortem import postmortem
from logdebug.report.report import Report

HELD = Absence("no heartbeat", "heartbeat", "app.log", 4210, 4980, 100, 900, "ab" * 32, verified=True, before=412)
EMPTY = replace(HELD, before=0)
THERE = replace(HELD, verified=False, matches=3, match_line=4300)
BROKEN = Absence("no retry", "(", "app.log", problem="the pattern '(' can't be searched for")


def test_a_control_that_occurs_is_told() -> None:
    """A verified absence says where it was searched for, and how often it occurs elsewhere."""
    assert finding(HELD) == "✓ searched, not there"
    assert "lines 4,210 to 4,980 of app.log" in control(HELD)
    assert "412 times before them and 0 times after" in control(HELD)


def test_a_pattern_that_matches_nowhere_proves_little() -> None:
    """An absence whose pattern occurs nowhere in the file is said to prove little."""
    assert "proves little" in control(EMPTY)
    assert "proves little" not in control(HELD)


def test_what_is_there_after_all_is_told() -> None:
    """An absence that the search refuted says how many lines match, and which is the first."""
    assert finding(THERE) == "✗ it is there: 3 lines, the first is line 4,300"


def test_a_search_that_could_not_run_says_why() -> None:
    """An absence that was not searched for gives the reason."""
    assert told(BROKEN) == "✗ could not be searched: no retry (the pattern '(' can't be searched for)"


def test_every_export_shows_absences() -> None:
    """The page, Markdown and the postmortem show the finding, the claim and the control of each absence."""
    made = report(diagnosis(absences=(HELD, EMPTY, THERE, BROKEN)))
    for text in (made.to_html(), made.to_markdown(), postmortem(made).evidence.html):
        for words in ("✓ searched, not there", "no heartbeat", "412 times", "proves little", "it is there: 3 lines"):
            assert words in text
    assert any("searched, not there" in line for line in postmortem(made).evidence.lines)


def test_a_frame_has_one_row_per_absence() -> None:
    """`absences_df` has a row for each, with NA where no lines are known; `to_df` counts them."""
    made = report(diagnosis(absences=(HELD, BROKEN)), diagnosis("auth-svc"))
    frame = absences_df(made)
    assert list(frame["verified"]) == [True, False]
    assert frame["first_line"].isna().tolist() == [False, True]
    assert made.to_df()[["absences", "absences_verified"]].to_numpy().tolist() == [[2, 1], [0, 0]]
    assert made.absences_df().equals(frame)
    assert absences_df(report()).dtypes.equals(frame.dtypes)


def test_absences_are_saved_and_older_reports_are_read() -> None:
    """A report gives its absences back as they were; one of before there were any is read as having none."""
    made = report(diagnosis(absences=(HELD, BROKEN)))
    assert Report.from_json(made.to_json()).reports == made.reports
    older = (
        report(diagnosis()).to_json().replace('"absences": []', '"session_": ""').replace(',\n      "session_": ""', "")
    )
    assert "absences" not in older
    assert Report.from_json(older)[0].absences == ()


@pytest.mark.parametrize("export", ["to_html", "to_markdown"])
def test_hostile_absences_are_harmless(export: str) -> None:
    """A claim and a pattern that are markup come out as text."""
    bad = replace(HELD, claim=HOSTILE, pattern=HOSTILE, file=HOSTILE)
    text = getattr(report(diagnosis(absences=(bad, replace(bad, problem=HOSTILE)))), export)()
    assert "<script>alert(1)" not in text.replace("\\<script", "")
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_redaction_reaches_absences() -> None:
    """What takes secrets out of texts sees claims and patterns, and leaves the hash as it is."""
    made = report(diagnosis(absences=(replace(HELD, claim="s3cret", pattern="s3cret", sha256="s3cret"),)))
    assert "s3cret" not in made.to_markdown(redact=lambda text: text.replace("s3cret", "•"))
