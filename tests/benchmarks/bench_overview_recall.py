"""Root-line recall: how often the overview of a failed service's log shows a line that shows the cause.

Run with the directory of labelled cases as argument (one directory a case, with a `label.json` that names the log and
its `root_line`s). Beside it, what `tail` and `grep -iE 'error|fatal|exception' | tail` show in the same room.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from logdebug.logs import Line, Log, open_log
from logdebug.logs.fields import message_of, strip_ansi

BUDGET_TOKENS = 2000
CASES = Path(__file__).parents[3] / "shared" / "real_failures"
_QUOTE_CHARS = 40


def main(directory: Path) -> None:
    """Print the recall of the overview and of its rivals over all cases of a directory."""
    ways = {"overview": by_overview, "overview, by text": by_text, "tail": by_tail, "grep | tail": by_grep}
    shown = dict.fromkeys(ways, 0)
    cases = 0
    for label_path in sorted(directory.glob("*/label.json")):
        label = json.loads(label_path.read_text())
        if not label["root_line"]:
            continue
        cases += 1
        with open_log(label_path.parent / label["log_file"]) as log:
            for way, judge in ways.items():
                hit = judge(log, label["root_line"])
                shown[way] += hit
                if not hit and way.startswith("overview"):
                    print(f"{way}: not shown: {label_path.parent.name} L{label['root_line'][0]}")
    for way, count in shown.items():
        print(f"{way:20} {count}/{cases} = {count / cases:.1%} at {BUDGET_TOKENS:,} tokens")


def by_overview(log: Log, roots: list[int]) -> bool:
    """Say whether the overview shows a root line, by number, or another line of just its template."""
    overview = log.overview(budget_tokens=BUDGET_TOKENS)
    assert overview.tokens <= BUDGET_TOKENS, log.name
    numbers = {int(number) for number in re.findall(r"(?m)^L(\d+) ", overview.text)}
    return not numbers.isdisjoint(roots)


def by_text(log: Log, roots: list[int]) -> bool:
    """Say whether the overview has the telling words of a root line in it."""
    text = _squeezed(log.overview(budget_tokens=BUDGET_TOKENS).text)
    for number in roots:
        message = _squeezed(message_of(strip_ansi(log.lines(number, number)[0].text)))
        if message[-_QUOTE_CHARS:] in text or message[:_QUOTE_CHARS] in text:
            return True
    return False


def by_tail(log: Log, roots: list[int]) -> bool:
    """Say whether the last lines that fit the budget have a root line among them."""
    count = log.line_count
    return _fit(log.lines(max(count - 2000, 1), count), roots)


def by_grep(log: Log, roots: list[int]) -> bool:
    """Say whether the last lines with the usual words, as many as fit the budget, have a root line among them."""
    found = log.search("error|fatal|exception", ignore_case=True, limit=1_000_000)
    return _fit([match.line for match in found.matches], roots)


def _fit(lines: list[Line], roots: list[int]) -> bool:
    room = BUDGET_TOKENS * 4
    for line in reversed(lines):
        room -= len(line.text.encode()) + 1
        if room < 0:
            return False
        if line.number in roots:
            return True
    return False


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", " ", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CASES)
