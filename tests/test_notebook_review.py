"""A review holds the report with its decisions, keeps it in a file, and is worked by widgets and keys alike."""

from __future__ import annotations

import getpass
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from report_samples import diagnosis, five, hostile, many
from report_samples import report as report_of

import logdebug as ld
from logdebug.errors import IncidentError, ReportError
from logdebug.notebook import review_sections
from logdebug.notebook.explorer import Explorer
from logdebug.notebook.review import Reviewing, review
from logdebug.records import Evidence
from logdebug.report.report import Report

if TYPE_CHECKING:
    from conftest import RunPython, WriteCase

LOG = [
    f"2026-11-18 09:00:{number % 60:02} INFO request {number} {'answered' if number < 40 else 'waits'}"
    for number in range(100)
]
LOG[40] = "2026-11-18 09:00:40 ERROR connection to db-1:5432 refused"
TWO = [*LOG[:90], "2026-11-18 09:01:30 ERROR checkpoint <b>7</b> was lost", *LOG[91:]]


@pytest.fixture
def real(case_dir: WriteCase, tmp_path: Path) -> Reviewing:
    """Give a review of a real run of the embedded analyst on two incidents."""
    incidents = [case_dir(LOG, service="shop"), case_dir(LOG[:60], service="till")]
    made = ld.investigate_sync(incidents, model="offline", sessions_dir=tmp_path / "sessions", progress=False)
    return review(made, "ann", tmp_path / "report.json", tmp_path / "sessions")


def under(widget: Any, style: str) -> list[Any]:
    """Give the widgets of a style, in the order in which they are shown, but for those that are hidden."""
    if widget.layout.display == "none":
        return []
    found = [widget] if style in widget._dom_classes else []
    return found + [each for child in getattr(widget, "children", ()) for each in under(child, style)]


def texts(widget: Any) -> str:
    """Give what a widget shows, as text."""
    own = " ".join(str(getattr(widget, name, "")) for name in ("value", "description"))
    if widget.layout.display == "none" or "ld-style" in widget._dom_classes:
        return ""
    return unescape(re.sub("<[^>]+>", "", own)) + " ".join(map(texts, getattr(widget, "children", ())))


def click(explorer: Explorer, text: str) -> None:
    """Click the first button whose text begins so."""

    def buttons(widget: Any) -> list[Any]:
        if widget.layout.display == "none":
            return []
        inner = [each for child in getattr(widget, "children", ()) for each in buttons(child)]
        return [widget] if hasattr(widget, "click") and widget.description.startswith(text) else inner

    buttons(explorer.widget)[0].click()


def press(explorer: Explorer, keys: str) -> None:
    """Type keys into the field for keys, one by one."""
    [field] = under(explorer.widget, "ld-keys")
    for key in keys:
        field.value += key


# -- the review --------------------------------------------------------------------------------------------------------


def test_each_decision_is_in_the_report_and_in_the_file(real: Reviewing, tmp_path: Path) -> None:
    """After each decision the file holds the report whole; the report that was given is untouched."""
    given = real.report
    real.accept("shop", note="seen")
    assert Report.load(tmp_path / "report.json") == real.report
    real.correct("till", severity="low", note="one till")
    real.note(1, "see ticket 7")
    saved = Report.load(tmp_path / "report.json")
    assert saved == real.report
    assert [len(entry.reviews) for entry in saved] == [1, 2]
    assert saved["till"].severity == "low"
    assert {entry.reviewer for each in saved for entry in each.reviews} == {"ann"}
    assert not any(entry.reviews for entry in given)
    assert (real.undo(), real.undo()) == (1, 1)
    assert Report.load(tmp_path / "report.json")["till"] == given["till"]


def test_a_review_goes_on_after_a_restart(real: Reviewing, tmp_path: Path) -> None:
    """Reviewing the first report again with the same file keeps what was decided; undo takes back only one's own."""
    given = real.report
    real.accept("shop")
    again = review(given, "bob", tmp_path / "report.json")
    assert again.report == real.report
    assert not again.can_undo
    with pytest.raises(ReportError, match="nothing was decided in this review"):
        again.undo()
    with pytest.raises(ReportError, match="the report of another run"):
        review(five(), "bob", tmp_path / "report.json")
    (tmp_path / "notes.txt").write_text("not a report")
    with pytest.raises(ReportError, match=r"notes\.txt"):
        review(given, "bob", tmp_path / "notes.txt")


