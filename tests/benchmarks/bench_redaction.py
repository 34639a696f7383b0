"""How fast secrets are found: `python tests/benchmarks/bench_redaction.py [MEGABYTES]`.

Text like that which is sent: twelve kilobytes at a time, of made-up lines without a secret, of the samples that ship,
of lines one in twenty of which holds one, of such lines alone, and of dumps of configurations, environments and
headers, full of fields that are named like a key. Times are those of one core: of the first hundred kilobytes that a
process looks through, its start included, and of its first megabyte; then, with the engine that takes over where much
is looked through, of a megabyte that it has never seen, and of the same text again and again. A loop that only counts
is timed as well, to compare machines and hours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from secret_samples import ALNUM, HEX, WORDS, Maker, clean, leaking

from logdebug.redaction.detector import Detector
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import load_rules

PIECE_BYTES = 12_000


def dumps(count: int, seed: int) -> str:
    """Give lines of configurations, environments and headers; one in three holds a secret."""
    make = Maker(seed)
    of, one, pick = make.of, make.one, make.random.randint
    shapes = [
        lambda: (
            f"{make.time()} level=info key=user:{pick(1, 9999)} cache_key={one(*WORDS)}:{of(HEX, 12)} auth=ldap "
            f"token_type=bearer access_key_id=none primary_key=id secret_name={one(*WORDS)}-db"
        ),
        lambda: json.dumps(
            {"host": f"db-{pick(1, 9)}", "password": "********", "apiKey": None, "secretName": one(*WORDS) + "-tls"}
            | {"tokenTtl": pick(1, 9999), "authMethod": "oidc", "keyId": make.uuid(), "publicKey": of(HEX, 32)}
        ),
        lambda: (
            f"DB_PASSWORD=${{DB_PASSWORD}} SECRET_KEY_FILE=/run/secrets/{one(*WORDS)} API_KEY=<redacted> AUTH_MODE=none"
        ),
        lambda: f"X-Request-Key: none; X-Api-Key: missing; X-Trace: {of(HEX, 32)}; Cookie: none; X-Token-Expired: true",
        lambda: f'  password: "{{{{ vault_{one(*WORDS)}_password }}}}"  # key: {one(*WORDS)}, token: null',
        lambda: (
            f"{make.time()} INFO partition_key={one(*WORDS)}#{pick(1, 99)} sort_key={pick(1, 10**6)} next_token=none "
            f"row_key={make.uuid()} key_count={pick(1, 99)} tokens={pick(1, 999)}"
        ),
        lambda: f'  "{one(*WORDS)}_password": "{make.password()}",',
        lambda: f"x-session-token: {of(ALNUM, 40)}",
        lambda: f'{{"key": "{one(*WORDS)}", "auth": {{"token": "{of(ALNUM, 36)}"}}, "api_key": "{of(HEX, 32)}"}}',
    ]
    return "\n".join(shapes[place % len(shapes)]() for place in range(count))


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


def megabytes_a_second(pieces: Iterable[str], megabytes: float, redactor: Redactor) -> float:
    """Measure the redaction of so much of a text."""
    size, begun = 0, time.process_time()
    for piece in pieces:
        redactor.redact(piece)
        size += len(piece.encode())
        if size >= megabytes * 1_000_000:
            break
    return size / (time.process_time() - begun) / 1e6


def text_of(name: str) -> str:
    """Give a text by its name."""
    samples = Path(__file__).resolve().parents[2] / "sample_logs"
    if name == TEXTS[0]:
        return "\n".join(clean(20_000, wording="third", seed=1))
    if name == TEXTS[1]:
        logs = sorted(samples.rglob("*.log"))
        return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)
    leaks = [leak.text for leak in leaking(3_000, wording="first", seed=2)]
    if name == TEXTS[2]:
        lines = (clean(19, wording="first", seed=seed) for seed in range(500))
        return "\n".join("\n".join([*each, leak]) for each, leak in zip(lines, leaks, strict=False))
    return dumps(15_000, 3) if name == TEXTS[3] else "\n".join(leaks)


TEXTS = (
    "clean lines, full of ids",
    "the samples that ship",
    "one line in twenty with a secret",
    "dumps, dense with key-like fields",
    "nothing but lines with a secret",
)


def from_the_start(name: str) -> None:
    """Print how fast a new process is: in its first hundred kilobytes, and in its first megabyte."""
    pieces = pieces_of(text_of(name))
    begun, at, size = time.process_time(), 0.1, 0
    redactor = Redactor()
    for piece in cycle(pieces):
        redactor.redact(piece)
        size += len(piece.encode())
        if size >= at * 1e6:
            print(f"{size / (time.process_time() - begun) / 1e6:.2f}", end=" ")
            at += 0.9
        if size >= 1e6:
            return


def main() -> None:
    """Print a row per kind of text."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    begun = time.process_time()
    for _ in range(5_000_000):
        pass
    print(f"{'a loop of 5,000,000':34} {time.process_time() - begun:7.2f} s")
    print(f"{'MB/s':34} {'first 0.1 MB':>13} {'first MB':>9} {'much: unseen':>13} {'seen':>5}")
    faster = Detector(load_rules(), worth=0)
    faster.spans(b"compiled")
    faster._anchors.settled()
    for name in TEXTS:
        command = [sys.executable, __file__, "--from-the-start", name]
        start = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        redactor, pieces = Redactor(), pieces_of(text_of(name))
        redactor._detector = faster
        first = megabytes_a_second(pieces, 1, redactor)
        later = megabytes_a_second(cycle(pieces), megabytes, redactor)
        print(f"{name:34} {start[0]:>13} {start[1]:>9} {first:13.1f} {later:5.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--from-the-start"]:
        from_the_start(sys.argv[2])
    else:
        main()
