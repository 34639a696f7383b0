"""How fast secrets are found: `python tests/benchmarks/bench_redaction.py [MEGABYTES]`.

Text like that which is sent: twelve kilobytes at a time, of made-up lines without a secret, of the samples that ship,
of lines one in twenty of which holds one, of such lines alone, and of dumps of configurations, environments and
headers, full of fields that are named like a key. Times are those of one core. The first three megabytes, after which
the faster engine takes over, are left out, but for their own row; of each text the first megabyte, which the engine has
never seen, and then the same text again and again. A loop that only counts is timed as well, to compare machines and
hours.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from secret_samples import ALNUM, HEX, WORDS, Maker, clean, leaking

from logdebug.redaction.redactor import Redactor

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
        "dumps, dense with key-like fields": dumps(15_000, 3),
        "nothing but lines with a secret": "\n".join(leak.text for leak in leaking(3_000, wording="first", seed=2)),
    }
    begun = time.process_time()
    for _ in range(5_000_000):
        pass
    print(f"{'a loop of 5,000,000':34} {time.process_time() - begun:7.2f} s")
    others = islice(pieces_of("\n".join(clean(40_000, wording="second", seed=5))), 1_000)
    print(f"{'the first three megabytes':34} {megabytes_a_second(others, 3.1, Redactor()):7.0f} MB/s")
    Redactor()._detector._anchors.settled()
    for name, text in texts.items():
        redactor, pieces = Redactor(), pieces_of(text)
        first = megabytes_a_second(pieces, 1, redactor)
        print(
            f"{name:34} {first:7.0f} MB/s at first, {megabytes_a_second(cycle(pieces), megabytes, redactor):4.0f} later"
        )


if __name__ == "__main__":
    main()