def test_two_people_review_one_file(tmp_path: Path) -> None:
    """Decisions of two people on one file, on one incident too, all end in it; nobody undoes another's."""
    path = tmp_path / "report.json"
    ann, bob = (review(five(), who, path) for who in ("ann", "bob"))
    ann.accept(0)
    bob.note(1, "see ticket 7")
    ann.correct(1, severity="low")
    bob.correct(0, severity="low", note="one till")
    assert [len(entry.reviews) for entry in Report.load(path)] == [2, 2, 0, 0, 0]
    assert [entry.reviewer for entry in Report.load(path)[0].reviews] == ["ann", "bob"]
    assert ann.undo() == 1
    with pytest.raises(ReportError, match=r"somebody else has decided on .* since"):
        ann.undo()
    assert bob.undo() == 0
    assert ann.undo() == 0
    assert [[each.note for each in entry.reviews] for entry in Report.load(path)][:2] == [[], ["see ticket 7"]]
    ann.accept(2)
    bob.accept(3)
    assert bob.report == Report.load(path)


def test_decisions_at_the_same_moment_are_all_kept(tmp_path: Path) -> None:
    """Three people who write notes at the same time lose none of them."""
    path = tmp_path / "report.json"

    def annotate(who: str) -> None:
        reviewing = review(five(), who, path)
        for number in range(10):
            reviewing.note(number % 5, f"{who} {number}")

    with ThreadPoolExecutor() as people:
        list(people.map(annotate, ("ann", "bob", "cem")))
    notes = {each.note for entry in Report.load(path) for each in entry.reviews}
    assert notes == {f"{who} {number}" for who in ("ann", "bob", "cem") for number in range(10)}


def test_a_decision_stands_where_the_file_fails(tmp_path: Path) -> None:
    """With a file that can't be written the decision is kept and shown, and the error says why."""
    made = review(five(), "ann", tmp_path / "gone" / "report.json")
    seen: list[int] = []
    made.watch(lambda: seen.append(1))
    with pytest.raises(ReportError, match="can't be written"):
        made.accept(0)
    assert (len(made.report[0].reviews), seen) == (1, [1])


def test_the_reviewer_is_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The login name by default; where the machine has none, a decision asks for one."""
    assert review(five()).reviewer == getpass.getuser()

    def nobody() -> str:
        raise OSError("no username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    made = review(five())
    with pytest.raises(ReportError, match="nobody is named as the reviewer"):
        made.accept(0)
    made.reviewer = "ann"
    assert made.accept(0)[0].reviews[0].reviewer == "ann"


def test_a_reviewed_diagnosis_becomes_a_case(real: Reviewing, tmp_path: Path) -> None:
    """The case's label says what the reviewer corrected; what nobody decided on is no case."""
    with pytest.raises(ReportError, match="nobody has accepted or corrected the diagnosis of shop"):
        real.save_case("shop", tmp_path / "case")
    real.note("shop", "hm")
    with pytest.raises(ReportError, match="decide on it first"):
        real.save_case("shop", tmp_path / "case")
    real.correct("shop", severity="low", category="timeout", root_cause="db-1 was rebooted.")
    saved = real.save_case("shop", tmp_path / "case", must_mention=[["db-1"]])
    [case] = ld.load_cases(saved)
    assert (case.label.severity, case.label.category, case.label.root_cause) == (
        ("low",),
        ("timeout",),
        "db-1 was rebooted.",
    )
    assert case.label.must_mention == (("db-1",),)


def test_without_ipywidgets_there_is_a_table(run_python: RunPython, tmp_path: Path) -> None:
    """Without the widgets the review shows a table and how to get the explorer, and decisions work."""
    five().save(tmp_path / "report.json")
    program = """
import sys
sys.modules["ipywidgets"] = None
import logdebug as ld
from logdebug.notebook.review import review
made = review(ld.Report.load(sys.argv[1]), "ann")
made.accept("auth-svc")
shown = made._repr_mimebundle_()
assert set(shown) == {"text/plain", "text/html"}, shown
print(repr(made), shown["text/html"])
"""
    printed = run_python(program, tmp_path / "report.json")
    assert "<Reviewing 5 incidents, 1 reviewed" in printed
    assert "pip install ipywidgets" in printed
    assert "accepted by ann" in printed


