"""What an export hides: secrets, by the placeholders that a report has for them already; or shows, where told to.

A report's texts have placeholders where its agents met secrets. The secrets themselves are not kept: where a quote is
still in its file they are read there again, so that the log around it has the same placeholders, or to be shown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.errors import LogError
from logdebug.logs import strip_ansi
from logdebug.redaction.redactor import PLACEHOLDER, Redactor
from logdebug.report.opening import open_file
from logdebug.report.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.records import Diagnosis, Evidence
    from logdebug.report.report import Report

__all__ = ["hiding", "hiding_around", "revealed", "with_secrets"]

_MOST_QUOTED_BYTES = 64 << 10


def hiding(record: object, redact: Callable[[str], str] | None, *, show_secrets: bool) -> Callable[[str], str] | None:
    """Give what an export's texts go through.

    Parameters
    ----------
    record
        The report, or whatever is exported; its placeholders stay what they are.
    redact
        What a caller wants taken out besides.
    show_secrets
        Whether secrets are shown.

    Returns
    -------
    callable or None
        Takes a text and gives what may be shown of it; None where that is all.
    """
    return redact if show_secrets else _both(_knowing(record), redact)


def hiding_around(
    diagnosis: Diagnosis, redact: Callable[[str], str] | None, *, show_secrets: bool
) -> Callable[[str], str] | None:
    """Give what the log around a diagnosis's quotes goes through; a secret has the placeholder that the quotes have.

    Parameters are those of `hiding`.
    """
    if show_secrets:
        return redact
    redactor = _knowing(diagnosis)
    for name, secret in _secrets_of(diagnosis).items():
        redactor.learn(name, secret)
    return _both(redactor, redact)


def revealed(report: Report) -> Report:
    """Put the secrets back in a report, as far as the quotes that hold them are still in their files."""
    return replace(report, reports=tuple(map(with_secrets, report.reports)))


def with_secrets(diagnosis: Diagnosis) -> Diagnosis:
    """Put the secrets back in a diagnosis, as far as the quotes that hold them are still in their files."""
    known = _secrets_of(diagnosis)
    return redacted(diagnosis, lambda text: PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text))


def _knowing(record: object) -> Redactor:
    """Give a redactor that takes no placeholder of a record for another secret."""
    redactor = Redactor()

    def reserve(text: str) -> str:
        redactor.reserve(text)
        return text

    redacted(record, reserve)
    return redactor


def _both(redactor: Redactor, redact: Callable[[str], str] | None) -> Callable[[str], str]:
    if redact is None:
        return redactor.mask
    return lambda text: redact(redactor.mask(text))


def _secrets_of(diagnosis: Diagnosis) -> dict[str, str]:
    """Read the secrets of a diagnosis's quotes in their files again, by what stands for them."""
    found: dict[str, str] = {}
    for quote in diagnosis.evidence:
        if quote.verified and PLACEHOLDER.search(quote.quote):
            found |= _secrets_in(quote, diagnosis.working_dir)
    return found


def _secrets_in(quote: Evidence, working_dir: str) -> dict[str, str]:
    """Lay a quote over its lines, redacted in the same way: what stands where a placeholder does is its secret."""
    if quote.byte_start is None or quote.byte_end is None:
        return {}
    try:
        log = open_file(working_dir, quote.file)
    except LogError:  # it is gone or not to be read: its secrets stay hidden
        return {}
    with log:
        size = min(quote.byte_end - quote.byte_start, _MOST_QUOTED_BYTES)
        text = strip_ansi(log.source.read(quote.byte_start, size).decode("utf-8", "replace"))
    redactor = Redactor()
    lines = redactor.redact(text)
    names = [found[1] for found in PLACEHOLDER.finditer(quote.quote)]
    laid = re.search(_pattern_of(quote.quote), lines)
    if laid is None:
        return {}
    return {name: redactor.restore(there) for name, there in zip(names, laid.groups(), strict=True)}


def _pattern_of(quote: str) -> str:
    """Give a pattern of a quote with free white space, and a group for each placeholder, whatever its number."""
    pieces = re.split(r"(‹secret:[a-z0-9-]+:)[0-9]+›", quote)
    return "".join(
        rf"({piece}[0-9]+›)" if place % 2 else r"\s+".join(map(re.escape, re.split(r"\s+", piece)))
        for place, piece in enumerate(pieces)
    )
