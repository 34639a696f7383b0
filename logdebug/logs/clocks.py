"""How programs write the time: the forms that the head of a log line is tried with, and the zones they name."""

from __future__ import annotations

import re

__all__ = ["FORMS", "UTC_NAMES", "ZONES"]

ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "BST": 1,
    "WEST": 1,
    "CET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "IST": 5.5,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
"""Hours ahead of UTC of the zone names that mean one offset to most who log them; others are read as UTC."""

UTC_NAMES = frozenset([None, "Z", "UTC", "GMT", "+00:00", "+0000"])
"""What stands behind a time in UTC, as one without a zone is taken to be."""

_ZONE = rf"(?P<z>Z\b|[+-]\d\d:?\d\d\b|\b(?:{'|'.join(name for name in ZONES if name != 'Z')})\b)"
_MONTH = r"(?P<b>[A-Z][a-zäéû]{2,4})\.?"
_TIGHT_CLOCK = r"(?P<h>[01]\d|2[0-4]):?(?P<mi>[0-5]\d):?(?P<s>[0-6]\d)(?:[.,:](?P<f>\d{1,9}))?"
_CLOCK = r"(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d):(?P<s>[0-6]\d)(?:[.,:](?P<f>\d{1,9}))?"

FORMS = tuple(
    re.compile(form)
    for form in (
        # 2026-11-22T08:42:55.123+01:00, 2026/11/22 08:42:54, 2026-11-22  7:37:22, 2026-11-22_08:42:55.123 UTC
        rf"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<mo>0?[1-9]|1[0-2])[-/.](?P<d>[0-3]?\d)(?:[T_:, ] ?){_CLOCK} ?{_ZONE}?",
        # 22/Nov/2026:08:42:55 +0000 (access logs), 22 Nov 2026 08:48:38.293 (Redis), 22-Nov-2026 08:48:38 (Tomcat)
        rf"(?<!\d)(?P<d>[0-3]?\d)[-/ ]{_MONTH}[-/ ](?P<y>(?:19|20)\d\d)[: ]{_CLOCK} ?{_ZONE}?",
        # Sun Nov 22 09:04:08.754465 2026 (Apache errors, ctime), Sun Nov 22 09:04:08 UTC 2026 (date)
        rf"\b{_MONTH} {{1,2}}(?P<d>[0-3]?\d),? {_CLOCK} (?:{_ZONE} )?(?P<y>(?:19|20)\d\d)\b",
        # Nov 22, 2026 8:42:55 AM (java.util.logging)
        rf"\b{_MONTH} (?P<d>[0-3]?\d), (?P<y>(?:19|20)\d\d),? {_CLOCK}[ \u202f]?(?P<p>[AP]M)?",
        # Nov 22 08:42:59 (syslog)
        rf"\b{_MONTH} {{1,2}}(?P<d>[0-3]?\d) {_CLOCK}",
        # I1122 08:42:54.123456 (klog, glog)
        rf"^[IWEFD](?P<mo>0[1-9]|1[0-2])(?P<d>[0-3]\d) {_CLOCK}",
        # 20261122T084255Z, 20261122-08:42:55.123, 20261122 08:42:55
        rf"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<mo>0[1-9]|1[0-2])(?P<d>[0-3]\d)[-T_ ]{_TIGHT_CLOCK} ?{_ZONE}?(?!\d)",
        # 11/22/2026 8:42:55 AM (Windows), 22.11.2026 08:42:55 (German)
        rf"(?<!\d)(?P<mo>0?[1-9]|1[0-2])/(?P<d>[0-3]?\d)/(?P<y>(?:19|20)\d\d),? {_CLOCK}[ \u202f]?(?P<p>[AP]M)?",
        rf"(?<!\d)(?P<d>[0-3]?\d)[./](?P<mo>0?[1-9]|1[0-2])[./](?P<y>(?:19|20)\d\d),? {_CLOCK}",
        # 081109 203615 (HDFS), 26/11/22 08:42:55 (Spark)
        r"^(?P<y>\d\d)(?P<mo>0[1-9]|1[0-2])(?P<d>[0-3]\d) (?P<h>[01]\d|2[0-4])(?P<mi>[0-5]\d)(?P<s>[0-6]\d)\b",
        rf"^(?P<y>\d\d)/(?P<mo>0[1-9]|1[0-2])/(?P<d>[0-3]\d) {_CLOCK}",
        # 11-22 08:42:55.123 (Android)
        rf"^(?P<mo>0[1-9]|1[0-2])-(?P<d>[0-3]\d) {_CLOCK}",
        # 1795335888.018, 1795335888018, 1795335888018123 at the head
        r"^\W{0,2}(?P<e>1\d{9}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?)(?![\w.])",
        # 08:42:55.123 and nothing more
        rf"(?<![\d:]){_CLOCK}(?![\d:])",
    )
)
"""Tried in this order; the first that fits anywhere in the head of the line counts. The first is the usual one."""
