"""A key that is refused ends the run at once, with one message; what was finished is kept."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import faults, submit, turns

import logdebug as ld
from logdebug.cli import main
from logdebug.errors import AccountSpent, ModelNotAuthorised

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ChatReply, ChatRequest, Fault

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Give a function that points the settings at a server."""

    def point(running: Any) -> Any:
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("LOGDEBUG_SESSIONS_DIR", str(tmp_path / "sessions"))
        return running

    return point


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.not_authorised(), ModelNotAuthorised),
        (faults.forbidden(), ModelNotAuthorised),
        (faults.quota_exhausted(), AccountSpent),
        (faults.out_of_money(), AccountSpent),
    ],
    ids=str,
)
async def test_a_wrong_key_stops_the_run_at_once(
    fault: Fault, kind: type[Exception], server: StartServer, settings: Any, case_dir: WriteCase
) -> None:
    """Of 60 incidents only those at work are begun, and the one error says what the server said and the remedy."""
    running = settings(server(lambda _: fault))
    incidents = [case_dir(LOG, service=f"s{n}") for n in range(60)]
    with pytest.raises(kind, match=r"the server answered 4\d\d: .*stopped; 0 of 60 .* resume='"):
        await ld.investigate(incidents, max_concurrency=8)
    assert running.request_count <= 8


async def test_what_was_finished_before_a_key_expired_is_kept(
    server: StartServer, settings: Any, case_dir: WriteCase, tmp_path: Path
) -> None:
    """What was finished when a key expired is in report.json, and is not asked for again when the run is resumed."""
    sound = turns([GROUNDED])
    expired = False

    def script(request: ChatRequest) -> ChatReply | Fault:
        return faults.not_authorised() if expired and request.number >= 12 else sound(request)

    expired = True
    running = settings(server(script))
    incidents = [case_dir(LOG, service=f"s{n:02}") for n in range(30)]
    with pytest.raises(ModelNotAuthorised, match=r"1\d of 30 incidents had ended"):
        await ld.investigate(incidents, max_concurrency=4)
    [kept] = (tmp_path / "sessions").glob("*/report.json")
    report = ld.Report.load(kept)
    assert (report.diagnosed, report.total_incidents) == (12, 30)
    assert {each.error for each in report.errors} == {"not_authorised"}
    expired = False
    asked = running.request_count
    again = await ld.investigate(resume=report.run_id, max_concurrency=4)
    assert (again.diagnosed, again.failed) == (30, 0)
    assert running.request_count - asked == 18


async def test_what_is_about_one_text_stops_no_other(server: StartServer, settings: Any, case_dir: WriteCase) -> None:
    """A 403 of a gateway's moderation is that incident's failure alone."""
    sound = turns([GROUNDED])
    settings(server(lambda request: faults.flagged() if "'s3'" in request.opening else sound(request)))
    report = await ld.investigate([case_dir(LOG, service=f"s{n}") for n in range(6)])
    assert report.diagnosed == 5
    assert [(each.service, each.error) for each in report.errors] == [("s3", "model_refused")]


async def test_the_command_line_says_it_in_one_line(
    server: StartServer, settings: Any, case_dir: WriteCase, capsys: pytest.CaptureFixture[str]
) -> None:
    """`logdebug run` with a wrong key ends with status 1 and one line that names the remedy."""
    settings(server(lambda _: faults.not_authorised()))
    arguments = [f"--incident={case_dir(LOG, service=f's{n}')}" for n in range(20)]
    status = await asyncio.to_thread(main, ["run", "--model", "m", *arguments])
    complaint = [line for line in capsys.readouterr().err.splitlines() if line.startswith("logdebug:")]
    assert status == 1
    assert len(complaint) == 1
    assert "check OPENAI_API_KEY" in complaint[0]
    assert json.dumps(complaint).count("Incorrect API key") == 1


async def test_the_command_line_writes_what_was_finished(
    server: StartServer, settings: Any, case_dir: WriteCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that expires in mid-run leaves the finished incidents in `--output` and `--html`; one at once, no file."""
    sound = turns([GROUNDED])
    settings(server(lambda request: faults.not_authorised() if request.number >= 3 else sound(request)))
    output, page = tmp_path / "report.json", tmp_path / "report.html"
    arguments = [f"--incident={case_dir(LOG, service=f's{n}')}" for n in range(6)]
    command = ["run", "--model", "m", "--max-concurrency=1", f"--output={output}", f"--html={page}", *arguments]
    assert await asyncio.to_thread(main, command) == 1
    said = capsys.readouterr()
    assert f"Written: {output}, {page}" in said.out
    assert "check OPENAI_API_KEY" in said.err
    assert (ld.Report.load(output).diagnosed, page.exists()) == (3, True)
    output.unlink()
    settings(server(lambda _: faults.not_authorised()))
    assert await asyncio.to_thread(main, [*command, "--cache=off"]) == 1
    assert not output.exists()
