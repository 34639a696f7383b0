"""What happened on 2026-11-18, in UTC: the one place that says when each service failed.

The network path from the payment pods to their Postgres goes silent. Payments fail, the shop's apps answer the 5xx with
a fresh login, and the logins fill the unbounded session cache of auth-svc. Unrelated to that, the SMTP relay goes away;
failure mails pile up until notif-worker refuses more. The gateway is then left with one upstream of four. The nightly
load fails on its own, for want of disk space.
"""

from datetime import UTC, datetime, timedelta


def at(clock: str) -> datetime:
    """Return the moment of the day at `clock`, as in "09:41:52.318"."""
    return datetime.fromisoformat(f"2026-11-18T{clock}").replace(tzinfo=UTC)


def seconds(amount: float) -> timedelta:
    """Return `amount` seconds as a timedelta."""
    return timedelta(seconds=amount)


TRAFFIC_START = at("09:18:00")
TRAFFIC_END = at("10:06:20")

DB_SILENT = at("09:41:47.305")  # packets to Postgres stop; what runs then fails five seconds later
DB_TIMEOUT_SECONDS = 5.0
PAYMENT_FIRST_DOWN = at("09:42:05.812")
PAYMENT_DOWN = at("09:42:08.412")  # the gateway has taken both payment peers out

LOGIN_STORM = at("09:42:20")
GC_TROUBLE = at("09:54:00")
HEAP_FULL = at("10:01:34.872")
AUTH_FIRST_DOWN = at("10:02:20.207")
AUTH_DOWN = at("10:02:41.507")

RELAY_GONE = at("09:48:13.402")
INTAKE_CLOSED = at("10:03:48.210")
NOTIF_DOWN = at("10:04:02.118")

NOT_READY = at("10:04:02.641")  # the gateway itself: three of four upstreams are down
DRAINED = at("10:04:35")  # the balancer stops sending

PAYMENT_POD, PAYMENT_SIBLING = "10.20.1.41:8080", "10.20.1.42:8080"
AUTH_POD, AUTH_SIBLING = "10.20.2.31:8080", "10.20.2.32:8080"
NOTIF_POD = "10.20.3.11:8090"
CATALOG_PODS = ("10.20.4.61:8080", "10.20.4.62:8080", "10.20.4.63:8080")
DATABASE = "10.20.8.15:5432"
