"""What is over: a trouble that was skipped, recovered from, never came again, or ended before the real one began."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logdebug.agent.clues import AT_ONCE, RECOVERED, Clue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LASTING", "Passing", "lasts"]

LASTING = ("oom", "crash", "disk_full", "data_corruption")
"""Such a trouble does harm however rarely it is told."""

_SKIP_LINES = 3  # "skipped" so soon after a failure is about it
_FEW, _MOMENTS = 2, 5  # said so seldom, and over within so many lines: nobody noticed
_QUIET_LINES = 200
_CERTAIN_WEIGHT = 90  # from here on, a cause doesn't pass by itself, and isn't skipped
_BY_ITSELF = ("dependency_failure", "network_error", "timeout")


@dataclass(frozen=True, slots=True)
class Passing:
    """Knows where a log says that something is over.

    Parameters
    ----------
    skips, recoveries
        The lines that say that something was passed over, or works again.
    line_count
        Lines of the log.
    """

    skips: Sequence[int]
    recoveries: Sequence[int]
    line_count: int

    def marked(self, clue: Clue) -> Clue:
        """Mark a clue as survived where the log tells of a recovery after the last time it was stated."""
        if clue.survived:
            return clue
        near = 1 if clue.alarm >= 5 else _SKIP_LINES
        # What is skipped in a log's last line is what no longer came.
        skipped = [line for line in self.skips if 0 < line - clue.last_line <= near and line < self.line_count]
        if skipped and clue.count <= 3 and not _is_certain(clue):
            return replace(clue, survived=f"was skipped (line {skipped[0]})")
        if clue.alarm >= 5:
            return clue
        later = [line for line in self.recoveries if line >= clue.last_line]
        if later:
            briefly = clue.count <= _FEW and later[0] - clue.first_line <= _MOMENTS and _may_pass(clue)
            return replace(clue, survived=f"{AT_ONCE} (line {later[0]})" if briefly else f"{RECOVERED}line {later[0]})")
        rest = self.line_count - clue.last_line
        passing = _may_pass(clue)
        if passing and clue.alarm <= 3 and clue.count <= 2 and rest > max(_QUIET_LINES, self.line_count // 4):
            return replace(clue, survived=f"did not come again in the {rest:,} lines after it")
        return clue

    def outlived(self, clue: Clue, clues: Sequence[Clue]) -> Clue:
        """Mark a passing trouble as over that ended in the log's first half, while other errors go on to its end."""
        count = self.line_count
        if clue.survived or not _may_pass(clue) or clue.last_line * 2 > count or count < _QUIET_LINES:
            return clue
        for other in clues:
            lasts = other.last_line >= count * 0.9 and other.count >= 5 * clue.count and other.alarm >= 4
            if lasts and other.first_line > clue.last_line and (other.signature is None or not _may_pass(other)):
                return replace(clue, survived=f"was over before other errors began (line {other.first_line:,})")
        return clue


def lasts(clue: Clue) -> bool:
    """Say whether it did harm that no good end takes back."""
    return clue.alarm >= 5 or (clue.signature is not None and clue.signature.category in LASTING)


def _may_pass(clue: Clue) -> bool:
    """Say whether such a trouble may be over by itself: a link that failed, or words that no level calls an error."""
    category = clue.signature.category if clue.signature is not None else "unknown"
    if category in _BY_ITSELF:
        return True
    return clue.record.level in (None, "info") and category not in LASTING and not _is_certain(clue)


def _is_certain(clue: Clue) -> bool:
    """Say whether a clue is a cause beyond doubt, which words near it that something was skipped don't take back."""
    return clue.signature is not None and clue.role == "cause" and clue.signature.weight >= _CERTAIN_WEIGHT
