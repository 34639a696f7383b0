"""Which worker of a cluster an incident goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logdebug.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.records import Incident

__all__ = ["Cluster", "Worker"]


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster, and which of its workers hold which logs; what `investigate` takes as `cluster`.

    The model's server is asked by all workers together no more than by one machine: `max_concurrency` is the run's, and
    of what the server says is left of its limits (its rate-limit headers) each worker uses an equal part, by the
    number of workers that the cluster had when it was first given work. What a server allows without saying so each
    worker learns from its own refusals.

    Parameters
    ----------
    client
        A `distributed.Client` that is connected to the cluster.
    workers
        Which workers may take a service's incidents, by the service's name: a worker's address (`tcp://10.0.0.5:4000`),
        name or host, or a resource that it declares (`dask worker --resources "eu-logs=1"`); or several of these. An
        incident of any other service goes to a worker on which its log is found, looked for under the incident's own
        path.
    send_key
        Whether the workers are sent the model's key, over the cluster's own connections. Without, each takes
        OPENAI_API_KEY and OPENAI_BASE_URL of its own environment, and the model must be given by its name.
    patience_seconds
        How long an incident waits for a worker that fits to join (again) before it fails.
    """

    client: Any
    workers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    send_key: bool = True
    patience_seconds: float = 20.0

    def __post_init__(self) -> None:
        """Refuse what is no client, and places that are none."""
        if not callable(getattr(self.client, "run", None)) or not hasattr(self.client, "scheduler"):
            raise SettingsError(
                f"cluster={self.client!r} is no distributed.Client; connect to a cluster first: "
                "cluster=distributed.Client(address)",
                setting="cluster",
            )
        if not all(map(_are_names, self.workers.values())):
            raise SettingsError(
                "workers= wants a worker's address, name, host or resource for each service, or a list of them",
                setting="cluster",
            )

    @classmethod
    def of(cls, given: object) -> Cluster:
        """Take a cluster, or a bare client, as a cluster.

        Raises
        ------
        SettingsError
            Where it is something else.
        """
        return given if isinstance(given, cls) else cls(given)

    def names_for(self, incident: Incident) -> tuple[str, ...]:
        """Give what the workers that may take an incident are called; empty where it is to be looked for."""
        named = self.workers.get(incident.service, ())
        return (named,) if isinstance(named, str) else tuple(named)


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker, as the scheduler knows it.

    Parameters
    ----------
    address
        Where it is reached, which no other worker ever was or will be.
    name, host, resources
        What else it is called.
    """

    address: str
    name: str
    host: str = ""
    resources: frozenset[str] = frozenset()

    @classmethod
    def of(cls, address: str, about: Mapping[str, Any]) -> Worker:
        """Read what the scheduler says of a worker."""
        name, host = str(about.get("name") or address), str(about.get("host") or "")
        return cls(address, name, host, frozenset(map(str, about.get("resources") or ())))

    def is_called(self, names: Iterable[str]) -> bool:
        """Tell whether one of these names is this worker's."""
        own = {self.address, self.name, self.host} | self.resources
        return any(name in own for name in names if name)

    def __str__(self) -> str:
        """Give its name, and its address where that isn't the name."""
        return self.name if self.name == self.address else f"{self.name} ({self.address})"


def _are_names(given: object) -> bool:
    names = [given] if isinstance(given, str) else given
    return isinstance(names, Sequence) and bool(names) and all(isinstance(each, str) and each for each in names)
