"""A model sees whole lines without their secrets, whatever tool it uses and wherever its read begins."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from secret_samples import Maker

from logdebug.agent.grounding import ground
from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.agent.veil import Veil
from logdebug.errors import PatternError
from logdebug.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import WriteCase

    Use = Callable[..., str]

BODY = Maker(7).key_body(20)
LINES = [
    *(f"2026-11-18T09:00:{number:02} INFO request {number} is fine" for number in range(40)),
    "2026-11-18T09:01:00 ERROR login failed password=Hunter22x! for bob@example.com",
    "-----BEGIN RSA PRIVATE KEY-----",
    *BODY,
    "-----END RSA PRIVATE KEY-----",
    "2026-11-18T09:02:00 FATAL cannot connect to postgres://app:s3cr3tword@db-1:5432/shop",
    "2026-11-18T09:02:01 INFO " + "x" * 590 + " api_key=x9Kd83mQpL2vRt7Zw4Yb",
]
SECRETS = ("Hunter22x!", "bob@example.com", "s3cr3tword", "x9Kd83", *BODY)


@pytest.fixture
def reading(case_dir: WriteCase) -> Iterator[Reading]:
    """Open a log with secrets, and a file beside it."""
    with closing(Reading.of(case_dir(LINES, app__conf="DB_PASSWORD=Hunter22x!\nPORT=1\n"))) as opened:
        yield opened


@pytest.fixture
def use(reading: Reading) -> Use:
    """Give a function that calls a tool and gives what it says."""

    def call(name: str, **arguments: Any) -> str:
        return run_tool(ToolCall("1", name, json.dumps(arguments)), reading)[0]

    return call


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("read_lines", {"first": 1}),
        ("read_lines", {"first": 50, "last": 52}),
        ("read_lines", {"first": 63, "last": 63}),
        ("read_lines", {"first": -2}),
        ("search", {"pattern": "password|connect|api_key", "context": 5}),
        ("search", {"pattern": "^", "first_line": 45}),
        ("overview", {}),
        ("read_lines", {"first": 1, "file": "app.conf"}),
    ],
)
def test_no_tool_shows_a_secret(use: Use, name: str, arguments: dict[str, Any]) -> None:
    """Neither a whole secret nor six letters of one are in what a tool gives, cut lines and amid a key included."""
    said = use(name, **arguments)
    assert not any(secret[:6] in said for secret in SECRETS)
    assert "‹secret:" in said


NAMED_ABOVE = {
    "a question": ["Enter password:", "Tr0ub4dor-3xyz!"],
    "json": ["{", '  "password":', '    "Tr0ub4dor-3xyz!",', "}"],
    "yaml": ["stringData:", "  password: |", "    Tr0ub4dor-3xyz!"],
    "a sheet": ["id,username,password", "1,anna,Zx9!kkQw22", "2,bert,Tr0ub4dor-3xyz!"],
}


@pytest.mark.parametrize("lines", NAMED_ABOVE.values(), ids=list(NAMED_ABOVE))
@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("read_lines", {}),
        ("overview", {}),
        ("search", {"pattern": "Tr0ub"}),
        ("search", {"pattern": ".", "context": 0}),
        ("search", {"pattern": "ERROR after", "first_line": 1, "context": 1}),
    ],
    ids=["read", "overview", "guess", "match", "context"],
)
def test_a_secret_that_the_line_above_names_is_hidden_by_itself(
    case_dir: WriteCase, lines: list[str], tool: str, more: dict[str, object]
) -> None:
    """Wherever an answer begins or what it picks out: what tells that a line is a secret is looked at above it."""
    before = ["2026-11-18 09:00:00 INFO start"] * 20
    place = len(before) + 1 + next(n for n, line in enumerate(lines) if "Tr0ub4dor" in line)
    incident = case_dir([*before, *lines[: place - 20], "2026-11-18 09:00:09 ERROR after", *lines[place - 20 :]])
    arguments = {"first": place, "last": place, "first_line": place, "last_line": place + 1, **more}
    with closing(Reading.of(incident)) as reading:
        said, _ = run_tool(ToolCall("1", tool, json.dumps(arguments)), reading)
    assert "Tr0ub" not in said.replace("'Tr0ub'", "")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_a_shell_appended_in_utf16_is_redacted(case_dir: WriteCase, encoding: str) -> None:
    """Words between which NULs stand are words: a secret in them is hidden, and a quote of the line is found."""
    incident = case_dir(["2026-11-22 08:00:00 INFO start"] * 3)
    with incident.log_path.open("ab") as file:
        file.write("2026-11-22 08:00:01 ERROR login password=Hunter22x! failed\r\n".encode(encoding))
    with closing(Reading.of(incident)) as reading:
        for tool in ("read_lines", "search", "overview"):
            said, _ = run_tool(ToolCall("1", tool, '{"first": 1, "pattern": "E.R.R|2026"}'), reading)
            assert "login password=‹secret:password:1› failed" in said, tool
            assert "H u n" not in said
        assert ground("ERROR login password=Hunter22x! failed", file="app.log", line=4, log=reading.log).verified


def test_the_same_secret_is_the_same_in_another_file(use: Use) -> None:
    """A password in the log and in a file beside it has one placeholder, so that a model can tell it is one."""
    assert "password=‹secret:password:1›" in use("search", pattern="login")
    assert "DB_PASSWORD=‹secret:password:1›" in use("read_lines", first=1, file="app.conf")


@pytest.mark.parametrize(
    "pattern", ["Hunter2", "Hunter22x!", "password=H", "s3cr.tword", BODY[3][:9], "bob@", "H(u|v)nter"]
)
def test_a_search_is_no_oracle(use: Use, pattern: str) -> None:
    """A pattern that matches only within a secret finds nothing: it can't be guessed letter by letter."""
    assert "no line matches" in use("search", pattern=pattern)


