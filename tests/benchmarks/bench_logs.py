"""How fast the log engine is: MB/s and, in the same run, ratios to the tools that everyone knows.

Run with the size of each log in MB (default 200). Logs are grown from seeded generators in a temporary directory.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import string
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.logs import open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNIQUE_LINES = 150_000
_WORDS = [
    "".join(random.Random(seed).choices(string.ascii_lowercase, k=random.Random(-seed).randint(2, 10)))
    for seed in range(1, 20_000)
]


def clock(chance: random.Random) -> Iterator[datetime]:
    """Give times that go on by some milliseconds each."""
    time_ = datetime(2026, 11, 22, 8, tzinfo=UTC)
    while True:
        time_ += timedelta(milliseconds=chance.randint(0, 80))
        yield time_


def hdfs(chance: random.Random, at: datetime) -> str:
    """Give a line like those of HDFS: numbers and addresses as variables."""
    block, ip = chance.getrandbits(62), f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}"
    message = chance.choice(
        [
            f"INFO dfs.DataNode$DataXceiver: Receiving block blk_{block} src: /{ip}:{chance.randint(30000, 60000)}",
            f"INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: {ip}:50010 is added to blk_{block} size 67108864",
            f"INFO dfs.DataNode$PacketResponder: Received block blk_{block} of size 67108864 from /{ip}",
        ]
    )
    return f"{at:%y%m%d %H%M%S} {chance.randint(1, 9999)} {message}"


def java(chance: random.Random, at: datetime) -> str:
    """Give an event of a Java service, now and then one with a stack trace."""
    head = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} "
    if chance.random() < 0.99:
        return f"{head}INFO [exec-{chance.randint(1, 200)}] shop.Orders - order {chance.randint(1, 10**7)} stored"
    frames = "\n".join(
        f"\tat com.acme.Order{place % 9}.call(Order.java:{chance.randint(1, 400)})" for place in range(25)
    )
    return f"{head}ERROR [exec-1] shop.Orders - order failed\njava.lang.IllegalStateException: no stock\n{frames}"


def openstack(chance: random.Random, at: datetime) -> str:
    """Give a line like those of OpenStack: full of hexadecimal ids."""
    request = f"req-{chance.getrandbits(32):08x}-{chance.getrandbits(16):04x}-4{chance.getrandbits(12):03x}"
    state = chance.choice(["Started", "Paused", "Resumed", "Stopped"])
    return (
        f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} 2931 INFO nova.compute.manager [{request} "
        f"{chance.getrandbits(128):032x} {chance.getrandbits(128):032x} - - -] VM {state} (Lifecycle Event)"
    )


def json_lines(chance: random.Random, at: datetime) -> str:
    """Give a line as pino writes them."""
    url = f"/orders/{chance.randint(1, 9999)}"
    fields = {"level": 30, "time": int(at.timestamp() * 1000), "req": {"id": chance.randint(1, 10**6), "url": url}}
    return json.dumps(fields | {"responseTime": chance.randint(1, 90), "msg": "request completed"})


def adversarial(chance: random.Random, at: datetime) -> str:
    """Give a line that hardly any other is like: random names, URLs, pods, free text."""
    words = chance.choices(_WORDS, k=chance.randint(4, 14))
    message = chance.choice(
        [
            f"user {words[0]}.{words[1]} logged in from https://{words[2]}.example.com/{words[3]}",
            f"pod {words[0]}-{words[1]}-{chance.getrandbits(32):x} scheduled on {words[2]}",
            " ".join(words),
        ]
    )
    return f"{at.isoformat(timespec='milliseconds')} INFO {message}"


KINDS = {"hdfs": hdfs, "java": java, "openstack": openstack, "json": json_lines, "adversarial": adversarial}


def grow(path: Path, kind: str, size_bytes: int) -> None:
    """Write a log of about this size."""
    chance = random.Random(7)
    times = clock(chance)
    text = "".join(KINDS[kind](chance, next(times)) + "\n" for _ in range(_UNIQUE_LINES)).encode()
    with path.open("wb") as file:
        while file.tell() < size_bytes:
            file.write(text)


def seconds_of(call: Callable[[], object]) -> float:
    """Give the wall time of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def run(*command: str | Path) -> None:
    """Run a tool for its time."""
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=os.environ | {"LC_ALL": "C"})


def measure(path: Path, kind: str) -> None:
    """Print the figures of one log."""
    size = path.stat().st_size / 1e6
    path.read_bytes()  # so that all find it in the page cache
    overview = seconds_of(lambda: open_log(path).overview())
    index, wc = seconds_of(lambda: open_log(path).line_count), seconds_of(lambda: run("wc", "-l", path))
    with open_log(path) as log:
        count = log.line_count
        lines = min(seconds_of(lambda: log.lines(count // 2, count // 2 + 199)) for _ in range(5))
        search = seconds_of(lambda: log.search("timeout|refused|[0-9]{9} stored", limit=10))
    grep = seconds_of(lambda: run("grep", "-cE", "timeout|refused|[0-9]{9} stored", path))
    memory = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        f"{kind:12} overview {size / overview:5.0f} MB/s | index {size / index:5.0f} MB/s = {wc / index:.2f} of wc -l | "
        f"200 lines {lines * 1e3:.2f} ms | search {search / grep:.2f} x grep -E | peak {memory[0]} MB, children {memory[1]}"
    )


def main(size_bytes: int) -> None:
    """Grow the logs and print what the engine does with them."""
    with tempfile.TemporaryDirectory() as directory:
        for kind in KINDS:
            path = Path(directory, f"{kind}.log")
            grow(path, kind, size_bytes)
            measure(path, kind)
            path.unlink()
        packed = Path(directory, "hdfs.log.gz")
        grow(packed, "hdfs", size_bytes // 4)
        packed.write_bytes(gzip.compress(packed.read_bytes(), 6))
        seconds, zcat = seconds_of(lambda: open_log(packed).overview()), seconds_of(lambda: run("zcat", packed))
        print(f"gzip         overview {size_bytes / 4e6 / seconds:5.0f} MB/s of text = {zcat / seconds:.2f} of zcat")


if __name__ == "__main__":
    main(int(float(sys.argv[1] if len(sys.argv) > 1 else "200") * 1e6))
