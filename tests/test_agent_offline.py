"""Tests of the embedded analyst: its rules, each on a log as small as the rule allows, and the shipped samples."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from logdebug.agent.offline import diagnose
from logdebug.logs import open_log
from logdebug.records import Diagnosis, Incident, Usage

SAMPLES = Path(__file__).parent.parent / "sample_logs"


def diagnosed(place: Path, text: str | bytes, name: str = "service.log") -> Diagnosis:
    """Diagnose a log with this text."""
    data = text if isinstance(text, bytes) else text.encode()
    (place / name).write_bytes(data)
    with open_log(place / name) as log:
        return diagnose(Incident(place, name, "svc"), log)


def healthy(count: int, *, minute: int = 0) -> str:
    """Write healthy traffic, a line a second."""
    return "".join(
        f"2026-11-22T08:{minute + n // 60:02}:{n % 60:02}Z INFO order {n} shipped in {n % 7} ms\n" for n in range(count)
    )


CASES = {
    "wrong setting": ("config_error", "listn", 'nginx: [emerg] unknown directive "listn" in /etc/nginx/nginx.conf:3\n'),
    "port taken": (
        "config_error",
        "8080",
        "2026-11-22 08:00:00 ERROR listen tcp :8080: bind: address already in use\n",
    ),
    "refused": ("dependency_failure", "db1:5432", "ERROR dial tcp db1:5432: connect: connection refused\n"),
    "unreachable": ("network_error", "10.9.0.3", "ERROR connect EHOSTUNREACH 10.9.0.3:80\n"),
    "timed out path": ("network_error", "10.9.0.3", "ERROR dial tcp 10.9.0.3:5432: i/o timeout\n"),
    "unknown host": ("network_error", "db.internal", "ERROR getaddrinfo ENOTFOUND db.internal\n"),
    "slow answer": ("timeout", "read timeout=5", "ERROR Read timed out. (read timeout=5)\n"),
    "full disk, French": ("disk_full", "/srv/out", "cp: /srv/out/a: Aucun espace disponible sur le périphérique\n"),
    "refused, German": ("dependency_failure", "5432", "FEHLER: Port 5432: Verbindungsaufbau abgelehnt\n"),
    "denied, Spanish": ("permission_denied", "/srv/x", "ERROR abrir /srv/x: Permiso denegado\n"),
    "expired certificate": ("config_error", "erp", "ERROR GET https://erp/: x509: certificate has expired\n"),
    "torn archive": ("data_corruption", "a.gz", "gzip: /srv/a.gz: unexpected end of file\n"),
    "kernel killed it": ("oom", "python3", "kernel: Out of memory: Killed process 9 (python3) total-vm:9kB\n"),
    "missing module": ("config_error", "shop", "ModuleNotFoundError: No module named 'shop'\n"),
    "failed test": ("application_bug", "test_vat", "FAILED tests/test_a.py::test_vat - assert 16 == 19\n"),
    "crashed": (
        "crash",
        "signal 11",
        "LOG:  server process (PID 55) was terminated by signal 11: Segmentation fault\n",
    ),
    "heap freed twice": ("crash", "double free", "free(): double free detected in tcache 2\n"),
    "heap overrun": ("crash", "prev_size", "corrupted size vs. prev_size\n"),
    "read-only mount": ("permission_denied", "/srv/x", "ERROR open /srv/x: Read-only file system\n"),
    "evicted for memory": ("oom", "ml-0", "Warning Evicted pod/ml-0 The node was low on resource: memory. was 14Gi\n"),
    "quota of an API": ("dependency_failure", "sheets", "ERROR ResourceExhausted: 429 Quota exceeded for sheets\n"),
    "lock timeout, French": (
        "timeout",
        "verrous",
        "ERREUR: annulation de la requête à cause du délai écoulé pour l'obtention des verrous\n",
    ),
    "line of a configuration": ("config_error", "line 9", "dnsd: bad address at line 9 of /etc/dnsd/lan.conf\n"),
    "JSON with a nested error": (
        "dependency_failure",
        "6379",
        '{"level":50,"msg":"cache","err":{"type":"Error","message":"connect ECONNREFUSED 127.0.0.1:6379"}}\n',
    ),
    "syslog with escaped newline": (
        "dependency_failure",
        "5432",
        'Nov 22 08:44:06 b nightly: pg_dump: server at "db", port 5432 failed: Connection refused#012#011Is it up?\n',
    ),
}


@pytest.mark.parametrize(("category", "says", "text"), CASES.values(), ids=CASES)
def test_one_line_says_it(tmp_path: Path, category: str, says: str, text: str) -> None:
    """One line that states a cause is enough: its category, its object in the sentence, the line as evidence."""
    found = diagnosed(tmp_path, healthy(30) + text)
    assert (found.status, found.category) == ("diagnosed", category)
    assert says in found.root_cause
    assert [quote.line for quote in found.evidence] == [31]
    assert found.severity in ("critical", "high")


HEALTHY = {
    "zero counters": "INFO check=oom error_count=0 failures=0 fatal=false\nINFO done: 0 errors, no failures\n",
    "deprecations": "WARN DeprecationWarning: utcnow() is deprecated and will be removed\n",
    "a table named error_log": 'LOG:  automatic vacuum of table "shop.public.error_log": index scans: 0\n',
    "passed tests": "test_timeout_error PASSED\ntest tests::panics - should panic ... ok\n",
    "bots": '10.0.0.9 - - [22/Nov/2026:08:00:00 +0000] "GET /wp-login.php HTTP/1.1" 404 9 "-" "fatal panic: bot"\n',
    "a client's text": '10.0.0.9 - - [22/Nov/2026:08:00:00 +0000] "GET /?q=OutOfMemoryError HTTP/1.1" 200 9 "-" "x"\n',
    "a missing favicon": '2026/11/22 08:00:00 [error] 2#2: *1 open() "/srv/favicon.ico" failed (2: No such file or '
    'directory), client: 10.0.0.9, server: , request: "GET /favicon.ico HTTP/1.1", host: "a"\n',
    "a retry that worked": "WARN db: connection refused, retrying in 1 s\nINFO db: connection re-established\n",
    "a requested stop": "INFO received SIGTERM, shutting down\nINFO worker exited with code 0\n",
    "greylisting": "postfix/smtp[9]: 4A1: to=<a@b.example>, status=deferred (host mx.b.example said: 450 4.2.0 "
    "Greylisted, please try again)\n",
    "tests that are meant to fail": "ERROR pay:test_pay.py:5 card declined (simulated)\nXFAIL test_pay.py::test_zero\n"
    "====== 4 passed, 1 xfailed in 0.03s ======\n",
    "a client's bad parameter": "2026-11-22T08:00:31Z WARN invalid parameter limit=-1, answered 400\n",
    "an optional package": "-- Could NOT find Doxygen (missing: DOXYGEN_EXECUTABLE)\n",
    "a module from elsewhere": "kernel: wl: module verification failed: signature and/or required key missing - "
    "tainting kernel\n",
    "a hook's debug output": "2026-11-22T08:00:31Z INFO ready\n  DEBUG: unhandled exception in hook\n",
    "a client's bad body": '{"level":30,"res":{"statusCode":400},"err":{"type":"BodyError","message":"Body is no JSON",'
    '"stack":"BodyError: Body is no JSON\\n    at parse (/srv/a.js:3:1)"},"msg":"refused"}\n',
    "tests of error paths": "ERROR gateway exploded\nRuntimeError: gateway exploded\nRan 23 tests in 0.412s\n\n"
    "OK (skipped=1, expected failures=1)\n",
    "a scanner at a Rails server": "F, [2026-11-22T08:00:31.1 #7] FATAL -- : [3284]   \n"
    '[3284] ActionController::RoutingError (No route matches [GET] "/wp-login.php"):\n[3284]   \n',
    "text of a Rails client": 'I, [2026-11-22T08:00:31.1 #7]  INFO -- : [3284]   Parameters: {"why"=>"fatal panic"}\n',
    "strangers who speak no TLS": "2026/11/22 08:00:31 http: TLS handshake error from 203.0.113.9:51294: EOF\n",
    "names that alarm": "INFO 127.0.0.1 mail.corp.example. A IN NOERROR\nINFO car 7 at Panic Lane 4\n",
    "a link that was back at once": "ERROR db: connection refused by db-1:5432\nINFO db: reconnected to db-1:5432\n",
    "one client that connects again": "2026-11-22T08:00:31: Client pump-1 already connected, closing old connection.\n",
    "strangers at the door": "sshd[7]: Invalid user admin from 203.0.113.9 port 40000\n",
}


@pytest.mark.parametrize("text", HEALTHY.values(), ids=HEALTHY)
def test_alarming_words_are_no_failure(tmp_path: Path, text: str) -> None:
    """Words that look bad in a healthy log raise no alarm."""
    found = diagnosed(tmp_path, healthy(30) + text + healthy(30, minute=2))
    assert (found.status, found.category, found.severity) == ("no_errors_found", "unknown", "low")
    assert found.evidence == ()


def test_evidence_stands_where_it_says(tmp_path: Path) -> None:
    """Each quote is marked verified and is what the file holds at its bytes."""
    text = healthy(5) + "2026-11-22T08:00:05Z ERROR käse: write /srv/a: no space left on device\n"
    found = diagnosed(tmp_path, text)
    assert found.grounded
    for quote in found.evidence:
        assert quote.verified
        assert quote.file == "service.log"
        assert text.encode()[quote.byte_start : quote.byte_end].decode() == quote.quote
    assert found.log_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert found.usage.cost_usd == 0.0
    assert found.usage.seconds > 0


def test_same_log_same_diagnosis(tmp_path: Path) -> None:
    """Two readings of a log differ in nothing but the time they took."""
    text = healthy(50) + "ERROR a: connection refused\nERROR b: timed out\nFATAL giving up after 3 attempts\n"
    first, second = (replace(diagnosed(tmp_path, text), usage=Usage()) for _ in range(2))
    assert first == second


def test_a_log_without_a_reason_is_inconclusive(tmp_path: Path) -> None:
    """A process that was killed, by nobody knows whom, is no diagnosis; the report says that the reason isn't there."""
    found = diagnosed(
        tmp_path, healthy(10) + "systemd[1]: app.service: Main process exited, code=killed, status=9/KILL\n"
    )
    assert found.status == "inconclusive"
    assert "does not say why" in found.root_cause
    assert found.confidence < 0.5
    assert found.evidence