def test_counts_tell_nothing_of_a_secret(use: Use) -> None:
    """A guess joined to what matches anyway changes no count, whether it is right or wrong."""
    right = use("search", pattern="is fine|password=Hunter22x!").split("\n")[1]
    wrong = use("search", pattern="is fine|password=Wrong").split("\n")[1]
    assert right == wrong == "40 lines match"


def test_a_placeholder_finds_its_secret(use: Use) -> None:
    """In a pattern a placeholder stands for the secret, also where it stands in other words."""
    use("read_lines", first=41, last=41)
    assert "41| " in use("search", pattern="password=‹secret:password:1›")


def test_many_matches_are_counted_up_to_a_bound(case_dir: WriteCase) -> None:
    """Beyond 2,000 visible matches the count says "or more", and the first ones are shown as ever."""
    with closing(Reading.of(case_dir([f"line {number}" for number in range(5_000)]))) as reading:
        found = reading.veil.search("line", context=0, limit=3, ignore_case=True)
        assert (len(found.matches), found.total, found.more) == (3, 2_000, True)
        few = reading.veil.search("line 1[0-9]{2}$", context=0, limit=3, ignore_case=True)
        assert (few.total, few.more) == (100, False)


def test_no_more_context_is_looked_through_than_is_shown(case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long lines around many matches are looked through for secrets once or twice, and not for each match again."""
    seen: list[int] = []
    redact = Redactor.redact
    monkeypatch.setattr(Redactor, "redact", lambda self, text: (seen.append(len(text)), redact(self, text))[1])
    with closing(Reading.of(case_dir([f"line {number} {'x ' * 1_000}" for number in range(60)]))) as reading:
        found = reading.veil.search("line", context=20, limit=60, ignore_case=True)
    assert (1 <= len(found.matches) < 6, found.total) == (True, 60)
    assert sum(seen) < 60 * 2_010 * 5


def test_a_bad_pattern_is_named_as_it_was_given(reading: Reading) -> None:
    """The error of a pattern with a placeholder shows the placeholder, and not what it stands for."""
    reading.veil.lines(41, 41)
    with pytest.raises(PatternError) as caught:
        reading.veil.search("(‹secret:password:1›", context=0, limit=3, ignore_case=True)
    assert "Hunter" not in str(caught.value)


def test_names_of_files_are_redacted_and_understood(case_dir: WriteCase) -> None:
    """A file whose name is a secret is listed by a placeholder, and opened by it."""
    with closing(Reading.of(case_dir(["fine"], bob__smith__key="a=1\n"))) as reading:
        reading.redactor.learn("file:1", "bob.smith.key")
        shown, failed = run_tool(ToolCall("1", "read_lines", '{"first": 1, "file": "‹secret:file:1›"}'), reading)
        assert not failed
        assert "1| a=1" in shown


def test_switched_off_all_is_shown(case_dir: WriteCase) -> None:
    """Without rules a model sees lines as they are."""
    with closing(Reading.of(case_dir(LINES), redactor=Redactor(()))) as reading:
        assert reading.veil.lines(41, 41)[0].text == LINES[40]
        assert reading.veil.search("Hunter2", context=0, limit=3, ignore_case=True).total == 1


def test_a_session_that_goes_on_finds_what_it_must_put_back(reading: Reading) -> None:
    """A placeholder of an earlier process is put back once the line that it is claimed for has been read."""
    before = Redactor()
    before.redact(LINES[40])
    now = Redactor()
    now.recall(before.key, before.digests)
    veil = Veil(reading.log, now)
    assert veil.restored("password=‹secret:password:1› for", near=41) == "password=Hunter22x! for"
    assert Veil(reading.log, now).restored("of ‹secret:email:1›") == "of bob@example.com"
