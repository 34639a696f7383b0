"""Whatever a model writes, it becomes a validated answer or an error that tells it what to change."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logdebug.agent.answers import Answer, answer_from, answer_schema
from logdebug.agent.objects import objects_in
from logdebug.agent.tools import tool_specs
from logdebug.errors import AnswerError
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

FULL: dict[str, Any] = {
    "status": "diagnosed",
    "root_cause": 'The pool at db-1:5432 was exhausted; {braces} and "quotes" don\'t matter.',
    "category": "dependency_failure",
    "severity": "high",
    "confidence": 0.8,
    "timeline": [{"timestamp": "2026-01-12T10:00:00Z", "event": "the first refusal", "line": 3}],
    "evidence": [{"quote": "pool exhausted {size: 5}", "line": 3, "file": None}],
    "absences": [{"claim": "no retry", "pattern": "retry", "first_line": 3, "last_line": None, "file": None}],
    "recommendation": "Raise the pool.\nThen watch it.",
}
WRITTEN = json.dumps(FULL)
DRAFT = json.dumps({**FULL, "root_cause": "a draft"})


def with_(**changes: Any) -> str:
    """Write the full answer with some fields changed."""
    return json.dumps({**FULL, **changes})


@pytest.mark.parametrize(
    "words",
    [
        WRITTEN,
        json.dumps(FULL, indent=4),
        f"```json\n{WRITTEN}\n```",
        f"```\n{WRITTEN}",
        f"<think>Is it {DRAFT}? No.</think>\n{WRITTEN}",
        f'<thinking>{{ "a": </thinking>{WRITTEN}',
        f"a thought that a server began for it </think>{WRITTEN}",
        f"The config {{pool: 5}} is small: {{}}. Here is my diagnosis:\n{WRITTEN}\nI hope that {{helps}}.",
        f"First I thought\n{DRAFT}\nbut it is\n{WRITTEN}",
        f'{WRITTEN}\nAs for "braces {{": never mind.',
        f"{{unclosed {WRITTEN}",
        WRITTEN[:-1] + ",}",
        WRITTEN.replace("}],", "},],"),
        WRITTEN.replace("\\n", "\n"),
        repr(FULL),
        json.dumps({"name": "submit_diagnosis", "arguments": FULL}),
        json.dumps({"diagnosis": FULL}),
        WRITTEN.replace('"recommendation"', '"unknown_field": {"status": 1}, "recommendation"'),
        "\ufeff \n" + WRITTEN,
    ],
    ids=lambda words: words[:30],
)
def test_an_answer_is_found_whatever_stands_around_it(words: str) -> None:
    """Bare, fenced, after thoughts, prose or drafts, with trailing commas or as Python: it is the same answer."""
    answer = answer_from(words)
    assert answer == answer_from(WRITTEN)
    assert answer.root_cause == FULL["root_cause"]
    assert answer.timeline[0].timestamp == datetime(2026, 1, 12, 10, tzinfo=UTC)


def test_a_thought_mark_within_a_quote_is_text() -> None:
    """A log line that holds `<think>` can be quoted: it hides no part of the answer."""
    quote = 'user said <think> {"status": and </think> never'
    answer = answer_from(with_(evidence=[{"quote": quote}]))
    assert answer.evidence[0].quote == quote


@pytest.mark.parametrize("words", [WRITTEN, f"```json\n{WRITTEN}", repr(FULL)], ids=["bare", "fenced", "Python"])
def test_an_answer_cut_short_is_none(words: str) -> None:
    """No beginning of an answer is mended into an answer, whatever its last character."""
    for cut in range(len(words)):
        with pytest.raises(AnswerError):
            answer_from(words[:cut])


@pytest.mark.parametrize(
    "words",
    ["", "   ", "no", "[]", "null", "3", '"{}"', "{}", "{not json}", "{'", "<think>" + WRITTEN, f"[{WRITTEN[:-1]}]"],
)
def test_words_without_an_answer_are_an_error(words: str) -> None:
    """Text, other JSON, an empty object and a thought that never ended are no answer."""
    with pytest.raises(AnswerError, match=r"JSON object|schema"):
        answer_from(words)


HOSTILE = {
    "open braces": "{" * 100_000,
    "open objects": '{"a":' * 100_000,
    "deep object": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "deep arrays": '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    "open thoughts": "<think>" * 100_000,
    "thoughts": "<think></think>" * 50_000,
    "half thoughts": "<think></thinkin" * 50_000,
    "quotes": '{"' * 200 + '"' * 100_000,
    "backslashes": '{"a": "' + "\\" * 300_001,
    "many objects": "{}" * 100_000,
    "commas": '{"a"' + "," * 50_000 + "}",
    "strings": '{"a": "x" ' + '"y" ' * 20_000 + "}",
    "single quotes": '{"a": ' + "'" * 20_000 + "}",
    "numbers": '{"confidence": ' + "9" * 100_000 + "}",
    "long text": with_(root_cause="x " * 500_000),
    "blanks": with_(root_cause=" " * 1_000_000),
    "long time": with_(timeline=[{"timestamp": "2026-01-12 " * 50_000, "event": "e"}]),
    "long word": with_(status="diagnosed" * 100_000),
    "many quotes": with_(evidence=[{"quote": "x"}] * 50_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_cost_little_time(name: str, slowness: Callable[[], float]) -> None:
    """No text, however it is made, holds up the run: it is an answer or an error within two seconds."""
    began = time.process_time()
    try:
        answer = answer_from(HOSTILE[name])
    except AnswerError as error:
        size = len(str(error))
    else:
        size = len(answer.model_dump_json()) // 25
    assert size < 2_000
    assert time.process_time() - began < 2.0 * slowness()


@given(st.text(alphabet="{}[]\"'\\:,<think>/ab1\n", max_size=200))
@settings(deadline=None, max_examples=300)
def test_any_text_is_an_answer_or_an_error(words: str) -> None:
    """No text makes anything but an answer or an AnswerError."""
    for text in (words, f"{words}{WRITTEN}"):
        assert all(isinstance(each, dict) for each in objects_in(text))
        with suppress(AnswerError):
            answer_from(text)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (0.8, 0.8),
        ("85%", 0.85),
        ("85 %", 0.85),
        (85, 0.85),
        ("0.4", 0.4),
        (1, 1.0),
        (0, 0.0),
        ("high", 0.9),
        ("Low", 0.3),
        (100, 1.0),
    ],
)
def test_a_confidence_is_a_share(given: Any, taken: float) -> None:
    """Shares, percentages and words are read as shares from 0 to 1."""
    assert answer_from(with_(confidence=given)).confidence == pytest.approx(taken)


@pytest.mark.parametrize("given", [-0.1, 101, "very", "1.2.3", "150%", [0.5], {}, float("nan"), float("inf"), "."])
def test_what_is_no_share_is_refused(given: Any) -> None:
    """A confidence outside 0 to 1, or that can't be read, goes back with its name."""
    with pytest.raises(AnswerError, match="confidence"):
        answer_from(with_(confidence=given))


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("status", "DIAGNOSED", "diagnosed"),
        ("status", "No errors found", "no_errors_found"),
        ("severity", " Critical ", "critical"),
        ("category", "Network-Error", "network_error"),
        ("category", "OOM", "oom"),
    ],
)
def test_case_and_hyphens_of_a_word_are_forgiven(name: str, given: str, taken: str) -> None:
    """A word of a vocabulary is known in capitals, with blanks and with hyphens."""
    assert getattr(answer_from(with_(**{name: given})), name) == taken


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("status", "solved"),
        ("status", None),
        ("severity", "severe"),
        ("severity", 1),
        ("category", ["oom"]),
        ("category", "o\u043em"),
        ("root_cause", ""),
        ("root_cause", " \n"),
        ("root_cause", "\0\0"),
        ("root_cause", 5),
        ("root_cause", None),
        ("timeline", "none"),
        ("timeline", [{"timestamp": None}]),
        ("evidence", {"quote": "x"}),
        ("evidence", ["x"]),
        ("recommendation", {"do": "x"}),
    ],
)
def test_a_wrong_field_is_named(name: str, given: Any) -> None:
    """What doesn't hold is named in the error, with what was there."""
    with pytest.raises(AnswerError, match=name):
        answer_from(with_(**{name: given}))


