"""Where incidents come from: files, frames, directories and the demo; and the check before anything is spent."""

from __future__ import annotations

import io
import json
import os
import stat
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import IncidentError
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["check_incident", "demo_incidents", "find_incidents", "load_incidents"]

_FIELDS = ("working_dir", "log_file", "service")
_ROTATED_OR_PACKED = (".gz", ".zst", ".bz2", ".xz", ".1", ".old")


def load_incidents(source: str | Path | pd.DataFrame) -> list[Incident]:
    """Read incidents from a CSV, JSON or YAML file, or from a DataFrame.

    Parameters
    ----------
    source
        A path whose ending tells its format (.csv, .json, .yaml, .yml), or a frame. A CSV and a frame have the columns
        `working_dir`, `log_file` and `service`; a JSON or YAML file holds a list of objects with these keys, or of
        `DIR:LOGFILE:SERVICE` strings. A relative `working_dir` in a file counts from the file's own directory.

    Returns
    -------
    list of Incident
        In the order of the source. Whether they exist is checked when they are investigated.

    Raises
    ------
    IncidentError
        Where the file is missing, unreadable, of another format or without incidents, or an entry lacks a field; the
        message names file and entry.
    """
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        base = path.parent
        entries = _entries_of(path)
        name = str(path)
    else:
        base = Path()
        entries = source.to_dict("records")
        name = "the frame"
    incidents = [
        _incident_of(entry, base=base, where=f"{name}, entry {number}") for number, entry in enumerate(entries, 1)
    ]
    if not incidents:
        raise IncidentError(f"{name} holds no incidents; give at least one ({', '.join(_FIELDS)})", incident=source)
    return incidents


def find_incidents(root: str | Path, pattern: str = "*.log") -> list[Incident]:
    """Find every log below a directory and make an incident of each.

    Parameters
    ----------
    root
        The directory to search, for example `/var/log`. Links are not followed.
    pattern
        Which file names are logs, as a glob that is matched against the path below `root` from the right:
        `"*.log"`, `"*/error.log"`, `"syslog*"`.

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
    top = Path(root).expanduser()
    if not top.is_dir():
        raise IncidentError(f"{top} is not a directory; name the directory that holds the logs", incident=root)
    logs = sorted(_matching_files(top, pattern))
    if not logs:
        raise IncidentError(
            f"no file below {top} matches {pattern!r} (empty ones don't count); give another pattern", incident=root
        )
    siblings: dict[Path, int] = {}
    for log in logs:
        siblings[log.parent] = siblings.get(log.parent, 0) + 1
    return [Incident(log.parent, log.name, _service_of(log, top, alone=siblings[log.parent] == 1)) for log in logs]


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
    for top in (Path(str(resources.files("logdebug"))) / "sample_logs", Path(__file__).parent.parent / "sample_logs"):
        if top.is_dir():
            return [
                Incident(directory, _log_of_sample(directory), directory.name)
                for directory in sorted(top.iterdir())
                if directory.is_dir() and not directory.name.startswith((".", "_"))
            ]
    raise IncidentError("this installation lacks its sample logs; install logdebug again")


def check_incident(incident: Incident) -> Incident:
    """Check that an incident can be investigated, before anything is spent on it.

    Parameters
    ----------
    incident
        The incident as given.

    Returns
    -------
    Incident
        The same with its directory resolved and its log relative to it.

    Raises
    ------
    IncidentError
        Where the directory or the log is missing, not readable or of the wrong type, or the log lies outside the
        directory; the message names the incident and the remedy.
    """

    def refuse(what: str, remedy: str) -> IncidentError:
        return IncidentError(f"incident {str(incident)!r}: {what}; {remedy}", incident=incident)

    if any("\0" in part for part in (str(incident.working_dir), incident.log_file, incident.service)):
        raise refuse("a name holds a NUL byte", "give it as it is on disk")
    top = incident.working_dir.expanduser()
    if not top.exists():
        raise refuse(f"directory {top} does not exist", "name the directory that holds the service's log")
    if not top.is_dir():
        raise refuse(f"{top} is not a directory", "name the directory and give the log as the second field")
    top = top.resolve()
    log = Path(incident.log_file).expanduser()
    relative = Path(os.path.relpath(log, top)) if log.is_absolute() else Path(os.path.normpath(log))
    if relative.parts[:1] == ("..",):
        raise refuse(f"log {incident.log_file} lies outside {top}", "use the directory that holds it as working_dir")
    _check_log(top / relative, refuse)
    return Incident(top, str(relative), incident.service)


def _check_log(path: Path, refuse: Any) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise refuse(f"log {path} does not exist", _nearby(path)) from None
    except OSError as error:
        raise refuse(f"log {path} can't be reached ({error.strerror})", "check its name and permissions") from None
    if stat.S_ISLNK(mode):
        raise refuse(
            f"log {path} is a symbolic link to {path.readlink()}", "links are not followed: name the file itself"
        )
    if path.parent.resolve() != path.parent:
        raise refuse(f"log {path} is reached through a symbolic link", "name the directory itself as working_dir")
    if stat.S_ISDIR(mode):
        raise refuse(f"log {path} is a directory", "name a file in it as the log")
    if not stat.S_ISREG(mode):
        raise refuse(f"log {path} is not a regular file", "copy what it gives into a file")
    if not os.access(path, os.R_OK):
        raise refuse(f"log {path} can't be read by this user", "run as a user who may, or copy it")


def _nearby(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in os.scandir(path.parent) if entry.is_file(follow_symlinks=False))
    except OSError:
        names = []
    return f"the directory holds {', '.join(names[:8])}" if names else "check the name"


def _entries_of(path: Path) -> list[Any]:
    """Read a file of incidents into a list of whatever it holds."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise IncidentError(f"{path} does not exist; name a .csv, .json or .yaml of incidents", incident=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IncidentError(f"{path} can't be read as UTF-8 text: {error}", incident=path) from error
    try:
        loaded = _parse(text, path.suffix.lower())
    except ValueError as error:
        raise IncidentError(f"{path} is not valid {path.suffix.lstrip('.').upper()}: {error}", incident=path) from error
    if isinstance(loaded, dict) and isinstance(loaded.get("incidents"), list):
        loaded = loaded["incidents"]
    if not isinstance(loaded, list):
        raise IncidentError(f"{path} should hold a list of incidents, not {type(loaded).__name__}", incident=path)
    return loaded


