"""The buttons of the live table steer what they stand beside, and nothing is sent that hasn't changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_run_board import DIAGNOSIS, board_of

from logdebug.notebook import panel as panels
from logdebug.notebook.panel import Panel
from logdebug.records import Failure, Incident
from logdebug.run.events import ControlTaken, IncidentDiagnosed, IncidentFailed, IncidentStarted

if TYPE_CHECKING:
    from logdebug.run.board import Board


class Heard:
    """Takes note of what the buttons want, as `Controls` would."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Any:
        """Give a control."""
        return lambda *given: self.said.append((name, *given))


def panel_of(board: Board, *, size: int = 12) -> tuple[Panel, Heard]:
    """Give a panel whose page has answered, drawn once."""
    heard = Heard()
    panel = Panel(board, heard, size=size)  # type: ignore[arg-type]
    panel.probe.speaker.value = 1
    panel.draw()
    return panel, heard


def strip(panel: Panel, slot: int) -> tuple[Any, Any, Any]:
    """Give the text box, the pause and the cancel button of a slot; -1 is that of all."""
    text, hold, cancel = panel._side.children[slot + 1].children
    return text, hold, cancel


def submit(text: Any, said: str) -> None:
    """Type something and press Enter, as the page tells it: Enter first."""
    text._handle_custom_msg({"event": "submit"}, [])
    text.value = said


def test_buttons_steer_the_incident_they_stand_beside() -> None:
    """Each of a row's controls names its incident; those at the top mean all."""
    panel, heard = panel_of(board_of("a", "b"))
    for slot, index in ((1, 1), (-1, None)):
        text, hold, cancel = strip(panel, slot)
        hold.click()
        cancel.click()
        submit(text, "look there")
        assert text.value == ""
        assert heard.said == [("pause", index), ("cancel", index), ("steer", "look there", index)]
        heard.said.clear()


def test_enter_sends_what_was_typed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed is a draft until Enter, which sends it also where nothing is typed any more; once."""
    panel, heard = panel_of(board_of("a"))
    text, _, _ = strip(panel, 0)
    text.value = "look there"
    panel.draw()
    assert heard.said == []
    text._handle_custom_msg({"event": "submit"}, [])
    panel.draw()
    assert heard.said == []
    later = panels.monotonic() + 1
    monkeypatch.setattr(panels, "monotonic", lambda: later)
    panel.draw()
    panel.draw()
    assert heard.said == [("steer", "look there", 0)]
    assert text.value == ""


def test_a_paused_row_can_be_resumed() -> None:
    """The pause button becomes one to resume, also of all once nothing is left to pause."""
    board = board_of("a", "b")
    panel, heard = panel_of(board)
    board.take(ControlTaken(0, "pause", "ann"))
    panel.draw()
    _, hold, _ = strip(panel, 0)
    assert (hold.icon, hold.tooltip) == ("play", "Resume a")
    hold.click()
    strip(panel, -1)[1].click()
    board.take(ControlTaken(1, "pause", "ann"))
    panel.draw()
    strip(panel, -1)[1].click()
    assert heard.said == [("resume", 0), ("pause", None), ("resume", None)]


@pytest.mark.parametrize("outcome", [IncidentDiagnosed(0, DIAGNOSIS), IncidentFailed(0, Failure("a", "model", "down"))])
def test_what_has_ended_cant_be_steered(outcome: Any) -> None:
    """The controls of a row that ended are off; those of all are once every row has."""
    board = board_of("a", "b")
    panel, _ = panel_of(board)
    board.take(outcome)
    panel.draw()
    assert all(control.disabled for control in strip(panel, 0))
    assert not any(control.disabled for control in (*strip(panel, 1), *strip(panel, -1)))
    board.take(IncidentDiagnosed(1, DIAGNOSIS))
    panel.draw()
    assert all(control.disabled for control in strip(panel, -1))


def test_the_embedded_analyst_has_no_box_to_direct_it() -> None:
    """Where no model is asked, nothing can be typed, and the box says why."""
    board = board_of("a")
    board.model = "offline"
    panel, _ = panel_of(board)
    text, hold, _ = strip(panel, 0)
    assert text.disabled
    assert "can't be directed" in text.tooltip
    assert not hold.disabled


def test_a_draft_never_goes_to_another_incident() -> None:
    """When a slot is given to another incident, what was typed for the first is gone."""
    board = board_of(*(f"s{number}" for number in range(30)))
    panel, heard = panel_of(board, size=3)
    strip(panel, 0)[0].value = "a draft for s0"
    panel.window.choose("waiting")
    panel.window.turn(1)
    panel.draw()
    text, _, cancel = strip(panel, 0)
    assert text.value == ""
    cancel.click()
    assert heard.said == [("cancel", 3)]


def test_no_more_controls_than_rows_on_the_page() -> None:
    """Of five hundred incidents, a page of rows has controls; the pager shows where there are more."""
    panel, _ = panel_of(board_of(*(f"s{number}" for number in range(500))))
    assert len(panel._side.children) == 1 + 12
    assert panel._sheet.value.count("<tr") == 1 + 12
    assert panel._pager.root.layout.display == "flex"
    assert "12 of 500 rows" in panel._sheet.value
    small, _ = panel_of(board_of("a"))
    assert small._pager.root.layout.display == "none"


def test_a_redraw_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing but the clock goes on, a redraw writes to one widget only."""
    import ipywidgets

    board = board_of(*(f"s{number}" for number in range(500)))
    board.take(IncidentStarted(0, Incident(Path("/d"), "a.log", "s0"), "s"))
    panel, _ = panel_of(board)
    panel.draw()
    sent: list[object] = []
    monkeypatch.setattr(ipywidgets.Widget, "send_state", lambda self, key=None: sent.append((self, key)))
    for _ in range(3):
        sent.clear()
        panel._sheet.value = ""
        sent.clear()
        panel.draw()
        assert [widget for widget, _ in sent] == [panel._sheet]  # type: ignore[misc]


