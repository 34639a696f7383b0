"""How fast the log engine is: MB/s and, in the same run, ratios to the tools that everyone knows.

Run with the size of each log in MB (default 200). Logs are grown from seeded generators in a temporary directory.
`--drain3-python` names an interpreter that has drain3, which isn't a dependency.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import string
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch
from uuid import UUID

from logdebug.logs import open_log, ripgrep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNIQUE_LINES = 150_000
_UNIQUE_ADVERSARIAL_LINES = 1_500_000  # a line that comes again is done with by one look
_BEST_OF = 3
_DRAIN_LINES = 20_000
_PATTERN = "timeout|refused|[0-9]{9} stored"
# What else is looked for without ripgrep, by how many lines have it.
_PATTERNS = {
    "hdfs": {
        "none": "no such words",
        "each": "INFO",
        "1 of 3": "addStoredBlock",
        "1 of 3, regex": "Receiv(ing|ed) block blk_[0-9]+ of size",
        "1 of 120": "/10.7",
    },
    "java": {
        "none": "no such (words|names)",
        "each": "[0-9]{2}",
        "1 of 3": "5",
        "1 of 5, regex": "com.acme.Order[0-3]",
        "1 of 125": "ERROR",
    },
}
# drain3 as it comes, over the first lines of a log; prints bytes per second.
_DRAIN = """
import sys, time, itertools
from drain3 import TemplateMiner
head = itertools.islice(open(sys.argv[1], "rb"), int(sys.argv[2]))
lines = [line.decode("utf-8", "replace").rstrip() for line in head]
miner, began = TemplateMiner(), time.perf_counter()
for line in lines:
    miner.add_log_message(line)
print(sum(len(line.encode()) + 1 for line in lines) / (time.perf_counter() - began))
"""
_VM_STATES = ["Started", "Paused", "Resumed", "Stopped"]
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
    block, ip = chance.getrandbits(62), f"10.{chance.randint(0, 255)}.0.{chance.randint(1, 254)}"
    message = chance.choice(
        [
            f"INFO dfs.DataNode$DataXceiver: Receiving block blk_{block} src: /{ip}:{chance.randint(30000, 60000)}",
            f"INFO dfs.FSNamesystem: BLOCK* addStoredBlock: {ip}:50010 is added to blk_{block} size 67108864",
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
    """Give a line like those of OpenStack's compute service: full of hexadecimal ids."""
    tenant, instance = f"{chance.getrandbits(128):032x}", str(UUID(int=chance.getrandbits(128)))
    request = f"[req-{UUID(int=chance.getrandbits(128))} {chance.getrandbits(128):032x} {tenant} - - -]"
    asked, took = f"{request} 10.11.10.{chance.randint(1, 9)}", f"time: {chance.random():.7f}"
    about = f"{request} [instance: {instance}]"
    free = f"{chance.randint(9**4, 10**5)}.00 MB"
    said = chance.choice(
        [
            f'osapi_compute.wsgi.server {asked} "GET /v2/{tenant}/servers HTTP/1.1" status: 200 len: 1893 {took}',
            f'osapi_compute.wsgi.server {asked} "POST /v2/{tenant}/os-events HTTP/1.1" status: 200 len: 380 {took}',
            f'metadata.wsgi.server {asked} "GET /latest/meta-data/ami-id HTTP/1.1" status: 200 len: 128 {took}',
            f"compute.manager {about} VM {chance.choice(_VM_STATES)} (Lifecycle Event)",
            f"compute.manager {about} Took {20 * chance.random():.2f} seconds to build instance.",
            f"virt.libvirt.imagecache {request} image {instance} at (/_base/{chance.getrandbits(160):040x}): checking",
            f"virt.libvirt.driver [-] [instance: {instance}] Instance destroyed successfully.",
            f"compute.claims {about} memory limit: 96000.00 MB, free: {free}",
            f"compute.resource_tracker [-] Final resource view: name=cp-1 phys_ram={free} total_vcpus=16 used_vcpus=1",
        ]
    )
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} {chance.randint(2931, 2935)} INFO nova.{said}"


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
    unique = _UNIQUE_ADVERSARIAL_LINES if kind == "adversarial" else _UNIQUE_LINES
    text = "".join(KINDS[kind](chance, next(times)) + "\n" for _ in range(unique)).encode()
    with path.open("wb") as file:
        while file.tell() < size_bytes:
            file.write(text[: size_bytes - file.tell()])