def test_the_table_is_text() -> None:
    """In the table that stands for the explorer hostile text is text, and many incidents are cut."""
    html = review(hostile(), "ann")._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "<img" not in html
    assert "and 440 more" in review(many(500), "ann")._repr_mimebundle_()["text/html"]


# -- the explorer ------------------------------------------------------------------------------------------------------


def test_it_shows_itself_as_widgets() -> None:
    """The review's display is the explorer, the same one each time, and a table where there are no widgets."""
    made = review(five(), "ann")
    shown = made._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(shown)
    assert json.dumps(shown) == json.dumps(made._repr_mimebundle_())


def test_the_worst_incident_is_shown_first(real: Reviewing) -> None:
    """Incidents are listed by severity, each with its colour's name; the first is open, its evidence checked."""
    explorer = Explorer(Reviewing(five(), "ann", None, real.sessions_dir))
    items = under(explorer.widget, "ld-item")
    assert [item.description.split("\n")[0] for item in items] == [
        "◆ payment-svc",
        "◆ auth-svc",
        "◆ api-gw",
        "▲ notif-worker",
        "● etl-daily",
    ]
    assert "ld-current" in items[0]._dom_classes
    assert "high" in items[3]._dom_classes
    assert "search-svc" in texts(explorer.widget)
    shown = texts(Explorer(real).widget)
    assert "✓ verified" in shown
    assert "stands at line 41 of app.log" in shown


def test_a_click_on_a_quote_opens_the_log(real: Reviewing) -> None:
    """The lines around the quote are shown with it marked; more on request; a second click closes them."""
    explorer = Explorer(real)
    click(explorer, LOG[40])
    [passage] = under(explorer.widget, "ld-passage")
    html = passage.children[0].value
    assert f"<mark>{LOG[40]}</mark>" in html
    assert "request 39 answered" in html
    assert "request 9 answered" not in html
    click(explorer, "More lines")
    assert "request 20 answered" in under(explorer.widget, "ld-passage")[0].children[0].value
    click(explorer, LOG[40])
    assert not under(explorer.widget, "ld-passage")


def test_secrets_are_shown_on_demand_and_never_kept(case_dir: WriteCase, tmp_path: Path) -> None:
    """Quotes, the log around them and kinds of lines hide secrets unless they are asked for; the file holds none."""
    lines = ["INFO start", "ERROR login failed: password=Hunter22xyz! refused", "FATAL no space left on device"]
    made = ld.investigate_sync([case_dir(lines)], model="offline", progress=False)
    kept = tmp_path / "kept.json"
    for show, told in ((False, "‹secret:password:1›"), (True, "Hunter22xyz!")):
        reviewing = made.review("ann", kept, show_secrets=show)
        explorer = Explorer(reviewing)
        shown = ""
        for section in range(4):
            explorer._press(str(section + 1))
            explorer._press("o")
            shown += unescape(texts(explorer.widget))
        assert told in shown
        assert ("Hunter22xyz!" in shown) is show
        reviewing.note(0, "seen")
        assert "Hunter22xyz!" not in kept.read_text(encoding="utf-8")


def test_the_coverage_hides_the_secrets_of_lines_that_no_agent_was_shown(case_dir: WriteCase, tmp_path: Path) -> None:
    """What it lists of the log goes through redaction like the log around a quote."""
    lines = [*LOG[:50], "ERROR login refused, password=Hunter22xyz! is wrong"]
    [entry] = ld.investigate_sync([case_dir(lines)], model="offline", sessions_dir=tmp_path / "s", progress=False)
    call = {"name": "read_lines", "arguments": "{}"}
    result = "<data 0a1b2c3d of 'app.log'>\n1| x\n</data 0a1b2c3d>"
    trace = tmp_path / "s" / entry.session / "trace.jsonl"
    trace.write_text(json.dumps({"step": "ToolUsed", "call": call, "result": result}) + "\n")
    for show in (False, True):
        explorer = Explorer(report_of(entry).review("ann", tmp_path / "kept.json", tmp_path / "s", show_secrets=show))
        press(explorer, "4")
        shown = unescape(texts(explorer.widget))
        assert "ERROR login refused, password=" in shown
        assert ("Hunter22xyz!" in shown) is show


