"""From corrections to cases: a reviewed diagnosis becomes a labelled incident, with the lines that matter."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from logdebug.agent.grounding import ground
from logdebug.agent.reading import Reading
from logdebug.errors import IncidentError, SettingsError, WorkspaceError
from logdebug.evaluation.cases import LABEL_FILE, Case, load_cases
from logdebug.incidents import check_incident
from logdebug.records import Evidence, Incident
from logdebug.report.hiding import hiding_around

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logdebug.logs import Log
    from logdebug.records import Diagnosis

__all__ = ["save_case"]

_WHOLE_BYTES = 256 << 10
"""Up to this size of its text a file is kept whole."""
_Cleaning = tuple[Callable[[str], str] | None, Callable[[str], str] | None]
_PACKED = (".gz", ".bz2", ".xz", ".zst")


def save_case(
    diagnosis: Diagnosis,
    directory: str | Path,
    *,
    redact: Callable[[str], str] | None = None,
    context_lines: int = 50,
    must_mention: Sequence[Sequence[str]] = (),
    show_secrets: bool = False,
) -> Case:
    """Write a diagnosis that a person has reviewed as a labelled incident, to measure analysts on.

    A log of up to 256 kB is kept whole; of a longer one the quoted lines and those of the timeline are, with the lines
    around them, and nothing stands for what is left out. Other files that are quoted are kept likewise. What the
    diagnosis says becomes the label: correct it before, or the `label.json` afterwards, where more than one category or
    severity is acceptable.

    Parameters
    ----------
    diagnosis
        The diagnosis, right in its status, category, severity and quotes.
    directory
        Where the incident goes: a new or an empty directory. Its name becomes the case's.
    redact
        Called with each line that is kept and with each text of the label, and gives it back without what more than
        secrets must not be in it. Names of files are kept as they are.
    context_lines
        How many lines are kept before and after each line that matters.
    must_mention
        Groups of alternatives of which a right root cause mentions one each.
    show_secrets
        Whether secrets are kept as the files have them. By default placeholders stand for them.

    Returns
    -------
    Case
        As `load_cases` reads it back.

    Raises
    ------
    IncidentError
        Where the directory holds something already or can't be written, the log is gone, or none of the verified
        quotes is in it any more.
    SettingsError
        Where `redact` gives anything but one line for a line, or `context_lines` is negative.
    """
    if context_lines < 0:
        raise SettingsError(f"context_lines={context_lines}: give 0 or more", setting="context_lines")
    target = Path(directory).expanduser()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise IncidentError(
            f"{target} holds something already, and is not overwritten; name a new directory", incident=target
        )
    incident = check_incident(Incident(Path(diagnosis.working_dir), diagnosis.log_file, diagnosis.service))
    clean = _one_line_each(redact) if redact else None
    hide = hiding_around(diagnosis, None, show_secrets=show_secrets)
    with _written_whole(target) as place, closing(Reading.of(incident)) as reading:
        log_file, root_line = _write_files(diagnosis, reading, place, context_lines, (hide, clean))
        label = {
            "service": diagnosis.service,
            "log_file": log_file,
            "status": diagnosis.status,
            "category": [diagnosis.category],
            "severity": [diagnosis.severity],
            "root_cause": diagnosis.root_cause,
            "must_mention": [list(group) for group in must_mention],
            "root_line": root_line,
        }
        _write_label(place / LABEL_FILE, label, _one_after_other(hide, clean))
    [case] = load_cases(target)
    return case


def _write_files(
    diagnosis: Diagnosis, reading: Reading, place: Path, context_lines: int, cleaning: _Cleaning
) -> tuple[str, list[int]]:
    """Write the log and the other files that are quoted; give the log's new name and the new numbers of its quotes."""
    quotes = _quotes_still_there(diagnosis, reading)
    moments = [event.line for event in diagnosis.timeline if event.line]
    log_name = reading.log.name
    log_file, root_line = "", []
    for name in dict.fromkeys([log_name, *(quote.file for quote in quotes)]):
        lines = [quote.line for quote in quotes if quote.file == name and quote.line]
        written = _plain_name(name, place)
        with reading.opened(name) as log:
            kept = _kept(log, [*lines, *(moments if name == log_name else [])], context_lines)
            _write_lines(log, kept, place / written, cleaning)
        if name == log_name:
            log_file, root_line = written, sorted({_renumbered(line, kept) for line in lines})
    return log_file, root_line


