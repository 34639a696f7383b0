"""Names of services are found in texts however they are spelled, and as fast with thousands of services as with ten."""

from __future__ import annotations

import random
import re

import pytest

from logdebug.report.correlation.mentions import Names, _form, _whole, key_of, parts_of
from logdebug.report.correlation.placing import place_of

WORDS = ["payment", "orders", "svc", "service", "gw", "gateway", "api", "db", "auth", "etl"]
WORDS += ["daily", "notif", "worker", "1", "02", "mock", "cart", "x"]
SEPARATORS = ["-", "_", ".", "", " ", "--", ".log", "/", ":8080", "\n", "@"]


def slowly_named(names: list[str], text: str) -> list[tuple[str, str]]:
    """Give the names that a text holds by trying each at each place, the longest first."""
    keys = sorted({key_of(name) for name in names if Names([name])._forms}, key=lambda key: (-len(key), key))
    forms = {key: _whole(_form(parts_of(next(name for name in names if key_of(name) == key)))) for key in keys}
    found, place = [], 0
    while place < len(text):
        matches = ((key, forms[key].match(text, place)) for key in keys)
        key, match = next((each for each in matches if each[1]), ("", None))
        if match is None:
            place += 1
            continue
        if place_of(text, match.start(), match.end(), single="-" not in key):
            found.append((key, match[0]))
        place = match.end()
    return found


@pytest.mark.parametrize("seed", range(40))
def test_names_are_found_as_if_each_were_tried_everywhere(seed: int) -> None:
    """The quick look-up by first letters finds what trying every name at every place finds, in any spelling."""
    rng = random.Random(seed)
    names = ["-".join(rng.choices(WORDS, k=rng.randint(1, 3))) for _ in range(rng.randint(1, 25))]
    said = [rng.choice([*WORDS, *map(str.upper, WORDS[:4]), *names]) + rng.choice(SEPARATORS) for _ in range(40)]
    text = "".join(said)
    assert [(each.key, each.said) for each in Names(names).mentions(text, own="")] == slowly_named(names, text)


def test_thousands_of_names_are_compiled_one_by_one_and_only_where_met() -> None:
    """A text that names one of 10,000 services is compared with that one, and not with the rest."""
    names = Names(f"orders-{number:05}" for number in range(10_000))
    _whole.cache_clear()
    [mention] = names.mentions("call to orders-04711 failed: connection refused", own="orders-00001")
    assert re.fullmatch("orders-04711", mention.said)
    assert _whole.cache_info().currsize == 1
