"""From clues to a conclusion: which failure was the last, what explains it, and what was survived and is no cause.

The rules, in the order in which they are applied:

1. What was skipped, or recovered later, did not bring the service down, unless nothing else did.
2. The failure that matters is the last burst of clues that says anything about a cause.
3. In it, a cause on the spot (a full disk, no memory, damage, a wrong setting, a missing right, a crash) explains what
   follows from it, refused connections and timeouts included, and so goes before them.
4. A dependency or a network path that fails explains the exceptions and timeouts that come after it.
5. Of causes of one kind, the most specific one counts, and of about equally specific ones the earliest.
6. What only states a symptom (an exit status) or a consequence (a circuit breaker) is no cause: with nothing else in
   the log, the case is inconclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logdebug.agent.background import without_background
from logdebug.agent.bearing import (
    insisted,
    is_bare_warning,
    is_noise,
    may_be_meant,
    went_on,
)
from logdebug.agent.clues import AGAIN, AT_ONCE, ENDS, LATER, RECOVERED
from logdebug.agent.endings import Ending, ends_badly, unfinished
from logdebug.agent.places import WRAPPERS
from logdebug.agent.verdict import category_of, confidence_of, differ, severity_of, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey
    from logdebug.records import Category, Severity, Status

__all__ = ["Conclusion", "conclude"]

_DETAIL_LINES = 12
_MARGIN = 8  # clues whose weights differ by less than this are about equally specific
_WIDE_MARGIN = 10  # clues that are symptoms only tell less of how specific they are
_NEAR_LINES = 12
_RIGHT_ABOVE = 3
_LEAST_GAP_LINES = 40
_GAP_SHARE = 0.1
_BURST_MARGIN = 20
_CLEAR_WEIGHT = 60
_LIMIT_WEIGHT = 88
_UNSURE = 0.5
_LONG_LINES, _LONG_SHARE = 200, 0.6

_RANK: dict[str, int] = {
    "disk_full": 3,
    "oom": 3,
    "data_corruption": 3,
    "permission_denied": 3,
    "config_error": 3,
    "crash": 3,
    "dependency_failure": 2,
    "network_error": 2,
    "application_bug": 2,
    "timeout": 1,
    "unknown": 0,
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the clues add up to.

    Parameters
    ----------
    status, category, severity, confidence
        As in a diagnosis.
    cause
        The clue that is taken as the root cause; None where nothing failed.
    alike
        Other statements of the same failure.
    detail
        Another statement about the same cause; None where there is no other.
    led_to
        What followed from it, in the log's order.
    survived
        What failed and did no lasting harm.
    others
        Other causes that were considered and are less likely.
    """

    status: Status
    category: Category
    severity: Severity
    confidence: float
    cause: Clue | None = None
    alike: tuple[Clue, ...] = ()
    detail: Clue | None = None
    led_to: tuple[Clue, ...] = ()
    survived: tuple[Clue, ...] = ()
    others: tuple[Clue, ...] = ()


def conclude(survey: Survey) -> Conclusion:
    """Draw a conclusion from what was read; see the rules at the top of this module."""
    clues = [clue for clue in survey.clues if not is_noise(clue, survey)]
    survived = tuple(clue for clue in clues if clue.survived)
    standing = [clue for clue in clues if not clue.survived]
    standing = [clue for clue in standing if not is_bare_warning(clue, standing, survey)]
    ending = Ending(survey)
    standing = [clue for clue in standing if not ending.takes_back(clue)]
    standing, background = without_background(standing, survey)
    survived = (*survived, *background)
    if went_on(standing, survey) or (background and not standing and not ends_badly(survey)):
        over = (replace(clue, survived=_outlived(clue, survey)) for clue in standing)
        return replace(_nothing_failed(survey, (*survived, *over)), confidence=_UNSURE)
    waiting = unfinished(survey)
    if waiting is not None and not standing:
        return Conclusion("inconclusive", "unknown", "medium", 0.35, cause=waiting, survived=survived)
    open_still = [clue for clue in survived if not ending.takes_back(clue)]
    standing = standing or insisted(open_still, survey)
    serious = [clue for clue in open_still if not _is_slight(clue) and not _is_long_over(clue, survey)]
    if not clues or (not standing and not ends_badly(survey) and (not serious or went_on(serious, survey))):
        return _nothing_failed(survey, survived)
    if not any(clue.role == "cause" for clue in standing):
        standing = [clue for clue in clues if clue in standing or may_be_meant(clue)]
    burst = _last_burst(standing or clues, survey.line_count)
    cause = _root_of(burst)
    category = category_of(cause, burst, survey.signatures.kinds)
    led_to = tuple(clue for clue in burst if clue.first_line > cause.first_line and differ(clue, cause))
    others = tuple(
        clue
        for clue in clues
        if clue.role == "cause"
        and clue.weight >= _CLEAR_WEIGHT
        and clue.signature is not None
        and clue.signature.category != category
        and clue not in led_to
    )
    status = status_of(cause, category)
    return Conclusion(
        status=status,
        category=category,
        severity=severity_of(cause, burst, category),
        confidence=confidence_of(cause, burst, status),
        cause=cause,
        alike=tuple(clue for clue in burst if clue is not cause and not differ(clue, cause)),
        detail=_detail_of(cause, burst),
        led_to=led_to,
        survived=tuple(clue for clue in survived if clue is not cause),
        others=tuple(clue for clue in others if clue not in survived),
    )


def _outlived(clue: Clue, survey: Survey) -> str:
    return f"the work went on as before for {survey.line_count - clue.last_line:,} lines"


def _is_slight(clue: Clue) -> bool:
    return clue.alarm <= 3 or clue.survived.startswith((AT_ONCE, LATER, AGAIN))


