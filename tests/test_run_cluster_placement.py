"""Which worker an incident goes to is what its operator said, by any name that a worker has."""

from __future__ import annotations

from pathlib import Path

import pytest

from logdebug.errors import SettingsError
from logdebug.records import Incident
from logdebug.run.cluster.placement import Cluster, Worker

WORKER = Worker.of(
    "tcp://10.0.0.5:4000", {"name": "web-1", "host": "10.0.0.5", "resources": {"eu-logs": 1.0, "GPU": 2.0}}
)


class Client:
    """Looks like a client of a cluster."""

    scheduler = None

    def run(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("name", ["tcp://10.0.0.5:4000", "web-1", "10.0.0.5", "eu-logs", "GPU"])
def test_a_worker_is_called_by_all_its_names(name: str) -> None:
    """A worker's address, name, host and each resource are names of it."""
    assert WORKER.is_called(("nobody", name))


@pytest.mark.parametrize("name", ["web", "WEB-1", "10.0.0", "", "tcp://10.0.0.5"])
def test_a_worker_is_called_by_no_other_name(name: str) -> None:
    """A part of a name is none."""
    assert not WORKER.is_called((name,))


def test_a_worker_without_a_name_is_called_by_its_address() -> None:
    """What the scheduler doesn't know of a worker matches nothing."""
    worker = Worker.of("tcp://10.0.0.5:4000", {})
    assert str(worker) == "tcp://10.0.0.5:4000"
    assert not worker.is_called(("",))


def test_names_are_those_of_the_service() -> None:
    """A service's workers are one name or several; one that isn't named is to be looked for."""
    cluster = Cluster(Client(), workers={"shop": "web-1", "bank": ["web-1", "web-2"]})
    names = {service: cluster.names_for(Incident(Path("/x"), "a.log", service)) for service in ("shop", "bank", "etl")}
    assert names == {"shop": ("web-1",), "bank": ("web-1", "web-2"), "etl": ()}


@pytest.mark.parametrize("given", ["tcp://10.0.0.5:8786", None, 7])
def test_what_is_no_client_is_refused(given: object) -> None:
    """An address is no client; the error says how to make one."""
    with pytest.raises(SettingsError, match=r"distributed\.Client"):
        Cluster.of(given)


@pytest.mark.parametrize("names", ["", [], [""], [7], {"a": 1}])
def test_a_place_that_is_none_is_refused(names: object) -> None:
    """An empty name would send an incident nowhere."""
    with pytest.raises(SettingsError, match="workers="):
        Cluster(Client(), workers={"shop": names})  # type: ignore[dict-item]
