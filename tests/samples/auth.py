"""auth-svc: Spring Boot with GC lines in its stdout. An unbounded session cache fills the heap until it is exhausted."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

from datetime import datetime

from samples.journal import Journal, arrivals, every, iso, latency_seconds
from samples.neighbours import AUTH_APPLICATION, AUTH_JVM_OPTIONS
from samples.story import AUTH_POD, GC_TROUBLE, HEAP_FULL, TRAFFIC_START, at, seconds
from samples.traces import ALLOCATIONS, ENTITLEMENTS_TRACE, JWKS_TRACE, SPRING_TRACE
from samples.traffic import Request

STARTED = at("09:12:03.118")  # this morning's roll-out of 2.14.0
LIVE_AT_START_MB, HEAP_MB, FULL_MB = 74, 512, 503
KILLED = at("10:04:41.220")


class _Log(Journal):
    collections = 0

    def write(self, moment: datetime, level: str, thread: str, logger: str, message: str) -> None:
        self.add(moment, f"{iso(moment)} {level:>5} 7 --- [auth-svc] [{thread[-15:]:>15}] {logger:<40} : {message}")

    def jvm(self, moment: datetime, tags: str, message: str) -> None:
        self.add(moment, f"[{iso(moment)[:-1]}+0000][info][{tags}] {message}")

    def collect(self, moment: datetime, kind: str, before: float, after: float, pause_ms: float) -> None:
        text = f"GC({self.collections}) Pause {kind} {before:.0f}M->{after:.0f}M({HEAP_MB}M) {pause_ms:.3f}ms"
        self.jvm(moment, "gc", text)
        self.collections += 1


def files(requests: list[Request], seed: int) -> dict[str, str]:
    """Return the files of the incident by name."""
    log = _Log("auth-svc", seed)
    _startup(log, STARTED)
    logins = [request.done for request in requests if request.peer == AUTH_POD and _opens_session(request)]
    for request in requests:
        if request.peer == AUTH_POD:
            _request(log, request)
    _background(log, logins)
    _garbage(log, logins)
    _decoys(log)
    _heap_exhausted(log)
    _restart(log)
    return {"auth-svc.log": log.text(), "application.yml": AUTH_APPLICATION, "jvm.options": AUTH_JVM_OPTIONS}


def _opens_session(request: Request) -> bool:
    return request.path == "/api/v1/login" and request.status == 200


def _live_mb(logins: list[datetime], moment: datetime) -> float:
    """Return what the session cache and the rest hold: every login adds the same, none is ever taken out."""
    opened = sum(1 for login in logins if login <= moment)
    total = sum(1 for login in logins if login <= HEAP_FULL)
    return LIVE_AT_START_MB + (FULL_MB - 9 - LIVE_AT_START_MB) * opened / total


def _startup(log: _Log, start: datetime) -> None:
    log.jvm(start - seconds(2.611), "gc,init", "Version: 21.0.9+10-LTS (release)")
    log.jvm(start - seconds(2.610), "gc,init", "CPUs: 4 total, 2 available")
    log.jvm(start - seconds(2.610), "gc,init", "Heap Max Capacity: 512M")
    log.jvm(start - seconds(2.609), "gc", "Using G1")
    boot = "c.example.auth.AuthServiceApplication"
    log.write(
        start,
        "INFO",
        "main",
        boot,
        "Starting AuthServiceApplication v2.14.0 using Java 21.0.9 with PID 7 (/app/auth-svc.jar started by app in /app)",
    )
    log.write(start + seconds(0.004), "INFO", "main", boot, 'The following 1 profile is active: "prod"')
    log.write(
        start + seconds(5.913),
        "INFO",
        "main",
        "o.s.b.w.embedded.tomcat.TomcatWebServer",
        "Tomcat initialized with port 8080 (http)",
    )
    log.write(
        start + seconds(7.206), "INFO", "main", "com.zaxxer.hikari.HikariDataSource", "HikariPool-1 - Starting..."
    )
    log.write(
        start + seconds(7.731), "INFO", "main", "com.zaxxer.hikari.HikariDataSource", "HikariPool-1 - Start completed."
    )
    log.write(start + seconds(9.388), "WARN", "main", "JpaBaseConfiguration$JpaWebConfiguration",
              "spring.jpa.open-in-view is enabled by default. Therefore, database queries may be performed during view rendering.")  # fmt: skip
    log.write(
        start + seconds(10.140),
        "INFO",
        "main",
        "c.e.auth.session.SessionCache",
        "session cache v2: ttl=PT12H maximumSize=unbounded storeEntitlements=true",
    )


def _request(log: _Log, request: Request) -> None:
    if request.status >= 500:
        return  # it never got as far as the line that logs it
    thread = f"nio-8080-exec-{log.rng.randint(1, 40)}"
    where, spent = f"rid={request.rid}", f"{request.seconds * 1000 - 1:.0f}ms"
    login, done = "c.e.auth.login.LoginController", request.done
    if request.path.endswith("refresh"):
        level, verb = ("INFO", "token refreshed") if request.status == 200 else ("WARN", "refresh token rejected")
        log.write(done, level, thread, "c.e.auth.token.TokenController", f"{verb} user={request.user} {where} {spent}")
    elif request.status == 200:
        log.write(
            done,
            "INFO",
            thread,
            login,
            f"login ok user={request.user} method={log.rng.choice(('password', 'password', 'passkey'))} {where} {spent}",
        )
    elif request.status == 401:
        log.write(
            done, "WARN", thread, login, f"login failed user={request.user} reason=bad_credentials {where} {spent}"
        )
    else:
        log.write(
            done,
            "WARN",
            thread,
            "c.e.auth.login.LoginThrottle",
            f"too many attempts user={request.user} client={request.client} {where}",
        )


def _background(log: _Log, logins: list[datetime]) -> None:
    average = 1024 * (_live_mb(logins, HEAP_FULL) - LIVE_AT_START_MB) / sum(1 for login in logins if login <= HEAP_FULL)
    for moment in every(TRAFFIC_START + seconds(8.9), HEAP_FULL, 60, log.rng):
        entries, live = sum(1 for login in logins if login <= moment), _live_mb(logins, moment)
        log.write(moment, "INFO", "scheduling-1", "c.e.auth.session.SessionCache",
                  f"stats entries={entries} evictions=0 avgEntry={average if entries else 0:.0f}K hitRate=0.9{log.rng.randint(1, 8)} heapUsed={live + 12:.0f}M heapMax={HEAP_MB}M")  # fmt: skip
    for moment in every(at("09:17:31.040"), HEAP_FULL, 300, log.rng):
        log.write(
            moment, "INFO", "scheduling-1", "com.example.auth.keys.JwksRefresher", "jwks refreshed keys=3 errors=0"
        )


def _garbage(log: _Log, logins: list[datetime]) -> None:
    """Write the collections: first small and far apart, at last full ones, one on the other's heels."""
    moment = STARTED + seconds(1.7)
    while moment < HEAP_FULL - seconds(11):
        live = _live_mb(logins, moment)
        room = FULL_MB - live
        if moment < GC_TROUBLE or room > 120:
            before = min(FULL_MB, live + max(20.0, room * 0.72))
            kind = "Young (Normal) (G1 Evacuation Pause)"
            log.collect(
                moment, kind, before, live + log.rng.uniform(2, 9), latency_seconds(log.rng, 4 + live / 24, 0.2)
            )
            moment += seconds(room / log.rng.uniform(11.0, 16.0))
        elif room > 50:
            log.collect(
                moment,
                "Young (Prepare Mixed) (G1 Evacuation Pause)",
                live + room * 0.9,
                live + room * 0.3,
                latency_seconds(log.rng, 95, 0.25),
            )
            log.collect(
                moment + seconds(1.4),
                "Young (Mixed) (G1 Evacuation Pause)",
                live + room * 0.9,
                live + 11,
                latency_seconds(log.rng, 160, 0.25),
            )
            moment += seconds(log.rng.uniform(5, 8))
        else:
            _full_collection(log, moment, live + room * 0.96, live)
            moment += seconds(log.rng.uniform(2.2, 5.0) + room / 14)


