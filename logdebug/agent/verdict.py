"""What a cause amounts to: its category, its severity, whether it is a diagnosis, and how far to trust it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.agent.clues import REQUEST_FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.clues import Clue
    from logdebug.records import Category, Severity, Status

__all__ = ["category_of", "confidence_of", "differ", "severity_of", "status_of"]

# For errors that no signature knows: what their words point at, the more telling first.
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (category, re.compile(words, re.IGNORECASE))
    for category, words in (
        (
            "disk_full",
            (
                r"\b(disk|volume|file ?system|storage|partition|map ?size|tablespace|spool)\b.*"
                r"\b(full|exceeded|exhausted|limit reached)\b"
            ),
        ),
        (
            "oom",
            (
                r"\b(out of|insufficient|not enough|exhausted|no more) memory\b|\bmemory (limit|exhausted|exceeded"
                r"|allocation (error|failed))"
            ),
        ),
        (
            "permission_denied",
            (
                r"\b(denied|forbidden|not (allowed|permitted)|unauthori[sz]ed|privileges?|permissions?|owner\w*"
                r"|insufficient (rights|scope)|(access|subscription|publish|policy) violation"
                r"|(authentication|authorization|login|logon|auth) (has )?fail(ed|ure)"
                r"|(bad|wrong|invalid|incorrect) (credentials?|password|api key|username or password))\b"
            ),
        ),
        (
            "data_corruption",
            (
                r"\b(corrupt\w*|checksum|truncated|malformed|damaged|unreadable|inconsisten\w+|integrity|crc"
                r"|(bad|wrong|invalid|unknown|unsupported) (block|magic|header|page|record|byte|(file )?format)"
                r"|unrecogni[sz]ed (file |data(base)? )?(format|version|header)|unexpected end"
                r"|(hash|digest) mismatch)\b"
            ),
        ),
        (
            "config_error",
            (
                r"\b(config\w*|setting|option|directive|parameter|argument|keyword|syntax|undefined variable)\b"
                r"|\bexpected\b.{0,40}\bnear\b"
            ),
        ),
        (
            "config_error",
            (
                r"\b((unknown|unrecogni[sz]ed|unsupported|undefined|duplicate) (key|command|field|property|attribute"
                r"|type|user|group|host|protocol|cipher|algorithm|locale|time ?zone|engine|module|plugin|driver"
                r"|profile|version|section)"
                r"|(invalid|illegal|bad) (value|url|address|port|path|name|key|number|format string)"
                r"|missing (required )?(file|key|value|field|module|plugin|dependency)|(is|are) required|must be"
                r"|should be one of|not (configured|installed|a valid \w+)|(no|not) valid|incompatible|mismatch\w*"
                r"|validation errors?|no such (user|group|module)|trust anchor|certificate|clock( skew)?)\b"
            ),
        ),
        ("dependency_failure", r"\b(quota|rate limit|throttl\w+|429|too many requests)\b"),
        ("timeout", r"\b(timed? ?out|timeouts?|deadline|took too long|too slow)\b"),
        ("network_error", r"\b(unreachable|network|no route|dns|resolve|socket|handshake)\b"),
        (
            "dependency_failure",
            (
                r"\b(connect\w*|upstream|backend|remote|server|broker|peer|replica|leader|refused|unavailable|endpoint"
                r"|registry|health ?check\w*)\b"
            ),
        ),
        ("crash", r"\b(crash\w*|core dump\w*|signal|killed|died|abort\w*)\b"),
        ("application_bug", r"\b(exception|assert\w*|unexpected|invalid|illegal|null|undefined|traceback|panic|bug)\b"),
    )
)
_EXCEPTION_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        ("disk_full", r"(disk|volume|storage)\b.*\bfull\b"),
        ("oom", r"out ?of ?memory|memory (limit|exhausted)"),
        (
            "config_error",
            r"config(uration)?(error|exception| key| file)|settings?error|incorrect\w*setup|(improperly|not ?)config",
        ),
        ("permission_denied", r"permission(error| denied)|access ?denied|unauthori[sz]ed|forbidden"),
        ("timeout", r"time(d )?out|deadline"),
        ("dependency_failure", r"connect(ion)?(error|exception| refused| failed| lost)|unavailable|brokererror"),
        ("data_corruption", r"corrupt|checksum|truncated|malformed"),
    )
)
_RAISED = re.compile(
    r"^(?:[\w$]+(?:\.|::))*[A-Z]\w*(?:Error|Exception)\b|\s(?:[\w$]+(?:\.|::))*[A-Z]\w*(?:Error|Exception): "
    r"|(?<=: )(?:[A-Z][a-z0-9]+){2,}(?:Error|Exception)\b"
)
_BREAKER = ("circuit-breaker", "haproxy-backend-down")
_UNEXPLAINED = ("database-unclean-stop", "jupyter-kernel-died", "signal-kill", "systemd-failed", "make-failed")
_FILE_TROUBLE = ("parse-failed", "python-syntax", "file-not-found")
_CONFIG_FILE = re.compile(
    r"/etc/|config|settings|\.(?:conf|cfg|cnf|ini|toml|properties|ya?ml)\b|(?:server|web|pom)\.xml|package\.json",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(refus(ing|es|ed) to start|aborting|exiting|shutting down|terminat\w+|giving up|cannot start|can't start|could "
    r"not start|failed to start|startup failed|start(ed)? too quickly|not start|unrecoverable|killed|dumped|crash\w*|"
    r"PANIC|test failed|is shut down)\b",
    re.IGNORECASE,
)


def differ(clue: Clue, cause: Clue) -> bool:
    """Say whether two clues are about different failures."""
    return clue is not cause and (clue.signature is None or clue.signature is not cause.signature)


def category_of(cause: Clue, burst: Sequence[Clue]) -> Category:
    """Give the cause's category; a path that fails is the dependency's failure where that itself was found unwell."""
    if cause.signature is not None and cause.signature.id == REQUEST_FAILED:
        return _category_of_status(cause)
    if cause.signature is None or cause.signature.category == "unknown":
        return _category_by_words(cause, burst)
    category = cause.signature.category
    if category == "application_bug" and cause.role == "symptom":
        # An exception that no signature knows may still name what it is about.
        named = (kind for kind, words in _EXCEPTION_WORDS if words.search(cause.statement))
        return next(named, category)  # type: ignore[arg-type]  # the table's first column holds categories
    if cause.signature.id in _FILE_TROUBLE and _CONFIG_FILE.search(cause.statement):
        return "config_error"
    unwell = any(clue.signature and clue.signature.id in _BREAKER for clue in burst)
    if category == "network_error" and cause.signature.id in ("connection-timed-out", "connection-reset") and unwell:
        return "dependency_failure"
    return category


def _category_of_status(cause: Clue) -> Category:
    if re.search(r"answered 50[23]", cause.statement):
        return "dependency_failure"
    return "timeout" if cause.statement.endswith("504") else "application_bug"


def _category_by_words(cause: Clue, burst: Sequence[Clue]) -> Category:
    text = " ".join([cause.statement, *(clue.statement for clue in burst if clue.signature is None)][:6])
    for scope in (cause.statement, cause.record.text[:4000], text):
        for category, words in _WORDS:
            if words.search(scope):
                return category  # type: ignore[return-value]  # the table's first column holds categories
        if _RAISED.search(cause.statement):
            return "application_bug"
    return "unknown"


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
