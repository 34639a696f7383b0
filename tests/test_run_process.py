"""A process is known from its mark: while it is there, when it is gone, and when another has its number."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from logdebug.run.process import Process


def test_this_process_is_there() -> None:
    """The process that runs this is there."""
    here = Process.this()
    assert here.pid == os.getpid()
    assert here.is_there() is True


def test_a_process_that_is_gone() -> None:
    """A process that was killed is gone at once, also before its parent has taken notice."""
    program = "import json, dataclasses; from logdebug.run.process import Process\n"
    program += "print(json.dumps(dataclasses.asdict(Process.this())), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        import json

        assert child.stdout is not None
        mark = Process(**json.loads(child.stdout.readline()))
        assert mark.pid == child.pid
        assert mark.is_there() is True
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie now: nobody has reaped it
        assert mark.is_there() is False
    assert mark.is_there() is False


def test_another_process_with_its_number() -> None:
    """A process that started at another time is another one, whatever its number."""
    assert replace(Process.this(), started="1").is_there() is False


def test_after_a_restart_of_the_machine() -> None:
    """What went on before the machine was started anew is gone."""
    assert replace(Process.this(), boot="another").is_there() is False


def test_elsewhere() -> None:
    """Of a process on another machine, or in another container, nothing is said."""
    assert replace(Process.this(), host="another").is_there() is None
    assert replace(Process.this(), namespace="pid:[1]").is_there() is None


def test_where_there_is_no_proc() -> None:
    """Where the system says nothing but numbers, the number decides."""
    assert replace(Process.this(), started="").is_there() is True
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert replace(Process.this(), pid=child.pid, started="").is_there() is False
