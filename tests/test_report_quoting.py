"""The log around a quote: the right lines, the quote marked, nothing outside the directory."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_samples import diagnosis

from logdebug.records import Evidence
from logdebug.report.quoting import excerpts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from logdebug.records import Diagnosis

LOG = [f"2026-11-18 09:00:{second:02} INFO line {second + 1}" for second in range(40)]


def cited(directory: Path, lines: list[str], *numbers: int, file: str = "app.log", quote: str = "") -> Diagnosis:
    """Write a log and make a diagnosis that quotes some of its lines, each whole unless `quote` is given."""
    data = "".join(f"{line}\n" for line in lines).encode()
    (directory / file).write_bytes(gzip.compress(data) if file.endswith(".gz") else data)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()) + 1)
    quotes = tuple(
        Evidence(quote or lines[number - 1], file, number, starts[number - 1], starts[number] - 1, verified=True)
        for number in numbers
    )
    return diagnosis(working_dir=str(directory), evidence=quotes)


@pytest.mark.parametrize("file", ["app.log", "app.log.gz"])
def test_lines_around_the_quote(tmp_path: Path, file: str) -> None:
    """The quoted line stands among two lines before and two after it, each with its number; only it is marked."""
    [excerpt] = excerpts_of(cited(tmp_path, LOG, 20, file=file))
    assert excerpt is not None
    assert [line.number for line in excerpt.lines] == [18, 19, 20, 21, 22]
    assert [line.before + line.quoted + line.after for line in excerpt.lines] == LOG[17:22]
    assert [line.number for line in excerpt.lines if line.quoted] == [20]


def test_ends_of_the_log(tmp_path: Path) -> None:
    """At the first and last line there is less around, and the newline at the end is no line."""
    first, last = excerpts_of(cited(tmp_path, LOG, 1, 40))
    assert first is not None
    assert last is not None
    assert [line.number for line in first.lines] == [1, 2, 3]
    assert [line.number for line in last.lines] == [38, 39, 40]


def test_a_part_of_a_line_is_marked_alone(tmp_path: Path) -> None:
    """Of a line that is quoted in part, only that part is marked, whatever its white space."""
    [excerpt] = excerpts_of(cited(tmp_path, ["a", "x ERROR  disk \t full y", "b"], 2, quote="ERROR disk full"))
    assert excerpt is not None
    marked = excerpt.lines[1]
    assert (marked.before, marked.quoted, marked.after) == ("x ", "ERROR  disk \t full", " y")


def test_several_lines_and_left_out_words(tmp_path: Path) -> None:
    """A quote of several lines with an ellipsis is marked from its first word to its last."""
    made = cited(tmp_path, ["before", "ERROR one", "  two", "  three end", "after"], 2)
    quote = replace(made.evidence[0], quote="one ... three", byte_end=len("before\nERROR one\n  two\n  three end"))
    [excerpt] = excerpts_of(replace(made, evidence=(quote,)))
    assert excerpt is not None
    assert [line.quoted for line in excerpt.lines] == ["", "one", "  two", "  three", ""]
    assert excerpt.lines[3].after == " end"


def test_a_log_that_grew_still_gives_context(tmp_path: Path) -> None:
    """Lines that came since don't matter; a log that was rewritten gives nothing."""
    made = cited(tmp_path, LOG, 20)
    with (tmp_path / "app.log").open("a") as log:
        log.write("and on\n")
    assert excerpts_of(made)[0] is not None
    (tmp_path / "app.log").write_text("".join(f"{line}!\n" for line in LOG))
    assert excerpts_of(made) == (None,)


@pytest.mark.parametrize("file", ["../secret.txt", "link.log", "pipe", "none.log", "nul\0.log"])
def test_nothing_outside_is_read(tmp_path: Path, file: str) -> None:
    """No `..`, no link, no FIFO and no missing file gives an excerpt, though the bytes would fit."""
    import os

    inside = tmp_path / "inside"
    inside.mkdir()
    made = cited(tmp_path, LOG, 20, file="secret.txt")
    (inside / "link.log").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(inside / "pipe")
    quote = replace(made.evidence[0], file=file)
    assert excerpts_of(replace(made, working_dir=str(inside), evidence=(quote,))) == (None,)


def test_unverified_quotes_have_no_context(tmp_path: Path) -> None:
    """A quote that was never found gives nothing, even where its line exists."""
    made = cited(tmp_path, LOG, 20)
    assert excerpts_of(replace(made, evidence=(replace(made.evidence[0], verified=False),))) == (None,)


def test_redaction_comes_before_any_cut(tmp_path: Path) -> None:
    """Every line goes through `redact`, the quote is still marked, and what joins lines gives no excerpt at all."""
    made = cited(tmp_path, [*LOG[:5], "password=hunter2 ERROR no", "token=hunter2"], 6, quote="password=hunter2 ERROR")
    [excerpt] = excerpts_of(made, redact=lambda text: text.replace("hunter2", "***"))
    assert excerpt is not None
    text = "\n".join(line.before + line.quoted + line.after for line in excerpt.lines)
    assert "hunter2" not in text
    assert [line.quoted for line in excerpt.lines if line.quoted] == ["password=*** ERROR"]
    assert excerpts_of(made, redact=lambda text: text.replace("\n", " ")) == (None,)


def test_hostile_lines_are_shown_and_do_nothing(tmp_path: Path) -> None:
    """Escapes, controls and line separators of a log add no line and turn nothing round."""
    made = cited(tmp_path, ["a", "ERROR \x1b[31mred\x1b[0m \u202egpj.exe\u2028x", "\x0cb"], 2, quote="ERROR red")
    [excerpt] = excerpts_of(made)
    assert excerpt is not None
    assert len(excerpt.lines) == 3
    text = "".join(line.before + line.quoted + line.after for line in excerpt.lines)
    assert not set(text) & set("\x1b\u202e\u2028\x0c\n")


def test_a_hostile_quote_takes_linear_time(tmp_path: Path, slowness: Callable[[], float]) -> None:
    """A quote of hundreds of cut-off pieces against a line of one letter is looked for at once."""
    import time

    made = cited(tmp_path, ["a" * 60_000], 1, quote="...".join("a" * 300) + "...b")
    began = time.monotonic()
    assert excerpts_of(made) == (None,)
    assert time.monotonic() - began < 2 * slowness()


def test_a_long_quote_says_what_is_left_out(tmp_path: Path) -> None:
    """Of a quote of 40 lines, 24 are shown, and the rest is counted."""
    made = cited(tmp_path, LOG, 1, quote=LOG[0])
    quote = replace(made.evidence[0], quote="\n".join(LOG), byte_end=len("\n".join(LOG)))
    [excerpt] = excerpts_of(replace(made, evidence=(quote,)))
    assert excerpt is not None
    assert (len([line for line in excerpt.lines if line.quoted]), excerpt.left_out) == (24, 16)
