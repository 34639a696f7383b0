"""What a run would cost and send is told before: the very bytes, and a range in which the run then ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import submit, together, tool_call, turns

import logdebug as ld
from logdebug.agent.messages import Reply
from logdebug.agent.models import ReplayModel
from logdebug.cli import main
from logdebug.errors import IncidentError
from logdebug.run.projection import ASSUMED

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused \N{SNOWMAN}",
    "2026-11-18 09:00:03 ERROR giving up",
]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
READING = together(*[tool_call("read_lines", first=1, last=3)] * 3)
_MARK = re.compile(rb"<data ([0-9a-f]{8}) ")


@pytest.fixture
def served(server: StartServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that starts a scripted server and points the settings at it."""

    def start(script: Any) -> Any:
        running = server(script)
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        return running

    return start


async def test_the_bytes_told_are_the_bytes_sent(served: Any, case_dir: WriteCase) -> None:
    """The server receives, as its first request, exactly the bytes that were told, but for the mark of the session."""
    running = served(turns([READING, GROUNDED]))
    incident = case_dir(LOG, app__conf="host=db-1")
    told = ld.estimate([incident])["shop"].first_request
    assert running.request_count == 0
    await ld.investigate([incident])
    received = running.requests[0].raw
    marks = [_MARK.search(raw) for raw in (told, received)]
    assert marks[0]
    assert marks[1]
    assert told.replace(marks[0][1], marks[1][1]) == received
    assert b"connection to db-1:5432 refused" in received


@pytest.mark.parametrize("script", [turns([GROUNDED]), turns([READING, GROUNDED]), turns([READING] * 40)])
async def test_a_run_ends_within_the_range_that_was_told(script: Any, served: Any, case_dir: WriteCase) -> None:
    """However soon or late the model submits, turns and tokens lie between the least and the most that were told."""
    served(script)
    limits = ld.Limits(turns=6, rejections=0)
    incident = case_dir(LOG)
    told = ld.estimate([incident], limits=limits)
    report = await ld.investigate([incident], limits=limits)
    assert told.least.turns <= report.usage.turns <= told.most.turns
    # The scripted server counts another number of bytes to the token than was assumed, and answers at once.
    slack = ASSUMED.bytes_per_token / 4
    assert told.least.input_tokens * slack * 0.8 <= report.usage.input_tokens
    assert report.usage.tokens <= told.most.tokens
    assert told.least.tokens < told.typical.tokens < told.most.tokens


async def test_past_sessions_are_the_basis_where_there_are_any(served: Any, case_dir: WriteCase) -> None:
    """After three sessions with a model, the typical figure is theirs, to within a twentieth, and says so."""
    served(turns([READING, READING, GROUNDED]))
    incidents = [case_dir(LOG, service=f"svc-{number}") for number in range(3)]
    before = ld.estimate(incidents, model="gpt-5-mini")
    report = await ld.investigate(incidents, model="gpt-5-mini", cache="off")
    after = ld.estimate(incidents, model="gpt-5-mini")
    assert "an assumption" in before.basis
    assert after.basis == "your last 3 sessions with this model"
    assert after.typical.turns == report.usage.turns == 9
    assert after.typical.tokens == pytest.approx(report.usage.tokens, rel=0.05)
    assert before.typical.tokens != pytest.approx(report.usage.tokens, rel=0.05)
    assert "an assumption" in ld.estimate(incidents, model="gpt-5").basis


def test_an_unknown_price_is_said_to_be_one(case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's list price is told with no key at all; of a server that no list has, the price is unknown, not zero."""
    known = ld.estimate([case_dir(LOG)], model="gpt-5-mini")
    assert known.least.cost_usd is not None
    assert 0 < known.least.cost_usd < (known.typical.cost_usd or 0) < (known.most.cost_usd or 0)
    assert "not known" not in repr(known)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    unknown = ld.estimate([case_dir(LOG)], model="llama-3")
    assert unknown.typical.cost_usd is None
    assert "price unknown" in repr(unknown)
    assert unknown.to_df()["cost_usd_typical"].isna().all()


def test_the_embedded_analyst_sends_nothing(case_dir: WriteCase) -> None:
    """Without a model nothing is sent and nothing is spent, and it says so."""
    told = ld.estimate([case_dir(LOG)])
    assert (told.model, told.most.tokens, told.most.cost_usd, told["shop"].first_request) == ("offline", 0, 0.0, b"")
    assert "nothing leaves this machine" in repr(told)


def test_a_bad_incident_among_good_ones_is_told(case_dir: WriteCase, tmp_path: Path) -> None:
    """What can't be investigated stands in its place with the reason, and costs nothing; alone it is an error."""
    bad = (tmp_path, "gone.log", "gone<b>")
    told = ld.estimate([bad, case_dir(LOG)], model=ReplayModel([Reply()]))
    assert [each.service for each in told.incidents] == ["gone<b>", "shop"]
    assert "gone.log" in told.incidents[0].problem
    assert told.typical.tokens == told["shop"].typical.tokens > 0
    assert told.typical.cost_usd is None
    assert "gone&lt;b&gt;" in told._repr_html_()
    assert list(told.to_df()["request_bytes"]) == [0, len(told["shop"].first_request)]
    with pytest.raises(IncidentError):
        ld.estimate([bad])
    with pytest.raises(KeyError, match="there are gone"):
        told["nobody"]


def test_the_command_line_estimates(
    case_dir: WriteCase, served: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`logdebug run --estimate` prints the table, asks nobody and writes nothing."""
    running = served(turns([GROUNDED]))
    incident = case_dir(LOG)
    output = tmp_path / "report.json"
    assert main(["run", "--incident", str(incident), "--dry-run", "--output", str(output)]) == 0
    assert "1 incident · model gpt-5-mini" in capsys.readouterr().out
    assert running.request_count == 0
    assert not output.exists()
