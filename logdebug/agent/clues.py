"""What one record says about a failure, judged by itself before any conclusion is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from logdebug.agent.places import best_line, shows_source, told_below
from logdebug.agent.statements import REQUEST, answer_in, lines_of, statement_of, without_client
from logdebug.logs.fields import level_of
from logdebug.logs.templates import alarm_of
from logdebug.logs.traces import root_of_trace

if TYPE_CHECKING:
    import re
    from datetime import datetime

    from logdebug.logs import Level, Record, Signature, SignatureSet

__all__ = [
    "AGAIN",
    "AT_ONCE",
    "ENDS",
    "LATER",
    "LEAST_ALARM",
    "MENTIONED",
    "RECOVERED",
    "REFUSED",
    "REQUEST_FAILED",
    "SKIPPED",
    "Clue",
    "judge",
]

REQUEST_FAILED = "web-server-5xx"
"""The signature of a line of an access log with a server error."""

MENTIONED = "was mentioned only"
"""How a clue is survived that no level calls trouble; where nothing else tells of a cause, it is looked at again."""

LEAST_ALARM: dict[Level | None, int] = {None: 2, "info": 1, "warning": 3}
"""How much words that no signature knows have to tell of a failure, by the level that they stand at."""

# Ruby writes a line that has a level, and nothing to say, above and below what it says.
_NOTHING = re2.compile(r"^(?:[A-Z], )?(?:\[?[^\]\s]*#\d+\] ?)?(?:\[[^\]]*\]\s*)*$")
_STATED = re2.compile(r"(?i)(?:^|[\]:] )(?:error|fatal|critical|alert|emerg): ")


_CLEAR_WEIGHT = 60  # from here on, a signature is taken for what it says even where the level is only "info" …
_LESS = 10  # words that are less specific by more say nothing against a harmless meaning
_CERTAIN_WEIGHT = 80  # … and from here on, it is a failure all the same
ENDS = ("exit-nonzero", "systemd-failed", "giving-up")
"""Signatures of what only says that it ended, not why."""

AT_ONCE = "recovered at once"
"""How a clue is survived that was over within moments: no failure, unless it comes again."""

RECOVERED = "recovered ("
"""How a clue is survived after which the log says that it works again, and where."""

AGAIN = "was tried again, and never failed as often as it may"
"""How a clue is survived that tells of attempts of which none was the last one."""

REFUSED = "was a client's mistake"
"""How a clue is survived that tells of a request that was answered as its sender's fault."""

LATER = "came through at a later attempt"
"""How a clue is survived whose job, message or upload is said to have gone well in the end."""

# What a line itself says to have gone well in the end.
_OVERCOME = re2.compile(
    r"(?i)\b(?:again|re-?sent|re-?read|re-?tr(?:y|ied|ying)|retransmitted|repeated|second (?:try|attempt))\b.{0,60}"
    r"\b(?:ok|okay|fine|good|succeeded|successful(?:ly)?)\W*$"
)

SKIPPED = re2.compile(
    r"(?i)\bskip(ped|ping)?\b|\bignor(ed|ing)\b|falling back|\bfallback\b|continuing (without|with)|using (default|"
    r"cached)|quarantin|\bhandled|tolerated|moved aside|non-fatal|not fatal"
)


@dataclass(frozen=True, slots=True)
class Clue:
    """One kind of statement about a failure, and where it stands.

    Parameters
    ----------
    record
        The first record that makes it.
    line
        The line of that record that says it best, from 1.
    statement
        What that line says, without time, level and what a client wrote.
    signature
        The most specific known failure in it; None where none is known.
    alarm
        How much it tells of a failure by its level or words, from 0 to 5.
    count
        How many records make it.
    last_line, last_time
        Where the last of them ends, and when it was.
    last_said
        The line of the last one that says it best.
    also
        Another line of the record that says something about it; empty where there is none.
    survived
        Why it did no lasting harm ("was skipped", "recovered"); empty where nothing says so.
    lines
        Of a small log: where each of the records begins.
    """

    record: Record
    line: int
    statement: str
    signature: Signature | None
    alarm: int
    count: int = 1
    last_line: int = 0
    last_said: int = 0
    last_time: datetime | None = None
    also: str = ""
    survived: str = ""
    lines: tuple[int, ...] = ()

    @property
    def first_line(self) -> int:
        """The first line of the first record."""
        return self.record.first_line

    @property
    def time(self) -> datetime | None:
        """When it was first stated."""
        return self.record.timestamp

    @property
    def role(self) -> str:
        """What it tells: a cause, a symptom, a consequence; an unknown error is a symptom."""
        return self.signature.role if self.signature else "symptom"

    @property
    def weight(self) -> int:
        """How specific it is, from 1 to 100, its level counted in."""
        base = self.signature.weight if self.signature else 38
        return base + {5: 6, 4: 3}.get(self.alarm, -4 if self.alarm <= 1 else 0)


