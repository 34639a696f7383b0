"""The JSON schema of a report, made from the records; it ships as `report.schema.json`.

`python -m logdebug.report.schema > logdebug/report/report.schema.json` writes it anew.
"""

from __future__ import annotations

import json
from inspect import getdoc
from typing import Any

from logdebug.records import Absence, Correction, Diagnosis, Evidence, Failure, Review, Suspicion, TimelineEvent, Usage
from logdebug.report.document import SCHEMA_VERSION, Document, Summary, adapter

__all__ = ["schema", "schema_json"]

_NOUNS = {
    "Summary": "The diagnoses, counted.",
    "Usage": "What an incident, or the whole run, cost.",
    "Diagnosis": "What was found out about one incident.",
    "Failure": "An incident that got no diagnosis.",
    "Evidence": "A quote that supports a diagnosis, and where it was found.",
    "Absence": "Something that did not occur, as the search that shows it and that can be run again.",
    "TimelineEvent": "One step of the story.",
}


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12): the types from the records, the descriptions from their docstrings.

    It describes what is written, so every key is required; `Report.load` is content without those that have a
    default.
    """
    top = adapter().json_schema(mode="serialization")
    definitions = top.pop("$defs")
    for record in (Summary, Usage, Diagnosis, Failure, Evidence, Absence, TimelineEvent, Review, Correction, Suspicion):
        _describe(definitions[record.__name__], record)
    _describe(top, Document)
    _add_tokens(definitions["Usage"])
    definitions["Diagnosis"]["properties"]["confidence"] |= {"minimum": 0, "maximum": 1}
    top["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    top |= {"title": "logdebug report", "$defs": definitions}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **top}


def schema_json() -> str:
    """Return the schema as the text of `report.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(entry: dict[str, Any], record: type) -> None:
    notes = _parameters(record)
    entry["description"] = _NOUNS.get(record.__name__, (getdoc(record) or "").partition("\n")[0])
    entry["required"] = list(entry["properties"])
    for name, member in entry["properties"].items():
        member.pop("default", None)
        member["description"] = notes[name]


def _add_tokens(usage: dict[str, Any]) -> None:
    """Put in the one figure that is written but not held: it follows from two others."""
    tokens = {"description": "Input and output tokens together.", "title": "Tokens", "type": "integer"}
    members = list(usage["properties"].items())
    usage["properties"] = dict([members[0], ("tokens", tokens), *members[1:]])
    usage["required"] = list(usage["properties"])


def _parameters(record: type) -> dict[str, str]:
    """Read what a numpydoc docstring says of each parameter."""
    lines = (getdoc(record) or "").splitlines()
    notes: dict[str, list[str]] = {}
    names: list[str] = []
    for line in lines[lines.index("Parameters") + 2 :]:
        if line.startswith(" "):
            for name in names:
                notes[name].append(line.strip())
        elif line.strip():
            names = [name.strip() for name in line.split(",")]
            notes |= {name: [] for name in names}
    return {name: " ".join(words) for name, words in notes.items()}


if __name__ == "__main__":
    print(schema_json(), end="")  # noqa: T201 - the one command of this module
