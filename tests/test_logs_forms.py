"""A line's form: what is a value by where it begins and ends, and what isn't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.forms import form_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("WARN Not found: /users/3", "WARN Not found: /search?q=copper&sort=asc"),
        ('INFO scene "Good night" was saved', 'INFO scene "x" was saved'),
        ("INFO job 'sync stock' of shop done", "INFO job 'a' of shop done"),
        ('INFO hook received {"type":"a.b","id":3}', 'INFO hook received {"kind":"x"}'),
        ("ERROR cannot fetch it: connection refused", "ERROR cannot fetch it: read tcp 10.0.0.1:80: i/o timeout"),
        ("ERROR cannot fetch it: EOF", "ERROR cannot fetch it: open /srv/a: no such file or directory"),
        ("ERROR job failed: KeyError('x')", "ERROR job failed: ConnectionResetError(104, 'reset by peer')"),
        ("INFO visit by curl/8.1 ended", "INFO visit by Mozilla/5.0 (X11; Linux) Gecko/2010 Firefox/1.0 ended"),
        ("DEBUG (from app) SELECT 1", "DEBUG (from app) INSERT INTO t (a, b) VALUES (?, ?)"),
        ("INFO done with 200 OK in 3 ms", "INFO done with 404 Not Found in 12 ms"),
        ("INFO items=[] were packed", "INFO items=[a, b c] were packed"),
        ("INFO host=web-a state of disks read", "INFO host=10.1.1.1 state of disks read"),
        ("INFO players online: ann, bob", "INFO players online: ann, bob, eve, joe"),
        ('10.0.0.1 - - [x] "GET /a HTTP/1.1" 200 5', '10.0.0.2 - - [x] "POST /b/c HTTP/1.1" 502 5'),
        (
            '10.0.0.1 - - [01/Mar/2026:12:00:36 +0000] "HEAD /a HTTP/1.1" 200 850 "-" "-"',
            '10.0.0.2 - ann [01/Mar/2026:12:00:16 +0000] "GET /b HTTP/1.1" 404 9 "https://x.com/a" "curl/8.1 (x; y)"',
        ),
        (
            '{"level":"error","msg":"not paid","error":"no card"}',
            '{"level":"error","msg":"not paid","error":"no shop"}',
        ),
        ("INFO link: down -> up by itself", "INFO link: up -> config by itself"),
        ("INFO [SyncJob] done: SyncJob", "INFO [SyncJob] done: 17"),
        (
            'level=info msg="mount failed" id=1 error="no \\"a\\" there"',
            'level=info msg="mount failed" id="x y" error="b c"',
        ),
        ("\tat org.shop.Cart$1.<init>(Cart.java:460)", "  at java.lang.Thread.run(Native Method)"),
        ("12:00:01 E Runtime: \tat a.b.C.run(Unknown Source)", "12:00:07 E Runtime: \tat a.D.c(D.kt:3)"),
        ("app@shop LOG: connected", "[unknown]@[unknown] LOG: connected"),
        ("app@shop STATEMENT:  COMMIT", "app@shop STATEMENT:  select a, b from c where d = 1"),
        ("INFO client=unknown[10.0.0.1] went", "INFO client=mx.example.org[10.0.0.2] went"),
        ("INFO moved u'a b' away", "INFO moved u'c' away"),
        ("INFO mail to Sam O'Neil queued", "INFO mail to Sam Neil queued"),
        ("INFO sent to mirrors=0:[] at last", "INFO sent to mirrors=2:[10.0.0.1:80, 10.0.0.2:80] at last"),
        ("INFO aws.web[0]: created at last", "INFO aws.web: created at last"),
    ],
)
def test_values_are_no_part_of_a_form(one: str, other: str) -> None:
    """Lines that differ in what is a value by its looks have one form."""
    assert form_of(one.encode()) == form_of(other.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            'I0309 17:00:00.000000 1 a.go:1] "SyncLoop ADD" pod="a"',
            'I0309 17:00:00.000000 1 a.go:1] "SyncLoop DELETE" pod="a"',
        ),
        ('DEBUG EVENT {"job":1,"event":"flush_began"}', 'DEBUG EVENT {"job":1,"event":"file_made"}'),
        ("INFO we met at noon(late)", "INFO we met at home(late)"),
        ('level=info msg="started" port=1', 'level=info msg="stopped" port=1'),
        ('INFO "it began"', 'INFO "it ended"'),
        ('INFO event {"id":1,"type":"ContainerStarted"}', 'INFO event {"id":1,"type":"ContainerDied"}'),
        ("INFO sshd[12]: session ended", "INFO cron[12]: session ended"),
        ('api "GET /v2/servers HTTP/1.1" status: 200', 'api "DELETE /v2/servers HTTP/1.1" status: 204'),
        ('{"level":"error","error":"no card"}', '{"level":"error","error":"no shop"}'),
        ('{"level":"info","msg":"x y"}', '{"level":"error","msg":"x y"}'),
        ("INFO we can't go on, it's late", "INFO we can't go off, it's late"),
    ],
)
def test_what_lines_say_is_part_of_a_form(one: str, other: str) -> None:
    """Lines that say different things have different forms, in quotes and bodies too."""
    assert form_of(one.encode()) != form_of(other.encode())


def test_a_name_may_have_colons() -> None:
    """Colons within a name part no words, those after a word do."""
    assert form_of(b"job: Billing::InvoiceJob ended") == (b"job", b":", b"Billing::InvoiceJob", b"ended")


@given(st.binary(max_size=300))
def test_any_bytes_have_a_form(data: bytes) -> None:
    """Whatever bytes a line has, its form is words without blanks."""
    assert all(word and not set(word) & set(b" \t\r\n") for word in form_of(data))
