"""The tools that a model is offered: what they take, what they give, and how much of it.

Each tool is a pydantic model of its arguments: its docstring and fields are what the model reads, its `run` does the
work on a `Reading`. All of them read, and nothing else. What they give is bounded, says what was cut, and stands in a
data block that log text can't close.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from logdebug.agent.answers import Answer, answer_schema, schema_of
from logdebug.agent.messages import ToolSpec
from logdebug.agent.objects import objects_in
from logdebug.agent.rows import MOST_CHARACTERS, bounded, listing_text, numbered, with_context
from logdebug.errors import AnswerError, LogError, WorkspaceError
from logdebug.logs import LEVELS
from logdebug.logs.deadline import SEARCH_SECONDS, searched_within

if TYPE_CHECKING:
    from logdebug.agent.messages import ToolCall
    from logdebug.agent.reading import Reading
    from logdebug.agent.veil import Veil
    from logdebug.logs import Log

__all__ = ["SUBMIT", "meaning_of", "place_of", "run_tool", "takes_long", "tool_specs"]

SUBMIT = "submit_diagnosis"
"""The name of the tool that ends a session."""

_MOST_LINES = 300
_MOST_MATCHES = 60
_MOST_CONTEXT = 20
_PATH_CHARACTERS = 4_096
_PATTERN_CHARACTERS = 2_000


class _Tool(BaseModel, ABC):
    """The arguments of a tool."""

    model_config = ConfigDict(extra="ignore")
    name: ClassVar[str]

    @abstractmethod
    def run(self, reading: Reading) -> str:
        """Do the work."""


class _OnFile(_Tool):
    file: str | None = Field(
        default=None,
        max_length=_PATH_CHARACTERS,
        description="Relative to the working directory; null: the incident's log.",
    )

    def run(self, reading: Reading) -> str:
        """Open the file, do the work on it, close it again."""
        with reading.opened(self.file) as log:
            return reading.data(f"of {log.name!r}", self.on(log, reading.veiled(log)))

    @abstractmethod
    def on(self, log: Log, veil: Veil) -> str:
        """Do the work on the open file."""


class ListFiles(_Tool):
    """List the files below a directory of the incident, with sizes."""

    name: ClassVar[str] = "list_files"
    path: str = Field(
        default=".",
        max_length=_PATH_CHARACTERS,
        description="Relative to the working directory; `.` is the directory itself.",
    )

    def run(self, reading: Reading) -> str:
        """Give one line per entry."""
        path = reading.redactor.restore(self.path)
        listing = reading.seen.listing(path, lambda: listing_text(reading.workspace, path))
        return reading.data(f"in {self.path!r}", reading.redactor.redact(listing))


class ReadLines(_OnFile):
    """Read lines of a file by number."""

    name: ClassVar[str] = "read_lines"
    first: int = Field(description="The first line, from 1; a negative number counts from the end (-50: the last 50).")
    last: int | None = Field(default=None, description=f"The last line; null: {_MOST_LINES} lines or to the end.")

    def on(self, log: Log, veil: Veil) -> str:
        """Give the lines with their numbers."""
        first = max(1, log.line_count + 1 + self.first) if self.first < 0 else max(1, self.first)
        last = self.last if self.last is not None else first + _MOST_LINES - 1
        if self.last is not None and self.last < 0:
            last = log.line_count + 1 + self.last
        if first > log.line_count or last < first:
            return f"no such lines: the file has {log.line_count:,} lines"
        shown = veil.lines(first, min(last, first + _MOST_LINES - 1))
        rest = min(last, log.line_count) - first + 1 - len(shown)
        return bounded([numbered(line) for line in shown], more=rest, unit="lines")


class Search(_OnFile):
    """Search a file for a regular expression (RE2: linear time, no backreferences or look-around)."""

    name: ClassVar[str] = "search"
    pattern: str = Field(max_length=_PATTERN_CHARACTERS, description="For example `timeout|refused` or `req-7f3a`.")
    context: int = Field(default=0, description=f"Lines to show around each match, at the most {_MOST_CONTEXT}.")
    ignore_case: bool = Field(default=True, description="Whether case doesn't matter.")
    first_line: int = Field(default=1, description="Search from this line on.")
    last_line: int | None = Field(default=None, description="Search up to this line; null: to the end.")
    since: str | None = Field(
        default=None, max_length=64, description="Only records from this time on, such as `2026-11-22T08:42:55Z`."
    )
    until: str | None = Field(default=None, max_length=64, description="Only records up to this time.")
    min_level: Literal["debug", "info", "warning", "error", "fatal"] | None = Field(
        default=None, description="Only records of this level or worse; null: all, those without a level included."
    )

    def on(self, log: Log, veil: Veil) -> str:
        """Give the matches with their numbers, how many there are in all, and where to go on."""
        with searched_within(SEARCH_SECONDS, log, self.pattern):
            found = veil.search(
                self.pattern,
                context=max(0, min(self.context, _MOST_CONTEXT)),
                limit=_MOST_MATCHES,
                ignore_case=self.ignore_case,
                first_line=max(1, self.first_line),
                last_line=self.last_line,
                since=self.since,
                until=self.until,
                levels=LEVELS[LEVELS.index(self.min_level) :] if self.min_level else None,
            )
        if not found.total:
            filtered = " in records of these times and levels" if self.since or self.until or self.min_level else ""
            return f"no line matches {self.pattern!r}{filtered}"
        shown = [f"{found.total:,}{' or more' if found.more else ''} lines match"]
        size, given = 0, 0
        for match in found.matches:
            text = with_context(match, apart=self.context > 0 and given > 0)
            size += len(text) + 1
            if size > MOST_CHARACTERS and given:
                break
            shown.append(text)
            given += 1
        if more := found.total - given:
            shown.append(f"[{more:,} more matches; go on with first_line={found.matches[given - 1].line.number + 1}]")
        return "\n".join(shown)


class OverviewOf(_OnFile):
    """Give the overview of a file: message templates, bursts, stack traces, known failure signatures, last lines."""

    name: ClassVar[str] = "overview"

    def on(self, log: Log, veil: Veil) -> str:
        """Give the overview's text."""
        text: str = log.overview(hide=veil.hide).text
        return text


