"""Lines that belong together are one record: stack traces of every language, and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log
from logdebug.logs.traces import root_of_trace

if TYPE_CHECKING:
    from pathlib import Path

JAVA = """2026-11-22 08:00:01,000 ERROR [main] c.a.Shop - order failed
java.lang.IllegalStateException: no stock
\tat com.acme.Shop.order(Shop.java:12)
\tat com.acme.Shop.main(Shop.java:3)
Caused by: java.sql.SQLException: connection closed
\tat org.h2.Driver.query(Driver.java:99)
\t... 12 more"""
PYTHON = """2026-11-22 08:00:01,000 ERROR shop: order failed
Traceback (most recent call last):
  File "/srv/shop.py", line 3, in order
    return prices[item]
           ~~~~~~^^^^^^
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/shop.py", line 5, in order
    raise OrderError("x") from None
shop.OrderError: x"""
GO = """2026/11/22 08:00:01 http: panic serving 127.0.0.1:5: assignment to entry in nil map
goroutine 7 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1898 +0xbe
panic({0x6a, 0x7f})
\t/usr/local/go/src/runtime/panic.go:770 +0x132
main.(*limiter).allow(...)
\t/srv/main.go:21
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3285 +0x4b4"""
RUST = """thread 'sampler' (39) panicked at agent.rs:3:134:
called `Result::unwrap()` on an `Err` value: ParseFloatError { kind: Invalid }
stack backtrace:
   0: rust_begin_unwind
   1: core::panicking::panic_fmt
