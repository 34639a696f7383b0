"""The steps of a report's agents as a frame, read from their sessions on disk."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import SessionError
from logdebug.report.columns import MOMENT, framed
from logdebug.report.text import one_line, shorten
from logdebug.run.sessions import read_trace
from logdebug.run.wording import step_in_words
from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from logdebug.report.report import Report
    from logdebug.run.estimate import Estimate, IncidentEstimate
    from logdebug.run.plan import Plan

__all__ = ["estimate_df", "events_df", "plan_df"]

_EVENTS = {
    "service": "str",
    "at": MOMENT,
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
_ESTIMATE = {
    "service": "str",
    "log_bytes": "int64",
    "request_bytes": "int64",
    "tokens_least": "int64",
    "tokens_typical": "int64",
    "tokens_most": "int64",
    "cost_usd_least": "float64",
    "cost_usd_typical": "float64",
    "cost_usd_most": "float64",
    "redactions": "Int64",
    "problem": "str",
    "working_dir": "str",
    "log_file": "str",
}
_PLAN = {
    "service": "str",
    "way": "str",
    "severity": "severity",
    "category": "category",
    "status": "status",
    "root_cause": "str",
    "shared_from": "str",
    "tokens": "int64",
    "cost_usd": "float64",
    "problem": "str",
    "index": "int64",
}
_SESSION = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")
_FAILED = frozenset({"Failure", "Rejected", "Retried"})


def events_df(report: Report, sessions_dir: str | Path | None = None) -> pd.DataFrame:
    """Return one row per step of each agent, those of incidents that failed included, in the order of the report.

    Parameters
    ----------
    report
        Its diagnoses and failures name their sessions.
    sessions_dir
        Where the sessions are; by default where `investigate` keeps them.

    Returns
    -------
    pandas.DataFrame
        Columns service; at (UTC, when the step was done); step (Prompted, Asked, Answered, ToolUsed, Rejected,
        Retried, LimitReached, Concluded, Failure); turn (from 1; NA before the first); tool (missing where none was
        used); detail (in words: what was searched for or read, what was answered); failed; input_tokens,
        output_tokens, cost_usd (of replies; 0, 0 and NaN elsewhere); seconds (of replies, tools and waits; NaN
        elsewhere); session.

    Warns
    -----
    RuntimeWarning
        Where sessions are missing or damaged: their steps, or those after the damage, are left out; it says how many
        sessions that are, and the first reason.
    """
    below = Settings.load().sessions_dir if sessions_dir is None else Path(sessions_dir).expanduser()
    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    sessions = [(diagnosis.service, diagnosis.session) for diagnosis in report.reports]
    sessions += [(failure.service, failure.session) for failure in report.errors]
    for service, session in sessions:
        story = _Story(service, session)
        try:
            rows.extend(map(story.row, _trace(below, session)))  # those before a damage stay
        except SessionError as error:
            faults.append(str(error))
    if faults:
        warnings.warn(
            f"the steps of {len(faults):,} of {len(sessions):,} incidents are not all there: "
            f"{shorten(one_line(faults[0]), 300)}; name the directory of the sessions with sessions_dir=",
            RuntimeWarning,
            stacklevel=3,
        )
    return framed(_EVENTS, rows)


@dataclass(slots=True)
class _Story:
    """One session, told line by line: what a line leaves unsaid follows from those before it."""

    service: str
    session: str
    _turn: int | None = None
    _asked_at: datetime | None = None

    def row(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Give the row of a trace's next line."""
        step, at = str(line.get("step") or ""), _moment(line.get("at"))
        if step in {"Asked", "Answered"}:
            self._turn = _whole(line.get("turn"), self._turn)
        call, usage = _record(line.get("call")), _record(line.get("usage")) if step == "Answered" else {}
        row = {
            "service": self.service,
            "at": at,
            "step": step,
            "turn": self._turn,
            "tool": str(call["name"]) if call.get("name") else None,
            "detail": step_in_words(line),
            "failed": bool(line.get("failed")) or step in _FAILED,
            "input_tokens": _whole(usage.get("input_tokens"), 0),
            "output_tokens": _whole(usage.get("output_tokens"), 0),
            "cost_usd": _number(usage.get("cost_usd")),
            "seconds": self._seconds(step, at, line),
            "session": self.session,
        }
        if step in {"Asked", "Retried"}:
            self._asked_at = at
        return row

    def _seconds(self, step: str, at: datetime | None, line: Mapping[str, Any]) -> float | None:
        """Give how long a reply took since it was asked for, a tool worked, or a wait is."""
        if step == "ToolUsed":
            return _number(line.get("seconds"))
        if step == "Retried":
            return _number(line.get("wait_seconds"))
        if step == "Answered" and at and self._asked_at:
            return max(0.0, (at - self._asked_at).total_seconds())
        return None


def _trace(sessions_dir: Path, session: str) -> Iterator[Mapping[str, Any]]:
    """Read a session's trace; its name comes from a report, so it may lead nowhere else."""
    if not _SESSION.fullmatch(session):
        said = f"this is no session's name: {session!r}" if session else "the report names no session"
        raise SessionError(said, path=sessions_dir)
    for line in read_trace(sessions_dir / session):
        if isinstance(line, dict):
            yield line


def _record(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: object, otherwise: int | None) -> int | None:
    return value if isinstance(value, int) and abs(value) < 1 << 62 else otherwise


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def estimate_df(estimate: Estimate) -> pd.DataFrame:
    """Return one row per incident of an estimate; see `Estimate.to_df`."""
    return framed(_ESTIMATE, map(_estimate_row, estimate.incidents))


def _estimate_row(each: IncidentEstimate) -> dict[str, Any]:
    spans = {"least": each.least, "typical": each.typical, "most": each.most}
    return {
        **{name: getattr(each, name) for name in ("service", "log_bytes", "redactions", "problem")},
        "request_bytes": len(each.first_request),
        **{f"tokens_{name}": spent.tokens for name, spent in spans.items()},
        **{f"cost_usd_{name}": spent.cost_usd for name, spent in spans.items()},
        "working_dir": each.working_dir,
        "log_file": each.log_file,
    }


def plan_df(plan: Plan) -> pd.DataFrame:
    """Return one row per incident of a plan; see `Plan.to_df`."""
    names = {each.index: each.service for each in plan.entries}
    return framed(
        _PLAN,
        (
            {
                **{name: getattr(each, name) for name in ("service", "way", "problem", "index")},
                **{
                    name: getattr(each.diagnosis, name) if each.diagnosis else None
                    for name in ("severity", "category", "status", "root_cause")
                },
                "shared_from": names.get(each.shared_from, "") if each.shared_from is not None else "",
                "tokens": each.typical.tokens,
                "cost_usd": each.typical.cost_usd,
            }
            for each in plan.entries
        ),
    )