def test_an_empty_log_is_inconclusive(tmp_path: Path) -> None:
    """An empty log tells neither of a failure nor of health."""
    found = diagnosed(tmp_path, "")
    assert (found.status, found.evidence, found.timeline) == ("inconclusive", (), ())
    assert "empty" in found.root_cause


def test_the_earliest_cause_explains_what_follows(tmp_path: Path) -> None:
    """A dependency that refuses is the cause; the exceptions, breaker and pool trouble after it are what followed."""
    found = diagnosed(
        tmp_path,
        healthy(40)
        + "2026-11-22T08:01:00Z ERROR orders: dial tcp 10.0.0.5:5432: connect: connection refused\n"
        + "2026-11-22T08:01:01Z ERROR orders: NullPointerException: row is null\n"
        + "2026-11-22T08:01:02Z ERROR orders: circuit breaker open for db\n"
        + "2026-11-22T08:01:03Z FATAL orders: giving up\n",
    )
    assert found.category == "dependency_failure"
    assert found.evidence[0].line == 41
    followed = [event.line for event in found.timeline if event.event.startswith("Followed by")]
    assert followed == [42, 43, 44]


def test_a_cause_on_the_spot_goes_before_the_network(tmp_path: Path) -> None:
    """A full disk explains the refused connections, though these are noticed first and more often."""
    found = diagnosed(
        tmp_path,
        "".join(f"ERROR replica {n}: connection refused\n" for n in range(5))
        + "PANIC: could not write to file: No space left on device\n",
    )
    assert (found.category, found.severity) == ("disk_full", "critical")
    assert found.evidence[0].line == 6


