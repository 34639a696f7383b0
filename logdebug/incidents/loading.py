"""Incidents from files and frames."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import IncidentError
from logdebug.incidents.checking import home_of
from logdebug.records import Incident

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_incidents"]

_FIELDS = ("working_dir", "log_file", "service")


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
        path = home_of(source)
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
    return Incident(base / home_of(incident.working_dir), incident.log_file, incident.service)


def _is_filled(value: object) -> bool:
    return value is not None and bool(str(value).strip())
