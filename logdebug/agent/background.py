"""What goes on in the background: errors that a log has had from its beginning, evenly, beside work that goes on.

Whoever is on call asks what has changed: an error that came up as the work went wrong is it, and one that was always
there is not. Where nothing but the latter is left, and it is of a kind that clients bring about, nothing failed.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey

__all__ = ["BACKGROUND", "steady_in"]

BACKGROUND = "has gone on since the log began, beside the work"
"""How a clue is survived that was there all the time."""

_LEAST_LINES, _LEAST_TIMES = 60, 4
_ONSET_SHARE = 0.13  # what is first said later came up on the way,
_END_SHARE = 0.72  # and what is last said earlier is over
_LONGEST_GAP_SHARE = 0.4
_GROWTH = 3  # it may be said so much oftener in the second half than in the first
_MOST_SHARE = 0.25
_FEW, _FEW_SHARE, _LONG_LINES, _OVER_SHARE = 3, 0.01, 100, 0.9


def steady_in(clues: Sequence[Clue], survey: Survey) -> list[Clue]:
    """Give the clues that tell of what was there all the time, each with all others of its kind.

    Parameters
    ----------
    clues
        What tells of failures.
    survey
        Of which log; in a large one nothing is known of when each was told.
    """
    if not survey.records or survey.line_count < _LEAST_LINES:
        return []
    kinds: dict[str, list[Clue]] = defaultdict(list)
    for clue in clues:
        if clue.signature is not None and clue.signature.by_clients:
            kinds[clue.signature.id].append(clue)
    return [
        clue
        for alike in kinds.values()
        if _is_steady(alike, survey)
        for clue in alike
        if not _came_up(clue, alike, survey.line_count)
    ]


def _came_up(clue: Clue, alike: Sequence[Clue], line_count: int) -> bool:
    """Say whether most of what is told of a kind is of one thing that came up on the way."""
    most = clue.count * 2 > sum(each.count for each in alike)
    return most and clue.count > _FEW and clue.first_line > 2 * _ONSET_SHARE * line_count


def _is_steady(alike: Sequence[Clue], survey: Survey) -> bool:
    lines = sorted(line for clue in alike for line in clue.lines)
    count = survey.line_count
    if not lines or len(lines) > _MOST_SHARE * len(survey.records):
        return False
    of_link = any(clue.signature is not None and clue.signature.category == "network_error" for clue in alike)
    if len(lines) <= max(_FEW, _FEW_SHARE * count) and not of_link:
        return count >= _LONG_LINES and lines[-1] < _OVER_SHARE * count  # so seldom, it is not what the log is about
    if len(lines) < _LEAST_TIMES or lines[0] > _ONSET_SHARE * count or lines[-1] < _END_SHARE * count:
        return False
    gap = max(after - before for before, after in pairwise([0, *lines, count]))
    late = sum(line * 2 > count for line in lines)
    return gap <= _LONGEST_GAP_SHARE * count and late <= _GROWTH * (len(lines) - late) + 2