def judge(record: Record, signatures: SignatureSet) -> Clue | None:
    """Say what a record tells about a failure; None where it tells nothing.

    Parameters
    ----------
    record
        A record of the log.
    signatures
        What is known of failures.
    """
    access = REQUEST.search(record.text) if '" ' in record.text else None
    if access:
        return _judge_request(record, access, signatures)
    if record.level in ("debug", "trace") or _says_nothing(record):
        return None
    lines = lines_of(record)
    found = signatures.match("\n".join(lines))
    alarm = alarm_of(without_client(record.message), record.level)
    tells = alarm >= LEAST_ALARM.get(record.level, 0)
    ends = any(signature.id in ENDS for signature in found)
    is_bare = not tells and all(signature.id in ENDS or signature.role == "harmless" for signature in found)
    below, told = told_below(lines, signatures) if is_bare else (0, 0)
    if shows_source(lines) or not (found or below or tells):
        return None
    if (
        not below
        and any(signature.role == "harmless" for signature in found)
        and not _overrules(found, alarm, lines, signatures)
    ):
        return None
    place, signature, also = (below, None, "") if below else best_line(lines, found, signatures)
    of_client = record.level in (None, "info") and 400 <= answer_in(record) < 500
    level, alarm = (record.level, alarm) if of_client else _said_at(record.level, lines, place, alarm, told)
    if not _is_failure(level, signature, alarm):
        return None
    return Clue(
        record=record,
        line=(said := min(record.first_line + place, record.last_line)),
        last_said=said,
        statement=statement_of(record, lines, place),
        signature=signature,
        also=also,
        alarm=max(alarm, 3) if signature and signature.role == "cause" and level is None else alarm,
        last_line=record.last_line,
        last_time=record.timestamp,
        survived="" if below and ends else _survived(level, lines, signature, alarm, of_client=of_client),
    )


def _says_nothing(record: Record) -> bool:
    return _NOTHING.match(record.message) is not None and not record.text.partition("\n")[2].strip()


def _said_at(level: Level | None, lines: list[str], place: int, alarm: int, told: int) -> tuple[Level | None, int]:
    """Give the level that a record's best line is said at, and how much that tells; `told` is that of one below."""
    if told or (place and level == "info"):
        # A line without time or level, printed right after a harmless one: it speaks for itself.
        level = level_of(lines[place])
        alarm = max(alarm_of(lines[place], level), told)
    if level in (None, "info") and len(lines) > 1 and root_of_trace("\n".join(lines)) is not None:
        level, alarm = "error", max(alarm, 4)
    if level is None and _STATED.search(lines[place][:200]):
        level, alarm = "error", max(alarm, 3)
    return level, alarm


def _judge_request(record: Record, access: re.Match[str], signatures: SignatureSet) -> Clue | None:
    """Judge a line of an access log: by its status only, since the rest is the client's text."""
    status = int(access["status"])
    if status < 500:
        return None
    return Clue(
        record=record,
        line=record.first_line,
        last_said=record.first_line,
        statement=f"{access['request'].split('?')[0][:80]} answered {status}",
        signature=signatures[REQUEST_FAILED],
        alarm=3,
        last_line=record.last_line,
        last_time=record.timestamp,
    )


def _overrules(found: tuple[Signature, ...], alarm: int, lines: list[str], signatures: SignatureSet) -> bool:
    """Say whether something in the record is worse than the harmless thing that it also says."""
    if len(lines) == 1 or not _worst_of(found):
        return _is_worse(found, alarm)
    return any(_worst_of(matched) and _is_worse(matched, alarm) for matched in map(signatures.match, lines))


def _is_worse(found: tuple[Signature, ...], alarm: int) -> bool:
    harmless = max((signature.weight for signature in found if signature.role == "harmless"), default=0)
    worst = _worst_of(found)
    return worst > harmless or (alarm >= 4 and worst >= max(_CLEAR_WEIGHT, harmless - _LESS))


def _worst_of(found: tuple[Signature, ...]) -> int:
    """Give the weight of the worst cause, as far as it is a clear one."""
    worst = max((signature.weight for signature in found if signature.role == "cause"), default=0)
    return worst if worst >= _CLEAR_WEIGHT else 0


def _is_failure(level: Level | None, signature: Signature | None, alarm: int) -> bool:
    """Say whether a record is about a failure: by its level, or by what is known of its words."""
    if level in ("error", "fatal"):
        return True
    if level in ("debug", "trace"):
        return False
    if signature is None:
        return alarm >= LEAST_ALARM[level]
    if level == "info":
        return signature.role in ("cause", "symptom") and signature.weight >= _CLEAR_WEIGHT
    if level == "warning":
        return signature.weight >= 30 or signature.role == "consequence"
    return True


def _survived(
    level: Level | None, lines: list[str], signature: Signature | None, alarm: int, *, of_client: bool
) -> str:
    """Say how the record itself tells that the trouble was dealt with; empty where it doesn't."""
    if level in ("error", "fatal"):
        return ""
    if of_client:
        return "" if signature is not None and signature.least_count > 1 else REFUSED
    if signature is None and (alarm <= 2 or level in ("warning", "info")):
        return MENTIONED
    if level == "info" and signature is not None and signature.role == "cause" and signature.weight < _CERTAIN_WEIGHT:
        return MENTIONED
    return _overcome(lines[0])


def _overcome(line: str) -> str:
    """Say how a line itself tells that it is about nothing that lasts; empty where it doesn't."""
    if SKIPPED.search(line):
        return "was skipped"
    return AT_ONCE if _OVERCOME.search(line) else ""
