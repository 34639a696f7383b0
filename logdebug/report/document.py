"""A report as JSON: what a file holds, how it is written, read and checked, and its JSON schema.

`Document` is the file's shape, key by key and in order. `schema` makes the JSON schema from it and from the records.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from logdebug.errors import ReportError
from logdebug.records import CATEGORIES, SEVERITIES, Category, Diagnosis, Failure, Severity, Usage
from logdebug.report.bounds import impossible, shown
from logdebug.report.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import TypeAdapter

__all__ = [
    "SCHEMA_VERSION",
    "Document",
    "Summary",
    "adapter",
    "diagnosis_from_json",
    "diagnosis_to_json",
    "read",
    "summarise",
    "to_utc",
    "write",
]

SCHEMA_VERSION = 1
"""The version of the form that this module writes, and the newest that it reads."""

_REMEDY = "give a file as `report.save` or `logdebug run --output` wrote it"


@dataclass(frozen=True, slots=True)
class Summary:
    """A report's diagnoses, counted.

    Parameters
    ----------
    by_severity
        Diagnoses of each severity that occurs, worst first.
    by_category
        Diagnoses of each category that occurs, in the order of the vocabulary.
    services_affected
        The services with a diagnosis, in the report's order, each once.
    """

    by_severity: dict[Severity, int]
    by_category: dict[Category, int]
    services_affected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A logdebug report: what was found out about each of a number of incidents.

    Parameters
    ----------
    generated_at
        When the run ended, in UTC.
    model
        The model that made the diagnoses; `offline` is the embedded analyst, no model.
    run_id
        The run's name, as its sessions on disk have it.
    schema_version
        The version of this form.
    total_incidents
        Incidents that were given: `diagnosed` and `failed` together.
    diagnosed
        Incidents with an entry in `reports`.
    failed
        Incidents with an entry in `errors`.
    summary
        The diagnoses, counted.
    usage
        What the run cost, failed incidents included.
    reports
        One entry per diagnosis.
    errors
        One entry per incident that got no diagnosis; null when there is none.
    redacted
        Whether secrets were hidden from the model and in this report; null where nobody knows.
    """

    generated_at: datetime
    model: str
    run_id: str
    schema_version: int
    total_incidents: int
    diagnosed: int
    failed: int
    summary: Summary
    usage: Usage
    reports: tuple[Diagnosis, ...]
    errors: tuple[Failure, ...] | None
    redacted: bool | None = None


def summarise(reports: tuple[Diagnosis, ...]) -> Summary:
    """Count diagnoses by severity and category, and list their services."""
    severities = [report.severity for report in reports]
    categories = [report.category for report in reports]
    return Summary(
        by_severity={word: count for word in SEVERITIES if (count := severities.count(word))},
        by_category={word: count for word in CATEGORIES if (count := categories.count(word))},
        services_affected=tuple(dict.fromkeys(report.service for report in reports)),
    )


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is taken as UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of year 1 or 9999 the same moment may have no date in UTC
        return moment.replace(tzinfo=UTC)


def write(document: Document) -> str:
    """Return a document as JSON text that any JSON reader takes.

    JSON has no NaN and no infinity: where a figure is one, an unknown cost is null and any other is 0. UTF-8 has no
    lone surrogate: where a text holds one, U+FFFD stands for it.
    """
    return storable(json.dumps(_plain(document), ensure_ascii=False, allow_nan=False, indent=2)) + "\n"


def read(text: str | bytes, source: str) -> Document:
    """Read a document from JSON text, checking types, vocabularies and totals.

    Parameters
    ----------
    text
        The JSON.
    source
        What to call it in errors: the file's path.

    Raises
    ------
    ReportError
        Naming `source`, the place in it, what is wrong there and what to do.
    """
    from pydantic import ValidationError

    text = text.removeprefix("\ufeff") if isinstance(text, str) else text.removeprefix(b"\xef\xbb\xbf")  # of Windows
    raw = _parse(text, source)
    try:
        document = adapter().validate_json(text, strict=True)
    except ValidationError as error:
        raise ReportError(f"{source}: {_first_fault(error.errors(include_url=False))}; {_REMEDY}") from error
    for place, said, true in _totals(raw, document):
        if said != true or isinstance(said, bool):
            raise ReportError(
                f"{source}: {place} is {shown(said)}, but its entries make it {shown(true)}: the file was changed or "
                f"put together by hand; correct that figure, or {_REMEDY}"
            )
    if fault := next(impossible(document.reports, document.usage), ""):
        raise ReportError(f"{source}: {fault}; {_REMEDY}")
    return replace(document, reports=tuple(map(_in_utc, document.reports)))


