"""What is typed means one command or is refused, and a shell's words mean the same as a typed line."""

from __future__ import annotations

import shlex

import pytest

from logdebug.errors import SettingsError
from logdebug.monitor.wishes import COMMANDS, Wish, command_of, wish_of, wish_of_line


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_by_its_beginning(name: str) -> None:
    """The whole name means the command, and so does the shortest beginning that no other has."""
    assert command_of(name) == name
    for length in range(1, len(name)):
        alike = [other for other in COMMANDS if other.startswith(name[:length])]
        if len(alike) == 1:
            assert command_of(name[:length]) == name
        else:
            with pytest.raises(SettingsError, match=" or ".join(alike)):
                command_of(name[:length])


def test_no_such_command() -> None:
    """A word that begins no command is refused with the commands there are, and can't act on the terminal."""
    with pytest.raises(SettingsError, match="there are ps, watch") as refused:
        command_of("dance\x1b[2J")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("ps", Wish("ps")),
        ("  ps   --all  ", Wish("ps", options=frozenset({"--all"}))),
        ("ps failed --json", Wish("ps", "failed", options=frozenset({"--json"}))),
        ("w pay --start", Wish("watch", "pay", options=frozenset({"--start"}))),
        ("c two words", Wish("cancel", "two words")),
        ("c 'two words'", Wish("cancel", "two words")),
        ("pause", Wish("pause")),
        ("d pay don't trust the cache", Wish("directive", "pay", "don't trust the cache")),
        ('d "two words" look at --json', Wish("directive", "two words", "look at --json")),
        ("steer pay look", Wish("directive", "pay", "look")),
        ("exit", Wish("quit")),
        ("?", Wish("help")),
    ],
)
def test_a_typed_line(line: str, wish: Wish) -> None:
    """A line is taken apart without a shell's rules: an apostrophe in a text is one."""
    assert wish_of_line(line) == wish


@pytest.mark.parametrize("line", ["ps --all", "watch pay --start", "cancel 'two words'", "d 'two words' look there"])
def test_a_shells_words(line: str) -> None:
    """The words of a command line mean what the line would."""
    assert wish_of(shlex.split(line)) == wish_of_line(line)


@pytest.mark.parametrize("line", ["watch", "show", "cancel", "directive", "directive pay", 'd "two words"'])
def test_something_is_missing(line: str) -> None:
    """A command without what it needs is refused with how it is used."""
    with pytest.raises(SettingsError, match=r"something is missing: .* SERVICE"):
        wish_of_line(line)


@pytest.mark.parametrize("line", ["ps --dance", "cancel pay --start", "help me", "quit now"])
def test_something_is_too_much(line: str) -> None:
    """An option that a command doesn't have is refused, and so is a word after one that takes none."""
    with pytest.raises(SettingsError, match=r"no option|takes nothing"):
        wish_of_line(line)