def test_what_was_skipped_is_ruled_out(tmp_path: Path) -> None:
    """A bad input that was skipped is no cause of a job that failed for something else, and the report says so."""
    found = diagnosed(
        tmp_path,
        "WARN part-7.parquet: Parquet magic bytes not found, skipping file\n"
        + healthy(30)
        + "ERROR load: Permission denied\n",
    )
    assert found.category == "permission_denied"
    assert "Ruled out: line 1 " in found.recommendation


def test_an_earlier_trouble_that_passed_is_not_the_cause(tmp_path: Path) -> None:
    """Of two bursts with healthy traffic between them, the last one is the incident."""
    early = "2026-11-22T07:00:00Z WARN cache: connection refused\n2026-11-22T07:00:01Z INFO cache: reconnected\n"
    found = diagnosed(tmp_path, early + healthy(200) + "2026-11-22T08:59:00Z ERROR quota: Disk quota exceeded\n")
    assert found.category == "disk_full"


def test_the_deepest_caused_by_is_quoted(tmp_path: Path) -> None:
    """Of a Java trace, the innermost cause is the cause, and the line of it is cited."""
    found = diagnosed(
        tmp_path,
        "2026-11-22 08:00:00 ERROR App : Application run failed\n"
        "org.springframework.beans.factory.BeanCreationException: Error creating bean 'db'\n"
        "\tat org.springframework.Factory.make(Factory.java:1)\n"
        "Caused by: com.shop.DbException: cannot open\n"
        "\tat com.shop.Db.open(Db.java:10)\n"
        "Caused by: java.net.ConnectException: Connection refused\n"
        "\t... 2 more\n",
    )
    assert found.category == "dependency_failure"
    assert found.evidence[0].line == 6


def test_the_first_of_a_python_chain_is_quoted(tmp_path: Path) -> None:
    """Of a Python chain, the exception raised first is the cause; the sentence names the program's own frame."""
    found = diagnosed(
        tmp_path,
        "2026-11-22 08:00:00 ERROR sync failed\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/venv/lib/python3.11/site-packages/urllib3/connection.py", line 198, in _new_conn\n'
        "    sock = connect()\n"
        "socket.gaierror: [Errno -2] Name or service not known\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/sync.py", line 9, in pull\n'
        "    get(URL)\n"
        "requests.exceptions.ConnectionError: https://erp.corp.example/api: Max retries exceeded\n",
    )
    assert found.category == "network_error"
    assert found.evidence[0].line == 5
    assert "pull (/srv/app/sync.py:9)" in found.root_cause
    assert "erp.corp.example" in found.root_cause


def test_a_named_sick_service_is_no_network_trouble(tmp_path: Path) -> None:
    """A timeout to a service whose circuit breaker opened is that service's failure; without, it is the network's."""
    timeout = "ERROR mail: connect to relay.internal:25: connection timed out\n"
    assert diagnosed(tmp_path, timeout).category == "network_error"
    assert diagnosed(tmp_path, timeout + "WARN circuit breaker opened for relay\n").category == "dependency_failure"


def test_failed_upstreams_are_named_in_their_order(tmp_path: Path) -> None:
    """A cascade is told with the upstreams in the order in which they failed."""
    lines = [f"ERROR upstream {name}: connect: connection refused\n" for name in ("pay-svc", "auth-svc", "mail-svc")]
    assert "starting with pay-svc, then auth-svc, mail-svc" in diagnosed(tmp_path, "".join(lines)).root_cause


