"""Score the embedded analyst on labelled incidents: `python tests/benchmarks/bench_offline.py [DIR]`.

Without a directory it takes the collection of real failures that may lie beside the repository, else the five samples.
`logdebug eval DIR` gives the same table for any analyst; this one adds what a rule's author wants to see: each case
with anything wrong about it, and the slowest logs.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.evaluation.cases import demo_cases, load_cases
from logdebug.evaluation.grading import MEASURES
from logdebug.evaluation.trials import evaluate

if TYPE_CHECKING:
    from logdebug.evaluation.grading import Grade

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "real_failures"


def main() -> None:
    """Print a line per case that isn't right in everything, then the totals, then the slowest logs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path, nargs="?", default=BESIDE if BESIDE.is_dir() else None)
    parser.add_argument("--verbose", action="store_true", help="print every diagnosis")
    options = parser.parse_args()
    cases = load_cases(options.cases) if options.cases else demo_cases()
    with tempfile.TemporaryDirectory() as sessions:
        scores = asyncio.run(evaluate(cases, sessions_dir=sessions))
    for grade in scores.of("offline"):
        wrong = [name for measure, name in MEASURES.items() if is_wrong(grade, measure)]
        if wrong or options.verbose:
            print(f"{grade.case}: {', '.join(wrong) or 'right'}")
            print(f"    {grade.status} {grade.category} {grade.severity} {grade.confidence}")
            print(f"    wanted {grade.expected_status} {grade.expected_category} {grade.expected_severity}")
            print(f"    {grade.root_cause or grade.failure}")
    print(scores)
    slowest = sorted(scores.of("offline"), key=lambda grade: -grade.usage.seconds)
    median = slowest[len(slowest) // 2].usage.seconds
    shown = ", ".join(f"{grade.case} {1000 * grade.usage.seconds:.0f}" for grade in slowest[:3])
    print(f"\nms per log: median {1000 * median:.1f}, slowest {shown}")


def is_wrong(grade: Grade, measure: str) -> bool:
    """Tell whether a measure that the case has is less than perfect."""
    value = getattr(grade, measure)
    return value is not None and (bool(value) if measure == "false_alarm" else value < 1)


if __name__ == "__main__":
    main()
