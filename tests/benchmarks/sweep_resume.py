"""Kill a run before each of its writes, and in the middle of each, and go on with it: the whole sweep, where the suite
has a kill of each kind.

    python tests/benchmarks/sweep_resume.py [--every 1] [--width 1]

Four incidents with tools, a rejected answer, a direction, a limit and a busy server. After each kill the run is gone on
with by another process: its report must be that of an undisturbed run but for times and ids, and the server asked no
more than once for each reply, but for the request in flight. Exits with 1 where that doesn't hold.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from resuming_samples import Template, given, incidents_of, normal, only_run, unanswered, whole_script
from scripted_server import ScriptedServer


def main() -> int:
    """Do the sweep and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="kill at every n-th write only (default: 1)")
    parser.add_argument("--width", type=int, default=1, help="agents at a time (default: 1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ScriptedServer(whole_script()) as server, Template() as template:
        return sweep(Path(place), server, template, every=options.every, width=options.width)


def sweep(place: Path, server: ScriptedServer, template: Template, *, every: int, width: int) -> int:
    """Kill and go on, and give the exit status."""
    incidents = given(incidents_of(place))
    undisturbed = template.run(server.base_url, place / "whole", place / "whole.json", incidents=incidents, width=width)
    wanted, asked = normal(place / "whole.json"), server.request_count
    kills, twice, wrong, began = 0, 0, [], time.monotonic()
    for kill_at in range(1, len(undisturbed.writes) + 1, every):
        for torn in (False, True):
            name, before = f"{kill_at}-{torn}", server.request_count
            options = {"incidents": incidents, "width": width}
            ended = template.run(
                server.base_url, place / name, place / f"{name}.json", kill_at=kill_at, torn=torn, **options
            )
            run = only_run(place / name)
            lost = unanswered(run) if run else 0
            if run:
                options = {"incidents": incidents, "width": width, "resume": str(run)}
            template.run(server.base_url, place / name, place / f"{name}.json", **options)
            more = server.request_count - before - asked
            kills += 1
            twice += max(0, more)
            # With several agents at work, some of those that were asking had not sent their request yet.
            fits = more == lost if width == 1 else 0 <= more <= lost
            is_same = (place / f"{name}.json").exists() and normal(place / f"{name}.json") == wanted
            if ended.signal != signal.SIGKILL or not is_same or not fits:
                wrong.append(f"{name}: {undisturbed.writes[kill_at - 1]}, {more} requests more, {lost} in flight")
    seconds = time.monotonic() - began
    print(f"{kills} kills at {len(undisturbed.writes)} writes, agents at a time: {width}; {seconds:.0f} s")
    print(f"ended as undisturbed: {kills - len(wrong)}; requests in flight that were made again: {twice}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
