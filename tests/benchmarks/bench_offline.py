"""Score the embedded analyst on labelled incidents: `python tests/benchmarks/bench_offline.py DIR`.

A labelled incident is a directory with a log and a `label.json`. Each is copied to a directory with a neutral name and
diagnosed under a neutral service name, so that nothing but the log can give the answer away.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from logdebug.agent.offline import diagnose
from logdebug.logs import open_log, strip_ansi
from logdebug.records import Diagnosis, Incident

MEASURES = ("status", "category", "severity", "root_line", "keywords", "keywords_anywhere", "verified")


def main() -> None:
    """Diagnose every case below a directory, and print a line per case that is wrong and the totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[3] / "shared" / "real_failures"
    parser.add_argument("cases", type=Path, nargs="?", default=beside)
    parser.add_argument("--verbose", action="store_true", help="print every diagnosis")
    options = parser.parse_args()
    totals: dict[str, list[float]] = {name: [] for name in MEASURES}
    seconds: list[tuple[float, str]] = []
    alarms = 0
    for label_file in sorted(options.cases.glob("*/label.json")):
        label = json.loads(label_file.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as place:
            home = Path(place) / "case"
            shutil.copytree(label_file.parent, home, ignore=shutil.ignore_patterns("label.json"))
            incident = Incident(home, label["log_file"], "service")
            diagnosis, took = _run(incident)
            scores = _scores(diagnosis, label, incident)
        seconds.append((took, label_file.parent.name))
        alarms += label["status"] == "no_errors_found" and diagnosis.status == "diagnosed"
        for name, value in scores.items():
            if value is not None:
                totals[name].append(value)
        wrong = [name for name, value in scores.items() if value is not None and value < 1]
        if wrong or options.verbose:
            print(f"{label_file.parent.name}: {', '.join(wrong) or 'right'}")
            cited = [quote.line for quote in diagnosis.evidence]
            print(
                f"    {diagnosis.status} {diagnosis.category} {diagnosis.severity} {diagnosis.confidence} lines {cited}"
            )
            print(f"    wanted {label['status']} {label['category']} {label['severity']} lines {label['root_line']}")
            print(f"    {diagnosis.root_cause}")
    for name, values in totals.items():
        print(f"{name:18} {sum(values):6.1f} of {len(values):3}  {100 * sum(values) / max(len(values), 1):5.1f} %")
    print(f"false alarms       {alarms}")
    slowest = sorted(seconds, reverse=True)[:3]
    print(f"ms per log         median {1000 * sorted(seconds)[len(seconds) // 2][0]:.1f}, slowest "
          + ", ".join(f"{name} {1000 * took:.0f}" for took, name in slowest))  # fmt: skip


def _run(incident: Incident) -> tuple[Diagnosis, float]:
    begun = time.perf_counter()
    with open_log(incident.log_path) as log:
        diagnosis = diagnose(incident, log)
    return diagnosis, time.perf_counter() - begun


def _scores(diagnosis: Diagnosis, label: dict[str, Any], incident: Incident) -> dict[str, float | None]:
    """Score each measure from 0 to 1; None where the label has nothing to compare with."""
    said = diagnosis.root_cause.lower()
    everywhere = "\n".join(
        [said, diagnosis.recommendation, *(event.event for event in diagnosis.timeline),
         *(quote.quote for quote in diagnosis.evidence)]).lower()  # fmt: skip
    failed = label["status"] != "no_errors_found"
    return {
        "status": float(diagnosis.status == label["status"]),
        "category": float(diagnosis.category in label["category"]),
        "severity": float(diagnosis.severity in label["severity"]),
        "root_line": _cited(diagnosis, label["root_line"], incident) if failed else None,
        "keywords": _mentioned(said, label["must_mention"]) if failed else None,
        "keywords_anywhere": _mentioned(everywhere, label["must_mention"]) if failed else None,
        "verified": _verified(diagnosis, incident) if failed else None,
    }


def _cited(diagnosis: Diagnosis, root_lines: list[int], incident: Incident) -> float:
    cited = {quote.line for quote in diagnosis.evidence}
    if cited & set(root_lines):
        return 1.0
    with open_log(incident.log_path) as log:
        for record in log.records(max(1, min(root_lines) - 500), max(root_lines) + 500):
            span = set(range(record.first_line, record.last_line + 1))
            if span & cited and span & set(root_lines):
                return 1.0
    return 0.0


def _mentioned(text: str, groups: list[list[str]]) -> float | None:
    return sum(any(word in text for word in group) for group in groups) / len(groups) if groups else None


def _verified(diagnosis: Diagnosis, incident: Incident) -> float:
    """Say what share of the quotes are marked verified and stand, word for word, on their lines."""
    right = []
    with open_log(incident.log_path) as log:
        for quote in diagnosis.evidence:
            lines = log.lines(quote.line or 0, quote.line or 0)
            right.append(quote.verified and bool(lines) and quote.quote.strip("…") in strip_ansi(lines[0].text))
    return sum(right) / len(right) if right else 0.0


if __name__ == "__main__":
    main()
