"""A log with some of its lines hidden, for an analyst that is to do without them; the file itself is never touched.

What is hidden reads as blanks: line numbers, byte offsets and the file's hash are those of the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from logdebug.agent.workspace import Workspace
from logdebug.logs import Log
from logdebug.logs.source import BLOCK_BYTES, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from logdebug.logs import SignatureSet

__all__ = ["MaskedSource", "MaskedWorkspace", "Span"]

Span = tuple[int, int]
"""The bytes [start, end) of a file's uncompressed text."""

_SHOWN = re.compile(rb"[^\n]")


class MaskedSource(Source):
    """The text of a log with some bytes blanked, for whatever reads a source.

    Parameters
    ----------
    whole
        The log's source; closed with this one.
    hidden
        What is blanked, one not overlapping another; newlines stay.
    """

    def __init__(self, whole: Source, hidden: Iterable[Span]) -> None:
        # Not the constructor of a source with a file of its own. It is not plain: what is plain is read past us.
        self._whole = whole
        self._hidden = sorted(hidden)
        self._ends = [end for _, end in self._hidden]
        self.name = whole.name
        self.compression = whole.compression
        self.is_plain = False
        self.stored_bytes = whole.stored_bytes
        self.modified_seconds = whole.modified_seconds
        self._fd = whole.descriptor
        self._stops = 0

    @property
    def text_bytes(self) -> int | None:  # type: ignore[override]  # it is that of the whole
        """Bytes of text, as far as is known yet."""
        return self._whole.text_bytes

    @property
    def damage(self) -> str:  # type: ignore[override]  # it is that of the whole
        """What cut the text short."""
        return self._whole.damage

    def read(self, start: int, size: int) -> bytes:
        """Give `size` bytes of text from byte `start` on, what is hidden as blanks."""
        return self._masked(start, self._whole.read(start, size))

    def blocks(self, start: int = 0, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
        """Give the text from byte `start` on as (offset, block), as the whole does."""
        for offset, block in self._whole.blocks(start, size):
            yield offset, self._masked(offset, block)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """Give the text from byte `start` on, in pieces."""
        for piece in self._whole.pieces(start):
            yield self._masked(start, piece)
            start += len(piece)

    def _masked(self, offset: int, data: bytes) -> bytes:
        masked: bytearray | None = None
        for start, end in self._hidden[bisect_right(self._ends, offset) :]:
            first, last = max(start - offset, 0), min(end - offset, len(data))
            if first >= len(data):
                break
            masked = bytearray(data) if masked is None else masked
            masked[first:last] = _SHOWN.sub(b" ", data[first:last])
        return data if masked is None else bytes(masked)

    def sha256(self) -> str:
        """Give the SHA-256 of the file as it is."""
        return self._whole.sha256()

    def stop(self) -> None:
        """Make every running read raise `LogInterrupted` at its next block."""
        self._stops += 1
        self._whole.stop()

    def close(self) -> None:
        """Close the file."""
        self._fd = -1
        self._whole.close()


class MaskedWorkspace(Workspace):
    """An incident's directory in which some bytes of some files are blanked.

    Parameters
    ----------
    root
        The directory.
    hidden
        What is blanked, by file.
    signatures
        The failure signatures that its logs are read with.
    """

    def __init__(
        self, root: Path, hidden: Mapping[str, Iterable[Span]], *, signatures: SignatureSet | None = None
    ) -> None:
        super().__init__(root, signatures=signatures)
        self._hidden = {file: tuple(spans) for file, spans in hidden.items()}

    def open_log(self, path: str) -> Log:
        """Open a file of the workspace as a log, what is hidden in it as blanks."""
        log = super().open_log(path)
        hidden = self._hidden.get(log.name)
        return Log(MaskedSource(log.source, hidden), log.name, signatures=self._signatures) if hidden else log
