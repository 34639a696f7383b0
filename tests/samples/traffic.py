"""The requests of the shop's users: what the gateway logs, and what payment-svc and auth-svc see with the same ids."""

import random
from dataclasses import dataclass
from datetime import datetime

from samples.journal import arrivals, latency_seconds
from samples.story import (
    AUTH_DOWN,
    AUTH_FIRST_DOWN,
    AUTH_POD,
    AUTH_SIBLING,
    CATALOG_PODS,
    DB_SILENT,
    DB_TIMEOUT_SECONDS,
    GC_TROUBLE,
    HEAP_FULL,
    INTAKE_CLOSED,
    LOGIN_STORM,
    NOTIF_DOWN,
    NOTIF_POD,
    PAYMENT_DOWN,
    PAYMENT_FIRST_DOWN,
    PAYMENT_POD,
    PAYMENT_SIBLING,
    TRAFFIC_END,
    TRAFFIC_START,
    seconds,
)

READ_TIMEOUT_SECONDS = 10.0
NO_LIVE = "no live upstreams while connecting to upstream"
TIMED_OUT = "upstream timed out (110: Connection timed out) while reading response header from upstream"
CLOSED = "upstream prematurely closed connection while reading response header from upstream"

AGENTS = (
    *("ExampleShop/7.12.0 (iOS 19.1; iPhone17,2)",) * 3,
    *("ExampleShop/7.12.1 (Android 16; Pixel 9)",) * 3,
    "ExampleShop/7.11.4 (Android 15; SM-S921B)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)


@dataclass(frozen=True)
class Request:
    """One request through a gateway: who asked for what, and how its upstream answered."""

    arrived: datetime
    gateway: str
    upstream: str
    peer: str
    method: str
    path: str
    status: int
    seconds: float
    fault: str  # what nginx writes to its error log about it; "" when nothing
    rid: str
    client: str
    agent: str
    user: str

    @property
    def done(self) -> datetime:
        """When the answer was sent."""
        return self.arrived + seconds(self.seconds)


def shop_traffic(seed: int) -> list[Request]:
    """Return the requests of two gateways to all four upstreams, in the order of arrival."""
    rng = random.Random(f"traffic {seed}")
    rates = {"payment_svc": _payment_rate, "auth_svc": _auth_rate, "notif_svc": _notif_rate, "catalog_svc": _flat_rate}
    moments = [
        (moment, upstream)
        for upstream, rate in rates.items()
        for moment in arrivals(rng, TRAFFIC_START, TRAFFIC_END, rate)
    ]
    # Whatever the seed, some payments are on their way when the database goes silent.
    moments += [(DB_SILENT + seconds(offset), "payment_svc") for offset in (-0.142, -0.081, 0.903, 1.377, 2.214, 4.050)]
    return [_request(rng, moment, upstream) for moment, upstream in sorted(moments)]


def _payment_rate(moment: datetime) -> float:
    return 0.42 if moment < DB_SILENT else 0.30  # apps retry once, then many users leave


def _auth_rate(moment: datetime) -> float:
    if moment < LOGIN_STORM:
        return 0.20
    return min(0.85, 0.35 + (moment - LOGIN_STORM).total_seconds() / 700)


def _notif_rate(moment: datetime) -> float:
    return 0.05 if moment < DB_SILENT else 0.09


def _flat_rate(_moment: datetime) -> float:
    return 0.34


def _request(rng: random.Random, arrived: datetime, upstream: str) -> Request:
    peer = rng.choice(_live_peers(upstream, arrived))
    answer = {"payment_svc": _payment, "auth_svc": _auth, "notif_svc": _notif, "catalog_svc": _catalog}[upstream]
    method, path, status, spent, fault = answer(rng, arrived, peer)
    return Request(
        arrived=arrived,
        gateway=rng.choices(("gw-01", "gw-02"), (0.55, 0.45))[0],
        upstream=upstream,
        peer=upstream if fault == NO_LIVE else peer,
        method=method,
        path=path,
        status=status,
        seconds=spent,
        fault=fault,
        rid=f"{rng.getrandbits(128):032x}",
        client=f"{rng.choice(('198.51.100', '203.0.113', '192.0.2'))}.{rng.randint(2, 70)}",
        agent=rng.choice(AGENTS),
        user=f"u-{rng.randint(10_000, 99_999)}",
    )


def _live_peers(upstream: str, moment: datetime) -> tuple[str, ...]:
    if upstream == "payment_svc":
        return (PAYMENT_POD, PAYMENT_SIBLING) if moment < PAYMENT_FIRST_DOWN else (PAYMENT_SIBLING,)
    if upstream == "auth_svc":
        return (AUTH_POD, AUTH_SIBLING) if moment < AUTH_FIRST_DOWN else (AUTH_SIBLING,)
    return (NOTIF_POD,) if upstream == "notif_svc" else CATALOG_PODS


_Answer = tuple[str, str, int, float, str]


def _payment(rng: random.Random, arrived: datetime, _peer: str) -> _Answer:
    create = rng.random() < 0.62
    method, path = (
        ("POST", "/api/v1/payments") if create else ("GET", f"/api/v1/payments/pay_{rng.getrandbits(48):012x}")
    )
    if arrived >= PAYMENT_DOWN:
        return method, path, 502, 0.0, NO_LIVE
    spent = latency_seconds(rng, 0.21 if create else 0.012)
    status = rng.choices((201, 402, 409, 422), (91, 6, 1, 2))[0] if create else rng.choices((200, 404), (98, 2))[0]
    if arrived + seconds(spent) >= DB_SILENT:
        silent_for = max(0.0, (DB_SILENT - arrived).total_seconds())
        return method, path, 503, silent_for + DB_TIMEOUT_SECONDS + rng.uniform(0.004, 0.030), ""
    return method, path, status, spent, ""


def _auth(rng: random.Random, arrived: datetime, peer: str) -> _Answer:
    login_share = 0.45 if arrived < LOGIN_STORM else 0.85
    login = rng.random() < login_share
    method, path = ("POST", "/api/v1/login") if login else ("POST", "/api/v1/token/refresh")
    if arrived >= AUTH_DOWN:
        return method, path, 502, 0.0, NO_LIVE
    spent = latency_seconds(rng, 0.088 if login else 0.011)
    status = rng.choices((200, 401, 429), (93, 6, 1) if login else (99, 1, 0))[0]
    if arrived >= HEAP_FULL:
        if rng.random() < 0.5:
            return method, path, 504, READ_TIMEOUT_SECONDS + rng.uniform(0, 0.004), TIMED_OUT
        return method, path, *rng.choice(((500, rng.uniform(1, 8), ""), (502, rng.uniform(1, 8), CLOSED)))
    trouble = max(0.0, (arrived - GC_TROUBLE) / (HEAP_FULL - GC_TROUBLE))
    if rng.random() < 0.5 * trouble**2:
        spent += rng.uniform(0.5, 14.0) * trouble**2  # the request met a stop-the-world pause
    if spent >= READ_TIMEOUT_SECONDS or arrived + seconds(spent) >= HEAP_FULL:
        return method, path, 504, READ_TIMEOUT_SECONDS + rng.uniform(0, 0.004), TIMED_OUT
    return method, path, status, spent, ""


def _notif(rng: random.Random, arrived: datetime, _peer: str) -> _Answer:
    if arrived >= NOTIF_DOWN:
        return "POST", "/api/v1/notifications", 502, 0.0, NO_LIVE
    status = 503 if arrived >= INTAKE_CLOSED else 202
    return "POST", "/api/v1/notifications", status, latency_seconds(rng, 0.007), ""


def _catalog(rng: random.Random, _arrived: datetime, _peer: str) -> _Answer:
    path = rng.choices(
        (
            f"/api/v1/products?page={rng.randint(1, 40)}&sort=popular",
            f"/api/v1/products/sku-{rng.randint(1000, 9400)}",
            f"/api/v1/search?q={rng.choice(('rain+jacket', 'mug', 'usb-c', 'tent+2p', 'kettle', 'desk+lamp'))}",
            f"/api/v1/products/sku-{rng.randint(10_000, 10_400)}",  # delisted
        ),
        (30, 45, 22, 3),
    )[0]
    gone = len(path.rpartition("sku-")[2]) == 5 and "sku-" in path
    return "GET", path, 404 if gone else 200, latency_seconds(rng, 0.055 if "search" in path else 0.019), ""
