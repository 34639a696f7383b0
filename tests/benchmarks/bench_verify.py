"""How long a report on a large log takes to be verified: `python tests/benchmarks/bench_verify.py [MEGABYTES]`.

A log is written, of which three lines are quoted, at its beginning, in its middle and at its end, and one absence is
cited in a tenth of it. `report.verify()` then looks all of it up: as it was, and after a line was put before all.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from report_samples import diagnosis, report

from logdebug.agent.absences import search_for
from logdebug.logs import open_log
from logdebug.records import Absence, Evidence

LINE = "2026-11-18 09:00:00 INFO request {:09} of client 10.0.0.1 served in 12 ms from cache, nothing else to say\n"
MARKED = "2026-11-18 09:00:00 ERROR no space left on device, while request {:09} was being written\n"


def write(path: Path, megabytes: int) -> list[int]:
    """Write a log and give the numbers of the lines that are quoted."""
    count = megabytes * 1_000_000 // len(LINE.format(0))
    marked = [2, count // 2, count]
    with path.open("w", encoding="ascii") as file:
        for first in range(1, count + 1, 10_000):
            last = min(first + 10_000, count + 1)
            lines = ((MARKED if number in marked else LINE).format(number) for number in range(first, last))
            file.write("".join(lines))
    return marked


def main() -> None:
    """Print the seconds and the memory of each step."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "app.log"
        marked = write(path, megabytes)
        with closing(open_log(path)) as log:
            lines = [log.lines(number, number)[0] for number in marked]
            quotes = [
                Evidence(line.text, "app.log", line.number, line.byte_start, line.byte_end, verified=True)
                for line in lines
            ]
            span = Absence("no panic", "panic", "app.log", marked[1] + 1, marked[1] + marked[2] // 10)
            absence = replace(search_for(span, log), file="app.log")
            entry = replace(
                diagnosis("shop", 1, working_dir=directory, log_file="app.log", log_sha256=log.sha256),
                evidence=tuple(quotes),
                absences=(absence,),
            )
        made = report(entry)
        for name in ("as it was", "a line put before all"):
            begun = time.perf_counter(), time.process_time()
            counts = made.verify().counts
            wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            print(f"{megabytes:,} MB, {name:22} {wall:6.1f} s, {cpu:6.1f} s of CPU, peak {peak:,.0f} MB: {counts}")
            longer = path.with_name("longer")
            with path.open("rb") as old, longer.open("wb") as new:
                new.write(b"2026-11-18 08:59:59 INFO before all\n")
                shutil.copyfileobj(old, new, 1 << 20)
            longer.replace(path)


if __name__ == "__main__":
    main()