def _full_collection(log: _Log, moment: datetime, before: float, after: float) -> None:
    log.collect(
        moment,
        "Young (Normal) (G1 Evacuation Pause) (Evacuation Failure: Allocation)",
        before,
        before - 1,
        latency_seconds(log.rng, 120, 0.2),
    )
    pause_ms = latency_seconds(log.rng, 900 + 42 * max(0.0, after - 455), 0.12)
    log.collect(moment + seconds(0.13 + pause_ms / 1000), "Full (G1 Compaction Pause)", before, after, pause_ms)


def _decoys(log: _Log) -> None:
    log.write(
        at("09:22:31.204"),
        "ERROR",
        "scheduling-1",
        "com.example.auth.keys.JwksRefresher",
        "jwks refresh failed, keeping 3 cached keys\n" + JWKS_TRACE,
    )
    log.write(
        at("09:22:41.388"),
        "INFO",
        "scheduling-1",
        "com.example.auth.keys.JwksRefresher",
        "jwks refreshed keys=3 errors=0 (retry 1)",
    )
    log.write(
        at("09:29:12.770"),
        "WARN",
        "nio-8080-exec-4",
        "o.h.engine.jdbc.spi.SqlExceptionHelper",
        "SQL Error: 0, SQLState: 40P01",
    )
    log.write(
        at("09:29:12.771"),
        "WARN",
        "nio-8080-exec-4",
        "c.e.auth.login.LoginService",
        "last_login update retried after deadlock, attempt=2 ok",
    )
    log.write(
        at("09:35:50.013"),
        "WARN",
        "nio-8080-exec-17",
        "c.e.auth.token.LegacyTokenFilter",
        "client partner-acme uses the deprecated v1 token format, removal planned for 3.0",
    )