def test_a_log_that_is_gone_is_said_to_be(real: Reviewing) -> None:
    """Where the file went away between mark and click, the error is shown, and nothing raises."""
    explorer = Explorer(real)
    (Path(real.report[0].working_dir) / "app.log").unlink()
    click(explorer, LOG[40])
    assert "does not exist" in texts(under(explorer.widget, "ld-passage")[0])
    press(explorer, "jk")
    assert "✕ file gone" in texts(explorer.widget)


def test_buttons_decide(real: Reviewing) -> None:
    """Accept, correct, note and undo by their buttons; what was decided shows at once."""
    explorer = Explorer(real)
    click(explorer, "✓ Accept")
    assert "✓ accepted by ann" in texts(explorer.widget)
    assert "1 of 2 incidents reviewed" in texts(explorer.widget)
    click(explorer, "✎ Correct")
    [form] = under(explorer.widget, "ld-form")
    fields, cause, note, buttons = form.children
    fields.children[2].value = "low"
    cause.value = "db-1 was rebooted."
    note.value = "the switch's log says so"
    buttons.children[0].click()
    assert not under(explorer.widget, "ld-form")
    held = real.report[0]
    assert (held.severity, held.root_cause, held.reviews[-1].note) == (
        "low",
        "db-1 was rebooted.",
        "the switch's log says so",
    )
    assert {change.field for change in held.reviews[-1].corrections} == {"severity", "root_cause"}
    click(explorer, "✍ Note")
    text, buttons = under(explorer.widget, "ld-form")[0].children
    text.value = "see ticket 7"
    buttons.children[0].click()
    assert "✍ noted by ann" in texts(explorer.widget)
    click(explorer, "↶ Undo")
    assert [each.decision for each in real.report[0].reviews] == ["accepted", "corrected"]


def test_what_is_wrong_is_said_and_the_form_stays(real: Reviewing, tmp_path: Path) -> None:
    """An empty correction, a note without words, a case without a place: an error is shown, and no typing is lost."""
    explorer = Explorer(real)
    click(explorer, "✎ Correct")
    under(explorer.widget, "ld-form")[0].children[2].value = "typed in vain?"
    click(explorer, "Save correction")
    assert "nothing of the diagnosis of shop would change" in texts(under(explorer.widget, "ld-said")[0])
    assert under(explorer.widget, "ld-form")[0].children[2].value == "typed in vain?"
    click(explorer, "Cancel")
    assert not under(explorer.widget, "ld-form")
    assert not under(explorer.widget, "ld-said")
    for open_form, save, message in (
        ("✍ Note", "Save note", "the note is empty"),
        ("Save as case", "Save case", "name the directory"),
    ):
        click(explorer, open_form)
        click(explorer, save)
        assert message in texts(under(explorer.widget, "ld-said")[0])
    assert not real.report[0].reviews


def test_a_case_is_saved_by_its_button(real: Reviewing, tmp_path: Path) -> None:
    """The directory that is named holds the case, and the explorer says so."""
    explorer = Explorer(real)
    press(explorer, "as")
    under(explorer.widget, "ld-form")[0].children[1].value = str(tmp_path / "case")
    click(explorer, "Save case")
    assert ld.load_cases(tmp_path / "case")[0].label.service == "shop"
    assert "the case is in" in texts(explorer.widget)
    press(explorer, "s")
    under(explorer.widget, "ld-form")[0].children[1].value = str(tmp_path / "case")
    click(explorer, "Save case")
    assert "holds something already" in texts(under(explorer.widget, "ld-said")[0])
    with pytest.raises(IncidentError, match="holds something already"):
        real.save_case(0, tmp_path / "case")


