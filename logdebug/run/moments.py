"""When something was written to disk: by the clock on the wall, which may be set, and by one that only goes forward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Moment", "stamp"]


def stamp() -> dict[str, Any]:
    """Give what a line on disk begins with: the time by either clock."""
    return {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "clock": round(monotonic(), 3)}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a line was written.

    Parameters
    ----------
    at
        By the clock on the wall.
    clock
        In seconds of the machine's clock that only goes forward, and begins anew when the machine does; None where that
        wasn't written.
    """

    at: datetime
    clock: float | None = None

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Moment:
        """Read it from a line.

        Raises
        ------
        ValueError, KeyError, TypeError
            Where the line has none.
        """
        clock = line.get("clock")
        return cls(datetime.fromisoformat(line["at"]).astimezone(UTC), None if clock is None else float(clock))

    def seconds_to(self, later: Moment) -> float:
        """Tell how much later another line of the same process was written; a clock that was set counts for nothing."""
        if self.clock is not None and later.clock is not None:
            return max(0.0, later.clock - self.clock)
        return max(0.0, (later.at - self.at).total_seconds())

    def most_seconds_to(self, later: Moment) -> float:
        """Tell how much later another line was written at the most, where it may be of another process."""
        return min(self.seconds_to(later), max(0.0, (later.at - self.at).total_seconds()))
