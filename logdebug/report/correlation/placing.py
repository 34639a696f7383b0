"""In what place of a text a name stands: as what is called upon, in passing, or as who calls.

A name alone proves nothing: a caller, a path, a thing that was ruled out are named too. What stands before and after it
says which it is.
"""

from __future__ import annotations

import re

__all__ = ["DEPENDENCY", "PASSING", "POD", "place_of"]

DEPENDENCY = 0.6
"""The weight of a name in a place where what is called upon stands."""
PASSING = 0.2
"""The weight of a name that just stands there."""

POD = r"\d+\b|[0-9a-f]{6,10}(?:-[a-z0-9]{5})?\b"
"""What the name of a pod has after that of its service."""

_SAID_NOT = re.compile(
    r"(?:\b(?:unrelated to|(?:not|nor|never) (?:because of|due to|caused by|related to|from|the fault of|in|by|at)"
    r"|rather than|instead of|independent(?:ly)? of|unlike|ruled out|no (?:link|relation) (?:to|with)"
    r"|has nothing to do with|aside from|apart from|except|excluding)\b[^.;]{0,24}[\s:\"'(])$",
    re.IGNORECASE,
)
_CALLER = re.compile(
    r"(?:\b(?:client|caller|consumer|user[-_ ]?agent|referr?er|origin|source|src|sender|x-forwarded-for|forwarded_for"
    r"|(?:requested|called|sent|issued|submitted|started|triggered|used|owned) by|on behalf of|tenant|subscriber"
    r"|audience|remote_addr|client_ip|initiator)|\b(?:requests?|calls?|connections?|traffic|logins?|accepted|submitted|quer(?:y|ies)"
    r"|events?|orders?|webhooks?|jobs?|messages?|records?|sessions?) (?:was |were )?(?:from|by|of)"
    r"|\b(?:response|repl(?:y|ies|ied)|respond\w*|answer\w*|return\w*|5\d\d|serv(?:ed|ing)|export\w*|report\w*)"
    r" (?:\w+ ){0,2}(?:to|for))(?:[ =:\"'\[(<]|name\b|service\b){0,6}$",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"(?:://|@|\b(?:upstream|backend|dependency|depends on|remote|peer|target|dest(?:ination)?|host(?:name)?|server"
    r"|endpoint|addr(?:ess)?|ur[li]|connect\w*|dial\w*|call(?:s|ed|ing)|reach\w*|contact\w*|look ?up|resolv\w+|against"
    r"|enotfound|eai_again|econn\w+|ehost\w+|etimedout|cluster|command|via|wait\w* (?:for|on)"
    r"|fetch\w*|(?:breaker|circuit)(?: (?:for|to))?|service|proxy_pass|us|ua|from|to"
    r"|because of|due to|caused by|(?:refused|rejected|reset|closed|denied|blocked|throttled|limited|dropped) by"
    r"|(?:outage|failure|crash|loss|errors?|timeouts?|unavailability|restart) (?:of|in|at|on)"
    r"|(?:exhausted|exceeded|route|upstream|peers?|endpoints?) (?:for|of|at|route)|server \S{1,40}/)"
    r"(?:[ =:|\"'`\[(<]|(?:out|in)bound\b|\d+\b|the\b|service\b|tcp\b|https?://){0,8})$",
    re.IGNORECASE,
)
_FELL = re.compile(
    r"[\"'`\]),]{0,3}(?::\d{2,5}\b|[ :=(]{1,3}(?:(?:service|upstream|host|api|pods?|requests?|calls?|client"
    r"|health(?: ?check)?|endpoint)[: ]{1,2}){0,2}"
    r"(?:is |are |was |were |has been |has |have |had |went |became |did |does |keeps? )?"
    r"(?:still |currently |all |marked |now )?(?:unavailable|down\b|unreachable|unhealthy|dead|gone|never answer\w*"
    r"|(?:not|n't) (?:yet )?(?:respon\w+|answer\w*|reach\w*|available|ready|healthy|running|up\b|accept\w*|found"
    r"|listen\w*|connect\w*|resol\w+|work\w*)"
    r"|no (?:live|healthy|available|response|answer|route|reply|endpoints?|peers?)"
    r"|fail\w*|timed? ?out|timeout|gave\b|refus\w+|return\w+|respond\w+|answer\w+|reject\w+|reset|clos\w+|crash\w+"
    r"|stopp\w+|died|lost|5\d\d\b|out of|exhaust\w+|overload\w+|outage))",
    re.IGNORECASE,
)
# Where a word of one part is a host or a service and no common noun.
_ADDRESSED = re.compile(
    r"(?:://(?:[\w.%-]+(?::[^@\s/]*)?@)?|@|\b(?:host(?:name)?|upstream|service|backend|target|peer|endpoint|addr(?:ess)?"
    r"|dependency|look ?up|resolv\w+|dial tcp|breaker|us"
    r"|(?:connect\w*|call\w*|requests?|dial\w*|talk\w*) (?:failed )?to)"
    r"[ =:\"'`\[(]{1,4})$",
    re.IGNORECASE,
)
_PORT_FOLLOWS = re.compile(r":\d{2,5}\b")
_BALANCED = re.compile(r"\bserver \S{1,40}/$", re.IGNORECASE)
"""How a load balancer names a server of a group."""
_VERSION = re.compile(r"/v?\d+\.")
"""What follows the name of a caller in a User-Agent."""
_WELL = re.compile(
    r"[\"'`)]{0,2} ?(?:(?:is|was|are|were|went|has|had|again|now|call|request|service)[ :]){0,3}"
    r"(?:well|ok|okay|fine|healthy|up|ready|normal\w*|succe\w+|recover\w*|answered 2\d\d|2\d\d)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(rf"^(?:-(?:{POD}))?(?:\.[a-z][\w-]*)*", re.IGNORECASE)
_BEFORE, _AFTER = 48, 96


def place_of(text: str, start: int, end: int, *, single: bool = False) -> float:
    """Weigh the place in which a name or an address stands.

    Parameters
    ----------
    text
        What is said.
    start, end
        Where the name stands in it.
    single
        Whether it is one plain word, which is a service only where an address is due.

    Returns
    -------
    float
        `DEPENDENCY`, `PASSING`, or 0.0 for a caller, or for who is said to have nothing to do with it.
    """
    before = text[max(start - _BEFORE, 0) : start]
    after = _TAIL.sub("", text[end : end + _AFTER], count=1)
    if _SAID_NOT.search(before) or _CALLER.search(before) or _VERSION.match(after) or _WELL.match(after):
        return 0.0
    if single:
        return DEPENDENCY if _ADDRESSED.search(before) or _PORT_FOLLOWS.match(after) else 0.0
    if before.endswith("/") and not before.endswith("//") and not _BALANCED.search(before):
        return PASSING
    if after.startswith(("'s", "\N{RIGHT SINGLE QUOTATION MARK}s")):
        return PASSING
    return DEPENDENCY if _CALLED.search(before) or _FELL.match(after) else PASSING