def diagnosis_to_json(diagnosis: Diagnosis) -> str:
    """Return one entry of a report as JSON text."""
    return storable(json.dumps(_plain(diagnosis), ensure_ascii=False, allow_nan=False))


def diagnosis_from_json(text: str | bytes) -> Diagnosis:
    """Read what `diagnosis_to_json` wrote.

    Raises
    ------
    ReportError
        Where it is anything else.
    """
    from pydantic import ValidationError

    try:
        return _in_utc(_diagnosis_adapter().validate_json(text, strict=True))
    except ValidationError as error:
        raise ReportError(f"no diagnosis: {_first_fault(error.errors(include_url=False))}") from error


@cache
def _diagnosis_adapter() -> TypeAdapter[Diagnosis]:
    from pydantic import TypeAdapter

    return TypeAdapter(Diagnosis)


@cache
def adapter() -> TypeAdapter[Document]:
    """Return the validator of documents."""
    from pydantic import TypeAdapter  # half of this package's users never read a file, and it is slow to import

    return TypeAdapter(Document)


def _in_utc(diagnosis: Diagnosis) -> Diagnosis:
    events = (
        event if event.timestamp is None else replace(event, timestamp=to_utc(event.timestamp))
        for event in diagnosis.timeline
    )
    reviews = (replace(review, reviewed_at=to_utc(review.reviewed_at)) for review in diagnosis.reviews)
    return replace(diagnosis, timeline=tuple(events), reviews=tuple(reviews))


def _plain(value: object, name: str = "") -> Any:
    """Turn records into what `json` writes."""
    plain: Any = value
    if isinstance(value, Usage):
        keys = ("turns", "tokens", "input_tokens", "output_tokens", "cost_usd", "seconds")
        plain = {key: _plain(getattr(value, key), key) for key in keys}
    elif is_dataclass(value):
        plain = {field.name: _plain(getattr(value, field.name), field.name) for field in fields(value)}
    elif isinstance(value, dict):
        plain = {key: _plain(item) for key, item in value.items()}
    elif isinstance(value, tuple | list):
        plain = [_plain(item) for item in value]
    elif isinstance(value, datetime):
        plain = to_utc(value).isoformat().replace("+00:00", "Z")
    elif isinstance(value, float):
        plain = _finite(value, name)
    return plain


def _finite(value: float, name: str) -> float | None:
    if name == "confidence" and not math.isnan(value):
        return min(max(value, 0.0), 1.0)
    return value if math.isfinite(value) else None if name == "cost_usd" else 0.0


def _parse(text: str | bytes, source: str) -> dict[str, Any]:
    """Parse JSON that must be an object with the marks of a report that this version reads."""
    from pydantic_core import from_json

    try:
        raw = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        cut = ", so it was probably cut short" if "EOF" in str(error) else ""
        raise ReportError(f"{source} is not JSON: {error}{cut}; {_REMEDY}") from error
    if not isinstance(raw, dict) or not {"reports", "schema_version", "run_id"} <= raw.keys():
        raise ReportError(f"{source} is JSON but no logdebug report (no reports, run_id, schema_version); {_REMEDY}")
    version = raw["schema_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ReportError(f"{source}: schema_version is {shown(version)}, not a number from 1; {_REMEDY}")
    if version > SCHEMA_VERSION:
        raise ReportError(
            f"{source}: schema_version is {version}, and this logdebug reads up to {SCHEMA_VERSION}: a newer one "
            "wrote it; upgrade with `pip install --upgrade logdebug`"
        )
    return raw


def _totals(raw: dict[str, Any], document: Document) -> Iterator[tuple[str, object, object]]:
    """Give each figure that follows from others: its place, what the file says, and what it must be."""
    diagnosed, failed = len(document.reports), len(document.errors or ())
    yield "diagnosed", raw["diagnosed"], diagnosed
    yield "failed", raw["failed"], failed
    yield "total_incidents", raw["total_incidents"], diagnosed + failed
    for key, value in asdict(summarise(document.reports)).items():
        yield f"summary.{key}", raw["summary"][key], list(value) if isinstance(value, tuple) else value
    yield "usage.tokens", raw["usage"].get("tokens"), document.usage.tokens
    for index, (entry, report) in enumerate(zip(raw["reports"], document.reports, strict=True)):
        if "usage" in entry:
            yield f"reports[{index}].usage.tokens", entry["usage"].get("tokens"), report.usage.tokens


def _first_fault(faults: list[Any]) -> str:
    """Say where a validation failed first, and how often more."""
    fault = faults[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    what = "is missing" if fault["type"] == "missing" else f"is {shown(fault['input'])}: {fault['msg'].lower()}"
    more = f" (and {len(faults) - 1} more like it)" if len(faults) > 1 else ""
    return f"{place or 'the top level'} {what}{more}"
