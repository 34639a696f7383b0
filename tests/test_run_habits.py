"""What past sessions were like, from what is on disk, whatever else lies there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from logdebug.agent.messages import Message
from logdebug.run.habits import habits_of
from logdebug.run.projection import ASSUMED
from logdebug.run.sessions import RunDirectory

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = [Message("system", "s"), Message("user", "u" * 1000)]


def write_run(below: Path, sent: list[list[int]], *, model: str = "m", reason: str = "submitted") -> Path:
    """Write a run with one session for each list of tokens sent, 100 received at each turn."""
    run = RunDirectory(below, {"model": model})
    for number, tokens in enumerate(sent):
        session = run.path / f"{number + 1:05d}-svc"
        session.mkdir()
        lines: list[dict[str, object]] = [
            {"step": "Prompted", "messages": [{"role": m.role, "text": m.text} for m in MESSAGES]}
        ]
        lines += [{"step": "Answered", "usage": {"input_tokens": n, "output_tokens": 100}} for n in tokens]
        lines.append({"step": "Concluded", "reason": reason})
        text = "".join(json.dumps({"at": "2026-11-18T09:00:00+00:00", **line}) + "\n" for line in lines)
        (session / "trace.jsonl").write_text(text)
    run.close()
    return run.path


def test_habits_are_the_medians_of_finished_sessions(tmp_path: Path) -> None:
    """Turns, growth and replies are the medians of the sessions of this model that ended by themselves."""
    write_run(tmp_path, [[1000, 1500, 2000], [1000, 1100], [1000, 1500, 2000, 2500]])
    write_run(tmp_path, [[9, 9, 9, 9, 9, 9]] * 5, model="other")
    write_run(tmp_path, [[9, 9, 9, 9, 9, 9]] * 5, reason="turn_limit")
    found = habits_of("m", tmp_path)
    assert (found.turns, found.growth_tokens, found.reply_tokens) == (3, 500, 100)
    assert 1 < found.bytes_per_token < 20
    assert "3 sessions" in found.basis


def test_too_few_or_torn_sessions_are_no_basis(tmp_path: Path) -> None:
    """Two sessions are none; what is torn or foreign is passed over; no directory at all is no error."""
    path = write_run(tmp_path, [[1000, 1500]] * 3)
    (path / "00001-svc" / "trace.jsonl").write_text('{"step": "Answ')
    (path / "00002-svc" / "trace.jsonl").write_text('{"at": "x", "step": "Concluded", "reason": "submitted"}\n')
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "run.json").write_text("[]")
    assert habits_of("m", tmp_path) is ASSUMED
    assert habits_of("m", tmp_path / "none") is ASSUMED
