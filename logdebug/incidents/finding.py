"""Incidents from a directory tree, and the five samples."""

from __future__ import annotations

import os
import stat
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.errors import IncidentError
from logdebug.incidents.checking import home_of, is_directory
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["demo_incidents", "find_incidents"]

_LOG_NAMES = ("*.log", "*_log", "*.err", "*.out", "syslog", "messages", "dmesg")
_ROTATED_OR_PACKED = (".gz", ".zst", ".bz2", ".xz", ".old")


def find_incidents(root: str | Path, pattern: str | None = None) -> list[Incident]:
    """Find every log below a directory and make an incident of each.

    Parameters
    ----------
    root
        The directory to search, for example `/var/log`. Links are not followed.
    pattern
        Which file names are logs, as a glob that is matched against the path below `root` from the right:
        `"*.log"`, `"*/error.log"`, `"syslog*"`. By default the names that logs have on most machines: `*.log`,
        `*_log`, `*.err`, `*.out`, `syslog`, `messages`, `dmesg`; rotated parts are left out.

    Returns
    -------
    list of Incident
        In the order of their paths; empty files are left out. A log in a directory of its own (`nginx/error.log`)
        gets that directory as `working_dir` and as `service`; two logs of one directory are told apart by the log's
        name (`nginx/error`, `nginx/access`); a log in `root` itself is named after the file.

    Raises
    ------
    IncidentError
        Where `root` is no directory, or nothing in it matches.
    """
    top = home_of(root)
    if not is_directory(top):
        raise IncidentError(f"{top} is not a directory; name the directory that holds the logs", incident=root)
    if pattern is not None and not pattern.strip():
        raise IncidentError("an empty pattern matches no log; give for example '*.log'", incident=root)
    if not os.access(top, os.R_OK | os.X_OK):
        raise IncidentError(f"{top} can't be listed by this user; run as a user who may", incident=root)
    patterns = (pattern,) if pattern else _LOG_NAMES
    logs = sorted(_matching_files(top, patterns))
    if not logs:
        wanted = " or ".join(map(repr, patterns))
        raise IncidentError(
            f"no file below {top} matches {wanted} (empty ones don't count); give another pattern",
            incident=root,
        )
    siblings = Counter(log.parent for log in logs)
    stems = Counter((log.parent, _stem_of(log)) for log in logs)
    return [
        Incident(
            log.parent,
            log.name,
            _service_of(
                log,
                top,
                # Rotated parts of one log would all get its name; each goes by its own.
                name=_stem_of(log) if stems[log.parent, _stem_of(log)] == 1 else log.name,
                alone=siblings[log.parent] == 1,
            ),
        )
        for log in logs
    ]


def demo_incidents() -> list[Incident]:
    """Give the five sample incidents that ship with logdebug.

    Returns
    -------
    list of Incident
        api-gw, auth-svc, etl-daily, notif-worker and payment-svc: one bad morning of a web shop.

    Raises
    ------
    IncidentError
        Where the installation lacks the samples.
    """
    for top in (Path(str(resources.files("logdebug"))) / "sample_logs", Path(__file__).parents[2] / "sample_logs"):
        if top.is_dir():
            return [
                Incident(directory, _log_of_sample(directory), directory.name)
                for directory in sorted(top.iterdir())
                if directory.is_dir() and not directory.name.startswith((".", "_"))
            ]
    raise IncidentError("this installation lacks its sample logs; install logdebug again")


def _matching_files(top: Path, patterns: tuple[str, ...]) -> Iterable[Path]:
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in names:
            path = Path(folder) / name
            if any(map(path.relative_to(top).match, patterns)):
                try:
                    status = path.lstat()
                except OSError:
                    continue  # gone since it was listed
                if stat.S_ISREG(status.st_mode) and status.st_size:
                    yield path


def _stem_of(log: Path) -> str:
    stem = log.name
    while (suffix := Path(stem).suffix) in {".log", *_ROTATED_OR_PACKED} or suffix[1:].isdigit():
        stem = stem.removesuffix(suffix)
    return stem


def _service_of(log: Path, top: Path, *, name: str, alone: bool) -> str:
    if log.parent == top:
        return name
    folder = log.parent.relative_to(top).as_posix()
    return folder if alone else f"{folder}/{name}"


def _log_of_sample(directory: Path) -> str:
    """Find a sample's log: the largest of its `.log` files."""
    return max(directory.glob("*.log"), key=lambda path: path.stat().st_size).name