def test_only_the_status_of_a_request_counts(tmp_path: Path) -> None:
    """Requests answered 502 without end are a failed dependency; a stray one among thousands is nothing."""
    good = '10.0.0.1 - - [22/Nov/2026:08:00:00 +0000] "GET /a HTTP/1.1" 200 9 "-" "x"\n'
    bad = good.replace(" 200 ", " 502 ")
    assert diagnosed(tmp_path, good * 900 + bad * 50).category == "dependency_failure"
    assert diagnosed(tmp_path, good * 450 + bad + good * 450).status == "no_errors_found"


def test_a_large_log_is_diagnosed_like_a_small_one(tmp_path: Path) -> None:
    """The cause is found in the midst of a large log, compressed or not, with its lines and its last time."""
    burst = "".join(
        f"2026-11-22T09:00:{n:02}Z ERROR order {n} failed: write /srv/db: no space left on device\n" for n in range(60)
    )
    text = "2026-11-22T07:59:00Z INFO start\n" + healthy(3000) + burst
    found = diagnosed(tmp_path, text)
    assert (found.category, found.evidence[0].line) == ("disk_full", 3002)
    assert "60 times, lines 3002 to 3061" in found.root_cause
    packed = diagnosed(tmp_path, gzip.compress(text.encode()), "service.log.gz")
    assert packed.evidence[0].line == 3002
    assert packed.root_cause == found.root_cause


def test_a_large_log_is_told_apart_by_the_upstreams_that_failed(tmp_path: Path) -> None:
    """Lines that differ by the name of an upstream alone are one template, and still each name is told, in order."""
    text = healthy(2000)
    for minute, name in ((40, "payment_svc"), (42, "auth_svc"), (44, "notif_svc")):
        text += f"2026-11-22T08:{minute}:00Z ERROR upstream {name} has no live peer, context: ngx.timer\n"
        text += healthy(100, minute=minute)
    made = diagnosed(tmp_path, text)
    assert "starting with payment_svc, then auth_svc, notif_svc" in made.root_cause
    assert [quote.line for quote in made.evidence if quote.verified][:2] == [2001, 2102]


def test_colours_and_other_encodings_are_read(tmp_path: Path) -> None:
    """Terminal colours don't hide a failure, nor do bytes that are no UTF-8."""
    found = diagnosed(tmp_path, b"\x1b[31mERROR\x1b[0m Ger\xe4t: kein \x1b[1mSpeicherplatz\x1b[0m mehr verf\xfcgbar\n")
    assert found.category == "disk_full"
    assert found.evidence[0].verified
    assert "\x1b" not in found.root_cause + found.evidence[0].quote


def test_the_timeline_is_in_order_and_bounded(tmp_path: Path) -> None:
    """A timeline has three to ten events in the order of their lines, with times in UTC."""
    lines = [
        f"2026-11-22T09:{n:02}:00+01:00 ERROR part {n}: error {chr(97 + n)} of a kind of its own\n" for n in range(26)
    ]
    found = diagnosed(tmp_path, healthy(20) + "2026-11-22T08:00:30Z ERROR ECONNREFUSED 10.0.0.1:1\n" + "".join(lines))
    numbers = [event.line for event in found.timeline]
    assert 3 <= len(numbers) <= 10
    assert numbers == sorted(numbers)
    assert all(
        event.timestamp is not None and event.timestamp.utcoffset().total_seconds() == 0 for event in found.timeline
    )


@pytest.mark.parametrize(
    ("service", "category", "says"),
    [
        ("payment-svc", "network_error", "5432"),
        ("auth-svc", "oom", "Java heap space"),
        ("notif-worker", "dependency_failure", "smtp-relay"),
        ("etl-daily", "disk_full", "No space left on device"),
        ("api-gw", "dependency_failure", "payment"),
    ],
)
def test_samples(service: str, category: str, says: str) -> None:
    """The shipped samples are diagnosed right, each with verified evidence and a story."""
    (path,) = (SAMPLES / service).glob("*.log")
    with open_log(path) as log:
        found = diagnose(Incident(path.parent, path.name, service), log)
    assert (found.status, found.category) == ("diagnosed", category)
    assert says in found.root_cause
    assert all(quote.verified for quote in found.evidence)
    assert 3 <= len(found.timeline) <= 10
    assert found.recommendation


def test_a_source_line_shown_above_an_error_is_no_statement(tmp_path: Path) -> None:
    """Of what Node prints of an uncaught error, the `Error:` line is quoted, not the source line that throws it."""
    text = (
        "/srv/cart/cart.js:7\nif (!item.price) throw new Error('failed: invalid item');\n                 ^\n\n"
        "Error: item 4711 has no price\n    at add (/srv/cart/cart.js:7:23)\n    at node:internal/main:1:1\n\n"
        "Node.js v20.1.0\n"
    )
    found = diagnosed(tmp_path, '{"level":30,"msg":"item 4711 added"}\n' + text)
    assert (found.status, found.category) == ("diagnosed", "application_bug")
    assert "item 4711 has no price, in add (/srv/cart/cart.js:7)" in found.root_cause
    assert found.evidence[0].line == 6