def _parse(text: str, suffix: str) -> Any:
    """Parse by file ending; every fault of the text is a ValueError."""
    if suffix == ".csv":
        import csv

        return list(csv.DictReader(io.StringIO(text), skipinitialspace=True))
    if suffix == ".json":
        return json.loads(text)
    if suffix in {".yaml", ".yml"}:
        import yaml

        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error
    raise ValueError(f"the ending {suffix!r} is none of .csv, .json, .yaml, .yml")


def _incident_of(entry: Any, *, base: Path, where: str) -> Incident:
    """Make an incident of one entry of a file or frame."""
    if isinstance(entry, dict):
        missing = [name for name in _FIELDS if not _is_filled(entry.get(name))]
        if missing:
            raise IncidentError(
                f"{where} lacks {' and '.join(missing)}; it has {sorted(map(str, entry))}", incident=entry
            )
        entry = tuple(str(entry[name]).strip() for name in _FIELDS)
    try:
        incident = Incident.of(entry)
    except IncidentError as error:
        raise IncidentError(f"{where}: {error}", incident=entry) from None
    return Incident(base / incident.working_dir.expanduser(), incident.log_file, incident.service)


def _is_filled(value: object) -> bool:
    # NaN is how a frame says "nothing here"; it alone differs from itself.
    return value is not None and value == value and bool(str(value).strip())  # noqa: PLR0124


def _matching_files(top: Path, pattern: str) -> Iterable[Path]:
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in names:
            path = Path(folder) / name
            if path.relative_to(top).match(pattern):
                try:
                    status = path.lstat()
                except OSError:
                    continue  # gone since it was listed
                if stat.S_ISREG(status.st_mode) and status.st_size:
                    yield path


def _service_of(log: Path, top: Path, *, alone: bool) -> str:
    stem = log.name
    while (suffix := Path(stem).suffix) in {".log", *_ROTATED_OR_PACKED}:
        stem = stem.removesuffix(suffix)
    if log.parent == top:
        return stem
    folder = log.parent.relative_to(top).as_posix()
    return folder if alone else f"{folder}/{stem}"


def _log_of_sample(directory: Path) -> str:
    """Find a sample's log: the largest of its `.log` files."""
    return max(directory.glob("*.log"), key=lambda path: path.stat().st_size).name