def test_keys_do_what_buttons_do(real: Reviewing) -> None:
    """j, k, a, c, n, u, o, x, ? and the sections' numbers work, several at once too; other keys do nothing."""
    explorer = Explorer(real)
    press(explorer, "jzq")
    assert explorer.current == 1
    press(explorer, "a")
    assert [bool(entry.reviews) for entry in real.report] == [False, True]
    press(explorer, "jjkka")
    assert [bool(entry.reviews) for entry in real.report] == [True, True]
    press(explorer, "uu")
    assert not any(entry.reviews for entry in real.report)
    press(explorer, "u")
    assert "nothing to undo" in texts(under(explorer.widget, "ld-said")[0])
    press(explorer, "c")
    assert len(under(explorer.widget, "ld-form")[0].children) == 4
    press(explorer, "n")
    assert len(under(explorer.widget, "ld-form")[0].children) == 2
    press(explorer, "o")
    assert under(explorer.widget, "ld-passage")
    press(explorer, "x")
    assert not under(explorer.widget, "ld-passage")
    assert "next, previous incident" not in texts(explorer.widget)
    press(explorer, "?")
    assert "next, previous incident" in texts(explorer.widget)
    # The page may send several keys in one change, and the field is emptied before it grows long.
    [field] = under(explorer.widget, "ld-keys")
    field.value += "kkkkj"
    assert explorer.current == 1
    press(explorer, "kj" * 40)
    assert explorer.current == 1
    assert len(field.value) <= 41


