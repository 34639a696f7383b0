"""A key is sent, and shown nowhere."""

from __future__ import annotations

import asyncio
import json

from logdebug.agent.keys import Key

KEY = "sk-proj-" + "Zq7" * 40


def test_a_key_is_given_to_the_client_alone() -> None:
    """Asked for it gives the key; looked at it doesn't."""
    assert asyncio.run(Key(KEY)()) == KEY
    assert KEY not in f"{Key(KEY)} {Key(KEY)!r}"


def test_a_key_is_taken_out_of_whatever_is_told() -> None:
    """Text, bytes and JSON of any depth lose it; a word that stands for no key is left."""
    key = Key(KEY)
    told = {"a": [KEY, {KEY: f"Bearer {KEY}"}], "n": 3}
    assert KEY not in json.dumps(key.masked(told))
    assert key.masked(f"x {KEY}".encode()) == b"x <api key>"
    assert KEY not in f"{key} {key!r}"
    assert Key("none").masked("none of it") == "none of it"
