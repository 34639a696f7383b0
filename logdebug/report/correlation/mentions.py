"""Which services a text names, however their names are spelled, each weighed by the place in which it stands.

Names that many things have (app, web, db) are never looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from logdebug.report.correlation.placing import POD, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Mention", "Names", "key_of", "stem_of"]

_GENERIC_WORDS = """
app apps application web website www db database api server service services svc backend frontend front back main
worker workers job jobs cron task tasks queue cache proxy node host system kernel test prod production dev staging
default local localhost client user my the root log logs daemon process instance container pod machine batch script
build ci core common internal public data unknown none syslog messages error
"""
# What says of which sort a service is, and nothing of which it is.
_SORTS_WORDS = """
svc service services worker workers server api app gw gateway daemon job jobs backend frontend db database proxy
consumer producer agent node cluster main prod production staging dev daily nightly hourly cron
"""
_GENERIC, _SORTS = frozenset(_GENERIC_WORDS.split()), frozenset(_SORTS_WORDS.split())
_SPELLINGS = {
    "svc": "(?:svc|service)",
    "service": "(?:svc|service)",
    "gw": "(?:gw|gateway)",
    "gateway": "(?:gw|gateway)",
}
_FIRST_LETTERS = 2
_WORD = re.compile(r"(?<![\w-])[^\W_]")
_BETWEEN = re.compile(r"[-_. ]")
_FILES = r"\.(?:log|err|out|py|js|ts|go|rb|rs|java|jar|war|php|conf|cfg|ini|ya?ml|json|toml|txt|sock|pid|lock|db)\b"


@dataclass(frozen=True, slots=True)
class Mention:
    """A service that a text names.

    Parameters
    ----------
    key
        The service's key, as `key_of` gives it.
    said
        The name as it stands there.
    weight
        `DEPENDENCY` or `PASSING`.
    """

    key: str
    said: str
    weight: float


def parts_of(service: str) -> tuple[str, ...]:
    """Give the words of a service's name, in lower case; what stands in brackets is a remark, no name."""
    return tuple(re.findall(r"[^\W_]+", re.sub(r"[(\[{].*?[)\]}]", " ", service).lower()))


def key_of(service: str) -> str:
    """Give what is the same for all spellings of a service's name: `Payment_Svc` is `payment-svc`."""
    return "-".join({"service": "svc", "gateway": "gw"}.get(part, part) for part in parts_of(service))


def stem_of(service: str) -> str:
    """Give the part of a name that says which service it is: `notif` of `notif-worker`; empty where none does."""
    telling = [part for part in parts_of(service) if part not in _SORTS and not part.isdigit()]
    return telling[0] if len(telling) == 1 and len(telling[0]) >= 4 and telling[0] not in _GENERIC else ""


class Names:
    """The names of the services of a report, to be looked for in texts.

    Parameters
    ----------
    services
        Their names, as people know them.
    """

    def __init__(self, services: Iterable[str]) -> None:
        forms = {}
        for service in dict.fromkeys(services):
            parts = parts_of(service)
            if _is_telling(parts):
                forms[key_of(service)] = _form(parts)
        # By what their letters begin with: with thousands of names, trying each at each word would take hours.
        self._alike: dict[str, dict[str, list[str]]] = {}
        # Of names that begin alike the longest comes first: payment-svc-mock is no payment-svc.
        for key in sorted(forms, key=lambda key: (-len(key), key)):
            letters = _letters(key)
            self._alike.setdefault(letters[:_FIRST_LETTERS], {}).setdefault(letters, []).append(key)
        self._forms = forms
        self._lengths = {start: sorted({*map(len, keys)}, reverse=True) for start, keys in self._alike.items()}
        self._initials = {start[0] for start in self._alike}
        self._window = 2 * max(map(len, forms), default=0) + 16

    def mentions(self, text: str, *, own: str) -> Iterator[Mention]:
        """Give the services that a text names, but for its own, each as often as it stands there.

        Parameters
        ----------
        text
            What is said.
        own
            The key of who says it.
        """
        end = 0
        for word in _WORD.finditer(text) if self._forms else ():
            may_be = word.start() >= end and word[0].lower() in self._initials
            found = self._named_at(text, word.start()) if may_be else None
            if found is None:
                continue
            key, match = found
            end = match.end()
            if key == own:
                continue
            weight = place_of(text, match.start(), match.end(), single="-" not in key)
            if weight:
                yield Mention(key, match[0], weight)

    def _named_at(self, text: str, start: int) -> tuple[str, re.Match[str]] | None:
        """Give the longest name that stands at a place, if one does."""
        letters = _letters(text[start : start + self._window])
        alike = self._alike.get(letters[:_FIRST_LETTERS])
        if alike is None:
            return None
        for length in self._lengths[letters[:_FIRST_LETTERS]]:
            for key in alike.get(letters[:length], ()):
                match = _whole(self._forms[key]).match(text, start)
                if match is not None:
                    return key, match
        return None


def _letters(text: str) -> str:
    """Give a name, or words that may be one, without what its spellings differ in."""
    joined = _BETWEEN.sub("", text.lower())
    return joined.replace("service", "svc").replace("gateway", "gw")


def _is_telling(parts: tuple[str, ...]) -> bool:
    """Say whether a name is more than words that many things have."""
    return sum(map(len, parts)) >= 4 and not all(part in _GENERIC or part.isdigit() for part in parts)


def _form(parts: tuple[str, ...]) -> str:
    return r"[-_. ]?".join(_SPELLINGS.get(part, re.escape(part)) for part in parts)


@lru_cache(maxsize=1 << 16)
def _whole(form: str) -> re.Pattern[str]:
    """Compile a name that must stand by itself: no part of a longer name, no file."""
    return re.compile(
        rf"(?<![\w-])(?:{form})(?![^\W_])(?!_\w)(?!-(?!{POD})\w)(?!{_FILES})",
        re.IGNORECASE,
    )
