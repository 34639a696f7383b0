"""What came of each incident is in the report of its run, whenever that is asked for."""

from __future__ import annotations

from pathlib import Path

from logdebug.agent.limits import Budget
from logdebug.errors import IncidentError, ModelNotAuthorised
from logdebug.records import Failure, Incident, Usage
from logdebug.run.ledger import Ledger


def test_what_is_not_finished_is_cancelled_or_stopped() -> None:
    """An incident without an outcome was cancelled, by the operator if one did it, or stopped by what ended the run."""
    incidents = [Incident(Path("/srv"), "app.log", "shop"), IncidentError("no such log"), Incident(Path("/"), "b", "c")]
    ledger, budget = Ledger(incidents), Budget()
    budget.spend(Usage(2, 10, 5, 0.25))
    ledger.outcomes[1] = Failure("none", "incident", "no such log", "")
    ledger.sessions[0] = "run/00001-shop"
    report = ledger.report("run", "m", budget, redacted=True)
    assert (report.total_incidents, report.diagnosed, report.usage.turns, report.usage.cost_usd) == (3, 0, 2, 0.25)
    assert [(each.error, each.session) for each in report.errors] == [
        ("cancelled", "run/00001-shop"),
        ("incident", ""),
        ("cancelled", ""),
    ]
    ledger.stopped = ModelNotAuthorised("wrong key", model="m")
    assert ledger.cancelled(0).error == "not_authorised"
    assert "kim" in ledger.cancelled(2, "kim").message