def test_an_exception_of_ones_own_is_quoted_by_its_name(tmp_path: Path) -> None:
    """A Python exception whose class isn't called Error is still the statement, and not the head of its traceback."""
    text = (
        "Traceback (most recent call last):\n"
        '  File "/srv/stock/main.py", line 9, in reserve\n'
        "    raise SoldOut(sku)\n"
        "stock.SoldOut: A-7\n"
    )
    found = diagnosed(tmp_path, healthy(3) + text)
    assert "stock.SoldOut: A-7, in reserve (/srv/stock/main.py:9)" in found.root_cause


UNLEVELLED = "fontcache: unable to stat /usr/share/fonts/x (No such file or directory)\n"


def test_a_lone_complaint_that_the_log_outlives_is_survived(tmp_path: Path) -> None:
    """A line without a level that complains once, with hundreds of normal lines after it, is no incident."""
    found = diagnosed(tmp_path, healthy(500) + UNLEVELLED + healthy(900, minute=9))
    assert found.status == "no_errors_found"


@pytest.mark.parametrize("end", ["", "installer: aborting\n", "exit status 1\n"])
def test_a_lone_complaint_at_the_end_is_the_failure(tmp_path: Path, end: str) -> None:
    """The same line is the failure where the log ends with it, or with the program's end."""
    found = diagnosed(tmp_path, healthy(500) + UNLEVELLED + end)
    assert found.status == "diagnosed"
    assert "fontcache" in found.root_cause


def test_a_rare_error_is_no_lone_complaint(tmp_path: Path) -> None:
    """What has the level of an error stays an incident, however long the log goes on."""
    text = "2026-11-22T08:09:00Z ERROR ledger: java.lang.IllegalStateException: entry 7 booked twice\n"
    assert diagnosed(tmp_path, healthy(500) + text + healthy(900, minute=9)).status == "diagnosed"


def test_a_sentence_leaves_out_what_tells_nothing(tmp_path: Path) -> None:
    """Who asked, empty fields, loggers' names and ids are not in the sentence; upstream and file are."""
    nginx = (
        "2026/11/22 08:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, "
        'client: 203.0.113.9, server: , request: "GET / HTTP/1.1", upstream: "http://10.0.0.4:9000/", host: "a"\n'
    )
    said = diagnosed(tmp_path, nginx).root_cause
    assert "http://10.0.0.4:9000/" in said
    assert not any(noise in said for noise in ("203.0.113.9", "server:", "GET /"))
    tomcat = (
        "2026-11-22 08:00:00.000 ERROR 1 --- [exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet] : Servlet.service() threw "
        "java.lang.OutOfMemoryError: Java heap space\n"
    )
    assert "o.a.c.c" not in diagnosed(tmp_path, tomcat).root_cause


def test_a_sentence_is_never_longer_than_a_page_shows(tmp_path: Path) -> None:
    """A statement of any length gives a sentence of at most 400 characters that still ends with the line."""
    found = diagnosed(tmp_path, "ERROR open /srv/x: permission denied " + "while reading row 7 " * 90 + "\n")
    assert len(found.root_cause) <= 400
    assert found.root_cause.endswith("(line 1).")


def test_a_database_error_is_told_with_its_statement(tmp_path: Path) -> None:
    """The statement that PostgreSQL logs after an error is in the sentence."""
    text = (
        "2026-11-22 08:00:00.100 UTC [9] a@b ERROR:  canceling statement due to statement timeout\n"
        "2026-11-22 08:00:00.100 UTC [9] a@b STATEMENT:  select sum(x) from parcels\n"
    )
    assert "select sum(x) from parcels" in diagnosed(tmp_path, text).root_cause


def test_a_kill_without_a_killer_is_inconclusive(tmp_path: Path) -> None:
    """A shell's word that a process was killed, and its status 137, don't say by whom or why."""
    text = "run.sh: line 3:   88 Killed       ./render\nrun.sh: render ended with status 137\nrun.sh: giving up\n"
    found = diagnosed(tmp_path, healthy(9) + text)
    assert found.status == "inconclusive"
    assert "Killed" in found.root_cause or "137" in found.root_cause


def test_a_log_that_ends_on_something_slow_is_inconclusive(tmp_path: Path) -> None:
    """Last words of something that takes too long leave open what came of it."""
    found = diagnosed(tmp_path, healthy(9) + "2026-11-22T08:01:00Z WARNING report 23: still waiting (30 s so far)\n")
    assert found.status == "inconclusive"
    assert "report 23" in found.root_cause


_TOLD = "bridge: cannot decode frame: checksum of block differs"


