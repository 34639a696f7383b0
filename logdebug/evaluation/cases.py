"""Labelled incidents: a failure whose cause is known, so that an analyst can be measured on it."""

from __future__ import annotations

import json
import shutil
import stat
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import IncidentError
from logdebug.incidents import check_incident, demo_incidents
from logdebug.logs import open_log
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES, Category, Incident, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LABEL_FILE", "Case", "Label", "demo_cases", "load_cases", "neutral_copy"]

LABEL_FILE = "label.json"
_REQUIRED = ("service", "log_file", "status", "category", "severity")
_OPTIONAL = ("root_cause", "must_mention", "root_line")
_LOWEST = {"info": "low", "none": "low"}  # what labels of healthy logs say; a diagnosis has no lower word than low


@dataclass(frozen=True, slots=True)
class Label:
    """What is known about a labelled incident.

    Parameters
    ----------
    service, log_file
        As an incident has them.
    status, category, severity
        The acceptable answers, best first.
    root_cause
        The cause in a sentence, for people.
    must_mention
        Groups of alternatives; a right root cause mentions one of each group, in upper or lower case.
    root_line
        The lines of the log that show the cause, from 1; empty where no line does.
    """

    service: str
    log_file: str
    status: tuple[Status, ...]
    category: tuple[Category, ...]
    severity: tuple[Severity, ...]
    root_cause: str = ""
    must_mention: tuple[tuple[str, ...], ...] = ()
    root_line: tuple[int, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing failed here: whoever finds a failure raises a false alarm."""
        return self.status[0] == "no_errors_found"


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled incident.

    Parameters
    ----------
    name
        What it is called in tables. It may give the answer away, so no analyst is shown it.
    directory
        Where it lies.
    label
        What is known about it.
    """

    name: str
    directory: Path
    label: Label

    @property
    def incident(self) -> Incident:
        """The incident, under the name that it has on disk; analysts are given a `neutral_copy`."""
        return Incident(self.directory, self.label.log_file, self.label.service)


def load_cases(directory: str | Path) -> list[Case]:
    """Load labelled incidents.

    Parameters
    ----------
    directory
        A directory with one directory per incident, each with its log and a `label.json`; or one such incident. The
        label has `service`, `log_file`, `status`, `category` and `severity` (an answer, or a list of acceptable ones,
        the best first), and, where known, `root_cause`, `must_mention` (groups of alternatives) and `root_line` (lines
        of the log).

    Returns
    -------
    list of Case
        In the order of their names.

    Raises
    ------
    IncidentError
        Where there is none, a log is missing, or a label can't be used; the message names the file and the field.
    """
    top = Path(directory).expanduser()
    found = [top / LABEL_FILE] if (top / LABEL_FILE).is_file() else sorted(top.glob(f"*/{LABEL_FILE}"))
    if not found:
        what = f"has no */{LABEL_FILE}" if top.is_dir() else "is no directory"
        raise IncidentError(
            f"{top} {what}; a labelled incident is a directory with a log and a {LABEL_FILE}", incident=top
        )
    return [_load_case(path) for path in found]


def demo_cases() -> list[Case]:
    """Give the five sample incidents as labelled ones, to try an evaluation on.

    Returns
    -------
    list of Case
        api-gw, auth-svc, etl-daily, notif-worker and payment-svc. They ship with logdebug, so a model may have seen
        them: what counts is how an analyst does on cases of your own.

    Raises
    ------
    IncidentError
        Where the installation lacks the samples.
    """
    where = resources.files("logdebug.evaluation") / "sample_labels.json"
    labels = json.loads(where.read_text(encoding="utf-8"))
    return [
        Case(each.service, each.working_dir, _read_label(labels[each.service], f"{where.name} {each.service!r}"))
        for each in demo_incidents()
    ]


def neutral_copy(case: Case, directory: Path) -> Incident:
    """Copy a case to where neither its path nor a label tells the answer.

    Parameters
    ----------
    case
        The case.
    directory
        Where the copy goes; it is made.

    Returns
    -------
    Incident
        The copy, under the label's service and log file. Links and special files are left out, the times of files
        are kept: a log without years has its year from there.
    """
    shutil.copytree(case.directory, directory, ignore=_left_out)
    directory.chmod(0o700)
    return Incident(directory, case.label.log_file, case.label.service)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Name what is not copied: labels, and whatever is neither a file nor a directory."""
    modes = {name: (Path(folder) / name).lstat().st_mode for name in names}
    plain = {name for name, mode in modes.items() if stat.S_ISREG(mode) or stat.S_ISDIR(mode)}
    return {name for name in names if name == LABEL_FILE or name not in plain}


def _load_case(path: Path) -> Case:
    try:
        held = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise IncidentError(f"{path} can't be read as JSON: {error}", incident=path) from error
    label = _read_label(held, str(path))
    case = Case(path.parent.resolve().name, path.parent, label)
    check_incident(case.incident)
    last = max(label.root_line, default=0)
    with closing(open_log(case.incident.log_path)) as log:
        if last and not log.lines(last, last):
            raise _bad(path, "root_line", f"has line {last}, and {label.log_file} has {log.line_count}")
    return case


def _read_label(held: Any, where: str) -> Label:
    """Check a label field by field."""
    if not isinstance(held, dict):
        raise IncidentError(f"{where} should hold an object with {', '.join(_REQUIRED)}", incident=where)
    for name in (*_REQUIRED, *_OPTIONAL):
        if name not in held:
            _complain_of_absence(held, name, where)
    return Label(
        service=_text(held, "service", where),
        log_file=_text(held, "log_file", where),
        status=_words(held, "status", STATUSES, where),
        category=_words(held, "category", CATEGORIES, where),
        severity=_words(held, "severity", SEVERITIES, where),
        root_cause=_text(held, "root_cause", where) if held.get("root_cause") else "",
        must_mention=_groups(held.get("must_mention") or [], where),
        root_line=_lines(held.get("root_line") or [], where),
    )


def _complain_of_absence(held: dict[str, Any], name: str, where: str) -> None:
    """Refuse a label that lacks a field it needs, or seems to have misspelt one that it doesn't."""
    others = [str(key) for key in held if key not in {*_REQUIRED, *_OPTIONAL}]
    alike = get_close_matches(name, others, n=1, cutoff=0.8)
    if alike:
        raise _bad(where, alike[0], f"is no field of a label; did you mean {name}?")
    if name in _REQUIRED:
        raise _bad(where, name, "is missing")


def _text(held: dict[str, Any], name: str, where: str) -> str:
    value = held[name]
    if not isinstance(value, str) or not value.strip():
        raise _bad(where, name, f"is {value!r}, and should be a text")
    return value


def _words(held: dict[str, Any], name: str, vocabulary: Sequence[Any], where: str) -> tuple[Any, ...]:
    """Read one answer, or a list of acceptable ones."""
    value = held[name]
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise _bad(where, name, f"is {value!r}, and should be a list of acceptable answers, the best first")
    known = [_LOWEST.get(word, word) if name == "severity" and isinstance(word, str) else word for word in words]
    for word in known:
        if word not in vocabulary:
            raise _bad(where, name, f"has {word!r}, which is none of {', '.join(vocabulary)}")
    return tuple(dict.fromkeys(known))


def _groups(value: Any, where: str) -> tuple[tuple[str, ...], ...]:
    groups = [[group] if isinstance(group, str) else group for group in value] if isinstance(value, list) else [value]
    for group in groups:
        words = group if isinstance(group, list) else []
        if not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise _bad(where, "must_mention", f"has {group!r}, and should be a list of groups, each a list of words")
    return tuple(map(tuple, groups))


def _lines(value: Any, where: str) -> tuple[int, ...]:
    lines = value if isinstance(value, list) else [value]
    for line in lines:
        if not isinstance(line, int) or isinstance(line, bool) or line < 1:
            raise _bad(where, "root_line", f"has {line!r}, and should be a list of line numbers from 1")
    return tuple(lines)


def _bad(where: str | Path, field: str, what: str) -> IncidentError:
    return IncidentError(f"{where}: {field} {what}", incident=where)