@pytest.mark.parametrize("name", ["status", "root_cause", "category", "severity"])
def test_a_missing_field_is_named(name: str) -> None:
    """The four fields without which there is no diagnosis are asked for."""
    with pytest.raises(AnswerError, match=f"{name}: Field required"):
        answer_from(json.dumps({key: value for key, value in FULL.items() if key != name}))


def test_what_can_be_spared_may_be_missing() -> None:
    """Confidence, timeline, evidence and recommendation have defaults, and null means none of them."""
    spare = {key: FULL[key] for key in ("status", "root_cause", "category", "severity")}
    assert answer_from(json.dumps(spare)).confidence == 0.5
    answer = answer_from(json.dumps({**spare, "timeline": None, "evidence": None}))
    assert (answer.timeline, answer.evidence, answer.recommendation) == ([], [], "")


def test_no_text_holds_what_a_report_may_not() -> None:
    """Lone surrogates, terminal escapes and control characters don't come through; line breaks and tabs do."""
    hostile = "a\\ud800b\\u0000c\\u001b[31mred\\u001b[0m\\u009b2J\\td\\ne"
    words = WRITTEN.replace("the first refusal", hostile).replace("Raise the pool.", hostile)
    answer = answer_from(words)
    for text in (answer.timeline[0].event, answer.recommendation):
        text.encode()
        assert "red" in text
        assert "\td\ne" in text
        assert not set(text) & {"\0", "\x1b", "\x9b"}