def seconds_of(call: Callable[[], object], times: int = 1) -> float:
    """Give the wall time of a call, the best of some."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - began)
    return best


def drain3_rate(python: str, path: Path) -> float | None:
    """Give how many bytes drain3 gets through in a second; None where it isn't installed."""
    told = subprocess.run([python, "-c", _DRAIN, path, str(_DRAIN_LINES)], capture_output=True, text=True, check=False)
    return float(told.stdout) if told.returncode == 0 else None


def run(*command: str | Path) -> None:
    """Run a tool for its time; into a pipe, since grep does next to nothing where its output goes nowhere."""
    subprocess.run(command, stdout=subprocess.PIPE, check=False, env=os.environ | {"LC_ALL": "C"})


def peak_megabytes(path: Path) -> float:
    """Give the most memory that a fresh process and its children had together while they read a log.

    Shared pages count once (PSS), and it is sampled, so that a short peak may be missed.
    """
    code = "import sys; from logdebug.logs import open_log; open_log(sys.argv[1]).overview()"
    peak = 0
    with subprocess.Popen([sys.executable, "-c", code, path]) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_pss, _family(process.pid))))
            time.sleep(0.02)
    return peak / 1000


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family(int(child)))]


def _pss(pid: int) -> int:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def times_grep(path: Path, pattern: str) -> float:
    """Give how many times as long as grep -E a search without ripgrep takes."""
    with open_log(path) as log, patch.object(ripgrep, "_program", lambda: None):
        _ = log.line_count
        seconds = seconds_of(lambda: log.search(pattern, limit=10), _BEST_OF)
    return seconds / seconds_of(lambda: run("grep", "-cE", pattern, path), _BEST_OF)


def measure(path: Path, kind: str, drain3_python: str) -> None:
    """Print the figures of one log."""
    size = path.stat().st_size / 1e6
    run("cat", path)  # so that all find it in the page cache
    overview = seconds_of(lambda: open_log(path).overview(), _BEST_OF)
    index = seconds_of(lambda: open_log(path).line_count, _BEST_OF)
    wc = seconds_of(lambda: run("wc", "-l", path), _BEST_OF)
    rate = drain3_rate(drain3_python, path)
    drain3 = f"{size * 1e6 / overview / rate:.0f} x drain3" if rate else "drain3 not installed"
    with open_log(path) as log:
        count = log.line_count
        lines = min(seconds_of(lambda: log.lines(count // 2, count // 2 + 199)) for _ in range(5))
        search = seconds_of(lambda: log.search(_PATTERN, limit=10), _BEST_OF)
        with patch.object(ripgrep, "_program", lambda: None):
            alone = seconds_of(lambda: log.search(_PATTERN, limit=10), _BEST_OF)
    grep = seconds_of(lambda: run("grep", "-cE", _PATTERN, path), _BEST_OF)
    rg = seconds_of(lambda: run("rg", "-c", _PATTERN, path), _BEST_OF) if shutil.which("rg") else None
    searches = ", ".join(
        f"{name} {ratio:.2f}"
        for name, ratio in ((name, times_grep(path, pattern)) for name, pattern in _PATTERNS.get(kind, {}).items())
    )
    print(
        f"{kind:12} overview {size / overview:5.0f} MB/s, {drain3}, {peak_megabytes(path):.0f} MB of memory"
        f" | index {size / index:5.0f} MB/s = {wc / index:.2f} of wc -l"
        f" | 200 lines {lines * 1e3:.2f} ms | search {f'{search / rg:.2f} x rg' if rg else '(rg not installed)'},"
        f" without rg {alone / grep:.2f} x grep -E{f' (in lines: {searches})' if searches else ''}",
        flush=True,
    )


def main(size_bytes: int, drain3_python: str) -> None:
    """Grow the logs and print what the engine does with them."""
    with tempfile.TemporaryDirectory() as directory:
        for kind in KINDS:
            path = Path(directory, f"{kind}.log")
            grow(path, kind, size_bytes)
            measure(path, kind, drain3_python)
            path.unlink()
        packed = Path(directory, "hdfs.log.gz")
        grow(packed, "hdfs", size_bytes // 4)
        packed.write_bytes(gzip.compress(packed.read_bytes(), 6))
        seconds, zcat = seconds_of(lambda: open_log(packed).overview()), seconds_of(lambda: run("zcat", packed))
        print(f"gzip         overview {size_bytes / 4e6 / seconds:5.0f} MB/s of text = {zcat / seconds:.2f} of zcat")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", nargs="?", type=float, default=200)
    parser.add_argument("--drain3-python", default=sys.executable)
    arguments = parser.parse_args()
    main(int(arguments.megabytes * 1e6), arguments.drain3_python)
