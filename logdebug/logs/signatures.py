"""Known failure signatures: what a line of a log means, what to do about it, and how far it can be trusted as a cause.

The signatures are data (`signatures.toml`): whoever knows a failure adds an entry, no code. One pass over a text looks
for the words that the patterns can't do without (`sieve`); only what has its words there is compiled at all, so that
two thousand signatures cost little more than one.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import MISSING, dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, get_args

import re2

from logdebug.errors import SignatureError
from logdebug.logs.kinds import Kinds
from logdebug.logs.sieve import Sieve, compiled, expression_of
from logdebug.logs.tables import read_tables
from logdebug.records import CATEGORIES, SEVERITIES, Category, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Role", "Signature", "SignatureHit", "SignatureSet", "load_signatures"]

Role = Literal["cause", "symptom", "consequence", "harmless"]
"""What a matching line tells: why something failed, that something failed, what followed from it, or nothing at all."""

_EXPECTED = "id, category, severity, pattern, explanation, recommendation, matches and near_miss"


@dataclass(frozen=True, slots=True)
class Signature:
    r"""One known failure, as it reads in a log.

    Parameters
    ----------
    id
        A short name, unique in a set: `postgres-too-many-clients`.
    category, severity
        What such a failure usually is.
    pattern
        A regular expression in RE2's syntax (no look-around, no back references), searched anywhere in the text.
    explanation
        What it means, as a plain clause without full stop, so that a sentence can be built around it.
    recommendation
        What to do about it, in one or two sentences.
    matches, near_miss
        A line that the pattern must match, and a similar one that it must not; the tests run both.
    role
        "cause" where the line says why something failed ("No space left on device"), "symptom" where it only says that
        something failed ("exited with status 1"), "consequence" where it says what followed ("circuit breaker open"),
        "harmless" where it looks bad and isn't.
    weight
        From 1 to 100: of two signatures that match one text, the heavier is the more specific one.
    ignore_case
        Whether upper and lower case are the same to the pattern.
    least_count
        So often a log has to say it before it tells of anything: one client that connects once more is no failure.
    by_clients
        Whether clients, scanners or whoever sends data bring it about though the service is well: where a log says it
        all the time, beside work that goes on, it is no failure.
    """

    id: str
    category: Category
    severity: Severity
    pattern: str
    explanation: str
    recommendation: str
    matches: str
    near_miss: str
    role: Role = "cause"
    weight: int = 50
    ignore_case: bool = True
    least_count: int = 1
    by_clients: bool = False

    @property
    def expression(self) -> str:
        """The pattern with its flags written into it: case, and ^ and $ at each line of a record."""
        return expression_of(self.pattern, ignore_case=self.ignore_case)


@dataclass(frozen=True, slots=True)
class SignatureHit:
    """One signature that was found in a log, how often and where.

    Parameters
    ----------
    signature
        What was found.
    count
        How many records matched.
    first_line, last_line
        The first line of the first and of the last record that matched, from 1.
    example
        The text of the first one, on one line.
    """

    signature: Signature
    count: int
    first_line: int
    last_line: int
    example: str


class SignatureSet:
    """Signatures, each compiled when a text holds one of its words.

    Parameters
    ----------
    signatures
        What to look for; of two with one id the later counts, so that a user's file can replace a shipped entry.
    """

    def __init__(self, signatures: Iterable[Signature]) -> None:
        by_id = {signature.id: signature for signature in signatures}
        self.signatures = tuple(sorted(by_id.values(), key=lambda s: (-s.weight, s.id)))

    def __reduce__(self) -> tuple[type[SignatureSet], tuple[tuple[Signature, ...]]]:
        """Give what makes the same set in another process."""
        return SignatureSet, (self.signatures,)

    def __iter__(self) -> Iterator[Signature]:
        """Yield the signatures, most specific first."""
        return iter(self.signatures)

    def __len__(self) -> int:
        """Say how many signatures there are."""
        return len(self.signatures)

    def __getitem__(self, signature_id: str) -> Signature:
        """Give the signature of this id; KeyError where there is none."""
        for signature in self.signatures:
            if signature.id == signature_id:
                return signature
        raise KeyError(signature_id)

    def match(self, text: str | bytes) -> tuple[Signature, ...]:
        """Find every signature that occurs in a text, most specific first.

        Parameters
        ----------
        text
            A line, a record or a template; one pass whatever the number of signatures.
        """
        return tuple(self.signatures[place] for place in self._sieve.match(text))

    @functools.cached_property
    def kinds(self) -> Kinds:
        """What tells the kind of a failure that none of them knows, by their words."""
        return Kinds(self.signatures)

    @functools.cached_property
    def _sieve(self) -> Sieve:
        """What finds them; two threads that come at once both build it, to no harm."""
        return Sieve((signature.pattern, signature.ignore_case) for signature in self.signatures)


def load_signatures(*more: Path) -> SignatureSet:
    """Load the shipped signatures, and one's own on top.

    Parameters
    ----------
    more
        Files in the format of `signatures.toml`. An entry with the id of an earlier one replaces it.

    Returns
    -------
    SignatureSet
        The same object for the same call with no files, so that its words are gathered once.

    Raises
    ------
    SignatureError
        Where a file can't be read or an entry can't be used; the message names the file, the entry and the reason.
    """
    if not more:
        return _shipped()
    entries = list(_shipped())
    for path in more:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SignatureError(f"signatures file {path} can't be read: {error}", log=path) from error
        entries.extend(_parse(text, str(path)))
    return SignatureSet(entries)


@functools.cache
def _shipped() -> SignatureSet:
    text = resources.files("logdebug.logs").joinpath("signatures.toml").read_text(encoding="utf-8")
    return SignatureSet(_parse(text, "signatures.toml", trusted=True))


def _parse(text: str, file: str, *, trusted: bool = False) -> list[Signature]:
    """Turn a signatures file into signatures; a trusted one is checked by the tests and not again at each start."""
    try:
        table = read_tables(text)
    except tomllib.TOMLDecodeError as error:
        raise SignatureError(f"signatures file {file} is not valid TOML: {error}", log=file) from error
    entries = table.get("signature")
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not entries or not tables or set(table) != {"signature"}:
        raise SignatureError(
            f"signatures file {file} must hold [[signature]] tables and nothing else, each with {_EXPECTED}", log=file
        )
    if trusted:
        return [Signature(**entry) for entry in entries]
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        _check(entry, number, file)
        first = seen.setdefault(entry["id"], number)
        if first != number:
            raise _refusal(file, number, entry, f"its id is already used by entry {first}; give it another")
    return [Signature(**entry) for entry in entries]


def _check(entry: Mapping[str, Any], number: int, file: str) -> None:
    """Refuse an entry that can't be used, with the first reason found."""
    known = {field.name: field for field in fields(Signature)}
    required = [name for name, field in known.items() if field.default is MISSING]
    for name in entry:
        if name not in known:
            raise _refusal(file, number, entry, f"it has an unknown key {name!r}; known are {', '.join(known)}")
    for name in required:
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise _refusal(file, number, entry, f"{name!r} is missing, empty or not a string")
    for name, allowed in (("category", CATEGORIES), ("severity", SEVERITIES), ("role", get_args(Role))):
        if entry.get(name, allowed[0]) not in allowed:
            raise _refusal(file, number, entry, f"{name} {entry[name]!r} is not one of {', '.join(allowed)}")
    _check_figures(entry, number, file)
    _check_pattern(Signature(**entry), number, entry, file)