def test_texts_and_lists_are_bounded() -> None:
    """A report can't be flooded: long texts are cut and say so, long lists end."""
    answer = answer_from(
        with_(root_cause="x" * 100_000, evidence=[{"quote": "y" * 100_000}] * 99, timeline=[{"event": "e"}] * 99)
    )
    assert len(answer.root_cause) < 10_000
    assert answer.root_cause.endswith("…")
    assert (len(answer.evidence), len(answer.timeline)) == (20, 30)
    assert len(answer.evidence[0].quote) < 10_000


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (12, 12),
        ("12", 12),
        ("line 12", 12),
        ("12-14", 12),
        (12.0, 12),
        (0, None),
        (-3, None),
        (None, None),
        ("?", None),
        (10**30, None),
        ("9" * 40, None),
    ],
)
def test_a_line_number_is_read_as_meant(given: Any, taken: int | None) -> None:
    """A line is a number from 1, in whatever words; what no file has is none."""
    answer = answer_from(with_(evidence=[{"quote": "x", "line": given}], timeline=[{"event": "e", "line": given}]))
    assert answer.evidence[0].line == answer.timeline[0].line == taken


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("2026-01-12 10:00:00,123", datetime(2026, 1, 12, 10, 0, 0, 123000, tzinfo=UTC)),
        ("2026-01-12T10:00:00+02:00", datetime(2026, 1, 12, 8, tzinfo=UTC)),
        ("shortly after ten", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        (None, None),
        ({"at": 1}, None),
    ],
)
def test_a_time_is_read_as_logs_write_it(given: Any, taken: datetime | None) -> None:
    """A time that can't be read, or that no clock shows, is none, and no reason to refuse the answer."""
    assert answer_from(with_(timeline=[{"timestamp": given, "event": "e"}])).timeline[0].timestamp == taken


# -- schemas -----------------------------------------------------------------------------------------------------------

STRICT_KEYS = {"type", "description", "enum", "anyOf", "items", "properties", "required", "additionalProperties"}


def nodes(schema: Any) -> list[dict[str, Any]]:
    """Give a schema's nodes, itself first."""
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema["items"]] if "items" in schema else []
    return [schema, *(node for each in inner for node in nodes(each))]


@pytest.mark.parametrize("spec", tool_specs(), ids=lambda spec: spec.name)
def test_schemas_have_the_strict_form(spec: Any) -> None:
    """Each tool's schema is one that strict servers take: all required, nothing besides, no references, no bounds."""
    jsonschema.Draft202012Validator.check_schema(spec.parameters)
    assert spec.description
    assert "$ref" not in json.dumps(spec.parameters)
    assert "$defs" not in json.dumps(spec.parameters)
    for node in nodes(spec.parameters):
        assert set(node) <= STRICT_KEYS
        assert ("type" in node) != ("anyOf" in node)
        if node.get("type") == "object":
            assert node["required"] == list(node["properties"])
            assert node["additionalProperties"] is False
    assert all("description" in value for value in spec.parameters["properties"].values())


@pytest.mark.parametrize("null", [False, True])
def test_what_the_schema_allows_is_taken(null: bool) -> None:
    """An answer that holds to the schema validates, with null wherever the schema allows it."""
    answer = json.loads(WRITTEN)
    if null:
        answer["timeline"] = [{"timestamp": None, "event": "e", "line": None}]
        answer["evidence"] = [{"quote": "q", "line": None, "file": None}]
    jsonschema.validate(answer, answer_schema())
    assert answer_from(json.dumps(answer)).status == "diagnosed"


@pytest.mark.parametrize("change", [{"status": "solved"}, {"more": 1}, {"evidence": [{"quote": "q"}]}, {"timeline": 1}])
def test_what_the_schema_forbids_is_forbidden(change: dict[str, Any]) -> None:
    """Other words, further fields and missing ones don't hold to the schema."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**FULL, **change}, answer_schema())


def test_the_schema_has_the_vocabularies() -> None:
    """The words on offer are those of the records, in their order."""
    properties = answer_schema()["properties"]
    assert tuple(properties["status"]["enum"]) == STATUSES
    assert tuple(properties["category"]["enum"]) == CATEGORIES
    assert tuple(properties["severity"]["enum"]) == SEVERITIES
    assert set(properties) == set(Answer.model_fields)
