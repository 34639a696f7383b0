"""Whether two logs tell of the same failure: the fingerprint of a log, by its message templates and signatures.

Two incidents are near-duplicates where the embedded analyst finds the same kind of failure by the same signatures, and
what the logs say is the same but for times, addresses, ids and numbers. Of lines that tell of a failure, paths, names
and codes count as well: another file that is missing is another failure.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.agent.statements import without_client
from logdebug.logs.fields import message_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.logs import Log, Template
    from logdebug.records import Diagnosis

__all__ = ["LEAST_ALIKE", "Fingerprint", "fingerprint_of"]

LEAST_ALIKE = 0.6
"""From here on two logs are taken to tell of the same failure: what is alike in the less alike of two shares.

Measured on 52 real failures of all sorts: no two of them have the same kind, and none have more than a quarter in
common; of 255 copies, with other times, hosts, ids and repeats, none has less than two thirds.
"""
_SEVERE = 3  # from this alarm on, a line tells of a failure
_COMMON_SHARE = 0.8
_LEAST_TEMPLATES = 3
_WORD = re.compile(r"[^\W\d_]{2,}")
_TIMES_AND_LEVELS = """
jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun info debug trace notice
"""
_UNSAID = frozenset(_TIMES_AND_LEVELS.split())
"""Words of times and of levels that tell nothing, which stand before a message in more ways than can be told apart."""
_WITH_DIGIT = re.compile(r"[\w.:@%+~-]*\d[\w.:@%+~-]*")
_CODE = re.compile(r"\b(signal|code|status|errno|error|exit|exited|rc)\b\W{0,3}(?:with )?(\d{1,3})\b", re.IGNORECASE)
_SYSLOG_HOST = re.compile(r"^[\w.-]+ (?=[\w./()-]+(?:\[[^]]*\])?: )")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a log says, without when, where and how often.

    Parameters
    ----------
    kind
        The embedded analyst's status and category, and the signatures that it recognised.
    failures
        What the lines say that tell of a failure.
    messages
        What all lines say.
    """

    kind: tuple[str, ...]
    failures: frozenset[str]
    messages: frozenset[str]

    def likeness(self, other: Fingerprint) -> float:
        """Give how alike two logs are, from 0 to 1: the lesser of what their failures and all they say have in common.

        Logs of different kinds are not alike at all. Without any line that tells of a failure, all they say must be
        nearly the same.
        """
        if self.kind != other.kind:
            return 0.0
        if not self.failures and not other.failures:
            return _shared(self.messages, other.messages) ** 2
        return min(_shared(self.failures, other.failures), _shared(self.messages, other.messages))

    def is_like(self, other: Fingerprint) -> bool:
        """Say whether two logs tell of the same failure."""
        return self.likeness(other) >= LEAST_ALIKE


def fingerprint_of(log: Log, diagnosis: Diagnosis) -> Fingerprint:
    """Give a log's fingerprint.

    Parameters
    ----------
    log
        The log, open; it is read once, unless that was done before.
    diagnosis
        What the embedded analyst makes of it.
    """
    signatures = sorted({hit.signature.id for hit in log.signature_hits})
    severe = [_said_exactly(each) for each in log.mined if each.alarm >= _SEVERE]
    return Fingerprint(
        (diagnosis.status, diagnosis.category, *signatures),
        _keys(severe),
        _keys(_SYSLOG_HOST.sub("", each.pattern) for each in log.mined),
    )


def _said_exactly(template: Template) -> str:
    """Give what a line says, its codes, paths and names included, without other numbers and what is known to vary.

    Whatever a client asked for varies, as do all lines of access logs.
    """
    if template.status is not None:
        return template.pattern
    said = without_client(message_of(template.example))
    codes = " ".join(f"{found[1]}{_letters(found[2])}" for found in _CODE.finditer(said))
    for word in template.variables:
        said = said.replace(word, " ")
    return f"{_SYSLOG_HOST.sub('', _WITH_DIGIT.sub(' ', said))} {codes}"


def _letters(number: str) -> str:
    """Give a number in letters, as which it counts as a word."""
    return "".join(chr(ord("a") + int(digit)) for digit in number)


def _keys(texts: Iterable[str]) -> frozenset[str]:
    """Give the words of each text, without those that nearly all have: the name of a machine, a program, a logger."""
    found = ([word for word in _WORD.findall(text.lower()) if word not in _UNSAID] for text in texts)
    spoken = [words for words in found if words]
    counts = Counter(word for words in spoken for word in set(words))
    common = {word for word, count in counts.items() if count >= _COMMON_SHARE * len(spoken)}
    if len(spoken) < _LEAST_TEMPLATES:
        common = set()
    return frozenset(" ".join(word for word in words if word not in common) for words in spoken) - {""}


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
