"""What a server that calls itself OpenAI-compatible takes: what it refuses is left out next time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

__all__ = ["Features"]

_TOKEN_LIMIT_NAMES = ("max_completion_tokens", "max_tokens", "")
_NAMED = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("system", r"\bsystem (role|message|prompt|instruction)s?\b|\broles? \W?system\b"),
        # Templates that know only user and assistant can be told of tools in no other way than in the text.
        ("tools", r"\broles? (must|should) alternate|\balternating roles|\b(tool|invalid) role\b|\broles? \W?tool\b"),
        ("strict", "strict"),
        ("parallel", "parallel tool"),
        ("choice", "tool choice"),
        ("tools", r"\b(tools?|functions?)\b"),
    )
)
"""The words of a refusal that name what is refused, in this order."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a server takes.

    Parameters
    ----------
    max_output_tokens
        The most that a reply may hold.
    limit_name
        What the server calls that: `max_completion_tokens`, `max_tokens`; empty where it takes neither.
    strict, parallel, choice, tools
        Whether it takes strict schemas, `parallel_tool_calls`, `tool_choice`, and tools at all.
    system
        Whether it takes a system prompt as such.
    notes
        What was found to be refused, for the trace.
    """

    max_output_tokens: int
    limit_name: str = _TOKEN_LIMIT_NAMES[0]
    strict: bool = True
    parallel: bool = True
    choice: bool = True
    tools: bool = True
    system: bool = True
    notes: tuple[str, ...] = ()

    def without_refused(self, words: str) -> Features | None:
        """Give these features without the one that a server's refusal is about.

        Parameters
        ----------
        words
            What the server said.

        Returns
        -------
        Features or None
            What to ask with next time. Where the words name none of the features, the next in a fixed order is left
            out, since many servers only say "bad request". None where nothing is left to leave out.
        """
        said = re.sub(r"[\s_-]+", " ", words.lower())
        if self.limit_name and self.limit_name.replace("_", " ") in said:
            return self.without_limit()
        for name, words_for_it in _NAMED:
            if getattr(self, name) and words_for_it.search(said):
                return self._without(name)
        silent = next((name for name in ("strict", "parallel", "choice") if getattr(self, name)), None)
        return self._without(silent) if silent else self.without_limit()

    def without_limit(self) -> Features | None:
        """Give these features with the next name of the reply's limit, or none; None where there is none already."""
        if not self.limit_name:
            return None
        following = _TOKEN_LIMIT_NAMES[_TOKEN_LIMIT_NAMES.index(self.limit_name) + 1]
        note = f"the server refuses {self.limit_name}; " + (f"sending {following}" if following else "left out")
        return replace(self, limit_name=following, notes=(*self.notes, note))

    def _without(self, name: str) -> Features:
        said = {
            "strict": "strict schemas",
            "parallel": "parallel_tool_calls",
            "choice": "tool_choice",
            "tools": "tools; they are described in the text instead",
            "system": "a system prompt; it stands before the first message instead",
        }
        note = f"the server refuses {said[name]}" + ("" if ";" in said[name] else "; left out")
        gone = ("tools", "strict", "parallel", "choice") if name == "tools" else (name,)
        return replace(self, **dict.fromkeys(gone, False), notes=(*self.notes, note))  # type: ignore[arg-type]
