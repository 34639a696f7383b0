"""Which of a log's templates tell of its failure, and which of them most likely of its cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.logs.signatures import Signature, SignatureHit
from logdebug.logs.templates import Template, said_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.logs.scan import Scan
    from logdebug.logs.signatures import SignatureSet

__all__ = ["Finding", "findings_of"]

_ROLE_SCORES = {"cause": 14.0, "symptom": 5.0, "consequence": 1.0}


@dataclass(frozen=True, slots=True)
class Finding:
    """A template that tells of a failure.

    Parameters
    ----------
    template
        The template.
    score
        How much it tells; the likely cause has the highest.
    signature
        The known failure it was recognised as; None where it was not.
    notes
        What is special about it, in a few words each.
    """

    template: Template
    score: float
    signature: Signature | None = None
    notes: tuple[str, ...] = ()


def findings_of(scan: Scan, signatures: SignatureSet) -> tuple[list[Finding], list[SignatureHit]]:
    """Give what tells of a failure, likely cause first, and the known failures that were recognised.

    Parameters
    ----------
    scan
        What a pass over the log found.
    signatures
        The known failures to look for.
    """
    findings: list[Finding] = []
    hits: dict[str, SignatureHit] = {}
    for template in scan.templates:
        matched = signatures.match(said_by(template.example))
        signature = matched[0] if matched else None
        if signature is not None and signature.role == "harmless":
            continue
        if signature is not None:
            _add_hit(hits, signature, template)
        if template.alarm < 2 and (signature is None or signature.role == "consequence"):
            continue
        score, notes = _score(template, signature, scan.line_count)
        if score > 0:
            findings.append(Finding(template, score, signature, notes))
    findings.sort(key=lambda finding: (-finding.score, finding.template.first_line))
    order = {finding.signature.id: place for place, finding in reversed(list(enumerate(findings))) if finding.signature}
    return findings, sorted(hits.values(), key=lambda hit: (order.get(hit.signature.id, 1 << 30), hit.first_line))


def _add_hit(hits: dict[str, SignatureHit], signature: Signature, template: Template) -> None:
    known = hits.get(signature.id)
    if known is None:
        hits[signature.id] = SignatureHit(
            signature, template.count, template.first_line, template.last_line, template.example
        )
        return
    hits[signature.id] = SignatureHit(
        signature,
        known.count + template.count,
        known.first_line,
        max(known.last_line, template.last_line),
        known.example,
    )


def _score(template: Template, signature: Signature | None, line_count: int) -> tuple[float, tuple[str, ...]]:
    """Score a template by its alarm, its signature, and when it occurs."""
    score = 10.0 * template.alarm
    notes: Sequence[str] = (template.level,) if template.level in ("error", "fatal", "warning") else ()
    if signature is not None:
        score += _ROLE_SCORES[signature.role] + signature.weight / 20
        notes = (*notes, f"{signature.category}: {signature.id}")
    if _is_background(template, line_count):
        score -= 15
        notes = (*notes, "all through the log")
    elif template.first_line > line_count * 0.5 and line_count > 1000:
        score += 1
    return score, tuple(notes)


def _is_background(template: Template, line_count: int) -> bool:
    """Say whether a template occurs from the log's start to its end, so that it is no news at the failure."""
    early = template.first_line < line_count * 0.25
    late = template.last_line > line_count * 0.75
    return line_count > 400 and template.count >= 4 and early and late
