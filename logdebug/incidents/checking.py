"""The check of incidents before anything is spent on them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.credentials import is_secret_name
from logdebug.errors import IncidentError
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["check_incident", "check_incidents", "check_names", "home_of", "is_directory", "service_of"]


def check_incidents(
    given: Iterable[Incident | Sequence[object] | str], *, are_here: bool = True
) -> list[Incident | IncidentError]:
    """Check a list of incidents, before anything is spent on any of them.

    Parameters
    ----------
    given
        Incidents, plain tuples, or `DIR:LOGFILE:SERVICE` strings.
    are_here
        Whether their files are this machine's; of those on others only the names are checked.

    Returns
    -------
    list of Incident or IncidentError
        In the order given; what is wrong with one stands in its place.

    Raises
    ------
    IncidentError
        Where the list is empty, is no list, or none of its incidents can be investigated.
    """
    if isinstance(given, Incident | str | Path) or (
        isinstance(given, tuple) and len(given) == 3 and all(isinstance(part, str | Path) for part in given)
    ):
        raise IncidentError(f"{given!r} is one incident; give a list of incidents: [{given!r}]", incident=given)
    checked: list[Incident | IncidentError] = []
    for each in given:
        try:
            checked.append((check_incident if are_here else check_names)(Incident.of(each)))
        except IncidentError as error:
            checked.append(error)
    if not checked:
        raise IncidentError("the list of incidents is empty; give at least one", incident=given)
    if all(isinstance(each, IncidentError) for each in checked):
        raise IncidentError("\n".join(str(each) for each in checked), incident=given)
    return checked


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
        Where the directory or the log is missing, not readable or of the wrong type, the log lies outside the
        directory, or is a file of keys or passwords; the message names the incident and the remedy.
    """

    def refuse(what: str, remedy: str) -> IncidentError:
        return _refusal(incident, what, remedy)

    _check_fields(incident)
    top = home_of(incident.working_dir)
    if not _is_there(top):
        raise refuse(
            f"directory {top} does not exist, or this user can't get there",
            "name the directory that holds the service's log",
        )
    if not is_directory(top):
        raise refuse(f"{top} is not a directory", "name the directory and give the log as the second field")
    top = top.resolve()
    log = Path(incident.log_file)
    if incident.log_file.startswith("~/"):
        log = home_of(log)
    if log.is_absolute():
        # The directory may have been given by another of its names: a link to it is no way out of it.
        relative = Path(os.path.relpath(log.parent.resolve() / log.name, top))
    else:
        relative = Path(os.path.normpath(log))
    if relative.parts[:1] == ("..",):
        raise refuse(f"log {incident.log_file} lies outside {top}", "use the directory that holds it as working_dir")
    if is_secret_name(str(relative)):
        raise refuse(f"log {relative} is a file of keys or passwords, which are never read", "name the service's log")
    _check_log(top / relative, refuse)
    return Incident(top, str(relative), incident.service)


def check_names(incident: Incident) -> Incident:
    """Check what can be known of an incident whose files are on another machine.

    Parameters
    ----------
    incident
        The incident as given.

    Returns
    -------
    Incident
        The same with its log relative to its directory.

    Raises
    ------
    IncidentError
        Where a name is empty or none, the directory isn't absolute, or the log lies outside it.
    """
    _check_fields(incident)
    top, log = Path(os.path.normpath(incident.working_dir)), Path(incident.log_file)
    if not top.is_absolute():
        raise _refusal(incident, "its directory is no whole path", "give it as it is on the worker, from / on")
    relative = Path(os.path.relpath(log, top) if log.is_absolute() else os.path.normpath(log))
    if relative.parts[:1] == ("..",):
        raise _refusal(
            incident, f"log {incident.log_file} lies outside {top}", "use the directory that holds it as working_dir"
        )
    return Incident(top, str(relative), incident.service)


def _check_fields(incident: Incident) -> None:
    names = (str(incident.working_dir), incident.log_file, incident.service)
    if not all(name.strip() for name in names):
        raise _refusal(incident, "a field is empty", "give directory, log and service")
    if not all(_is_name(name) for name in names):
        raise _refusal(incident, "a name holds a NUL byte or half a character", "give it as it is on disk")


def _refusal(incident: Incident, what: str, remedy: str) -> IncidentError:
    return IncidentError(f"incident {str(incident)!r}: {what}; {remedy}", incident=incident)


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


def service_of(incident: Incident | IncidentError) -> str:
    """Name an incident's service; of one that could not be used, as well as it can be told."""
    given = incident.incident if isinstance(incident, IncidentError) else incident
    if isinstance(given, Incident):
        return given.service
    return str(given[-1]) if isinstance(given, list | tuple) and given else str(given)


def home_of(path: str | Path) -> Path:
    """Read a leading `~`; one that names no user is a name like any other."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_directory(path: Path) -> bool:
    """Tell whether there is a directory of this name, and a way there for this user."""
    try:
        return path.is_dir()
    except OSError:
        return False


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


def _nearby(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in os.scandir(path.parent) if entry.is_file(follow_symlinks=False))
    except OSError:
        names = []
    return f"the directory holds {', '.join(names[:8])}" if names else "check the name"
