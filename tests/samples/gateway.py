"""api-gw: OpenResty with access and error log on one stream, as a container leaves it. Three of four upstreams go down."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

from datetime import datetime

from samples.journal import Journal, arrivals, every
from samples.neighbours import GATEWAY_NGINX, GATEWAY_UPSTREAMS
from samples.story import (
    AUTH_DOWN,
    AUTH_FIRST_DOWN,
    AUTH_POD,
    AUTH_SIBLING,
    CATALOG_PODS,
    DRAINED,
    NOT_READY,
    NOTIF_DOWN,
    NOTIF_POD,
    PAYMENT_DOWN,
    PAYMENT_FIRST_DOWN,
    PAYMENT_POD,
    PAYMENT_SIBLING,
    TRAFFIC_END,
    TRAFFIC_START,
    at,
    seconds,
)
from samples.traffic import Request

NAME = "gw-01"
WORKERS = (31, 32)


class _Log(Journal):
    def access(  # noqa: PLR0917  (the fields of a line, in its order)
        self, moment: datetime, client: str, request: str, status: int, size: int, agent: str, tail: str
    ) -> None:
        self.add(
            moment, f'{client} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "{request}" {status} {size} "{agent}" {tail}'
        )

    def error(self, moment: datetime, level: str, message: str) -> None:
        process = self.rng.choice(WORKERS)
        connection = 88_412 + int(4.3 * (moment - TRAFFIC_START).total_seconds())
        self.add(moment, f"{moment:%Y/%m/%d %H:%M:%S} [{level}] {process}#{process}: *{connection} {message}")

    def notice(self, moment: datetime, level: str, process: int, message: str) -> None:
        self.add(moment, f"{moment:%Y/%m/%d %H:%M:%S} [{level}] {process}#{process}: {message}")

    def health(self, moment: datetime, level: str, message: str) -> None:
        call, line = ("errlog()", 53) if level == "error" else ("warn()", 45)
        self.error(moment, level, f"[lua] healthcheck.lua:{line}: {call}: healthcheck: {message}, context: ngx.timer")


def files(requests: list[Request], seed: int) -> dict[str, str]:
    """Return the files of the incident by name."""
    log = _Log("api-gw", seed)
    _startup(log)
    for request in requests:
        if request.gateway == NAME and request.done < DRAINED:
            _proxied(log, request)
    _probes(log)
    _scanner(log)
    _decoys(log)
    _health_checks(log)
    _not_ready(log)
    return {"gateway.log": log.text(), "nginx.conf": GATEWAY_NGINX, "upstreams.conf": GATEWAY_UPSTREAMS}


def _startup(log: _Log) -> None:
    start = TRAFFIC_START - seconds(3.4)
    log.notice(start, "notice", 1, 'using the "epoll" event method')
    log.notice(start, "notice", 1, "openresty/1.27.1.2")
    log.notice(start, "notice", 1, "OS: Linux 6.12.48")
    log.notice(start, "notice", 1, "getrlimit(RLIMIT_NOFILE): 65536:65536")
    log.notice(start, "notice", 1, "start worker processes")
    for process in WORKERS:
        log.notice(start, "notice", 1, f"start worker process {process}")


def _proxied(log: _Log, request: Request) -> None:
    line = f"{request.method} {request.path} HTTP/2.0"
    if request.fault:
        peer = request.peer
        log.error(
            request.done, "error",
            f"{request.fault}, client: {request.client}, server: api.example.com, "
            f'request: "{line}", upstream: "http://{peer}{request.path}", host: "api.example.com"',
        )  # fmt: skip
    size = log.rng.randint(310, 900) if request.status < 400 else log.rng.randint(62, 140)
    if request.upstream == "catalog_svc" and request.status == 200:
        size = log.rng.randint(1_800, 21_000)
    if request.fault:
        size = 164 if request.status == 502 else 172
    spent = f"{request.seconds:.3f}"
    total = f"{request.seconds + log.rng.choice((0, 0, 0.001)):.3f}"
    tail = f"rid={request.rid} us={request.upstream} ua={request.peer} urt={spent} rt={total}"
    log.access(request.done, request.client, line, request.status, size, request.agent, tail)


def _probes(log: _Log) -> None:
    for moment in every(TRAFFIC_START + seconds(2.2), TRAFFIC_END, 15, log.rng):
        status, size = (200, 3) if moment < NOT_READY else (503, 58)
        log.access(
            moment, "10.20.0.5", "GET /readyz HTTP/1.1", status, size, "lb-probe/2.4", "rid=- us=- ua=- urt=- rt=0.000"
        )


def _scanner(log: _Log) -> None:
    paths = (
        "wp-login.php",
        "wp-admin/setup-config.php",
        ".env",
        ".git/config",
        "phpmyadmin/index.php",
        "vendor/phpunit/src/Util/PHP/eval-stdin.php",
        "xmlrpc.php",
    )
    moment = at("09:28:36.120")
    for path in paths * 2:
        tail = f"rid={log.rng.getrandbits(128):032x} us=- ua=- urt=- rt=0.000"
        log.error(moment, "error", f'open() "/usr/local/openresty/nginx/html/{path}" failed (2: No such file or directory), client: 203.0.113.77, '
                  f'server: api.example.com, request: "GET /{path} HTTP/1.1", host: "198.51.100.1"')  # fmt: skip
        log.access(moment, "203.0.113.77", f"GET /{path} HTTP/1.1", 404, 146, "Mozilla/5.0 zgrab/0.x", tail)
        moment += seconds(log.rng.uniform(0.3, 1.4))


def _decoys(log: _Log) -> None:
    flapping = CATALOG_PODS[2]
    for number, clock in enumerate(("09:25:07.311", "09:25:12.314", "09:25:17.318"), start=1):
        log.health(at(clock), "error", f"failed to receive status line from {flapping}: timeout")
        if number == 3:
            log.health(at(clock), "warn", f"peer {flapping} is turned down after 3 failure(s)")
    log.health(at("09:25:32.330"), "warn", f"peer {flapping} is turned up after 2 success(es)")
    log.error(
        at("09:33:58.004"),
        "error",
        'client intended to send too large body: 12582912 bytes, client: 198.51.100.34, server: api.example.com, request: "POST /api/v1/notifications HTTP/1.1", host: "api.example.com"',
    )
    log.access(
        at("09:33:58.004"),
        "198.51.100.34",
        "POST /api/v1/notifications HTTP/1.1",
        413,
        176,
        "acme-partner/2.3",
        f"rid={log.rng.getrandbits(128):032x} us=- ua=- urt=- rt=0.001",
    )
    for moment in arrivals(log.rng, at("09:36:10"), at("09:36:19"), lambda _: 1.2):
        excess = f"{log.rng.uniform(20, 23):.3f}"
        log.error(
            moment,
            "error",
            f'limiting requests, excess: {excess} by zone "perip", client: 192.0.2.41, server: api.example.com, request: "GET /api/v1/products?page=1&sort=popular HTTP/2.0", host: "api.example.com"',
        )
        log.access(
            moment,
            "192.0.2.41",
            "GET /api/v1/products?page=1&sort=popular HTTP/2.0",
            429,
            162,
            "python-requests/2.32.5",
            f"rid={log.rng.getrandbits(128):032x} us=- ua=- urt=- rt=0.000",
        )
    log.error(
        at("09:39:41.771"),
        "warn",
        'a client request body is buffered to a temporary file /var/cache/openresty/client_temp/0000000142, client: 198.51.100.34, server: api.example.com, request: "POST /api/v1/notifications HTTP/1.1", host: "api.example.com"',
    )


def _health_checks(log: _Log) -> None:
    """Write each upstream's way down: three failed checks, five seconds apart, then the peer is taken out."""
    _turned_down(log, PAYMENT_POD, PAYMENT_FIRST_DOWN, "bad status code from {}: 503")
    _turned_down(log, PAYMENT_SIBLING, PAYMENT_DOWN, "bad status code from {}: 503")
    _turned_down(log, AUTH_POD, AUTH_FIRST_DOWN, "failed to receive status line from {}: timeout")
    _turned_down(log, AUTH_SIBLING, AUTH_DOWN, "failed to receive status line from {}: timeout")
    _turned_down(log, NOTIF_POD, NOTIF_DOWN, "bad status code from {}: 503")
    downs = ((PAYMENT_DOWN, "payment_svc"), (AUTH_DOWN, "auth_svc"), (NOTIF_DOWN, "notif_svc"))
    for down, (moment, upstream) in enumerate(downs, start=1):
        log.error(
            moment,
            "error",
            f"[lua] readiness.lua:52: upstream {upstream} has no live peer, {down} of 4 upstreams down, context: ngx.timer",
        )


