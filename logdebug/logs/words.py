"""What in a line is a variable by its looks alone: the *key* of a line is its words with those as `*`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import re2

from logdebug.logs.gibberish import is_random
from logdebug.logs.heads import without_names

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["VARIABLE_WORDS", "Words", "as_words", "coarse"]

VARIABLE_WORDS = (
    b"Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    b" true false True False TRUE FALSE null NULL None nil unknown"
).split()
"""Words of dates, and values that a program writes where another time it writes others."""

_MOST_WORDS = 50_000

# Punctuation parts words, every digit is a 0, a newline is the mark between lines.
_MARK = b"\x01"
_NOTHING = b"\x02"
_AS_WORDS = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") if chr(byte) in "\x01\t\r:,;()[]{}\"'<>|" else byte
    for byte in range(256)
).replace(b"\n", _MARK)
_HEX_PAIR = re.compile(rb"[a-fA-F]{2}")
_LEVEL_OF_PROCESS = re.compile(rb"(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)/")
# Host names, mail addresses, programs, paths of Windows. A name that begins with com or org is one of a Java package.
_NAME = re.compile(
    rb"(?!(?:com|org|net|io|edu|java|javax)\.)(?:[\w*-]+\.)+(?:com|net|org|edu|gov|mil|info|biz|local|internal|lan|corp)"
    rb"\.?"
    rb"|(?!(?:com|org|net|io|edu|java|javax)\.)(?:[\w-]+\.){2,}(?:at|au|be|br|ca|ch|cn|cz|de|dk|es|eu|fi|fr|hk|il|in|io"
    rb"|it|jp|kr|mx|nl|no|pl|ru|se|tr|tw|ua|uk|us|za)"
    rb"|[\w.+%-]+@[\w.-]+"
    rb"|[\w.+-]+\.exe"
    rb"|[A-Za-z]\\\S*|\\\\\S+"
)

# Fields whose value is a name by what they are called; quoted ones may have blanks.
_FIELD = re.compile(
    rb"\b(COMMAND=)[^\n]*[^\n ]"  # of sudo, to the line's end; the blank before the mark stays
    rb"|\b((?:[\w.]*[_.-])?(?:user|username|ruser|logname|host|hostname|rhost|node|client|pod|container|containerName"
    rb"|namespace|name|database|db|dbname|application_name|queue|topic|table|bucket|key|file|filename|path|dir|url|uri"
    rb"|addr|address|ip|src|dst|tag|id|pid|tty|group|session|target|device|interface|iface|resourceName|USER|PWD|TTY"
    rb"|SRC|DST|MAC|IN|OUT|ws)=)"
    rb"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,;\"')\]}]+)"
)
# Addresses whose parts need have no digit.
_PAIRS = rb"\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){2}:[0-9a-fA-F:]*"
_ANY_PAIRS, _EACH_PAIRS = re2.compile(_PAIRS), re.compile(_PAIRS)
UNIT = re.compile(
    rb" \* (?:(?:[kKMGTP]i?)?B(?:/s)?|[kmgt]b|[mun\xb5]?s|sec|secs|seconds|min|mins|minutes|hours|milliseconds)(?= )"
)


class Words(dict[bytes, bytes]):
    """Words as they stand in keys: those that hold a variable as `*`; each is looked at once."""

    def __missing__(self, word: bytes) -> bytes:
        """Look at a new word."""
        masked = masked_word(word)
        # Long words with digits are ids, which don't come again.
        if len(self) < _MOST_WORDS and len(word) < (100 if masked is word else 16):
            self[word] = masked
        return masked

    def keys_of(self, lines: Sequence[bytes]) -> list[bytes]:
        """Give the key of each line; a newline within a line stands for a blank."""
        text = b" \n ".join(without_names(line) for line in lines)
        if b"=" in text:
            text = _FIELD.sub(rb"\1\2 0", text)
        if _ANY_PAIRS.search(text):
            text = _EACH_PAIRS.sub(b"0", text)
        words = as_words(text.replace(b" ()", b" " + _NOTHING)).split()
        keys = b" %s " % b" ".join(map(self.__getitem__, words))
        return [key.strip() for key in _short(UNIT.sub(b" *", keys)).split(_MARK)]


def as_words(text: bytes) -> bytes:
    """Give a text with blanks between words, 0 for each digit, and newlines as marks; a field's name ends in `=`."""
    return text.replace(b"=", b"= ").translate(_AS_WORDS)


def masked_word(word: bytes) -> bytes:
    """Give a word, or `*` where it holds a variable."""
    if b"/" in word:
        level = _LEVEL_OF_PROCESS.match(word)
        if level:
            return level[1]
        if word.count(b"/") > 1 or b"." in word:
            return b"*"
    if b"0" in word or word in VARIABLE_WORDS or _HEX_PAIR.fullmatch(word) or _NAME.fullmatch(word):
        return b"*"
    return b"*" if is_random(word) else word


def _short(keys: bytes) -> bytes:
    """Make one of variables in a row: how many numbers a list has tells no templates apart."""
    while b" * * " in keys:
        keys = keys.replace(b" * * ", b" * ")
    return keys


def coarse(key: bytes) -> bytes:
    """Give a key that few templates have, for logs with more templates than are kept."""
    words = key.split(b" ")
    return b"%s ... %d" % (b" ".join(words[:2])[:60], min(len(words), 30))
