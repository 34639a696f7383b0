"""How a conversation is opened: what the analyst finds and the overview, made here or by another process.

Another process gives what it made, and with it the texts by which secrets were met: who takes it over looks at these,
too, and then knows the same secrets by the same names, none of which were sent.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.concealing import analysed
from logdebug.agent.reading import Reading
from logdebug.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime
    from typing import TypeAlias

    from logdebug.agent.messages import Message
    from logdebug.logs import SignatureSet
    from logdebug.records import Incident
    from logdebug.redaction.rules import Rule

    OpenElsewhere: TypeAlias = Callable[[Incident], Awaitable["Opening | None"]]

__all__ = ["Opening", "Terms", "open_ahead", "open_conversation"]

_MOST_BYTES = 1 << 20
"""A larger log is read by threads and processes of its own."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the conversations of a run have in common.

    Parameters
    ----------
    signatures
        The failure signatures that logs are read with.
    redaction
        What a secret is; None: the rules that ship.
    overview_tokens
        How long an overview may be.
    """

    signatures: SignatureSet
    redaction: tuple[Rule, ...] | None
    overview_tokens: int


@dataclass(frozen=True, slots=True)
class Opening:
    """How a conversation is opened.

    Parameters
    ----------
    messages
        What is said.
    mark
        What stands at both ends of a data block in it.
    log_bytes, log_modified
        The size of the log that it is about, and when that was written last: what has changed since is another.
    telling
        The texts by which secrets were met, in their order, each with whether it may have held placeholders already.
    """

    messages: tuple[Message, Message]
    mark: str
    log_bytes: int
    log_modified: datetime
    telling: tuple[tuple[str, bool], ...] = ()

    def taken_by(self, reading: Reading) -> tuple[Message, Message] | None:
        """Give the messages to a reading that has met no secret yet, and let it meet those which they were made with.

        None where they are of another log than it reads.
        """
        log, redactor = reading.log, reading.redactor
        if (log.stored_bytes, log.modified) != (self.log_bytes, self.log_modified) or redactor.digests:
            return None
        reading.mark = self.mark
        for text, masked in self.telling:
            (redactor.mask if masked else redactor.redact)(text)
        return self.messages


class _Witness(Redactor):
    """A redactor that remembers the texts by which it met secrets."""

    def __init__(self, rules: Iterable[Rule] | None) -> None:
        super().__init__(rules)
        self.telling: list[tuple[str, bool]] = []

    def redact(self, text: str) -> str:
        """Replace the secrets in a text that nobody has redacted yet."""
        known = len(self)
        redacted = super().redact(text)
        if len(self) > known:
            self.telling.append((text, False))
        return redacted

    def mask(self, text: str, *, is_cut: bool = False) -> str:
        """Replace the secrets in a text that may hold placeholders already."""
        known = len(self)
        masked = super().mask(text, is_cut=is_cut)
        if len(self) > known:
            self.telling.append((text, True))
        return masked


def open_conversation(incident: Incident, reading: Reading, *, overview_tokens: int) -> tuple[Message, Message]:
    """Read the log, and give the system prompt and the first message about it.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    hypothesis = analysed(incident, reading)
    return prompts.opening(incident, reading, hypothesis, budget_tokens=overview_tokens)


def open_ahead(incident: Incident, terms: Terms) -> Opening | None:
    """Open a conversation for another process; None where that is to be done there.

    Raises
    ------
    LogdebugError
        Where the directory or the log can't be read.
    """
    witness = _Witness(terms.redaction)
    with closing(Reading.of(incident, signatures=terms.signatures, redactor=witness)) as reading:
        log = reading.log
        if log.is_compressed or log.stored_bytes > _MOST_BYTES:
            return None
        messages = open_conversation(incident, reading, overview_tokens=terms.overview_tokens)
        if reading.seen.hashes:
            return None  # what is read beside the log counts as seen, which is for the reading there to know
        return Opening(messages, reading.mark, log.stored_bytes, log.modified, tuple(witness.telling))
