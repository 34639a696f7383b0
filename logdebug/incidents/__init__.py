"""Where incidents come from, and the check before anything is spent on them."""

from __future__ import annotations

from logdebug.incidents.checking import check_incident, check_incidents, check_names, service_of
from logdebug.incidents.finding import demo_incidents, find_incidents
from logdebug.incidents.loading import load_incidents

__all__ = [
    "check_incident",
    "check_incidents",
    "check_names",
    "demo_incidents",
    "find_incidents",
    "load_incidents",
    "service_of",
]
