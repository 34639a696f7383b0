"""Secrets out, placeholders in; and back."""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from logdebug.redaction.detector import detector_of
from logdebug.redaction.found import entropy_bits
from logdebug.redaction.known import KnownTexts
from logdebug.redaction.rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logdebug.redaction.detector import Detector
    from logdebug.redaction.rules import Rule

__all__ = ["PLACEHOLDER", "Redactor"]

PLACEHOLDER = re.compile(r"[‹<]secret:([a-z0-9]+(?:-[a-z0-9]+)*:[0-9]{1,7})[›>]")
"""What stands where a secret stood; with the brackets that some models make of it."""

_BARE_CHARACTERS = 8  # a shorter secret may be a word that is said elsewhere, too
_CUT = re.compile(r"\s?(?:…|\.\.\.|\[cut)|$")
_CUT_BEFORE = re.compile(r"(?:…|\.\.\.)\s?|^")
_LEAST_OF_A_CUT = 4
_MOST_CLEAN = 64


class Redactor:
    """Gives each secret of one session a placeholder, `‹secret:KIND:NUMBER›`, and knows them back.

    The same secret has the same placeholder wherever it stands. Several threads may use one at once.

    Parameters
    ----------
    rules
        What a secret is; None: the rules that ship. With none at all nothing is hidden.
    key
        What secrets are digested with, so that a session which is gone on with knows them again; None makes one up.

    Attributes
    ----------
    key
        The key, 32 hexadecimal digits.
    """

    def __init__(self, rules: Iterable[Rule] | None = None, *, key: str | None = None) -> None:
        self._detector = detector_of(load_rules() if rules is None else tuple(rules))
        self.key = key or secrets.token_hex(16)
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}  # the secret: what stands for it, such as password:1
        self._secrets: dict[str, str] = {}  # the other way round
        self._digests: dict[str, str] = {}  # a secret's digest: what stands for it
        self._numbers: Counter[str] = Counter()
        self._bare = KnownTexts()
        self._clean: set[str] = set()  # texts in which no secret was found, knowing what is known now

    @property
    def is_on(self) -> bool:
        """Whether anything is looked for at all."""
        return bool(self._detector.rules)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many secrets of each kind were met so far, each counted once."""
        return dict(self._numbers)

    @property
    def digests(self) -> Mapping[str, str]:
        """What stands for each secret, such as `password:1`, by the secret's digest; tells nobody the secrets."""
        return dict(self._digests)

    def __len__(self) -> int:
        """Say how many secrets were met so far."""
        return sum(self._numbers.values())

    def recall(self, key: str, digests: Mapping[str, str]) -> None:
        """Take over what another redactor knew: the same secrets get the same placeholders when they are met again."""
        self.key = key
        self._digests |= digests
        for name in digests.values():
            self.reserve(f"‹secret:{name}›")

    def reserve(self, text: str) -> None:
        """Leave the placeholders that stand in a text to the secrets that they stand for, and give no other these."""
        for found in PLACEHOLDER.finditer(text):
            kind, _, number = found[1].partition(":")
            self._numbers[kind] = max(self._numbers[kind], int(number))

    def learn(self, name: str, secret: str) -> None:
        """Take note that `‹secret:name›` stands for a secret."""
        with self._lock:
            if secret and secret not in self._names and name not in self._secrets:
                self._keep(name, secret, self._digest(secret))
        self.reserve(f"‹secret:{name}›")

    def redact(self, text: str) -> str:
        """Replace the secrets in text that nobody has redacted yet, such as that of a file.

        Parameters
        ----------
        text
            Whole lines, without terminal escapes: what is cut off a line can't be told from what is no secret. Where
            the text itself has something that looks like a placeholder, that gets one, too, so that none is forged.
        """
        return self._replaced(text, fresh=True) if self.is_on else text

    def mask(self, text: str, *, is_cut: bool = False) -> str:
        """Replace secrets in text that may hold placeholders already; those stay.

        Parameters
        ----------
        text
            Whole lines.
        is_cut
            Whether the text may have been cut before it came here: what is left of a known secret before `…` or at
            the end is then hidden, too.
        """
        if not self.is_on or (text in self._clean and not is_cut):
            return text
        known = len(self._names)
        masked = self._replaced(text, fresh=False)
        if masked == text and not is_cut:
            self._keep_clean(text, known)
        return self._without_stumps(masked) if is_cut else masked

    def mask_usual(self, text: str) -> str:
        """Do what `mask` does for a text that is the same in every session: its own words are looked through once."""
        return text if not self._names and _holds_none(self._detector, text) else self.mask(text)

    def _keep_clean(self, text: str, known: int) -> None:
        """Keep a text in which none of so many secrets stands: a tool's result is looked at again before it is sent."""
        with self._lock:
            if len(self._clean) >= _MOST_CLEAN:
                self._clean.clear()
            if len(self._names) == known:
                self._clean.add(text)

    def restore(self, text: str) -> str:
        """Put the secrets back where placeholders stand; one that stands for nothing known stays."""
        return PLACEHOLDER.sub(lambda found: self._secrets.get(found[1], found[0]), text)

    def restore_pattern(self, pattern: str) -> str:
        """Put the secrets back in a regular expression, where they stand for themselves."""
        return PLACEHOLDER.sub(
            lambda found: re.escape(self._secrets[found[1]]) if found[1] in self._secrets else found[0], pattern
        )

    def knows(self, text: str) -> bool:
        """Tell whether every placeholder in a text stands for a secret that was met."""
        return all(found[1] in self._secrets for found in PLACEHOLDER.finditer(text))

    def made_up(self, text: str) -> list[str]:
        """Give the placeholders in a text that stand for no secret met here or by an earlier process."""
        given = {*self._secrets, *self._digests.values()}
        return [found[0] for found in PLACEHOLDER.finditer(text) if found[1] not in given]

    def _replaced(self, text: str, *, fresh: bool) -> str:
        data = text.encode("utf-8", "surrogatepass")
        held = [] if fresh else [found.span() for found in _HELD.finditer(data)]
        pieces, at = [], 0
        for span in self._detector.spans(data):
            if not fresh and span.rule.kind == "placeholder":
                continue
            if held and any(start < span.end and span.start < end for start, end in held):
                continue
            secret = data[span.start : span.end].decode("utf-8", "surrogatepass")
            pieces += [data[at : span.start], self._placeholder(secret, span.rule).encode()]
            at = span.end
        text = b"".join([*pieces, data[at:]]).decode("utf-8", "surrogatepass") if pieces else text
        return self._without_bare(text)

    def _placeholder(self, secret: str, rule: Rule) -> str:
        name = self._names.get(secret)
        if name is None:
            with self._lock:
                name = self._names.get(secret) or self._named(secret, rule)
        return f"‹secret:{name}›"

    def _named(self, secret: str, rule: Rule) -> str:
        """Name a secret that is met for the first time as an earlier process named it, or anew."""
        digest = self._digest(secret)
        name = self._digests.get(digest)
        if name is None:
            self._numbers[rule.kind] += 1
            name = f"{rule.kind}:{self._numbers[rule.kind]}"
        self._keep(name, secret, digest, everywhere=rule.group != "personal" and rule.kind != "placeholder")
        return name

    def _keep(self, name: str, secret: str, digest: str, *, everywhere: bool = False) -> None:
        self._secrets[name], self._names[secret] = secret, name
        self._digests[digest] = name
        self._clean.clear()
        if everywhere and len(secret) >= _BARE_CHARACTERS and _is_distinct(secret):
            self._bare.add(secret)

    def _digest(self, secret: str) -> str:
        return hmac.digest(bytes.fromhex(self.key), secret.encode("utf-8", "surrogatepass"), "sha256")[:12].hex()

    def _without_bare(self, text: str) -> str:
        """Hide known secrets where nothing around them tells that they are some."""
        if not self._names:
            return text
        with self._lock:
            found = self._bare.in_text(text)
        for secret in found:
            text = text.replace(secret, f"‹secret:{self._names[secret]}›")
        return text

    def _without_stumps(self, text: str) -> str:
        """Hide what a cut has left of known secrets."""
        if not self._names:
            return text
        for cut in reversed(list(_CUT.finditer(text))):
            head = text[: cut.start()]
            for secret, name in tuple(self._names.items()):
                for size in range(min(len(secret), len(head)), _LEAST_OF_A_CUT - 1, -1):
                    if head.endswith(secret[:size]):
                        text = f"{head[:-size]}‹secret:{name}›{text[cut.start() :]}"
                        head = head[:-size]
                        break
        for cut in reversed(list(_CUT_BEFORE.finditer(text))):
            tail = text[cut.end() :]
            for secret, name in tuple(self._names.items()):
                sizes = range(min(len(secret), len(tail)), _LEAST_OF_A_CUT - 1, -1)
                size = next((size for size in sizes if tail.startswith(secret[-size:])), 0)
                if size:
                    text = f"{text[: cut.end()]}‹secret:{name}›{tail[size:]}"
                    break
        return text


@lru_cache(16)
def _holds_none(detector: Detector, text: str) -> bool:
    """Tell whether no secret stands in a text, as far as nothing else is known."""
    return not detector.spans(text.encode("utf-8", "surrogatepass"))


_HELD = re.compile("‹secret:[a-z0-9:-]{1,60}›".encode())


def _is_distinct(secret: str) -> bool:
    """Tell whether a secret is hardly said by chance: several kinds of letters, or long."""
    return entropy_bits(secret) >= 2.5 and (len(secret) >= 16 or not secret.isalpha()) and not secret.isdigit()