def _is_long_over(clue: Clue, survey: Survey) -> bool:
    """Say whether the greater part of a log comes after the recovery, without any such trouble."""
    rest = survey.line_count - clue.last_line
    return clue.survived.startswith(RECOVERED) and rest > max(_LONG_LINES, survey.line_count * _LONG_SHARE)


def _nothing_failed(survey: Survey, survived: tuple[Clue, ...]) -> Conclusion:
    if not survey.line_count:
        return Conclusion("inconclusive", "unknown", "low", 0.2)
    known = any(clue.signature is not None or clue.record.level != "info" for clue in survived)
    return Conclusion("no_errors_found", "unknown", "low", 0.7 if known else 0.9, survived=survived)


def _last_burst(clues: Sequence[Clue], line_count: int) -> list[Clue]:
    """Cut the clues where the log is quiet for long, and give the last burst that tells of a cause as well as any."""
    gap = max(_LEAST_GAP_LINES, int(_GAP_SHARE * line_count))
    bursts: list[list[Clue]] = []
    end = 0
    for clue in clues:
        if not bursts or clue.first_line - end > gap:
            bursts.append([])
        bursts[-1].append(clue)
        end = max(end, clue.last_line)
    heaviest = max(clue.weight for clue in clues)
    for burst in reversed(bursts):
        if max(clue.weight for clue in burst) >= heaviest - _BURST_MARGIN:
            return burst
    return bursts[-1]


def _root_of(burst: Sequence[Clue]) -> Clue:
    """Give the clue that explains the others of its burst."""
    causes = [clue for clue in burst if clue.role == "cause"]
    if not causes:
        heaviest = max(clue.weight for clue in burst)
        return min((clue for clue in burst if clue.weight >= heaviest - _WIDE_MARGIN), key=lambda clue: clue.first_line)
    causes = _without_strays(causes)
    best_rank = max(_rank_of(clue) for clue in causes)
    kin = [clue for clue in causes if _rank_of(clue) == best_rank]
    heaviest = max(clue.weight for clue in kin)
    first = min((clue for clue in kin if clue.weight > heaviest - _MARGIN), key=lambda clue: clue.first_line)
    if best_rank == 2:
        first = _link_before_bug(first, kin)
    return _raised_before(first, burst)


def _raised_before(chosen: Clue, burst: Sequence[Clue]) -> Clue:
    """Prefer what stands right above "could not be loaded" to that, which only says what came of it."""
    if chosen.signature is None or chosen.signature.id not in WRAPPERS:
        return chosen
    before = [clue for clue in burst if clue.first_line <= chosen.first_line and clue is not chosen]
    raised = [
        clue
        for clue in before
        if clue.signature is not None
        and clue.signature.id not in (*WRAPPERS, *ENDS)
        and clue.alarm >= 4
        and (clue.last_line >= chosen.first_line or chosen.first_line - clue.last_line <= _NEAR_LINES)
    ]
    if raised:
        return max(raised, key=lambda clue: (clue.weight, clue.first_line))
    fatal = (c for c in before if c.alarm >= 5 and chosen.first_line - c.first_line <= _RIGHT_ABOVE)
    return next(fatal, chosen)


def _detail_of(cause: Clue, burst: Sequence[Clue]) -> Clue | None:
    """Give the nearest other statement about the same thing, such as the line of a file that is complained of."""
    signature = cause.signature
    if signature is None:
        return None
    known = [clue for clue in burst if clue.signature is not None and clue is not cause]
    same = [clue for clue in known if clue.signature is signature and clue.statement != cause.statement] or [
        clue
        for clue in known
        if clue.role == "cause"
        and clue.signature is not None
        and clue.signature.category == signature.category
        and abs(clue.line - cause.line) <= _DETAIL_LINES
    ]
    return min(same, key=lambda clue: (abs(clue.line - cause.line), clue.line), default=None)


def _rank_of(clue: Clue) -> int:
    """Rank a clue by its kind; what is only a vague sign of a cause on the spot goes behind a clear one elsewhere."""
    if clue.signature is None:
        return 0
    rank = _RANK[clue.signature.category]
    if clue.signature.category == "timeout" and clue.signature.weight >= _LIMIT_WEIGHT:
        rank = 3  # a stated time limit (watchdog, job, worker, lock): the signal that ends the process follows from it
    return rank if clue.signature.weight >= _CLEAR_WEIGHT else min(rank, 1)


def _without_strays(causes: list[Clue]) -> list[Clue]:
    """Leave out causes that were stated once or twice while another was stated again and again after it, to the end."""
    most = max(causes, key=lambda clue: clue.count)
    end = max(clue.last_line for clue in causes)
    if most.count < 6 or most.last_line < end - 5:
        return causes
    kept = [
        clue
        for clue in causes
        if clue.count * 5 >= most.count
        or clue.alarm >= 5
        or (clue.weight >= most.weight and clue.alarm > most.alarm)
        or clue.signature is most.signature
        or clue.last_line > most.last_line
        or _rank_of(clue) > _rank_of(most)
    ]
    return kept or causes


def _link_before_bug(chosen: Clue, kin: Sequence[Clue]) -> Clue:
    """Prefer a failed dependency to an exception that only came after it."""
    links = [
        clue for clue in kin if clue.signature and clue.signature.category in ("dependency_failure", "network_error")
    ]
    earlier = [
        clue
        for clue in links
        if clue.first_line < chosen.first_line and (clue.count >= chosen.count or clue.last_line >= chosen.last_line)
    ]
    is_bug = chosen.signature is not None and chosen.signature.category == "application_bug"
    return max(earlier, key=lambda clue: (clue.weight, -clue.first_line)) if is_bug and earlier else chosen
