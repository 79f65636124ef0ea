"""A batch in hand: appended piece by piece, then committed by one line, or as if it had never been."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Any, Final, Protocol

import numpy as np

from tocsin.errors import TocsinError
from tocsin.ledger.order import Piece, Position

_FEED: Final = 10
_PIECE: Final = 1 << 18


class Sink(Protocol):
    """What a batch needs of the ledger."""

    def put(self, data: bytes, *, received_at: datetime, continues: bool) -> Position:
        """Append bytes."""

    def accept(
        self,
        *,
        source: str,
        received_at: datetime,
        pieces: tuple[Piece, ...],
        lines: int,
        meta: dict[str, Any],
    ) -> int:
        """Commit what was appended; gives the batch's number."""

    def give_back(self) -> None:
        """Remove what was appended since the last commit."""


class BatchWriter:
    """Used in a `with`; leaving it without `commit` takes back every byte."""

    def __init__(self, sink: Sink, *, source: str, received_at: datetime) -> None:
        self._sink = sink
        self._source = source
        self._received_at = received_at
        self._pieces: list[Piece] = []
        self._lines = 0
        self._mid_line = False
        self._over = False

    def append(self, stream: str, data: bytes, *, continues: bool = False) -> Position:
        """Append whole lines of a stream; gives where they begin. They are acknowledged by `commit` only.

        A line too long to be appended at once comes in parts: `continues` says that `data` goes on where the last
        append of this batch stopped, in the same segment.
        """
        self._still_open()
        try:
            position = self._sink.put(data, received_at=self._received_at, continues=continues and bool(self._pieces))
        except BaseException:
            self._end()
            raise
        if data:
            self._note(stream, position, data, continues=continues)
        return position

    def commit(self, meta: dict[str, Any] | None = None) -> int:
        """Make the batch durable and acknowledge it; gives its number.

        `meta` is any JSON; its `files` ([{sha256, bytes, lines}]) are what `Ledger.knows` answers from.
        """
        self._still_open()
        try:
            number = self._sink.accept(
                source=self._source,
                received_at=self._received_at,
                pieces=tuple(self._pieces),
                lines=self._lines,
                meta=meta or {},
            )
        except BaseException:
            self._end()
            raise
        self._over = True
        return number

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._over:
            self._over = True
            try:
                self._sink.give_back()
            except TocsinError:
                if error is None:
                    raise

    def _note(self, stream: str, position: Position, data: bytes, *, continues: bool) -> None:
        last = self._pieces[-1] if self._pieces else None
        joins = last is not None and (last.stream, last.segment) == (stream, position.segment)
        if last and joins and (continues or not self._mid_line):
            self._pieces[-1] = Piece(stream, last.segment, last.offset, last.length + len(data))
        else:
            self._pieces.append(Piece(stream, position.segment, position.offset, len(data)))
        counted_already = continues and self._mid_line
        self._mid_line = not data.endswith(b"\n")
        self._lines += _line_feeds(data) + self._mid_line - counted_already

    def _still_open(self) -> None:
        if self._over:
            raise ValueError("this batch is over")

    def _end(self) -> None:
        """After an error: take back at once, so that the ledger is usable; the error is the caller's to see."""
        self._over = True
        self._sink.give_back()


def _line_feeds(data: bytes) -> int:
    """Twice as fast as `bytes.count`; piece by piece, so that what is made on the way stays in the cache."""
    octets = np.frombuffer(data, np.uint8)
    return sum(
        int(np.count_nonzero(octets[first : first + _PIECE] == _FEED)) for first in range(0, len(octets), _PIECE)
    )
