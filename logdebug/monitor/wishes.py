"""The monitor's commands, and what is asked for by a line that was typed or by the words of a command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.errors import SettingsError
from logdebug.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["COMMANDS", "Command", "Wish", "command_of", "is_command", "wish_of", "wish_of_line"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Parameters
    ----------
    usage
        What comes after its name.
    says
        What it does.
    options
        The options that it has.
    takes
        Whether it takes an incident: any, one that hasn't ended, or none.
    has_text
        Whether a text comes after the incident.
    needs
        Whether it can't do without an incident.
    """

    usage: str
    says: str
    options: tuple[str, ...] = ()
    takes: str = "none"
    has_text: bool = False
    needs: bool = False


COMMANDS: dict[str, Command] = {
    "ps": Command(
        "[SERVICE|STATE|RUN] [--all] [--json]",
        "list the incidents: state, turns, tokens, cost, age, last step",
        ("--all", "--json"),
        "any",
    ),
    "watch": Command(
        "SERVICE [--start|--end]",
        "show an agent's steps as they come, from the first or the last ones; Ctrl-C leaves it running",
        ("--start", "--end"),
        "any",
        needs=True,
    ),
    "show": Command(
        "SERVICE [--json]", "show its diagnosis, or why there is none", ("--json",), takes="any", needs=True
    ),
    "cancel": Command("SERVICE|all", "end it now; what is finished is kept", takes="open", needs=True),
    "pause": Command("[SERVICE|all]", "hold it up after the step in flight", takes="open"),
    "resume": Command("[SERVICE|all]", "let it go on", takes="open"),
    "directive": Command(
        "SERVICE|all TEXT", "tell its agent something before its next turn", takes="open", has_text=True, needs=True
    ),
    "help": Command("", "this"),
    "quit": Command("", "leave; the runs go on"),
}
"""Every command, in the order in which `help` lists them."""

_SYNONYMS = {"exit": "quit", "?": "help", "-h": "help", "--help": "help", "steer": "directive", "ls": "ps"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Parameters
    ----------
    command
        The command's whole name.
    word
        What stands for an incident; empty where there is nothing.
    text
        Of `directive`: the text.
    options
        The options that were given.
    """

    command: str
    word: str = ""
    text: str = ""
    options: frozenset[str] = frozenset()


def command_of(word: str) -> str:
    """Find the command that a word means: its name, or the beginning of one.

    Raises
    ------
    SettingsError
        Where it means none, or several: with the choices.
    """
    if word in COMMANDS:
        return word
    if word in _SYNONYMS:
        return _SYNONYMS[word]
    found = [name for name in COMMANDS if name.startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    shown = one_line(word)
    if found:
        raise SettingsError(f"{shown!r} may mean {' or '.join(found)}: type more of it", setting=word)
    raise SettingsError(f"no command is called {shown!r}; there are {', '.join(COMMANDS)}", setting=word)


def is_command(word: str) -> bool:
    """Tell whether a word is a command's whole name."""
    return word in COMMANDS or word in _SYNONYMS


def wish_of(words: Sequence[str]) -> Wish:
    """Read the words of a command line, which the shell has taken apart.

    Raises
    ------
    SettingsError
        Where there is no such command or option, or something is missing.
    """
    name, rest = command_of(words[0]), list(words[1:])
    if COMMANDS[name].has_text:
        return _checked(Wish(name, " ".join(rest[:1]), " ".join(rest[1:]).strip()))
    return _with_options(name, rest)


def wish_of_line(line: str) -> Wish:
    """Read a line that was typed. A service with blanks needs quotes before a text, and else may have them.

    Raises
    ------
    SettingsError
        As `wish_of`.
    """
    first, _, rest = line.strip().partition(" ")
    name, rest = command_of(first), rest.strip()
    if not COMMANDS[name].has_text:
        return _with_options(name, rest.split())
    word, _, text = rest[1:].partition(rest[0]) if rest[:1] in {'"', "'"} else rest.partition(" ")
    return _checked(Wish(name, word.strip(), text.strip()))


def _with_options(name: str, words: Iterable[str]) -> Wish:
    given = list(words)
    options = {word for word in given if word.startswith("--")}
    for unknown in sorted(options - set(COMMANDS[name].options)):
        has = ", ".join(COMMANDS[name].options) or "none"
        raise SettingsError(f"{name} has no option {one_line(unknown)}; it has {has}", setting=unknown)
    word = " ".join(word for word in given if word not in options)
    if len(word) > 1 and word[0] == word[-1] and word[0] in {'"', "'"}:
        word = word[1:-1]
    return _checked(Wish(name, word, options=frozenset(options)))


def _checked(wish: Wish) -> Wish:
    command = COMMANDS[wish.command]
    if (command.needs and not wish.word) or (command.has_text and not wish.text):
        raise SettingsError(f"something is missing: {wish.command} {command.usage}", setting=wish.command)
    if wish.word and command.takes == "none":
        raise SettingsError(f"{wish.command} takes nothing after it", setting=wish.command)
    return wish
