"""notif-worker: Celery tasks that send mail. Their relay stops accepting connections and the queue grows."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

from datetime import datetime

from samples.journal import Journal, arrivals, comma, every, latency_seconds, uuid4
from samples.neighbours import NOTIF_CONFIG, NOTIF_CRONTAB
from samples.story import (
    DB_SILENT,
    INTAKE_CLOSED,
    NOTIF_POD,
    RELAY_GONE,
    TRAFFIC_START,
    at,
    seconds,
)
from samples.traces import BANNER, GREETING_TRACE, REFUSED_TRACE, RELAY, RENDER_TRACE
from samples.traffic import Request

END = at("10:07:30")
BREAKER_PROBE_SECONDS = 120


class _Log(Journal):
    def write(self, moment: datetime, level: str, process: str, message: str) -> None:
        self.add(moment, f"[{comma(moment)}: {level}/{process}] {message}")

    def worker(self) -> str:
        return f"ForkPoolWorker-{self.rng.randint(1, 4)}"


def files(requests: list[Request], seed: int) -> dict[str, str]:
    """Return the files of the incident by name."""
    log = _Log("notif-worker", seed)
    _startup(log)
    for request in requests:
        if request.peer == NOTIF_POD:
            _intake(log, request)
    for moment in arrivals(log.rng, TRAFFIC_START, RELAY_GONE, lambda now: 0.24 if now < DB_SILENT else 0.36):
        _sent(log, moment)
    _queue_depth(log)
    _push(log)
    _decoys(log)
    _relay_gone(log)
    _shutdown(log)
    return {"worker.log": log.text(), "notif.yaml": NOTIF_CONFIG, "crontab": NOTIF_CRONTAB}


def _startup(log: _Log) -> None:
    start = at("09:15:58.702")
    log.add(start, BANNER)
    log.write(start + seconds(0.093), "INFO", "MainProcess", "Connected to redis://redis-notif.internal:6379/0")
    log.write(start + seconds(0.101), "WARNING", "MainProcess",
              "DeprecationWarning: broker_connection_retry no longer decides whether connections are retried during startup in Celery 6.0 and above.")  # fmt: skip
    log.write(start + seconds(1.120), "INFO", "MainProcess", "mingle: all alone")
    log.write(start + seconds(1.188), "INFO", "MainProcess", "celery@notif-worker-0 ready.")


def _template(log: _Log, moment: datetime) -> str:
    if moment > DB_SILENT and log.rng.random() < 0.45:
        return "payment_failed"
    return log.rng.choice(("order_confirmed", "order_confirmed", "parcel_shipped", "password_reset", "invoice"))


def _intake(log: _Log, request: Request) -> None:
    if request.status == 202:
        text = f"intake: accepted template={_template(log, request.done)} queue=email rid={request.rid}"
        log.write(request.done, "INFO", "MainProcess", text)
    else:
        log.write(
            request.done,
            "WARNING",
            "MainProcess",
            f"intake: rejected with 503, queue above high water rid={request.rid}",
        )


def _sent(log: _Log, moment: datetime) -> None:
    task = f"notif.tasks.send_email[{uuid4(log.rng)}]"
    spent = latency_seconds(log.rng, 0.34)
    log.write(moment, "INFO", "MainProcess", f"Task {task} received")
    if moment + seconds(spent) < RELAY_GONE:
        answer = f"250 2.0.0 Ok: queued as {log.rng.getrandbits(40):010X}"
        log.write(moment + seconds(spent), "INFO", log.worker(), f"Task {task} succeeded in {spent:.9f}s: '{answer}'")


def _push(log: _Log) -> None:
    """Write push notifications, which don't need the relay and go on to the end."""
    for moment in arrivals(log.rng, TRAFFIC_START, END - seconds(20), lambda _: 0.04):
        task, spent = f"notif.tasks.send_push[{uuid4(log.rng)}]", latency_seconds(log.rng, 0.12)
        log.write(moment, "INFO", "MainProcess", f"Task {task} received")
        log.write(moment + seconds(spent), "INFO", log.worker(), f"Task {task} succeeded in {spent:.9f}s: 'delivered'")


def _queue_depth(log: _Log) -> None:
    for moment in every(TRAFFIC_START + seconds(21.5), END - seconds(12), 30, log.rng):
        waited = (moment - RELAY_GONE).total_seconds()
        depth, oldest = log.rng.randint(0, 9), log.rng.uniform(0.1, 1.9)
        if waited > 0:
            grown = waited / (INTAKE_CLOSED - RELAY_GONE).total_seconds()
            depth, oldest = int(400 * min(grown, 1) ** 1.1) + log.rng.randint(0, 4), waited
        level = "INFO" if depth < 100 else "WARNING"
        log.write(
            moment,
            level,
            "MainProcess",
            f"queue email depth={depth} oldest={oldest:.1f}s push depth={log.rng.randint(0, 3)}",
        )
    log.write(
        INTAKE_CLOSED,
        "ERROR",
        "MainProcess",
        "intake: queue email depth=401 above high water mark 400, answering 503 to new notifications",
    )