_TOOLS: dict[str, type[_Tool]] = {tool.name: tool for tool in (ListFiles, ReadLines, Search, OverviewOf)}


@cache
def tool_specs() -> tuple[ToolSpec, ...]:
    """Give the tools as they are offered to a model, `submit_diagnosis` last."""
    reading = tuple(
        ToolSpec(name=name, description=(tool.__doc__ or "").strip(), parameters=schema_of(tool))
        for name, tool in _TOOLS.items()
    )
    submit = ToolSpec(SUBMIT, (Answer.__doc__ or "").strip(), answer_schema(), strict=True)
    return (*reading, submit)


def run_tool(call: ToolCall, reading: Reading) -> tuple[str, bool]:
    """Carry out a tool call.

    Parameters
    ----------
    call
        As the model wrote it: the name may be unknown, the arguments may be broken.
    reading
        What to work on.

    Returns
    -------
    tuple of str and bool
        The result, or an error for the model to act on; and whether it is an error.
    """
    tool = _TOOLS.get(call.name)
    if tool is None:
        return _error(reading, f"there is no tool {call.name[:60]!r}; there are {', '.join([*_TOOLS, SUBMIT])}")
    mask = reading.redactor.mask
    try:
        return mask(tool.model_validate(_arguments(call)).run(reading)), False
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
        return _error(reading, mask(f"{call.name} does not take these arguments: {'; '.join(problems)}"))
    except (AnswerError, LogError, WorkspaceError) as error:
        return _error(reading, mask(str(error)))


def _error(reading: Reading, words: str) -> tuple[str, bool]:
    """Say what was wrong with a call; in a data block, since it quotes names and patterns that may be a file's."""
    return reading.data("error of this call", words if len(words) <= 1_500 else f"{words[:700]} … {words[-700:]}"), True


def takes_long(call: ToolCall) -> bool:
    """Tell whether a call may take long in a small log, too: it names a file, or searches for a pattern."""
    return call.name == Search.name or '"file"' in call.arguments


def meaning_of(call: ToolCall, log: str) -> str:
    """Give what a call asks for, in one form however its arguments are written; `log` is the log's name."""
    arguments = _understood(call)
    if arguments is None:
        return json.dumps([call.name, call.arguments])
    return json.dumps([call.name, {**arguments, "file": arguments.get("file") or log}], sort_keys=True)


def place_of(call: ToolCall, log: str) -> str | None:
    """Give what a call reads: a file, or a directory (which ends in `/`); None where it is no call that reads."""
    arguments = _understood(call)
    if arguments is None:
        return None
    return f"{arguments['path']}/" if "path" in arguments else str(arguments["file"] or log)


def _understood(call: ToolCall) -> dict[str, Any] | None:
    """Give the arguments of a call, those that it leaves out included; None where it can't be carried out."""
    try:
        return _TOOLS[call.name].model_validate(_arguments(call)).model_dump()
    except (KeyError, ValidationError, AnswerError):
        return None


def _arguments(call: ToolCall) -> dict[str, Any]:
    """Read a call's arguments: empty means none; small faults are mended."""
    if not call.arguments.strip():
        return {}
    arguments = next(objects_in(call.arguments), None)
    if arguments is None:
        raise AnswerError(f"the arguments of {call.name} are no JSON object: {call.arguments[:200]!r}; call it again")
    # A null for an argument that has a default means the default: strict schemas make models write every key.
    return {key: value for key, value in arguments.items() if value is not None}
