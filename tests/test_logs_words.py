"""The keys of lines: each line has one, whatever stands beside it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.words import Words

_PARTS = (
    *("COMMAND=", "COMMAND=/usr/bin/apt update", "USER=root ; ", "user=", 'file="a b', "key='x", "host=db-1", "="),
    *(
        "10 ms",
        "5kB",
        "()",
        " ",
        "\t",
        "\r",
        "\x01",
        "\x02",
        "fe80::1:2",
        "00:1b:44:11:3a:b7",
        "a.example.com",
        "INFO/x",
    ),
    *("Started", "failed", "{", "]", "C:\\x", "é", "\ufffd", "0", "*", "<*>", "ann@example.com", "/var/log/x.log"),
)
_LINES = st.lists(st.lists(st.sampled_from(_PARTS), max_size=6).map("".join).map(str.encode), min_size=1, max_size=6)


@given(_LINES)
def test_each_line_has_the_key_that_it_has_alone(lines: list[bytes]) -> None:
    """The keys of many lines at once are those of each by itself."""
    assert Words().keys_of(lines) == [key for line in lines for key in Words().keys_of([line])]


def test_what_sudo_runs_ends_with_its_line() -> None:
    """A command, which goes on to the end of its line, takes nothing of the next one with it."""
    lines = [
        b"sudo: ann : PWD=/home/ann ; USER=root ; COMMAND=/usr/bin/systemctl restart nginx",
        b"systemd: Started nginx",
    ]
    assert Words().keys_of(lines) == [b"sudo ann PWD= * USER= * COMMAND= *", b"systemd Started nginx"]