def test_no_button_is_shown_that_reaches_nobody() -> None:
    """Until the page has answered there are no controls; after a while, the way without them is told instead."""
    board = board_of("a")
    panel = Panel(board, Heard())  # type: ignore[arg-type]
    panel.draw()
    assert panel._side.layout.display == "none"
    assert panel._note.value == ""
    board._began = (board._began or 0) - 60
    panel.draw()
    assert "Interrupt the kernel" in panel._note.value
    panel.probe.speaker.value = 1
    panel.draw()
    assert (panel._side.layout.display, panel._note.value) == ("flex", "")


def test_a_page_that_is_late_is_asked_again() -> None:
    """A page that says nothing is asked by a new widget after a while, at growing intervals; the old one is gone."""
    panel = Panel(board_of("a"), Heard())  # type: ignore[arg-type]
    speakers = []
    for _ in range(60):
        panel.probe.ask()
        if panel.probe.speaker not in speakers:
            speakers.append(panel.probe.speaker)
    assert 3 <= len(speakers) <= 5
    assert [speaker.comm is None for speaker in speakers] == [True] * (len(speakers) - 1) + [False]
    speakers[-1].value = 1
    playing = panel.probe.speaker.playing
    panel.probe.ask()
    assert (panel.probe.is_answered, panel.probe.speaker.playing) == (True, playing)


def test_titles_are_the_incidents_own_and_safe() -> None:
    """Each control is named for keyboards and screen readers, with nothing of a hostile name acting in it."""
    panel, _ = panel_of(board_of("pay\x1b[31m\u202e" + "x" * 200))
    titles = [control.tooltip for control in strip(panel, 0)]
    assert [title.split()[0] for title in titles] == ["Steer", "Pause", "Cancel"]
    assert not set("".join(titles)) & set("\x1b\u202e")
    assert max(map(len, titles)) < 120


def test_nothing_is_left_open() -> None:
    """A panel that is closed leaves no widget behind."""
    import ipywidgets

    before = len(ipywidgets.widgets.widget._instances)
    panel, _ = panel_of(board_of(*(f"s{number}" for number in range(50))))
    panel.close()
    assert len(ipywidgets.widgets.widget._instances) == before


def test_a_page_that_was_just_asked_is_told_not_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last that a page hears of a widget which was to answer, before it is closed, is that it needn't."""
    import ipywidgets

    said: list[tuple[object, str, bool]] = []
    monkeypatch.setattr(
        ipywidgets.Widget,
        "send_state",
        lambda self, key=None: said.append((self, str(key), getattr(self, "playing", True))),
    )
    panel = Panel(board_of("pay"), Heard())  # type: ignore[arg-type]
    panel.draw()
    speaker = panel.probe.speaker
    assert speaker.playing
    panel.close()
    assert [each for each in said if each[0] is speaker][-1] == (speaker, "playing", False)
    assert speaker.comm is None