def _decoys(log: _Log) -> None:
    grey = f"notif.tasks.send_email[{uuid4(log.rng)}]"
    log.write(at("09:21:17.331"), "INFO", "MainProcess", f"Task {grey} received")
    log.write(at("09:21:17.702"), "WARNING", "ForkPoolWorker-2",
              f"Task {grey} retry: Retry in 30s: SMTPSenderRefused(451, b'4.7.1 Greylisting in action, please come back later', 'shop@example.com')")  # fmt: skip
    log.write(
        at("09:21:48.064"),
        "INFO",
        "ForkPoolWorker-1",
        f"Task {grey} succeeded in 0.361204118s: '250 2.0.0 Ok: queued as 4D1B90C2EE'",
    )
    broken = f"notif.tasks.send_email[{uuid4(log.rng)}]"
    log.write(at("09:30:05.118"), "INFO", "MainProcess", f"Task {broken} received")
    log.write(at("09:30:05.131"), "ERROR", "ForkPoolWorker-3",
              f"Task {broken} raised unexpected: UndefinedError(\"'dict object' has no attribute 'delivery_window'\")\n{RENDER_TRACE}")  # fmt: skip
    log.write(
        at("09:34:44.590"),
        "WARNING",
        "ForkPoolWorker-4",
        "bounce: 550 5.1.1 user unknown, address suppressed recipient=customer-88213@example.com",
    )
    log.write(
        at("09:39:10.002"),
        "WARNING",
        "MainProcess",
        "redis: connection to redis-notif.internal:6379 reset by peer, reconnecting",
    )
    log.write(at("09:39:10.061"), "INFO", "MainProcess", "Connected to redis://redis-notif.internal:6379/0")


def _relay_gone(log: _Log) -> None:
    """Write the last answers of the relay, the failures that open the breaker, and what the open breaker does."""
    moment = RELAY_GONE
    for number, (error, trace) in enumerate([("greeting", GREETING_TRACE)] + [("refused", REFUSED_TRACE)] * 4, start=1):
        _failed_send(
            log,
            moment,
            "SMTPConnectError(421, b'4.3.2 Service not available')"
            if error == "greeting"
            else "ConnectionRefusedError(111, 'Connection refused')",
            trace,
            log.worker(),
        )
        log.write(
            moment + seconds(0.003),
            "WARNING",
            "MainProcess",
            f"circuit breaker smtp-relay: failure {number} of 5 host={RELAY}:587",
        )
        moment += seconds(log.rng.uniform(1.1, 3.6))
    log.write(
        moment,
        "ERROR",
        "MainProcess",
        f"circuit breaker smtp-relay: closed -> open after 5 consecutive failures, host={RELAY}:587, next probe in {BREAKER_PROBE_SECONDS}s",
    )
    _breaker_open(log, moment)


def _breaker_open(log: _Log, moment: datetime) -> None:
    """Write what the open breaker does: it sends the tasks back, and probes in vain every two minutes."""
    for arrival in arrivals(log.rng, moment, END - seconds(20), lambda _: 0.34):
        task = f"notif.tasks.send_email[{uuid4(log.rng)}]"
        log.write(arrival, "INFO", "MainProcess", f"Task {task} received")
        delay = log.rng.choice((30, 60, 120, 240))
        log.write(
            arrival + seconds(log.rng.uniform(0.002, 0.01)),
            "INFO",
            log.worker(),
            f"Task {task} retry: Retry in {delay}s: CircuitOpenError('smtp-relay')",
        )
    for probe in every(
        moment + seconds(BREAKER_PROBE_SECONDS), END - seconds(20), BREAKER_PROBE_SECONDS + 0.02, log.rng
    ):
        log.write(probe, "INFO", "MainProcess", "circuit breaker smtp-relay: open -> half-open, probing")
        _failed_send(
            log,
            probe + seconds(0.006),
            "ConnectionRefusedError(111, 'Connection refused')",
            REFUSED_TRACE,
            log.worker(),
        )
        log.write(
            probe + seconds(0.012),
            "WARNING",
            "MainProcess",
            "circuit breaker smtp-relay: half-open -> open, probe failed: [Errno 111] Connection refused",
        )


def _failed_send(log: _Log, moment: datetime, error: str, trace: str, worker: str) -> None:
    task = f"notif.tasks.send_email[{uuid4(log.rng)}]"
    log.write(moment, "WARNING", worker, f"Task {task} retry: Retry in 30s: {error}\n{trace}")


def _shutdown(log: _Log) -> None:
    log.write(
        END - seconds(14.2),
        "ERROR",
        "MainProcess",
        f"alert: email queue stalled for {(END - RELAY_GONE).total_seconds() - 14:.0f}s depth=403 relay={RELAY}:587",
    )
    log.add(END, "\nworker: Warm shutdown (MainProcess)")