def _quotes_still_there(diagnosis: Diagnosis, reading: Reading) -> list[Evidence]:
    """Look the verified quotes up again: the log may have grown or been rotated since."""
    found = []
    verified = [quote for quote in diagnosis.evidence if quote.verified]
    for quote in verified:
        try:
            with reading.opened(quote.file) as log:
                now = ground(quote.quote, file=log.name, line=quote.line, log=log)
        except WorkspaceError:
            continue
        found += [now] if now.verified else []
    if verified and not found:
        raise IncidentError(
            f"no quote of the diagnosis of {diagnosis.service!r} is in {diagnosis.log_file} any more: it was rotated "
            "or changed; put back the log that was diagnosed",
            incident=diagnosis,
        )
    return found


def _kept(log: Log, lines: list[int], context_lines: int) -> list[tuple[int, int]]:
    """Give the ranges of lines to keep, in order and apart; with no line that matters, the end of the log."""
    end = log.line_count
    if log.size_bytes <= _WHOLE_BYTES:
        return [(1, end)]
    ranges: list[tuple[int, int]] = []
    for line in sorted(min(line, end) for line in lines) or [end]:
        first, last = max(1, line - context_lines), min(end, line + context_lines)
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def _renumbered(line: int, kept: list[tuple[int, int]]) -> int:
    """Give a line's number among those that are kept."""
    before = sum(last - first + 1 for first, last in kept if last < line)
    return before + next(line - first + 1 for first, last in kept if first <= line <= last)


def _write_lines(log: Log, kept: list[tuple[int, int]], path: Path, cleaning: _Cleaning) -> None:
    """Write ranges of lines: byte by byte as they are, or as what cleans them gives them."""
    hide, clean = cleaning
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for first, last in kept:
            # A key may go over many lines: secrets are looked for in all of a range at once.
            lines = [line.text.replace("\n", " ") for line in log.iter_lines(first, last)] if any(cleaning) else []
            shown = hide("\n".join(lines)).split("\n") if hide and lines else lines
            if clean or shown != lines:
                file.writelines(f"{clean(line) if clean else line}\n".encode() for line in shown)
            else:
                starts, ends = log.lines(first, first), log.lines(last, last)
                if starts and ends:  # not so in an empty file
                    file.writelines(_bytes_between(log, starts[0].byte_start, ends[0].byte_end + 1))
    # A log without years has its year from the time of the file.
    os.utime(path, (log.modified.timestamp(),) * 2)


def _bytes_between(log: Log, start: int, end: int) -> Iterator[bytes]:
    for offset, block in log.blocks():
        if offset >= end:
            return
        if offset + len(block) > start:
            yield block[max(0, start - offset) : end - offset]


def _plain_name(name: str, place: Path) -> str:
    """Name the file that holds the text of a file: without the ending of a compression, unless that name is taken."""
    path = PurePosixPath(name)
    plain = str(path.with_suffix("")) if path.suffix in _PACKED else name
    if plain == LABEL_FILE:
        return f"{plain}.log"
    return name if (place / plain).exists() else plain


def _write_label(path: Path, label: dict[str, Any], clean: Callable[[str], str] | None) -> None:
    if clean:
        label["service"] = clean(label["service"])
        label["root_cause"] = " ".join(map(clean, label["root_cause"].splitlines()))
        label["must_mention"] = [[clean(word) for word in group] for group in label["must_mention"]]
    path.write_text(json.dumps(label, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _one_after_other(*cleaning: Callable[[str], str] | None) -> Callable[[str], str] | None:
    given = [each for each in cleaning if each is not None]

    def clean(text: str) -> str:
        for each in given:
            text = each(text)
        return text

    return clean if given else None


def _one_line_each(redact: Callable[[str], str]) -> Callable[[str], str]:
    """Hold `redact` to giving one line for a line: the numbers of lines are part of the label."""

    def clean(text: str) -> str:
        given = redact(text)
        if not isinstance(given, str) or "\n" in given:
            raise SettingsError("redact must give one line of text for each line that it is given", setting="redact")
        return given

    return clean


@contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """Give a directory that takes the target's name when all is written, and is gone when it isn't."""
    beside = target.absolute().with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        beside.mkdir(parents=True)
        yield beside
        beside.replace(target)
    except OSError as error:
        raise IncidentError(f"{target} can't be written: {error.strerror or error}", incident=target) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