note: run with `RUST_BACKTRACE=full` for a verbose backtrace"""
NODE = """2026-11-22T08:00:01.000Z error: unhandled
TypeError: Cannot read properties of undefined (reading 'city')
    at cityOf (/srv/app.js:10:20)
    at Layer.handle (/srv/node_modules/express/lib/router/layer.js:95:5) {
  code: 'E1'
}"""
CSHARP = """2026-11-22 08:00:01.000 fail: Shop[0] request failed
System.InvalidOperationException: no stock
 ---> System.Data.SqlException: connection closed
   at Shop.Db.Query(String q) in /src/Db.cs:line 9
   --- End of inner exception stack trace ---
   at Shop.Program.Main() in /src/Program.cs:line 3"""
SUPPRESSED = """2026-11-22 08:00:01,000 ERROR [main] c.a.Shop - order failed
java.io.IOException: close failed
\tat com.acme.Shop.order(Shop.java:12)
\tSuppressed: java.net.SocketException: broken pipe
\t\tat com.acme.Pool.close(Pool.java:7)
\t\t... 2 common frames omitted
Caused by: java.lang.NullPointerException
\tat com.acme.Shop.cart(Shop.java:3)
\t... 1 more"""
GROUP = """2026-11-22 08:00:01,000 ERROR shop: order failed
  + Exception Group Traceback (most recent call last):
  |   File "/srv/shop.py", line 9, in main
  |     async with asyncio.TaskGroup() as group:
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/shop.py", line 4, in order
    |     raise ValueError("x")
    | ValueError: x
    +---------------- 2 ----------------
    | KeyError: 'y'
    +------------------------------------"""
NODE_CAUSE = """2026-11-22T08:00:01.000Z error: unhandled
Error: order failed
    at order (/srv/app.js:10:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {
  [cause]: Error: connect ECONNREFUSED 127.0.0.1:5432
      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {
    errno: -111,
    code: 'ECONNREFUSED'
  }
}"""
CSHARP_INNER = """2026-11-22 08:00:01.000 fail: Shop[0] request failed
System.AggregateException: One or more errors occurred. (no stock) (no cart)
 ---> System.InvalidOperationException: no stock
   at Shop.Db.Query(String q) in /src/Db.cs:line 9
   --- End of inner exception stack trace ---
   at Shop.Program.Main() in /src/Program.cs:line 3
 ---> (Inner Exception #1) System.ArgumentException: no cart
   at Shop.Cart.Get() in /src/Cart.cs:line 4<---"""
GO_NIL = """2026/11/22 08:00:01 panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x49c3b2]

goroutine 1 [running]:
main.order(...)
\t/srv/main.go:19
main.main()
\t/srv/main.go:7 +0x12

goroutine 18 [chan receive]:
main.worker(0xc000012345)
\t/srv/main.go:31 +0x45
created by main.main in goroutine 1
\t/srv/main.go:5 +0x99
exit status 2"""
CORE = """2026-11-22 08:00:01,000 ERROR systemd-coredump[77]: Process 42 (shop) of user 1000 dumped core.

    Stack trace of thread 42:
    #0  0x00007f1c2a raise (libc.so.6 + 0x38ce1)
    #1  0x00007f1c2b abort (libc.so.6 + 0x22537)
    ELF object binary architecture: AMD x86-64"""
PLAIN = """2026-11-22 08:00:02,000 INFO next
2026-11-22 08:00:03,000 INFO after"""
TRACES = {
    "java, suppressed": SUPPRESSED,
    "python, a group": GROUP,
    "node, a cause": NODE_CAUSE,
    "csharp, inner ones": CSHARP_INNER,
    "go, a nil pointer": GO_NIL,
    "a core dump": CORE,
    "java": JAVA,
    "python": PYTHON,
    "go": GO,
    "rust": RUST,
    "node": NODE,
    "csharp": CSHARP,
}


@pytest.mark.parametrize("language", TRACES)
def test_a_trace_is_one_record_with_its_head_line(tmp_path: Path, language: str) -> None:
    """The first line, its trace with everything chained to it, and nothing of the next event are one record."""
    trace = TRACES[language]
    size = trace.count("\n") + 1
    path = tmp_path / "app.log"
    path.write_text(f"2026-11-22 08:00:00,000 INFO before\n{trace}\n{PLAIN}" + "\n")
    with open_log(path) as log:
        records = list(log.records())
    assert [(record.first_line, record.last_line) for record in records] == [
        (1, 1),
        (2, size + 1),
        (size + 2, size + 2),
        (size + 3, size + 3),
    ]
    assert records[1].text == trace
    assert records[1].level in ("error", "fatal") or language == "go"
    assert records[0].level == records[2].level == "info"


def test_the_head_of_a_dead_jvm_is_one_record(tmp_path: Path) -> None:
    """What a JVM prints as it dies, every line of it marked, is one fatal record, and not part of the line above."""
    head = """#
# A fatal error has been detected by the Java Runtime Environment:
#
#  SIGSEGV (0xb) at pc=0x00007f8e3c1a2b3c, pid=1, tid=23
#
# JRE version: OpenJDK Runtime Environment (21.0.5+11) (build 21.0.5+11-LTS)
# Problematic frame:
# C  [libshop.so+0x1b3c]  shop_order+0x2c
#
# Core dump will be written. Default location: /srv/core.1
#"""
    path = tmp_path / "app.log"
    path.write_text(f"2026-11-22 08:00:00,000 INFO before\n{head}\n{PLAIN}\n")
    with open_log(path) as log:
        records = list(log.records())
    assert [(record.first_line, record.last_line) for record in records] == [(1, 1), (2, 12), (13, 13), (14, 14)]
    assert records[1].level == "fatal"


def test_a_log_without_times_has_a_record_a_line(tmp_path: Path) -> None:
    """Where nothing tells that lines go on, each is a record of its own, indented ones aside."""
    path = tmp_path / "make.log"
    path.write_text("cc -c a.c\ncc -c b.c\n  note: in b.c\nmake: *** [all] Error 1\n")
    with open_log(path) as log:
        assert [(record.first_line, record.last_line) for record in log.records()] == [(1, 1), (2, 3), (4, 4)]


def test_json_lines_are_records_of_their_own(tmp_path: Path) -> None:
    """Two JSON lines are two records with time, level and message."""
    path = tmp_path / "app.log"
    path.write_text('{"level":30,"time":1795336975123,"msg":"a"}\n{"level":50,"time":1795336975124,"msg":"b"}\n')
    with open_log(path) as log:
        records = list(log.records())
    assert [(record.level, record.message) for record in records] == [("info", "a"), ("error", "b")]
    assert all(record.timestamp for record in records)


def test_a_range_of_records_begins_where_it_is_told(tmp_path: Path) -> None:
    """Records of a range cover just its lines."""
    path = tmp_path / "app.log"
    path.write_text(f"{JAVA}\n{PLAIN}")
    with open_log(path) as log:
        assert [(record.first_line, record.last_line) for record in log.records(3, 8)] == [(3, 7), (8, 8)]


def test_a_huge_record_is_cut_but_its_end_is_kept(tmp_path: Path) -> None:
    """A record's text is bounded; its last lines, where the cause stands, are in it."""
    path = tmp_path / "app.log"
    frames = "".join(f"\tat com.acme.Deep.call{number}(Deep.java:{number}){' ' * 60}x\n" for number in range(1900))
    path.write_text(
        f"2026-11-22 08:00:01 ERROR x\njava.lang.StackOverflowError: x\n{frames}Caused by: java.io.IOException: y\n"
    )
    with open_log(path) as log:
        (record,) = log.records()
    assert record.last_line == 1903
    assert len(record.text) < 100_000
    assert record.text.endswith("Caused by: java.io.IOException: y")


@pytest.mark.parametrize(("language", "root"), [("java", "Caused by: java.sql"), ("python", "KeyError: 'x'")])
def test_the_root_of_a_trace_is_its_innermost_cause(language: str, root: str) -> None:
    """Java's last `Caused by`, and the first exception of a Python chain, are the root."""
    place = root_of_trace(TRACES[language])
    assert place is not None
    assert TRACES[language].split("\n")[place].startswith(root)
