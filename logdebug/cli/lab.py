"""`logdebug lab`: the notebooks and the samples in a directory of one's own, open in JupyterLab."""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from logdebug.cli.shipped import shipped
from logdebug.errors import SettingsError

__all__ = ["Copied", "add_lab", "copy_material", "lab"]

_EXAMPLES = """\
examples:
  logdebug lab
  logdebug lab review-2026-11-18
  logdebug lab review -- --no-browser --port=9999

What follows -- goes to JupyterLab as it is. Files that are there already are kept.
"""
_FIRST = "01_incident_review.ipynb"
# JupyterLab asks for its own updates and news otherwise: nothing here speaks to anybody but the model's endpoint.
_QUIET = ("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None")


class Copied(NamedTuple):
    """What became of each file that ships, by its path below the directory.

    Parameters
    ----------
    copied
        New there.
    same
        There already, as it ships.
    kept
        There already, and different: it was left as it is.
    """

    copied: tuple[str, ...]
    same: tuple[str, ...]
    kept: tuple[str, ...]


def add_lab(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab",
        description="Copy the notebooks and the sample logs to a directory, and open JupyterLab there.",
        usage="%(prog)s [-h] [DIR] [-- OPTIONS OF JUPYTERLAB]",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "directory", nargs="?", default="logdebug-lab", metavar="DIR", help="where to (default: ./%(default)s)"
    )
    command.set_defaults(execute=lab, jupyter=[])


def lab(arguments: argparse.Namespace) -> int:
    """Do `logdebug lab`: this process becomes JupyterLab's, so that signals and exit status are its own."""
    directory, options = Path(arguments.directory).expanduser(), list(arguments.jupyter)
    if find_spec("jupyterlab") is None:
        raise SettingsError("JupyterLab is not installed: pip install jupyterlab", setting="jupyterlab")
    _tell(directory, copy_material(directory))
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in options:
        options.insert(0, "--allow-root")
    sys.stdout.flush()
    os.chdir(directory)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *_QUIET, *options, _FIRST])  # noqa: S606 - no shell wanted


def copy_material(directory: Path) -> Copied:
    """Copy the notebooks, and the samples below `sample_logs`, to a directory; keep what is there.

    Raises
    ------
    SettingsError
        Where it can't be made or written to.
    """
    wanted = [(path, path.relative_to(shipped("notebooks"))) for path in _files(shipped("notebooks"))]
    wanted += [(path, path.relative_to(shipped("sample_logs").parent)) for path in _files(shipped("sample_logs"))]
    outcome: dict[str, list[str]] = {"copied": [], "same": [], "kept": []}
    try:
        for source, name in wanted:
            outcome[_copy(source, directory / name)].append(name.as_posix())
    except OSError as error:
        raise SettingsError(
            f"{directory} can't be filled: {error.strerror or error} ({error.filename}); name another directory",
            setting="directory",
        ) from error
    return Copied(*(tuple(names) for names in outcome.values()))


def _copy(source: Path, target: Path) -> str:
    if target.exists() or target.is_symlink():
        return "same" if target.is_file() and filecmp.cmp(source, target, shallow=False) else "kept"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return "copied"


def _files(directory: Path) -> list[Path]:
    """Give the files below a directory, without what Python and Jupyter leave there."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(directory).parts)
    )


def _tell(directory: Path, done: Copied) -> None:
    from logdebug.report.text import visible

    lines = [f"{directory}: {len(done.copied)} files copied, {len(done.same)} were there already"]
    if done.kept:
        names = ", ".join(done.kept)
        lines.append(
            f"Kept as they are, though different from those that ship: {names} (to get one anew, move yours away)"
        )
    sys.stdout.write(visible("\n".join(lines)) + "\n")
