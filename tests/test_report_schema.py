"""The JSON schema: it is the shipped one, and real reports keep to it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from report_samples import diagnosis, five, hostile, many, report

from logdebug.report.schema import schema, schema_json

if TYPE_CHECKING:
    from logdebug.report.report import Report

VALIDATOR = Draft202012Validator(schema(), format_checker=FormatChecker())


def test_the_shipped_schema_is_the_code_s() -> None:
    """`report.schema.json` is what the code makes (else: python -m logdebug.report.schema > …/report.schema.json)."""
    assert (files("logdebug.report") / "report.schema.json").read_text(encoding="utf-8") == schema_json()


def test_the_schema_is_a_schema() -> None:
    """The schema is valid draft 2020-12 and describes every member."""
    Draft202012Validator.check_schema(schema())
    for entry in (schema(), *schema()["$defs"].values()):
        assert entry["description"]
        assert entry["required"] == list(entry["properties"])
        assert all(member["description"] for member in entry["properties"].values())


@pytest.mark.parametrize("made", [report(), report(diagnosis()), five(), many(30), hostile()])
def test_real_reports_keep_to_it(made: Report) -> None:
    """What `to_json` writes is valid by the schema."""
    VALIDATOR.validate(json.loads(made.to_json()))


def test_a_wrong_word_is_against_it() -> None:
    """A severity outside the vocabulary is invalid by the schema."""
    data = json.loads(five().to_json())
    data["reports"][0]["severity"] = "grave"
    assert not VALIDATOR.is_valid(data)
