"""Writes the words of the anchors that ship: `python tests/needles.py`, which is `make needles`."""

from __future__ import annotations

import json
from pathlib import Path

import logdebug.redaction
from logdebug.redaction.needles import derived, digest_of
from logdebug.redaction.rules import _shipped

FILE = Path(logdebug.redaction.__file__).with_name("needles.json")


def text() -> str:
    """Give the file's text: by each anchor's digest its words, an anchor a line."""
    words = {digest_of(anchor): derived(anchor) for anchor in sorted({rule.anchor for rule in _shipped()[1]} - {""})}
    return json.dumps(words, ensure_ascii=False, sort_keys=True).replace("], ", "],\n") + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
