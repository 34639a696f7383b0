"""The only door from a model's words to records.

`Answer` is what a model is asked for and what `submit_diagnosis` takes; `answer_from` makes one of whatever it wrote.
Past this door everything is typed, bounded and validated. Whether it is true is `grounding`'s to check.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from logdebug.agent.objects import objects_in
from logdebug.errors import AnswerError
from logdebug.logs.fields import parse_timestamp, strip_ansi
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES, Category, Severity, Status

__all__ = [
    "Answer",
    "AnswerAbsence",
    "AnswerEvent",
    "AnswerQuote",
    "answer_from",
    "answer_schema",
    "schema_of",
]

_MOST_QUOTES = 20
_MOST_EVENTS = 30
_MOST_ABSENCES = 6
_SAID_ERRORS = 6
_MOST_CHARACTERS = 8_000  # of one text
_MOST_LINE = 10**12


def _word_of(vocabulary: tuple[str, ...]) -> BeforeValidator:
    """Forgive case, spaces and hyphens in a word of a vocabulary."""

    def fold(value: Any) -> Any:
        word = re.sub(r"[\s-]+", "_", value.strip().lower()) if isinstance(value, str) else value
        return word if word in vocabulary else value

    return BeforeValidator(fold)


def _clean(value: Any) -> Any:
    """Drop what no text of a report may hold: lone surrogates, terminal escapes, control characters; and cut it.

    A control character becomes a blank, which is how the tools show it: a quote of what they show must be found again.
    """
    if not isinstance(value, str):
        return value
    whole = strip_ansi(value.encode("utf-8", "replace").decode("utf-8"))
    if len(whole) > _MOST_CHARACTERS:
        whole = f"{whole[:_MOST_CHARACTERS]} …"
    return _CONTROL.sub(" ", whole).strip()


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")


def _share(value: Any) -> Any:
    """Read a confidence: 0.85, "85%" and 85 are one thing."""
    if isinstance(value, str):
        number = re.fullmatch(r"\s*([\d.]+)\s*(%?)\s*", value)
        if not number:
            return {"high": 0.9, "medium": 0.6, "low": 0.3}.get(value.strip().lower(), value)
        value = float(number[1])
        if number[2]:
            return value / 100
    return value / 100 if isinstance(value, int | float) and 1 < value <= 100 else value


def _line_number(value: Any) -> Any:
    """Read a line number: "line 12", "12-14" and 0 or a negative one (which is how some say "none") are forgiven."""
    if isinstance(value, str):
        digits = re.search(r"\d+", value)
        value = int(digits[0][:13]) if digits else None
    return value if not isinstance(value, int) or 0 < value < _MOST_LINE else None


def _time(value: Any) -> Any:
    """Read a time as a log writes it; one that can't be read is none rather than a reason to refuse the answer."""
    if isinstance(value, str):
        return parse_timestamp(_clean(value).strip())
    return value if isinstance(value, datetime) else None


def _first(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value[:most] if isinstance(value, list) else [] if value is None else value)


_TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}  # any way of writing a time will do

Text = Annotated[str, BeforeValidator(_clean)]
LineNumber = Annotated[int | None, BeforeValidator(_line_number)]


class AnswerQuote(BaseModel):
    """A line, or a part of one, that shows the cause."""

    model_config = ConfigDict(extra="ignore")

    quote: Text = Field(description="Copied from the file character by character, without its line number.")
    line: LineNumber = Field(default=None, description="The line's number in that file.")
    file: Text | None = Field(default=None, description="The file, relative to the working directory; null: the log.")


class AnswerEvent(BaseModel):
    """A step of the story."""

    model_config = ConfigDict(extra="ignore")

    timestamp: Annotated[datetime | None, BeforeValidator(_time), WithJsonSchema(_TEXT_OR_NULL)] = Field(
        default=None, description="As the log gives it; null where it gives none."
    )
    event: Text = Field(description="What happened, one sentence.")
    line: LineNumber = Field(default=None, description="The line of the log that shows it.")


class AnswerAbsence(BaseModel):
    """Something that did not occur where it should have."""

    model_config = ConfigDict(extra="ignore")

    claim: Text = Field(description="What did not occur, and where, one sentence.")
    pattern: Text = Field(
        description="What a line that told of it would match (RE2, case ignored). It is searched for in these lines, "
        "and as a control in the rest of the file."
    )
    first_line: LineNumber = Field(default=None, description="The first line to search; null: the file's first.")
    last_line: LineNumber = Field(default=None, description="The last line to search; null: the file's last.")
    file: Text | None = Field(default=None, description="The file, relative to the working directory; null: the log.")


