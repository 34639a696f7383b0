"""How fast secrets are found: `python tests/benchmarks/bench_redaction.py [MEGABYTES]`.

Text like that which is sent: twelve kilobytes at a time, of made-up lines without a secret, of the samples that ship,
of lines one in twenty of which holds one, and of such lines alone. Times are those of one core; the first megabyte, in
which expressions are compiled, is left out.
"""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from secret_samples import clean, leaking

from logdebug.redaction.redactor import Redactor

PIECE_BYTES = 12_000


def pieces_of(text: str) -> list[str]:
    """Cut a text into pieces at the ends of lines."""
    pieces, lines, size = [], [], 0
    for line in text.split("\n"):
        lines.append(line)
        size += len(line) + 1
        if size >= PIECE_BYTES:
            pieces.append("\n".join(lines))
            lines, size = [], 0
    return [*pieces, "\n".join(lines)]


def megabytes_a_second(text: str, megabytes: int) -> float:
    """Measure the redaction of so much of a text, again and again."""
    pieces = pieces_of(text)
    redactor = Redactor()
    for piece in islice(cycle(pieces), 100):
        redactor.redact(piece)
    size, begun = 0, time.process_time()
    for piece in cycle(pieces):
        redactor.redact(piece)
        size += len(piece.encode())
        if size >= megabytes * 1_000_000:
            return size / (time.process_time() - begun) / 1e6
    raise AssertionError


def main() -> None:
    """Print a row per kind of text."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    samples = Path(__file__).resolve().parents[2] / "sample_logs"
    texts = {
        "clean lines, full of ids": "\n".join(clean(20_000, wording="third", seed=1)),
        "the samples that ship": "\n".join(
            path.read_text(encoding="utf-8", errors="replace") for path in sorted(samples.rglob("*.log"))
        ),
        "one line in twenty with a secret": "\n".join(
            "\n".join([*lines, leak.text])
            for lines, leak in zip(
                (list(clean(19, wording="first", seed=seed)) for seed in range(500)),
                leaking(500, wording="first", seed=2),
                strict=True,
            )
        ),
        "nothing but lines with a secret": "\n".join(leak.text for leak in leaking(3_000, wording="first", seed=2)),
    }
    for name, text in texts.items():
        print(f"{name:34} {megabytes_a_second(text, megabytes):7.0f} MB/s")


if __name__ == "__main__":
    main()