@pytest.mark.parametrize("level", ["", "INFO ", "WARN "], ids=["at no level", "as information", "as a warning"])
def test_what_is_said_again_and_again_to_the_end_is_a_failure(tmp_path: Path, level: str) -> None:
    """A program that logs its failures at no level, or a mild one, is believed where it says so to the log's end."""
    times = 30
    lines = [f"2026-11-22T09:{n:02}:00Z {level}{_TOLD} {n}\n" for n in range(times)]
    found = diagnosed(tmp_path, healthy(60) + "".join(lines))
    assert (found.status, found.category) == ("diagnosed", "data_corruption")
    assert found.evidence[0].line == 61
    mentioned = diagnosed(tmp_path, healthy(60) + "".join(lines[:2]) + healthy(60, minute=10))
    assert mentioned.status == "no_errors_found"


@pytest.mark.parametrize("count", [60, 3000], ids=["small", "large"])
def test_what_is_said_again_and_again_is_seen_in_a_log_of_any_size(tmp_path: Path, count: int) -> None:
    """Words of failure at no level are looked up in a large log, too."""
    lines = [f"2026-11-22T09:{n % 60:02}:00Z {_TOLD} {n}\n" for n in range(count // 10 + 20)]
    assert diagnosed(tmp_path, healthy(count) + "".join(lines)).category == "data_corruption"


def test_what_a_program_writes_before_it_ends_is_what_it_ended_of(tmp_path: Path) -> None:
    """Text without a time, below a harmless line and above an exit status, is quoted as the cause."""
    text = (
        healthy(30) + "calc: cannot open locale: no such module\n  called from main\nforecast.service: exit status 1\n"
    )
    found = diagnosed(tmp_path, text)
    assert found.evidence[0].line == 31
    assert (found.status, found.category) == ("diagnosed", "config_error")


def test_the_line_above_the_head_of_a_stack_trace_is_quoted(tmp_path: Path) -> None:
    """An interpreter's complaint in no telling words is known by the stack trace below it."""
    text = healthy(30) + "calc: rules:4: '}' not closed near 'imap'\nstack traceback:\n\trules:4: in main\nstatus=1\n"
    assert diagnosed(tmp_path, text).evidence[0].line == 31


def test_an_exception_goes_before_what_could_not_be_loaded(tmp_path: Path) -> None:
    """The exception above "unable to load app" is the cause, not that."""
    text = (
        healthy(5) + "Traceback (most recent call last):\n"
        '  File "/srv/app/settings.py", line 3, in <module>\n    THEME = DATA["print"]\nKeyError: \'print\'\n'
        "unable to load app 0 (mountpoint='') (callable not found or import error)\n"
        "*** no app loaded. going in full dynamic mode ***\n"
    )
    found = diagnosed(tmp_path, text)
    assert "KeyError: 'print'" in found.root_cause


def test_a_trouble_at_the_start_is_over_where_other_errors_go_on_to_the_end(tmp_path: Path) -> None:
    """A link that was refused while the service started is not the cause of what fails hours later."""
    start = "2026-11-22T08:00:00Z ERROR bus: connection refused, attempt 1\n" * 3
    end = "".join(f"2026-11-22T09:{n:02}:00Z ERROR payment {n}: no valid route\n" for n in range(40))
    found = diagnosed(tmp_path, start + healthy(300) + end)
    assert found.evidence[0].line == 304
    assert found.category == "config_error"


def test_what_tests_print_that_pass_is_no_failure(tmp_path: Path) -> None:
    """The console's output of a test of an error path, in a run in which all tests pass, raises no alarm."""
    text = (
        "PASS src/parse.test.js\n  ● Console\n\n    console.error\n      parser error: unexpected token\n\n"
        "Test Suites: 1 passed, 1 total\nTests:       11 passed, 11 total\n"
    )
    assert diagnosed(tmp_path, text).status == "no_errors_found"


def test_a_message_below_a_head_without_one_is_read(tmp_path: Path) -> None:
    """A failure whose message stands indented below a line of time and place is quoted by its message."""
    text = "".join(
        f"[2026/11/22 09:{n:02}:00.1,  0] ../../source3/smbd/service.c:169(connect)\n"
        "  connect: no valid path for service team: cannot open config /srv/tream\n"
        for n in range(20)
    )
    found = diagnosed(tmp_path, text)
    assert (found.status, found.category, found.evidence[0].line) == ("diagnosed", "config_error", 2)


def test_what_only_tells_by_its_number_is_no_failure_once(tmp_path: Path) -> None:
    """Two clients that throw each other out, again and again, are a failure; one that came back was none."""
    lines = "".join(
        f"2026-11-22T09:{n:02}:00: Client pump-1 already connected, closing old connection.\n" for n in range(12)
    )
    found = diagnosed(tmp_path, healthy(30) + lines)
    assert (found.status, found.category, found.evidence[0].line) == ("diagnosed", "config_error", 31)


def test_what_a_tool_prints_below_a_scripts_line_is_read(tmp_path: Path) -> None:
    """A tool's complaint without time below a script's harmless line is the cause, whatever else is said to be fine."""
    text = "".join(
        f"2026-11-22 02:1{n}:01 nightly[7]: dump {n}: 0 bytes\nenc: 07AD: SKIPPED\nenc: encryption failed: no key\n"
        for n in range(9)
    )
    found = diagnosed(tmp_path, healthy(30) + text)
    assert "encryption failed" in found.root_cause
    assert found.evidence[0].line == 33


def test_a_fatal_word_above_a_crash_report_is_the_cause(tmp_path: Path) -> None:
    """What a process says as it gives up goes before the report of its crash, which only says that it did."""
    text = (
        "2026-11-22 09:00:01.1+00:00 [critical] <0.207.0>@store:init/0:84 Node name mismatch: owned by chat@localhost\n"
        "2026-11-22 09:00:01.2+00:00 [error] <0.207.0>@proc_lib:crash_report/4:539 CRASH REPORT:\n"
        "  crasher:\n    initial call: store:init/1\n    exception exit: {badmatch,{error,nodename}}\n"
    )
    found = diagnosed(tmp_path, healthy(30) + text)
    assert (found.category, found.evidence[0].line) == ("config_error", 31)


def test_a_deadlock_does_not_pass_by_itself(tmp_path: Path) -> None:
    """A deadlock that a thread dump shows once is the cause of what is refused from then on."""
    refused = "".join(f"2026-11-22T09:{n % 60:02}:00Z ERROR transfer {n} refused: queue is full\n" for n in range(300))
    found = diagnosed(tmp_path, healthy(30) + "Found one Java-level deadlock:\n=======\n" + refused)
    assert (found.status, found.category) == ("diagnosed", "application_bug")


def test_a_cause_in_a_field_of_its_own_is_read(tmp_path: Path) -> None:
    """A JSON line's traceback tells the cause whatever common name its field has."""
    trace = 'Traceback (most recent call last):\n  File "a.py", line 9, in put\nbotocore.errorfactory.NoSuchBucket: x'
    for field in ("exc", "exc_text", "stacktrace", "traceback"):
        text = json.dumps({"lvl": "ERROR", "msg": "could not store segment", field: trace}) + "\n"
        assert diagnosed(tmp_path, healthy(30) + text).category == "config_error"


def test_an_exception_that_is_logged_as_a_warning_is_named(tmp_path: Path) -> None:
    """Of a job's failures at mild levels, the line that names the exception is the cause."""
    text = "".join(
        f"2026-11-22T09:{n:02}:00Z tid=1w {said}\n"
        for n in range(20)
        for said in ("INFO: fail", "WARN: MailError: no recipient left")
    )
    found = diagnosed(tmp_path, healthy(30) + text)
    assert (found.status, found.evidence[0].line) == ("diagnosed", 32)


def test_warnings_now_and_then_are_no_failure(tmp_path: Path) -> None:
    """Warnings with which a program goes on are none, though a signature knows them; as many as lines of work are."""
    warning = "2026-11-22T08:00:31Z WARN page 7: connection refused by parts:80\n"
    text = "".join(healthy(40, minute=minute) + warning for minute in range(4)) + healthy(20, minute=9)
    assert diagnosed(tmp_path, text).status == "no_errors_found"
    dense = "".join(healthy(4, minute=minute) + warning for minute in range(12)) + healthy(2, minute=20)
    assert diagnosed(tmp_path, dense).status == "diagnosed"


def test_strangers_are_a_failure_where_they_are_many(tmp_path: Path) -> None:
    """Handshakes that fail as often as the service does its work are those of its clients."""
    lines = "".join(
        f"2026/11/22 09:{n:02}:31 http: TLS handshake error from 10.0.0.9:5{n}: remote error: tls: bad certificate\n"
        for n in range(40)
    )
    assert diagnosed(tmp_path, healthy(60) + lines).status == "diagnosed"


def test_clients_that_are_refused_are_no_failure(tmp_path: Path) -> None:
    """What a service answers with 4xx, and says so as information, is no failure of its own, however often."""
    line = '{"level":"info","message":"client error handled","err":"unexpected end of JSON","status":400}\n'
    assert diagnosed(tmp_path, (healthy(3) + line) * 20).status == "no_errors_found"


def test_a_last_word_takes_back_no_lasting_harm(tmp_path: Path) -> None:
    """A job that ends with 0 all the same has failed where it says that data is damaged."""
    text = healthy(30) + "ERROR segment 7: checksum mismatch, data is corrupt\nnightly exit code 0\n"
    assert diagnosed(tmp_path, text).status == "diagnosed"


def test_a_last_word_takes_back_what_was_overcome(tmp_path: Path) -> None:
    """Errors of tasks are no failure of a job that says at its end that it ended with 0."""
    text = (
        healthy(30) + "ERROR task 3: partner answered 503, put back\n" + healthy(9, minute=3) + "nightly exit code 0\n"
    )
    assert diagnosed(tmp_path, text).status == "no_errors_found"


@pytest.mark.parametrize("end", ["Job succeeded", "build finished: SUCCESS", "[INFO] BUILD SUCCESS"])
def test_a_job_that_ends_well_has_not_failed(tmp_path: Path, end: str) -> None:
    """What a job printed on the way is no failure of it where its log ends with its success."""
    printed = "limiter_test.go:43: recovered: panic: assignment to entry in nil map\nok  \tcorp/limiter\t0.280s\n"
    text = healthy(30) + printed + f"ERROR upload: access denied for cache\n{end}\n"
    assert diagnosed(tmp_path, text).status == "no_errors_found"


def test_a_job_that_ends_well_takes_back_nothing_of_another(tmp_path: Path) -> None:
    """In the log of a service with many jobs, that one succeeded says nothing of one that failed."""
    failed = "2026-11-22T09:00:00Z ERROR job mail failed: connection refused by mx-1:25\n" * 9
    text = "2026-11-22T08:30:00Z INFO job feed succeeded\n" + failed + "2026-11-22T09:30:00Z INFO job feed succeeded\n"
    assert diagnosed(tmp_path, healthy(30) + text).status == "diagnosed"


def test_a_job_that_ends_well_takes_back_no_lasting_harm(tmp_path: Path) -> None:
    """That a job succeeded, as its log says at its end, doesn't make a full disk free."""
    text = healthy(30) + "ERROR cache: no space left on device\nJob succeeded\n"
    assert diagnosed(tmp_path, text).category == "disk_full"


def test_a_job_that_exits_with_zero_had_no_certain_failure(tmp_path: Path) -> None:
    """A backup whose lock was taken, and that ended well later, did; one message of many that says ok ends nothing."""
    taken = "Failed to create/acquire the lock /backup/files/lock.exclusive (timeout).\n"
    assert (
        diagnosed(tmp_path, healthy(30) + taken + healthy(9, minute=3) + "backup.sh ok\n").status == "no_errors_found"
    )
    beat = healthy(30) + taken + healthy(9, minute=3) + "2026-11-22T09:00:00Z INFO heartbeat ok\n"
    assert diagnosed(tmp_path, beat).status == "diagnosed"
    many = "".join(f"2026-11-22T09:00:{n:02}Z INFO purge of image {n} ok\n" for n in range(30))
    assert diagnosed(tmp_path, healthy(30) + taken + many).status == "diagnosed"


def test_work_that_goes_on_long_after_a_few_errors_tells_that_they_did_no_harm(tmp_path: Path) -> None:
    """Errors that end well before the log does, in the same work as before, are no failure; what stops the work is."""
    error = "2026-11-22T08:00:41Z ERROR dial tcp parts:80: connect: connection refused\n" * 3
    found = diagnosed(tmp_path, healthy(40) + error + healthy(40, minute=1))
    assert (found.status, found.confidence) == ("no_errors_found", 0.5)
    assert "connection refused: the work went on as before for 40 lines" in found.root_cause
    other = "".join(f"2026-11-22T08:02:{n:02}Z INFO waiting for work, {n} s\n" for n in range(40))
    assert diagnosed(tmp_path, healthy(40) + error + other).status == "diagnosed"


@pytest.mark.parametrize(
    "error",
    [
        "2026-11-22T08:00:41Z ERROR dial tcp parts:80: connect: connection refused\n" * 60,
        "2026-11-22T08:00:41Z ERROR segment 7: checksum mismatch, data is corrupt\n",
    ],
)
def test_work_that_goes_on_takes_back_no_outage_and_no_damage(tmp_path: Path, error: str) -> None:
    """Many errors, or lasting harm, are a failure though the work went on after it, in a log of any size."""
    assert diagnosed(tmp_path, healthy(60) + error + healthy(60, minute=1)).status == "diagnosed"
    assert diagnosed(tmp_path, healthy(1500) + error + healthy(1500, minute=26)).status == "diagnosed"


def test_a_job_that_came_through_later_has_not_failed(tmp_path: Path) -> None:
    """An exception whose job is done at a later attempt is none; one whose job never is, is the failure."""
    failed = "".join(
        f"2026-11-22T08:01:{n:02}Z ERROR task job-77{n}: unhandled exception\n  PartnerBusy: answered 503\n"
        for n in range(9)
    )
    done = "".join(f"2026-11-22T08:02:{n:02}Z INFO task job-77{n} executed in 0.2 s\n" for n in range(9))
    assert diagnosed(tmp_path, healthy(30) + failed + done).status == "no_errors_found"
    assert diagnosed(tmp_path, healthy(30) + failed + done.replace("77", "88")).status == "diagnosed"


def test_attempts_of_which_none_was_the_last_are_no_failure(tmp_path: Path) -> None:
    """A first try of four that failed says that it was tried again; a fourth one that it wasn't."""
    tries = "".join(
        f"2026-11-22T08:01:{n:02}Z WARN gate {n}: try 1 of 4 failed: Connection refused\n" for n in range(20)
    )
    assert diagnosed(tmp_path, healthy(30) + tries + healthy(5, minute=2)).status == "no_errors_found"
    assert diagnosed(tmp_path, healthy(30) + tries.replace("1 of", "4 of")).status == "diagnosed"


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("permission_denied", "subscriber billing: policy violation on subject meter.hourly"),
        ("config_error", "payment 4711: no settlement route configured"),
        ("data_corruption", "batch 7: digest mismatch in block 9"),
        ("timeout", "worker 3 stalled, no heartbeat"),
    ],
)
def test_words_that_no_signature_knows_tell_a_kind(tmp_path: Path, category: str, said: str) -> None:
    """An error that no signature knows is of the kind whose known failures are said in such words."""
    assert diagnosed(tmp_path, healthy(20) + f"2026-11-22T08:01:00Z ERROR {said}\n" * 3).category == category