def _check_figures(entry: Mapping[str, Any], number: int, file: str) -> None:
    """Refuse what is no number, or neither true nor false."""
    weight = entry.get("weight", 50)
    if type(weight) is not int or not 1 <= weight <= 100:
        raise _refusal(file, number, entry, f"weight {weight!r} is not a whole number from 1 to 100")
    least = entry.get("least_count", 1)
    if type(least) is not int or least < 1:
        raise _refusal(file, number, entry, f"least_count {least!r} is not a whole number from 1")
    for name in ("ignore_case", "by_clients"):
        if not isinstance(entry.get(name, True), bool):
            raise _refusal(file, number, entry, f"{name} is neither true nor false")


def _check_pattern(signature: Signature, number: int, entry: Mapping[str, Any], file: str) -> None:
    """Refuse a pattern that RE2 doesn't take, that matches everything, or that fails its own specimens."""
    try:
        pattern = compiled(signature.expression)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise _refusal(file, number, entry, f"its pattern is not RE2 syntax: {reason}") from error
    if pattern.search(b""):
        raise _refusal(file, number, entry, "its pattern matches an empty line, so it would match every line")
    if not pattern.search(signature.matches.encode()):
        raise _refusal(file, number, entry, f"its pattern doesn't match its own specimen {signature.matches!r}")
    if pattern.search(signature.near_miss.encode()):
        raise _refusal(file, number, entry, f"its pattern matches its near miss {signature.near_miss!r}")


def _refusal(file: str, number: int, entry: Mapping[str, Any], reason: str) -> SignatureError:
    name = entry.get("id", "without id")
    return SignatureError(f"signatures file {file}, entry {number} ({name}): {reason}", log=file)