def _turned_down(log: _Log, peer: str, down: datetime, message: str) -> None:
    for back in (10, 5, 0):
        moment = down - seconds(back + (0.009 if back == 0 else log.rng.uniform(-0.004, 0.004)))
        log.health(moment, "error", message.format(peer))
    log.health(down - seconds(0.008), "warn", f"peer {peer} is turned down after 3 failure(s)")


def _not_ready(log: _Log) -> None:
    log.error(
        NOT_READY, "crit",
        "[lua] readiness.lua:71: not ready: 3 of 4 upstreams down (payment_svc since 09:42:08, auth_svc since 10:02:41, "
        "notif_svc since 10:04:02), live: catalog_svc, context: ngx.timer",
    )  # fmt: skip
    for moment in every(NOT_READY + seconds(30), TRAFFIC_END, 30, log.rng):
        log.error(moment, "warn", "[lua] readiness.lua:78: still not ready: 3 of 4 upstreams down, context: ngx.timer")
    stop = TRAFFIC_END
    log.notice(stop, "notice", 1, "signal 3 (SIGQUIT) received, shutting down")
    for process in WORKERS:
        log.notice(stop + seconds(0.01), "notice", process, "gracefully shutting down")
    for process in WORKERS:
        log.notice(stop + seconds(4.2), "notice", process, "exiting")
        log.notice(stop + seconds(4.3), "notice", 1, f"worker process {process} exited with code 0")
    log.notice(stop + seconds(4.4), "notice", 1, "exit")