def _heap_exhausted(log: _Log) -> None:
    _pause_train(log, HEAP_FULL - seconds(5.6), HEAP_FULL, 1.1)
    log.add(
        HEAP_FULL,
        "java.lang.OutOfMemoryError: Java heap space\nDumping heap to /var/lib/auth-svc/dumps/java_pid7.hprof ...",
    )
    log.add(HEAP_FULL + seconds(6.412), "Heap dump file created [541906114 bytes in 6.411 secs]")
    _pause_train(log, HEAP_FULL + seconds(7.7), KILLED + seconds(24), 2.6)
    for moment in arrivals(log.rng, HEAP_FULL + seconds(6.42), KILLED, lambda _: 0.11):
        _failed_login(log, moment)
    for moment, stall in (
        (at("10:01:52.340"), "46s117ms"),
        (at("10:02:51.904"), "59s558ms"),
        (at("10:03:56.021"), "1m4s112ms"),
    ):
        log.write(
            moment,
            "WARN",
            "l-1:housekeeper",
            "com.zaxxer.hikari.pool.HikariPool",
            f"HikariPool-1 - Thread starvation or clock leap detected (housekeeper delta={stall}).",
        )
    scheduler = "o.s.s.s.TaskUtils$LoggingErrorHandler"
    log.write(
        at("10:02:09.447"),
        "ERROR",
        "scheduling-1",
        scheduler,
        "Unexpected error occurred in scheduled task\n\njava.lang.OutOfMemoryError: Java heap space",
    )
    log.add(
        at("10:02:30.115"),
        'Exception: java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread "http-nio-8080-Poller"',
    )
    for moment in every(at("10:02:14.600"), KILLED, 20, log.rng):
        log.write(
            moment,
            "WARN",
            "nio-8080-exec-2",
            "o.s.b.a.health.HealthEndpointSupport",
            f"Health contributor session-cache (com.example.auth.session.SessionCacheHealth) took {log.rng.randint(10_400, 19_900)}ms to respond",
        )


def _pause_train(log: _Log, start: datetime, end: datetime, gap_seconds: float) -> None:
    moment = start
    while moment < end:
        pause_ms = latency_seconds(log.rng, 2600, 0.1)
        log.collect(moment, "Full (G1 Compaction Pause)", FULL_MB, FULL_MB - log.rng.randint(0, 2), pause_ms)
        moment += seconds(pause_ms / 1000 + log.rng.uniform(0.2, gap_seconds))


def _failed_login(log: _Log, moment: datetime) -> None:
    thread = f"nio-8080-exec-{log.rng.randint(1, 40)}"
    allocation = log.rng.choice(ALLOCATIONS)
    log.write(
        moment, "ERROR", thread, "o.a.c.c.C.[.[.[/].[dispatcherServlet]",
        "Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception "
        "[Handler dispatch failed: java.lang.OutOfMemoryError: Java heap space] with root cause\n\n"
        f"jakarta.servlet.ServletException: Handler dispatch failed: java.lang.OutOfMemoryError: Java heap space\n{SPRING_TRACE}\n"
        f"Caused by: java.lang.OutOfMemoryError: Java heap space\n{allocation}\n{ENTITLEMENTS_TRACE}\n\t... 31 common frames omitted",
    )  # fmt: skip


def _restart(log: _Log) -> None:
    """Write what the orchestrator does after six failed liveness probes."""
    log.add(KILLED, "[entrypoint] received SIGTERM, forwarding to java (pid 7)")
    graceful = "o.s.b.w.e.tomcat.GracefulShutdown"
    log.write(
        KILLED + seconds(1.9),
        "INFO",
        "ionShutdownHook",
        graceful,
        "Commencing graceful shutdown. Waiting for active requests to complete",
    )
    log.write(
        KILLED + seconds(23.4),
        "INFO",
        "tomcat-shutdown",
        graceful,
        "Graceful shutdown aborted with one or more requests still active",
    )
    log.write(
        KILLED + seconds(25.2),
        "INFO",
        "ionShutdownHook",
        "com.zaxxer.hikari.HikariDataSource",
        "HikariPool-1 - Shutdown initiated...",
    )
    log.add(KILLED + seconds(27.7), "[entrypoint] java exited with status 143")
    log.collections = 0
    _startup(log, at("10:05:31.090"))
