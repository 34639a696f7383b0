"""What happens in a run is on disk, line by line, and a disk that is full ends no run."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from monitor_samples import diagnosed, failed, write_run

from logdebug.agent.steps import Answered, Asked
from logdebug.errors import SessionError
from logdebug.records import Incident, Usage
from logdebug.run.chronicle import EVENTS, Chronicle
from logdebug.run.events import ControlTaken, IncidentStarted, StepTaken


def lines_of(directory: Path) -> list[dict[str, object]]:
    """Read what was written."""
    return [json.loads(line) for line in (directory / EVENTS).read_text().splitlines() if line]


def test_every_event_but_steps_is_a_line(tmp_path: Path) -> None:
    """Each event of the run is a line of its own as soon as it is taken; steps are in the traces."""
    directory, chronicle = write_run(tmp_path, "shop", "cart")
    with chronicle:
        chronicle.take(IncidentStarted(0, Incident(Path("/srv"), "a.log", "shop"), "run/00001-shop"))
        chronicle.take(StepTaken(0, Asked(1)))
        chronicle.take(ControlTaken(1, "pause", "ann"))
        chronicle.take(diagnosed(0))
        assert [line["event"] for line in lines_of(directory)][-1] == "IncidentDiagnosed"
    events = [line["event"] for line in lines_of(directory)]
    assert events == ["RunStarted", "IncidentStarted", "ControlTaken", "IncidentDiagnosed", "RunEnded"]
    assert stat.S_IMODE((directory / EVENTS).stat().st_mode) == 0o600


def test_a_failure_says_what_was_spent(tmp_path: Path) -> None:
    """An incident that failed is told with what its replies cost until then."""
    directory, chronicle = write_run(tmp_path, "shop")
    with chronicle:
        for turn in (1, 2):
            chronicle.take(StepTaken(0, Answered(turn, "", (), "stop", Usage(0, 100, 10, 0.5))))
        chronicle.take(failed(0))
    [line] = [line for line in lines_of(directory) if line["event"] == "IncidentFailed"]
    assert line["usage"] == {"turns": 2, "input_tokens": 200, "output_tokens": 20, "cost_usd": 1.0, "seconds": 0.0}


def test_a_second_process_has_another_address(tmp_path: Path) -> None:
    """A run that is taken up again goes on in the same file, under another address."""
    directory, chronicle = write_run(tmp_path, "shop")
    with chronicle:
        pass
    with Chronicle(directory) as again:
        assert again.address != chronicle.address
    assert [line["event"] for line in lines_of(directory)] == ["RunStarted", "RunEnded", "RunEnded"]


def test_a_torn_line_swallows_no_other(tmp_path: Path) -> None:
    """What comes after a line that was torn is a line of its own."""
    directory, chronicle = write_run(tmp_path, "shop")
    with chronicle:
        with (directory / EVENTS).open("a") as file:
            file.write('\n{"at": "2026-')
        chronicle.take(failed(0))
    assert (directory / EVENTS).read_text().splitlines()[-4] == '{"at": "2026-'
    assert json.loads((directory / EVENTS).read_text().splitlines()[-3])["event"] == "IncidentFailed"


def test_a_full_disk_ends_no_run(tmp_path: Path) -> None:
    """Where the disk takes nothing any more, events are lost and nothing is raised."""
    _, chronicle = write_run(tmp_path, "shop")
    with chronicle, Path("/dev/full").open("wb") as full:
        kept = os.dup(chronicle._file)
        os.dup2(full.fileno(), chronicle._file)
        chronicle.take(failed(0))
        os.dup2(kept, chronicle._file)
        os.close(kept)


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    """Where the file can't be made, that is said."""
    with pytest.raises(SessionError, match="can't be kept"):
        Chronicle(tmp_path / "nowhere")
