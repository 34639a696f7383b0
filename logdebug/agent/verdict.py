"""What a cause amounts to: its category, its severity, whether it is a diagnosis, and how far to trust it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.agent.clues import ENDS, REQUEST_FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.clues import Clue
    from logdebug.logs import Signature
    from logdebug.logs.kinds import Kinds
    from logdebug.records import Category, Severity, Status

__all__ = ["category_of", "confidence_of", "differ", "severity_of", "status_of"]

_RAISED = re.compile(
    r"^(?:[\w$]+(?:\.|::))*[A-Z]\w*(?:Error|Exception)\b|\s(?:[\w$]+(?:\.|::))*[A-Z]\w*(?:Error|Exception): "
    r"|(?<=: )(?:[A-Z][a-z0-9]+){2,}(?:Error|Exception)\b"
)
_LEAST_MARGIN, _CLEAR_MARGIN = 0.3, 1.5
_BREAKER = ("circuit-breaker", "haproxy-backend-down")
_UNEXPLAINED = (
    "database-unclean-stop",
    "earlier-run-died",
    "jupyter-kernel-died",
    "signal-kill",
    "systemd-failed",
    "make-failed",
)
_FILE_TROUBLE = ("parse-failed", "python-syntax", "file-not-found")
_CONFIG_FILE = re.compile(
    r"/etc/|config|settings|\.(?:conf|cfg|cnf|ini|toml|properties|ya?ml)\b|(?:server|web|pom)\.xml|package\.json",
    re.IGNORECASE,
)
# What only a store itself writes: where it is gone, the store is torn.
_DATA_FILE = re.compile(
    r"/(?:data|db|store|wal|indices|segments?|chunks?|parts?)/[^\"' ]*\.(?:bin|sst|ldb|idx|index|wal|dat|db|seg)\b"
)
_BY_FILE = ("application_bug", "config_error", "crash")
_GONE = re.compile(r"no such file|cannot open|not found|missing", re.IGNORECASE)
_DOWN = re.compile(
    r"\b(refus(ing|es|ed) to start|aborting|exiting|shutting down|terminat\w+|giving up|cannot start|can't start|could "
    r"not start|failed to start|startup failed|start(ed)? too quickly|not start|unrecoverable|killed|dumped|crash\w*|"
    r"PANIC|test failed|is shut down)\b",
    re.IGNORECASE,
)


def differ(clue: Clue, cause: Clue) -> bool:
    """Say whether two clues are about different failures."""
    return clue is not cause and (clue.signature is None or clue.signature is not cause.signature)


def category_of(cause: Clue, burst: Sequence[Clue], kinds: Kinds) -> Category:
    """Give the cause's category; a path that fails is the dependency's failure where that itself was found unwell."""
    if cause.signature is not None and cause.signature.id == REQUEST_FAILED:
        return _category_of_status(cause)
    if cause.signature is None or cause.signature.category == "unknown":
        return _category_by_words(cause, burst, kinds)
    category = cause.signature.category
    if category == "application_bug" and cause.role == "symptom":
        # An exception that no signature knows may still name what it is about.
        kind = kinds.likeliest(cause.statement)
        return kind.category if kind is not None and kind.margin >= _CLEAR_MARGIN else category
    unwell = any(clue.signature and clue.signature.id in _BREAKER for clue in burst)
    if category == "network_error" and cause.signature.id in ("connection-timed-out", "connection-reset") and unwell:
        return "dependency_failure"
    return _category_of_file(cause.signature, cause.statement)


def _category_of_file(signature: Signature, statement: str) -> Category:
    """Give a signature's category, but that of the file where the trouble is with settings, or with a store's own."""
    if signature.id in _FILE_TROUBLE and _CONFIG_FILE.search(statement):
        return "config_error"
    torn = _GONE.search(statement) is not None and _DATA_FILE.search(statement) is not None
    return "data_corruption" if torn and signature.category in _BY_FILE else signature.category


def _category_of_status(cause: Clue) -> Category:
    if re.search(r"answered 50[23]", cause.statement):
        return "dependency_failure"
    return "timeout" if cause.statement.endswith("504") else "application_bug"


def _category_by_words(cause: Clue, burst: Sequence[Clue], kinds: Kinds) -> Category:
    """Give the category of the known failures that are said in such words; where the log has but exit codes, none."""
    if cause.signature is not None:
        return "unknown"  # how a program ended tells nothing of why
    kind = kinds.likeliest(cause.statement) or kinds.likeliest(cause.record.text)
    if _RAISED.search(cause.statement) and (kind is None or kind.margin < _LEAST_MARGIN):
        return "application_bug"
    if kind is None or (
        kind.margin < _LEAST_MARGIN and any(each.signature and each.signature.id in ENDS for each in burst)
    ):
        return "unknown"
    return kind.category


def status_of(cause: Clue, category: Category) -> Status:
    """Say whether it is a diagnosis: a cause is; of symptoms, an exception, or an error whose words tell its kind."""
    if cause.role == "cause":
        return "diagnosed"
    if cause.role == "consequence" or (cause.signature is not None and cause.signature.id in _UNEXPLAINED):
        return "inconclusive"
    if cause.signature is not None and cause.signature.category == "application_bug":
        return "diagnosed"
    return "diagnosed" if category != "unknown" else "inconclusive"


def severity_of(cause: Clue, burst: Sequence[Clue], category: Category) -> Severity:
    """Critical where the service went down or data is at risk, low where hardly anything is hurt, else the usual."""
    usual: Severity = cause.signature.severity if cause.signature and cause.signature.category == category else "high"
    down = any(clue.alarm >= 5 or _DOWN.search(clue.statement) for clue in burst)
    if usual == "critical":
        return "critical" if down or category in ("disk_full", "data_corruption", "oom", "crash") else "high"
    if usual in ("medium", "low") and (down or cause.count > 20 or cause.alarm >= 4):
        return "high"
    return "high" if usual == "low" else usual


def confidence_of(cause: Clue, burst: Sequence[Clue], status: Status) -> float:
    """Say how likely the conclusion is right: by how specific the cause is, and how many rivals it has."""
    if status == "inconclusive":
        return 0.35
    base = 0.25 + 0.0072 * min(cause.weight, 96) if cause.role == "cause" else 0.45
    rivals = sum(
        1 for clue in burst if clue.role == "cause" and differ(clue, cause) and clue.weight >= cause.weight - 12
    )
    return round(max(base - 0.07 * min(rivals, 4), 0.3), 2)
