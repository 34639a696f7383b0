"""payment-svc: a Go service with zap's JSON lines. Its Postgres stops answering and it gives up reconnecting."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

import json
from datetime import datetime

from samples.journal import Journal, every, iso, latency_seconds
from samples.neighbours import PAYMENT_CONFIG, PAYMENT_DEPLOYMENT
from samples.story import (
    DATABASE,
    DB_SILENT,
    DB_TIMEOUT_SECONDS,
    PAYMENT_POD,
    TRAFFIC_START,
    at,
    seconds,
)
from samples.traffic import Request

ADDRESS = PAYMENT_POD.partition(":")[0]
DIAL_ERROR = (
    "failed to connect to `user=payment database=payments`: "
    f"{DATABASE} (pg-pay-01.db.internal): dial error: dial tcp {DATABASE}: i/o timeout"
)
BACKOFF_SECONDS = (1, 2, 4, 8, 16)
RESTART_DELAY_SECONDS = (10, 20, 40, 80, 160, 300, 300)


class _Log(Journal):
    def write(self, moment: datetime, level: str, caller: str, message: str, **fields: object) -> None:
        entry = {"level": level, "ts": iso(moment), "caller": caller, "msg": message, **fields}
        self.add(moment, json.dumps(entry, separators=(",", ":")))


def files(requests: list[Request], seed: int) -> dict[str, str]:
    """Return the files of the incident by name."""
    log = _Log("payment-svc", seed)
    for request in requests:
        if request.peer == PAYMENT_POD:
            _request(log, request)
    _background(log)
    _decoys(log)
    _database_lost(log)
    return {"payment-svc.log": log.text(), "config.yaml": PAYMENT_CONFIG, "deployment.yaml": PAYMENT_DEPLOYMENT}


def _request(log: _Log, request: Request) -> None:
    ids = {"request_id": request.rid}
    if request.status == 503:
        _failed_request(log, request)
    elif request.method == "POST" and request.status == 201:
        money = {
            "amount_cents": log.rng.randint(3, 320) * 50 - 1,
            "currency": log.rng.choice(("EUR", "EUR", "GBP", "SEK")),
        }
        stored = request.done - seconds(0.002)
        database_ms = round(latency_seconds(log.rng, 4.2), 1)
        psp_ms = round(request.seconds * 1000 - database_ms - 4, 1)
        authorised = stored - seconds(database_ms / 1000 + 0.001)
        reference = f"psp_{log.rng.getrandbits(40):010x}"
        log.write(
            authorised, "info", "psp/client.go:142", "authorized", **ids, psp_ref=reference, **money, psp_ms=psp_ms
        )
        payment = f"pay_{log.rng.getrandbits(48):012x}"
        log.write(
            stored, "info", "store/payments.go:87", "payment stored", **ids, payment_id=payment, db_ms=database_ms
        )
    elif request.status == 402:
        code = log.rng.choice(("insufficient_funds", "do_not_honor", "expired_card"))
        log.write(request.done - seconds(0.001), "warn", "charge/handler.go:131", "card declined", **ids, code=code)
    elif request.status == 409:
        log.write(
            request.done, "info", "charge/handler.go:96", "duplicate idempotency key, earlier result returned", **ids
        )
    _completed(log, request)


def _failed_request(log: _Log, request: Request) -> None:
    write = request.method == "POST"
    failed = request.done - seconds(0.003)
    error = f"read tcp {ADDRESS}:{log.rng.randint(41_000, 58_000)}->{DATABASE}: i/o timeout"
    if request.arrived > DB_SILENT + seconds(DB_TIMEOUT_SECONDS):
        error = "acquire: context deadline exceeded"  # nothing left in the pool to fail on
    where = ("store/payments.go:79", "payments.insert") if write else ("store/payments.go:41", "payments.get")
    log.write(
        failed, "error", where[0], "query failed",
        op=where[1], request_id=request.rid, error=error, duration_ms=round(DB_TIMEOUT_SECONDS * 1000 + log.rng.random() * 3, 1),
    )  # fmt: skip
    if write:
        log.write(
            failed + seconds(0.001), "warn", "charge/handler.go:168", "charge not stored, authorization voided",
            request_id=request.rid, psp_ref=f"psp_{log.rng.getrandbits(40):010x}",
        )  # fmt: skip


def _completed(log: _Log, request: Request) -> None:
    log.write(
        request.done,
        "error" if request.status == 503 else "info",
        "httpx/middleware.go:57",
        "request completed",
        request_id=request.rid,
        method=request.method,
        path=request.path,
        status=request.status,
        duration_ms=round(request.seconds * 1000, 1),
    )


def _background(log: _Log) -> None:
    for moment in every(TRAFFIC_START + seconds(11.2), DB_SILENT, 30, log.rng):
        busy = log.rng.choice((0, 0, 1, 1, 2, 3))
        log.write(
            moment, "info", "db/pool.go:64", "pool stats", acquired=busy, idle=6 - busy, total=6, max=20, waiting=0
        )
    for moment in every(at("09:20:00.018"), DB_SILENT, 300, log.rng):
        took = latency_seconds(log.rng, 1.6)
        batch = {"batch": f"stl-{moment:%Y%m%d-%H%M}", "payments": log.rng.randint(70, 160)}
        log.write(moment, "info", "settle/job.go:51", "settlement started", **batch)
        log.write(
            moment + seconds(took),
            "info",
            "settle/job.go:118",
            "settlement finished",
            **batch,
            errors=0,
            took_s=round(took, 2),
        )
    for moment in every(TRAFFIC_START + seconds(4.7), DB_SILENT, 20, log.rng):
        events = log.rng.randint(1, 9)
        log.write(moment, "info", "outbox/relay.go:73", "outbox flushed", events=events, failed=0)


def _decoys(log: _Log) -> None:
    retry = {"request_id": f"{log.rng.getrandbits(128):032x}", "attempt": 1, "max_attempts": 3}
    log.write(at("09:19:33.407"), "warn", "psp/client.go:171", "psp call failed, retrying",
              **retry, error='Post "https://psp.example.com/v3/authorizations": context deadline exceeded')  # fmt: skip
    log.write(at("09:19:34.120"), "info", "psp/client.go:142", "authorized after retry", **retry)
    log.write(at("09:24:02.551"), "warn", "store/tx.go:38", "transaction retried",
              error="ERROR: could not serialize access due to concurrent update (SQLSTATE 40001)", attempt=1)  # fmt: skip
    log.write(at("09:24:02.566"), "info", "store/tx.go:52", "transaction committed", attempt=2)
    log.write(
        at("09:31:44.902"),
        "warn",
        "db/tracer.go:29",
        "slow query",
        op="payments.search_by_merchant",
        duration_ms=1843.2,
        rows=4180,
    )
    log.write(
        at("09:33:10.004"),
        "warn",
        "config/load.go:112",
        "config key psp.timeout is deprecated, use psp.timeouts.request",
    )
    log.write(at("09:37:21.660"), "warn", "db/pool.go:91", "idle connection closed by server, replaced",
              error="unexpected EOF", conn_age_s=3600)  # fmt: skip


def _database_lost(log: _Log) -> None:
    lost = DB_SILENT + seconds(DB_TIMEOUT_SECONDS + 0.013)
    log.write(
        lost, "error", "db/pool.go:133", "database connection lost", host="pg-pay-01.db.internal",
        error=f"read tcp {ADDRESS}:48210->{DATABASE}: i/o timeout", idle_closed=4, in_flight=2,
    )  # fmt: skip
    log.write(
        lost + seconds(0.001),
        "warn",
        "health/ready.go:48",
        "readiness changed",
        ready=False,
        reason="database unreachable",
    )
    log.write(
        lost + seconds(8),
        "error",
        "outbox/relay.go:81",
        "outbox flush failed",
        failed=4,
        error="acquire: context deadline exceeded",
    )
    ended = _reconnect(log, lost)
    for delay in RESTART_DELAY_SECONDS:
        started = ended + seconds(delay + log.rng.uniform(0.4, 1.9))
        _startup(log, started)
        ended = _reconnect(log, started + seconds(5.2))


def _reconnect(log: _Log, moment: datetime) -> datetime:
    for attempt, backoff in enumerate(BACKOFF_SECONDS, start=1):
        log.write(moment + seconds(0.002), "warn", "db/reconnect.go:58", "reconnecting to database",
                  attempt=attempt, max_attempts=5, backoff_s=backoff)  # fmt: skip
        moment += seconds(backoff + DB_TIMEOUT_SECONDS + log.rng.uniform(0.001, 0.009))
        log.write(
            moment, "error", "db/reconnect.go:71", "reconnect failed", attempt=attempt, max_attempts=5, error=DIAL_ERROR
        )
    moment += seconds(0.002)
    stack = "example.internal/payment/db.(*Pool).mustReconnect\n\t/src/db/reconnect.go:84\nmain.run\n\t/src/cmd/payment-svc/main.go:127\nmain.main\n\t/src/cmd/payment-svc/main.go:41\nruntime.main\n\t/usr/local/go/src/runtime/proc.go:283"
    log.write(moment, "fatal", "db/reconnect.go:84", "database unreachable: retries exhausted, exiting",
              attempts=5, host="pg-pay-01.db.internal", port=5432, error=DIAL_ERROR, stacktrace=stack)  # fmt: skip
    return moment


def _startup(log: _Log, moment: datetime) -> None:
    log.write(moment, "info", "payment-svc/main.go:36", "starting payment-svc", version="4.8.2", go="go1.25.4", pid=1)
    log.write(
        moment + seconds(0.011),
        "warn",
        "config/load.go:112",
        "config key psp.timeout is deprecated, use psp.timeouts.request",
    )
    log.write(moment + seconds(0.019), "info", "httpx/server.go:44", "listening", addr=":8080", ready=False)
    log.write(moment + seconds(5.198), "error", "db/pool.go:52", "initial connection failed", error=DIAL_ERROR)
