"""Where incidents come from: files, frames, directories and the demo; and the check before anything is spent."""

from __future__ import annotations

import io
import json
import os
import stat
from collections import Counter
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
_LOG_NAMES = ("*.log", "*_log", "*.err", "*.out", "syslog", "messages", "dmesg")
_ROTATED_OR_PACKED = (".gz", ".zst", ".bz2", ".xz", ".old")


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
        path = _home(source)
        base = path.parent
        entries = _entries_of(path)
        name = str(path)
    else:
        if not hasattr(source, "to_dict"):
            raise IncidentError(
                f"incidents are loaded from a path or a DataFrame, not {type(source).__name__}; a list of incidents "
                "needs no loading",
                incident=source,
            )
        base = Path()
        # NaN, NaT and NA are how a frame says "nothing here".
        entries = source.astype(object).where(source.notna(), None).to_dict("records")
        name = "the frame"
    incidents = [
        _incident_of(entry, base=base, where=f"{name}, entry {number}") for number, entry in enumerate(entries, 1)
    ]
    if not incidents:
        raise IncidentError(f"{name} holds no incidents; give at least one ({', '.join(_FIELDS)})", incident=source)
    return incidents


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
    top = _home(root)
    if not _is_directory(top):
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

    names = (str(incident.working_dir), incident.log_file, incident.service)
    if not all(name.strip() for name in names):
        raise refuse("a field is empty", "give directory, log and service")
    if not all(_is_name(name) for name in names):
        raise refuse("a name holds a NUL byte or half a character", "give it as it is on disk")
    top = _home(incident.working_dir)
    if not _is_there(top):
        raise refuse(
            f"directory {top} does not exist, or this user can't get there",
            "name the directory that holds the service's log",
        )
    if not _is_directory(top):
        raise refuse(f"{top} is not a directory", "name the directory and give the log as the second field")
    top = top.resolve()
    log = Path(incident.log_file)
    if incident.log_file.startswith("~/"):
        log = _home(log)
    if log.is_absolute():
        # The directory may have been given by another of its names: a link to it is no way out of it.
        relative = Path(os.path.relpath(log.parent.resolve() / log.name, top))
    else:
        relative = Path(os.path.normpath(log))
    if relative.parts[:1] == ("..",):
        raise refuse(f"log {incident.log_file} lies outside {top}", "use the directory that holds it as working_dir")
    _check_log(top / relative, refuse)
    return Incident(top, str(relative), incident.service)


def _check_log(path: Path, refuse: Any) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise refuse(f"log {path} does not exist", _nearby(path)) from None
    except OSError as error:  # for one, a name too long for the file system
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


def _home(path: str | Path) -> Path:
    """Read a leading `~`; one that names no user is a name like any other."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _is_name(name: str) -> bool:
    """Tell whether the system can be asked for a name at all."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # too long a name, or no way there for this user
        return False


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


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
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or a NUL byte in the name
        raise IncidentError(f"{path} can't be read as UTF-8 text: {error}", incident=path) from error
    try:
        loaded = _parse(text, path.suffix.lower())
    except (ValueError, RecursionError) as error:
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

        try:
            return list(csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True))
        except csv.Error as error:
            raise ValueError(str(error)) from error
    if suffix == ".json":
        return json.loads(text)
    if suffix in {".yaml", ".yml"}:
        import yaml

        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            # The last three are what `!!timestamp soon`, `!!bool perhaps` and the like end in.
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
        if None in entry:  # where a CSV reader puts what stands beyond the header
            raise IncidentError(
                f"{where} has more fields than the header; quote a field that holds a comma", incident=entry
            )
        entry = tuple(str(entry[name]).strip() for name in _FIELDS)
    try:
        incident = Incident.of(entry)
    except IncidentError as error:
        raise IncidentError(f"{where}: {error}", incident=entry) from None
    return Incident(base / _home(incident.working_dir), incident.log_file, incident.service)


def _is_filled(value: object) -> bool:
    return value is not None and bool(str(value).strip())


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