class Answer(BaseModel):
    """Submit the diagnosis. Call this once, when the evidence carries the conclusion."""

    model_config = ConfigDict(extra="ignore")

    status: Annotated[Status, _word_of(STATUSES)] = Field(
        description="diagnosed: the cause is shown by quotes; inconclusive: something failed, its cause is not shown; "
        "no_errors_found: nothing failed."
    )
    root_cause: Annotated[Text, Field(min_length=1)] = Field(
        description="One sentence: what failed first and why, with the concrete objects (host, port, file, class)."
    )
    category: Annotated[Category, _word_of(CATEGORIES)] = Field(description="Of the root cause, not of its effects.")
    severity: Annotated[Severity, _word_of(SEVERITIES)] = Field(description="Of the effect on the service.")
    confidence: Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)] = Field(
        default=0.5, description="From 0 to 1."
    )
    timeline: Annotated[list[AnswerEvent], _first(_MOST_EVENTS)] = Field(
        default_factory=list, description="3 to 10 events that tell the story, oldest first."
    )
    evidence: Annotated[list[AnswerQuote], _first(_MOST_QUOTES)] = Field(
        default_factory=list, description="The quotes that carry the conclusion, the strongest first."
    )
    absences: Annotated[list[AnswerAbsence], _first(_MOST_ABSENCES)] = Field(
        default_factory=list,
        description="What did not occur, where that bears on the conclusion; else empty. Quotes are needed, too.",
    )
    recommendation: Text = Field(default="", description="What to do now, and what against a repetition.")

    @property
    def takes_long(self) -> bool:
        """Whether it may take long to check: it cites files by their names, or searches for patterns of a model's."""
        return any(quote.file for quote in self.evidence) or bool(self.absences)


@cache
def answer_schema() -> dict[str, Any]:
    """Give the JSON schema of an answer, in the form that strict servers ask for."""
    return schema_of(Answer)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Give a model's JSON schema as servers take it: no references, every property required, nothing besides.

    Parameters
    ----------
    model
        A pydantic model; a property with a default is listed as required all the same, since strict servers want that.
    """
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return plain(definitions[node["$ref"].rsplit("/", 1)[-1]])
        # Strict servers refuse defaults, titles and most bounds; the bounds are checked here anyway.
        dropped = {"title", "default", "format", "minLength", "maxLength", "minimum", "maximum", "ge", "le"}
        kept = {key: value for key, value in node.items() if key not in dropped or key in node.get("properties", {})}
        if "properties" in kept:
            kept["properties"] = {name: plain(value) for name, value in kept["properties"].items()}
            kept["required"] = list(kept["properties"])
            kept["additionalProperties"] = False
        return {key: value if key == "properties" else plain(value) for key, value in kept.items()}

    plain_schema: dict[str, Any] = plain(schema)
    plain_schema.pop("description", None)
    return plain_schema


def answer_from(words: str) -> Answer:
    """Make an answer of a model's words: a tool call's arguments, or text with the JSON somewhere in it.

    Parameters
    ----------
    words
        JSON, bare, fenced, after `<think>…</think>` or prose, with trailing commas or the like.

    Raises
    ------
    AnswerError
        Where there is no JSON object or it doesn't validate; the message tells the model what to change.
    """
    candidates = list(objects_in(words))
    if not candidates:
        raise AnswerError("there is no complete JSON object in this; give the diagnosis as one JSON object")
    # A model that explains itself puts examples and drafts before its answer: the last that looks like one counts.
    written = next((each for each in reversed(candidates) if "root_cause" in each or "status" in each), candidates[-1])
    for wrapper in ("arguments", "parameters", "diagnosis"):
        if isinstance(written.get(wrapper), dict) and "root_cause" not in written:
            written = written[wrapper]
    try:
        return Answer.model_validate(written)
    except ValidationError as error:
        raise AnswerError(_said(error)) from None


def _said(error: ValidationError) -> str:
    """Put a validation error in words for the model: where, what was expected, what was there."""
    problems = []
    for problem in error.errors(include_url=False, include_context=False)[:_SAID_ERRORS]:
        place = ".".join(str(part) for part in problem["loc"]) or "the object"
        given = "" if problem["type"] == "missing" else f", not {str(problem['input'])[:80]!r}"
        problems.append(f"{place}: {problem['msg']}{given}")
    return "the diagnosis does not hold to its schema: " + "; ".join(problems)
