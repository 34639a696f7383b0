"""Which services a text names, however their names are spelled, each weighed by the place in which it stands.

Names that many things have (app, web, db) are never looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
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
        self._keys: dict[str, str] = {}
        forms = {}
        for service in dict.fromkeys(services):
            parts = parts_of(service)
            if _is_telling(parts):
                forms[key_of(service)] = _form(parts)
        # Of names that begin alike the longest comes first: payment-svc-mock is no payment-svc.
        ordered = sorted(forms, key=lambda key: (-len(key), key))
        for number, key in enumerate(ordered):
            self._keys[f"n{number}"] = key
        either = "|".join(f"(?P<n{number}>{forms[key]})" for number, key in enumerate(ordered))
        self._pattern = _whole(either) if ordered else None

    def mentions(self, text: str, *, own: str) -> Iterator[Mention]:
        """Give the services that a text names, but for its own, each as often as it stands there.

        Parameters
        ----------
        text
            What is said.
        own
            The key of who says it.
        """
        for match in self._pattern.finditer(text) if self._pattern else ():
            key = self._keys[match.lastgroup or ""]
            if key == own:
                continue
            weight = place_of(text, match.start(), match.end(), single="-" not in key)
            if weight:
                yield Mention(key, match[0], weight)


def _is_telling(parts: tuple[str, ...]) -> bool:
    """Say whether a name is more than words that many things have."""
    return sum(map(len, parts)) >= 4 and not all(part in _GENERIC or part.isdigit() for part in parts)


def _form(parts: tuple[str, ...]) -> str:
    return r"[-_. ]?".join(_SPELLINGS.get(part, re.escape(part)) for part in parts)


@cache
def _whole(either: str) -> re.Pattern[str]:
    """Compile names that must stand by themselves: no part of a longer name, no file."""
    return re.compile(
        rf"(?<![\w-])(?:{either})(?![^\W_])(?!_\w)(?!-(?!{POD})\w)(?!{_FILES})",
        re.IGNORECASE,
    )
