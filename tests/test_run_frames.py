"""The agents' steps as a frame: every step of every session, and what is missing said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pandas.testing import assert_series_equal
from report_samples import HOSTILE, diagnosis, report
from scripted_server import submit, tool_call, turns

import logdebug as ld
from logdebug.records import Failure
from logdebug.run.frames import events_df

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase

    from logdebug.report.report import Report

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
DTYPES = {
    "service": "str",
    "at": "datetime64[us, UTC]",
    "step": "str",
    "turn": "Int64",
    "tool": "str",
    "detail": "str",
    "failed": "bool",
    "input_tokens": "int64",
    "output_tokens": "int64",
    "cost_usd": "float64",
    "seconds": "float64",
    "session": "str",
}


async def ran(server: StartServer, write_case: WriteCase, monkeypatch: pytest.MonkeyPatch, where: Path) -> Report:
    """Run one agent against a scripted server: a search, a file that isn't there, and a diagnosis."""
    running = server(turns([tool_call("search", pattern="refused"), tool_call("overview", file="gone"), GROUNDED]))
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    return await ld.investigate([write_case(LOG)], sessions_dir=where)


async def test_each_step_has_a_row(
    server: StartServer, case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The steps of a session are rows in order, with the turn, the tool, and what was looked for in words."""
    made = await ran(server, case_dir, monkeypatch, tmp_path)
    frame = events_df(made, tmp_path)
    used = frame[frame["step"] == "ToolUsed"]
    assert list(used["tool"]) == ["search", "overview"]
    assert used["detail"].iloc[0] == "searched for `refused`"
    assert used["detail"].iloc[1].startswith("read the overview of gone: ")
    assert list(used["failed"]) == [False, True]
    assert list(used["turn"]) == [1, 2]
    assert list(frame["step"])[:2] == ["Prompted", "Asked"]
    assert frame["step"].iloc[-1] == "Concluded"
    assert frame["turn"].isna().sum() == 1
    assert set(frame["session"]) == {made[0].session}


async def test_the_rows_add_up_to_what_it_cost(
    server: StartServer, case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tokens of all replies are the incident's, times are in UTC and go forward, and replies took some time."""
    made = await ran(server, case_dir, monkeypatch, tmp_path)
    frame = events_df(made, str(tmp_path))
    assert frame["input_tokens"].sum() == made.usage.input_tokens
    assert frame["output_tokens"].sum() == made.usage.output_tokens
    assert frame["at"].is_monotonic_increasing
    assert abs(frame["at"].max() - datetime.now(UTC)) < timedelta(minutes=5)
    assert (frame.loc[frame["step"] == "Answered", "seconds"] >= 0).all()
    assert frame.loc[frame["step"] == "Prompted", "seconds"].isna().all()


async def test_dtypes_are_fixed(case_dir: WriteCase, tmp_path: Path) -> None:
    """The dtypes are the documented ones, with no rows and after several frames are put together as well."""
    made = await ld.investigate([case_dir(LOG)], sessions_dir=tmp_path)
    full, empty = events_df(made, tmp_path), events_df(report(), tmp_path)
    assert {name: str(dtype) for name, dtype in full.dtypes.items()} == DTYPES
    assert len(empty) == 0
    assert_series_equal(empty.dtypes, full.dtypes)
    assert_series_equal(pd.concat([empty, full, full]).dtypes, full.dtypes)


async def test_sessions_are_found_where_they_are_by_default(case_dir: WriteCase) -> None:
    """Without a directory, the sessions are read from where `investigate` keeps them."""
    made = await ld.investigate([case_dir(LOG)])
    assert list(events_df(made)["step"]) == ["Concluded"]


async def test_missing_sessions_are_said(case_dir: WriteCase, tmp_path: Path) -> None:
    """Sessions that are gone, or that a report doesn't name, are left out with one warning; the others are there."""
    made = await ld.investigate([case_dir(LOG)], sessions_dir=tmp_path)
    more = replace(
        made,
        reports=(*made.reports, diagnosis("b"), diagnosis("c", session="20261122T140211-ab12cd/00001-c")),
        errors=(Failure("d", "e", "m"),),
    )
    with pytest.warns(RuntimeWarning, match=r"3 of 4 incidents.*the report names no session.*sessions_dir="):
        frame = events_df(more, tmp_path)
    assert list(frame["service"]) == ["shop"]


@pytest.mark.parametrize("session", ["../elsewhere", "..", "a/../../elsewhere", "/etc", ".hidden/x", "a/b/c", HOSTILE])
def test_a_name_that_leads_elsewhere_is_not_followed(session: str, tmp_path: Path) -> None:
    """A report can't make a trace outside the sessions directory be read."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "trace.jsonl").write_text('{"step": "Asked", "turn": 1}\n')
    (tmp_path / "sessions" / "a").mkdir(parents=True)
    with pytest.warns(RuntimeWarning, match="this is no session's name"):
        assert events_df(report(diagnosis(session=session)), tmp_path / "sessions").empty


def test_what_stands_before_a_damage_is_kept(tmp_path: Path) -> None:
    """A trace that is damaged in its middle gives its steps until there, and the warning names the line."""
    session = tmp_path / "run" / "00001-a"
    session.mkdir(parents=True)
    (session / "trace.jsonl").write_text('{"step": "Asked", "turn": 1}\n{"step"\n{"step": "Answered"}\n')
    with pytest.warns(RuntimeWarning, match="line 2 is damaged"):
        frame = events_df(report(diagnosis(session="run/00001-a")), tmp_path)
    assert list(frame["step"]) == ["Asked"]


def test_odd_traces_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    """Records of another version, wrong types and a torn last line don't stop the reading."""
    session = tmp_path / "run" / "00001-a"
    session.mkdir(parents=True)
    lines = [
        '{"at": "yesterday", "step": "Asked", "turn": "one"}',
        "[1, 2]",
        '{"at": "2026-11-22T14:02:11", "step": "Answered", "usage": {"input_tokens": "many", "cost_usd": 0.5}}',
        '{"at": "2026-11-22T16:02:12+02:00", "step": "Levitated", "text": "up"}',
        '{"at": "2026-11-22T14:02:13Z", "step": "Fail',
    ]
    (session / "trace.jsonl").write_text("\n".join(lines))
    frame = events_df(report(diagnosis(session="run/00001-a")), tmp_path)
    assert list(frame["step"]) == ["Asked", "Answered", "Levitated"]
    assert frame["at"].isna().tolist() == [True, False, False]
    assert frame["at"].iloc[2] == datetime(2026, 11, 22, 14, 2, 12, tzinfo=UTC)
    assert frame["cost_usd"].iloc[1] == 0.5
    assert frame["input_tokens"].sum() == 0
