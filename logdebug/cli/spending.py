"""The options that bound what a run may cost, for each command that spends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from logdebug.agent.limits import Limits, RunLimits

__all__ = ["add_limits", "add_spending", "limits_of", "run_limits_of"]

_BOUNDS = {
    "turns": (int, "replies of the model"),
    "tokens": (int, "tokens sent and received"),
    "seconds": (float, "wall time"),
    "usd": (float, "US dollars, where the model's price is known"),
}


def add_spending(command: argparse.ArgumentParser) -> None:
    """Add `--max-turns` and so on, for each incident, and `--max-run-turns` and so on, for all together."""
    group = add_limits(command)
    for name, (kind, said) in _BOUNDS.items():
        group.add_argument(f"--max-run-{name}", type=kind, metavar="N", help=f"{said}, for all incidents together")


def add_limits(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add `--max-turns` and so on, for each incident; give the group that they are in."""
    group = command.add_argument_group(
        "limits (at 70 % an agent is told, at 100 % it is asked for its best answer so far)"
    )
    for name, (kind, said) in _BOUNDS.items():
        group.add_argument(f"--max-{name}", type=kind, metavar="N", help=f"{said}, for each incident")
    return group


def limits_of(arguments: argparse.Namespace) -> Limits | None:
    """Give what one incident may cost; None where nothing is said of it.

    Raises
    ------
    SettingsError
        Where a limit could not be kept.
    """
    from logdebug.agent.limits import Limits

    given = _given(arguments, "max_")
    return replace(Limits(), **given) if given else None


def run_limits_of(arguments: argparse.Namespace) -> RunLimits | None:
    """Give what all incidents together may cost; None where nothing is said of it.

    Raises
    ------
    SettingsError
        Where a limit could not be kept.
    """
    from logdebug.agent.limits import RunLimits

    given = _given(arguments, "max_run_")
    return RunLimits(**given) if given else None


def _given(arguments: argparse.Namespace, prefix: str) -> dict[str, Any]:
    values = {name: getattr(arguments, prefix + name) for name in _BOUNDS}
    return {name: value for name, value in values.items() if value is not None}