def test_sections_are_made_when_opened(real: Reviewing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Timeline, steps and coverage are told of the incident; a large log is read only when somebody says so."""
    explorer = Explorer(real)
    press(explorer, "2")
    assert "line 41" in texts(explorer.widget)
    press(explorer, "3")
    assert "in this one step" in texts(explorer.widget)
    press(explorer, "j")
    monkeypatch.setattr(review_sections, "_AT_ONCE_BYTES", 10)
    press(explorer, "4")
    assert "rules read all" not in texts(explorer.widget)
    click(explorer, "Read the log")
    shown = texts(explorer.widget)
    assert "rules read all 60 lines" in shown
    assert "❝ quoted" in shown


def test_what_an_agent_was_never_shown_can_be_opened(case_dir: WriteCase, tmp_path: Path) -> None:
    """A kind of failure that isn't in the trace is listed as never shown, and opens to its line, markup as text."""
    [entry] = ld.investigate_sync([case_dir(TWO)], model="offline", sessions_dir=tmp_path / "s", progress=False)
    trace = tmp_path / "s" / entry.session / "trace.jsonl"
    call = {"name": "read_lines", "arguments": "{}"}
    result = "<data 0a1b2c3d of 'app.log'>\n41| x\n</data 0a1b2c3d>"
    trace.write_text(json.dumps({"step": "ToolUsed", "call": call, "result": result}) + "\n")
    explorer = Explorer(review(report_of(entry), "ann", None, tmp_path / "s"))
    press(explorer, "4")
    assert "shown 1 of 100 lines (1%). It saw 1 of 2 kinds" in texts(explorer.widget)
    assert "Kinds of failure that the agent was never shown (1)" in texts(explorer.widget)
    press(explorer, "o")
    assert "checkpoint &lt;b&gt;7&lt;/b&gt; was lost" in under(explorer.widget, "ld-passage")[0].children[0].value


def test_a_missing_session_is_said_to_be_missing(real: Reviewing, tmp_path: Path) -> None:
    """Without its session an incident's steps aren't known, and its coverage shows failures and quotes alone."""
    (tmp_path / "none").mkdir()
    explorer = Explorer(Reviewing(real.report, "ann", None, tmp_path / "none"))
    press(explorer, "3")
    assert "there is no session" in texts(explorer.widget)
    assert "sessions_dir=" in texts(explorer.widget)
    press(explorer, "4")
    assert "What the agent was shown isn't known" in texts(explorer.widget)
    assert "Kinds of failure in the log" in texts(explorer.widget)


def test_a_changed_log_is_said_to_have_changed(real: Reviewing) -> None:
    """The map over a log that isn't the one that was diagnosed says so."""
    path = Path(real.report[0].working_dir) / "app.log"
    path.write_text(path.read_text() + "more\n")
    explorer = Explorer(real)
    press(explorer, "4")
    assert "The log has changed since it was diagnosed" in texts(explorer.widget)


def test_five_hundred_incidents_are_windowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of rows is shown of 500 incidents, filters find among all, keys go through pages, and nothing piles up."""
    from ipywidgets.widgets import widget as widgets

    made = review(many(500), "ann")
    explorer = Explorer(made)
    assert len(under(explorer.widget, "ld-item")) == 14
    press(explorer, "j" * 14)
    before = len(widgets._instances)
    items = under(explorer.widget, "ld-item")
    assert "15 to 28 of 500" in texts(explorer.widget)
    assert "ld-current" in items[0]._dom_classes
    press(explorer, "jk" * 60 + "caj")
    assert len(widgets._instances) == before
    filters = under(explorer.widget, "ld-filters")[0]
    filters.children[0].value = "SVC-499 network"
    assert len(under(explorer.widget, "ld-item")) <= 1
    filters.children[0].value = "nothing like it"
    assert "none found" in texts(explorer.widget)
    press(explorer, "j")
    filters.children[0].value = ""
    filters.children[1].value = "low"
    assert {item._dom_classes[1] for item in under(explorer.widget, "ld-item")} == {"low"}
    filters.children[1].value = "to review"
    assert "499" in texts(under(explorer.widget, "ld-pager")[0])
    click(explorer, "▶")
    click(explorer, "◀")
    under(explorer.widget, "ld-item")[3].click()
    assert "ld-current" in under(explorer.widget, "ld-item")[3]._dom_classes


def test_a_corrected_incident_stays_in_its_place() -> None:
    """Correcting a severity changes the colour of a row, and not the order of the list."""
    explorer = Explorer(review(five(), "ann"))
    services = [item.description.split()[1] for item in under(explorer.widget, "ld-item")]
    click(explorer, "✎ Correct")
    under(explorer.widget, "ld-form")[0].children[0].children[2].value = "low"
    click(explorer, "Save correction")
    items = under(explorer.widget, "ld-item")
    assert [item.description.split()[1] for item in items] == services
    assert {"low", "ld-done"} <= set(items[0]._dom_classes)


def test_hostile_reports_are_shown_and_corrected() -> None:
    """Texts of every kind reach only widgets of text, or are escaped; to correct one word leaves the others."""
    made = review(hostile(), "ann")
    explorer = Explorer(made)
    cause = made.report[0].root_cause
    for section in "1234":
        press(explorer, section + "oj")
    press(explorer, "kkc")
    under(explorer.widget, "ld-form")[0].children[0].children[2].value = "medium"
    click(explorer, "Save correction")
    assert (made.report[0].severity, made.report[0].root_cause) == ("medium", cause)
    assert "&lt;script&gt;" in str(under(explorer.widget, "ld-pane")[0].children[1].children[0].value)


def test_a_report_without_diagnoses_is_shown() -> None:
    """No incident to review: the explorer says so, keys do nothing, failures are listed."""
    explorer = Explorer(review(replace(five(), reports=()), "ann"))
    press(explorer, "jkacnuosx1234/?")
    shown = texts(explorer.widget)
    assert "No incident has a diagnosis to review" in shown
    assert "search-svc" in shown


def test_a_diagnosis_with_nothing_in_it_is_shown() -> None:
    """No quote, no event, no session: each section says so."""
    empty = diagnosis(evidence=(), timeline=(), recommendation="", grounded=False, status="inconclusive")
    explorer = Explorer(review(report_of(empty), "ann"))
    for key, words in {"1": "quotes nothing", "2": "tells no story", "3": "names no session"}.items():
        press(explorer, key)
        assert words in texts(explorer.widget)
    press(explorer, "4")
    assert "can't be opened" in texts(explorer.widget)


def test_many_quotes_are_cut() -> None:
    """A diagnosis with hundreds of quotes shows some tens, and says how many more there are."""
    entry = diagnosis(evidence=tuple(Evidence(f"quote {number}", "app.log", number + 1) for number in range(300)))
    explorer = Explorer(review(report_of(entry), "ann"))
    assert len(under(explorer.widget, "ld-quote")) == 40
    assert "and 260 more quotes" in texts(explorer.widget)
