"""Which incidents a word means: a service, the beginning of one, a number, or `RUN/number`; never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.errors import IncidentError
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.monitor.rows import Row
    from logdebug.monitor.runs import RunView

__all__ = ["ALL", "Target", "names", "one_run", "one_target", "targets_of"]

ALL = "all"
_MOST_CHOICES = 8


@dataclass(frozen=True, slots=True)
class Target:
    """One incident of one run."""

    run: RunView
    row: Row

    @property
    def name(self) -> str:
        """How it is called where there are several runs: `RUN/number`."""
        return f"{self.run.short}/{self.row.number}"

    def __str__(self) -> str:
        """Give what it is called, its service, and how it stands."""
        return f"{self.name}  {shorten(self.row.name, 48)} ({self.row.state})"


def one_target(word: str, runs: Sequence[RunView]) -> Target:
    """Find the incident that a word means.

    Parameters
    ----------
    word
        A service's whole name, the beginning of one, its number where there is one run, or `RUN/` and any of these.
    runs
        Where to look; runs that go on come before those that ended.

    Raises
    ------
    IncidentError
        Where it means none, or several: with the choices.
    """
    live, rest = [run for run in runs if run.is_live], [run for run in runs if not run.is_live]
    found = _found(word, live) or _found(word, rest)
    if len(found) == 1:
        return found[0]
    shown = one_line(word)
    if not found:
        raise IncidentError(f"no incident is called {shown!r}: `ps` lists them", incident=word)
    raise IncidentError(
        f"{shown!r} may mean several; say which by its number:{_choices(map(str, found))}", incident=word
    )


def targets_of(word: str, runs: Sequence[RunView]) -> list[Target]:
    """Find the incidents that a word means for an order: one, or with `all` and `RUN/all` each that hasn't ended.

    Parameters
    ----------
    word
        As for `one_target`, or `all`, or `RUN/all`.
    runs
        Where to look; those that ended take no orders, and are named only where no other fits.

    Raises
    ------
    IncidentError
        As `one_target`; and where `all` would mean several runs.
    """
    beginning, slash, rest = word.rpartition("/")
    if rest != ALL or (slash and not _called(beginning, runs)):
        return [one_target(word, runs)]
    live = [run for run in runs if run.is_live]
    if not live and len(_called(beginning, runs)) > 1:
        raise IncidentError("no run goes on, so there is nobody to take an order; `ps` lists them", incident=word)
    run = one_run(beginning, live or runs)
    return [Target(run, row) for row in run.rows if row.is_open]


def one_run(word: str, runs: Sequence[RunView]) -> RunView:
    """Find the run that a word means: the beginning of its name or of the last part of it; empty where there is one.

    Raises
    ------
    IncidentError
        Where it means none, or several: with the choices.
    """
    found = _called(word, runs)
    if len(found) == 1:
        return found[0]
    if not found:
        raise IncidentError(f"no run is called {one_line(word)!r}" if word else "there is no run here", incident=word)
    choices = _choices(f"{run.short}/{ALL}" for run in found)
    raise IncidentError(f"{one_line(word) or ALL!r} may mean several runs; say which:{choices}", incident=word)


def names(runs: Iterable[RunView], *, only_open: bool) -> list[tuple[str, str]]:
    """List what can be typed for each incident, and what it stands for: its service, or its number where that isn't it.

    Parameters
    ----------
    runs
        The runs.
    only_open
        Whether those that ended are left out.
    """
    targets = [Target(run, row) for run in runs for row in run.rows if row.is_open or not only_open]
    seen: dict[str, int] = {}
    for target in targets:
        seen[target.row.name] = seen.get(target.row.name, 0) + 1
    return [
        (target.row.name, target.name) if seen[target.row.name] == 1 else (target.name, target.row.name)
        for target in targets
    ]


def _found(word: str, runs: Sequence[RunView]) -> list[Target]:
    """Give what a word may mean, by the first of the ways that fits anything."""
    beginning, slash, rest = word.rpartition("/")
    everywhere = [Target(run, row) for run in runs for row in run.rows]
    exact = [target for target in everywhere if word in {target.row.name, target.row.service}]
    numbered = [target for target in everywhere if word.isdecimal() and target.row.number == int(word)]
    if exact or numbered:
        return exact + [target for target in numbered if target not in exact]
    if slash and (called := _called(beginning, runs)):
        return _found(rest, called)
    folded = word.casefold()
    return [target for target in everywhere if folded and target.row.name.casefold().startswith(folded)]


def _called(word: str, runs: Sequence[RunView]) -> list[RunView]:
    exact = [run for run in runs if word in {run.run_id, run.short}]
    return exact or [run for run in runs if run.short.startswith(word) or run.run_id.startswith(word)]


def _choices(choices: Iterable[str]) -> str:
    """List choices, one on a line."""
    every = list(choices)
    more = [f"and {len(every) - _MOST_CHOICES:,} more"] if len(every) > _MOST_CHOICES else []
    return "".join(f"\n  {choice}" for choice in [*every[:_MOST_CHOICES], *more])
