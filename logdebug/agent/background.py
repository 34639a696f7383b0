"""What goes on in the background: errors that a log has had from its beginning, evenly, beside work that goes on.

Whoever is on call asks what has changed: an error that came up as the work went wrong is it, and one that was always
there is not. Where nothing but the latter is left, and it is of a kind that clients bring about, nothing failed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from logdebug.agent.bearing import went_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey

__all__ = ["BACKGROUND", "steady_in", "without_background"]

BACKGROUND = "has gone on since the log began, beside the work"
"""How a clue is survived that was there all the time."""

_LEAST_LINES, _LEAST_TIMES = 60, 4
_ONSET_SHARE = 0.13  # what is first said later came up on the way,
_END_SHARE = 0.72  # and what is last said earlier is over
_LONGEST_GAP_SHARE = 0.4
_GROWTH = 3  # it may be said so much oftener in the second half than in the first
_MOST_SHARE = 0.25
_BURST_SHARE = 0.1
_ONE_CLIENT = "limit-of-one-client"
_NEAR_LINES = 12
_CLEAR_WEIGHT = 60
_LATE_SHARE, _SEVERAL_TIMES = 0.8, 3
_FEW, _FEW_SHARE, _LONG_LINES, _OVER_SHARE = 3, 0.01, 100, 0.9


def without_background(standing: list[Clue], survey: Survey) -> tuple[list[Clue], list[Clue]]:
    """Tell what came up on the way from what clients brought about all the time.

    Parameters
    ----------
    standing
        What tells of failures, and was not survived otherwise.
    survey
        Of which log.

    Returns
    -------
    tuple of lists
        What is left, and what is survived as background; the latter is empty where it did harm.
    """
    steady = steady_in(standing, survey)
    rest = [clue for clue in standing if clue not in steady]
    causes = [clue for clue in rest if clue.role == "cause"]
    steady = [clue for clue in steady if clue.count > _FEW or not any(_is_near(clue, cause) for cause in causes)]
    rest = [clue for clue in standing if clue not in steady]
    late = survey.line_count * _LATE_SHARE
    causes = [clue for clue in rest if clue.role == "cause" and clue.weight >= _CLEAR_WEIGHT and clue.last_line > late]
    if rest and not went_on(rest, survey) and sum(clue.count for clue in causes) < _SEVERAL_TIMES:
        return standing, []  # that is what followed from it, so it did harm
    return rest, [replace(clue, survived=BACKGROUND) for clue in steady]


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
        if (brief := _is_brief(alike, survey)) or _is_steady(alike, survey)
        for clue in alike
        if brief or not _came_up(clue, alike, survey.line_count)
    ]


def _came_up(clue: Clue, alike: Sequence[Clue], line_count: int) -> bool:
    """Say whether most of what is told of a kind is of one thing that came up on the way."""
    most = clue.count * 2 > sum(each.count for each in alike)
    return most and clue.count > _FEW and clue.first_line > 2 * _ONSET_SHARE * line_count


def _is_brief(alike: Sequence[Clue], survey: Survey) -> bool:
    """Say whether one client wanted too much for a while, and all were served as before afterwards."""
    lines = [line for clue in alike for line in clue.lines]
    count = survey.line_count
    if not lines or count < _LONG_LINES or len(lines) > _MOST_SHARE * len(survey.records):
        return False
    mild = all(clue.signature is not None and clue.signature.id == _ONE_CLIENT for clue in alike)
    return mild and max(lines) - min(lines) <= _BURST_SHARE * count and max(lines) < _OVER_SHARE * count


def _is_steady(alike: Sequence[Clue], survey: Survey) -> bool:
    lines = sorted(line for clue in alike for line in clue.lines)
    count = survey.line_count
    if not lines or len(lines) > _MOST_SHARE * len(survey.records):
        return False
    of_link = any(clue.signature is not None and clue.signature.category == "network_error" for clue in alike)
    rare = len(lines) <= max(_FEW, _FEW_SHARE * count)
    if rare and not of_link:
        return count >= _LONG_LINES and lines[-1] < _OVER_SHARE * count  # so seldom, it is not what the log is about
    if len(lines) < _LEAST_TIMES or lines[0] > _ONSET_SHARE * count or lines[-1] < _END_SHARE * count:
        return False
    gap = max(after - before for before, after in pairwise([0, *lines, count]))
    late = sum(line * 2 > count for line in lines)
    return gap <= _LONGEST_GAP_SHARE * count and late <= _GROWTH * (len(lines) - late) + 2


def _is_near(clue: Clue, other: Clue) -> bool:
    return any(abs(line - told) <= _NEAR_LINES for line in clue.lines for told in other.lines)
