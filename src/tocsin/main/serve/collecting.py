"""The collector: deliveries -> a batch of the ledger at most every `every_ms`, committed, parsed, answered, handed on.

What is answered is safe: its bytes are on disk and a manifest line says so. Parsing comes after: a line that nobody
understands is kept like any other, and its sender is told.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tocsin import log
from tocsin.collect.transports.delivery import OVERLONG, TRAIL, Answer, Busy, Delivery, unheard
from tocsin.errors import TocsinError
from tocsin.main.intake import Piece
from tocsin.main.live import LIVE, parse_live
from tocsin.main.parsing import Parser, Recipe
from tocsin.main.serve import clock
from tocsin.model.block import Block, Parsed
from tocsin.model.rejected import Rejected

WAITING_BYTES: Final = 96 * 1024 * 1024
"""Deliveries that may wait; who brings more comes again."""
BATCH_BYTES: Final = 8 * 1024 * 1024
"""A batch takes no more deliveries than come to this."""
AFTER_TROUBLE_S: Final = 1.0


@dataclass(slots=True)
class Taken:
    """A batch that is committed, on its way to the judge."""

    number: int
    received: float
    """When the oldest delivery in it came."""
    committed: float
    bytes: int
    parsed: list[Parsed] = field(default_factory=list)
    refused: list[tuple[str, Rejected]] = field(default_factory=list)
    own: list[Piece] = field(default_factory=list)
    """Lines of Tocsin's own trail, if it is a batch of these."""
    folded: Callable[[Answer], None] = unheard
    """Told when it is folded."""


class Collector:
    """One thread that writes the ledger."""

    def __init__(
        self,
        ledger: Any,
        *,
        parser: Parser,
        references: Any,
        hand_on: Callable[[Taken], None],
        judge_is_behind: Callable[[], bool],
        every_ms: int,
    ) -> None:
        self._ledger = ledger
        self._parser = parser
        self._references = references
        self._hand_on = hand_on
        self._judge_is_behind = judge_is_behind
        self._every_s = every_ms / 1000
        self._changed = threading.Condition()
        self._waiting: deque[Delivery] = deque()
        self._own: deque[tuple[str, str, bytes, Callable[[Answer], None]]] = deque()
        self._bytes = 0
        self._stopping = False
        self.trouble: BaseException | None = None
        """What ended the thread."""
        self.batches = self.events = self.rejected = 0
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)
        self._thread.start()

    def take(self, delivery: Delivery) -> None:
        """Take a delivery, or raise `Busy`. It is answered when it is committed, or cannot be."""
        with self._changed:
            full = self._waiting and self._bytes + len(delivery.data) > WAITING_BYTES
            if self._stopping or self.trouble or full or self._judge_is_behind():
                raise Busy
            self._waiting.append(delivery)
            self._bytes += len(delivery.data)
            self._changed.notify_all()

    def take_own(self, name: str, stream: str, data: bytes, answer: Callable[[Answer], None]) -> None:
        """Take lines of Tocsin's own trail from the inbox; answered when they are folded.

        `name` is kept with them, so that they are taken once.
        """
        with self._changed:
            self._own.append((name, stream, data, answer))
            self._changed.notify_all()

    def stop(self) -> None:
        """Commit what was taken, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._wait():
                began = clock.ticks()
                for source, deliveries in self._gathered():
                    self._batch(source, deliveries)
                while self._own:
                    self._own_batch(*self._own.popleft())
                self._rest(began)
        except BaseException as trouble:  # the process ends by it: see `judging`
            self.trouble = trouble
            self._give_up()

    def _wait(self) -> bool:
        """Return when something has come; False when nothing will any more."""
        with self._changed:
            while not self._waiting and not self._own and not self._stopping:
                self._changed.wait(1.0)
                if not self._waiting:
                    self._ledger.close_segment_if_old(now=clock.utc())
            return bool(self._waiting or self._own)

    def _rest(self, began: float) -> None:
        with self._changed:
            if not self._stopping:
                left = self._every_s - (clock.ticks() - began)
                self._changed.wait_for(lambda: self._stopping, max(left, 0))

    def _gathered(self) -> Iterator[tuple[str, list[Delivery]]]:
        """What has come, by source."""
        by_source: dict[str, list[Delivery]] = {}
        size = 0
        with self._changed:
            while self._waiting and (not size or size + len(self._waiting[0].data) <= BATCH_BYTES):
                delivery = self._waiting.popleft()
                size += len(delivery.data)
                by_source.setdefault(delivery.source, []).append(delivery)
            self._bytes -= size
        yield from by_source.items()

    def _batch(self, source: str, deliveries: list[Delivery]) -> None:
        try:
            number, pieces = self._commit(source, deliveries)
        except TocsinError as error:  # the ledger took everything back
            log.warning("nothing could be kept", reason=type(error).__name__, source=source)
            for delivery in deliveries:
                delivery.answer(Answer(error=error))
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, AFTER_TROUBLE_S)
            return
        committed = clock.ticks()
        parsed, refused = parse_live(pieces, Recipe(self._parser, source, self._references))
        _answer(number, pieces, deliveries, parsed)
        self.batches += 1
        self.events += sum(one.accepted for one in parsed)
        self.rejected += sum(len(one.rejected) for one in parsed) + len(refused)
        size = sum(len(delivery.data) for delivery in deliveries)
        oldest = min(delivery.received for delivery in deliveries)
        self._hand_on(Taken(number, oldest, committed, size, parsed, refused))

    def _commit(self, source: str, deliveries: list[Delivery]) -> tuple[int, list[Piece]]:
        trail = b"".join(delivery.data for delivery in deliveries if delivery.stream == TRAIL)
        pieces = []
        with self._ledger.batch(source=source, now=clock.utc()) as batch:
            for stream, data in [
                (TRAIL, trail),
                *((OVERLONG, one.data) for one in deliveries if one.stream == OVERLONG),
            ]:
                if data:
                    place = batch.append(stream, data)
                    pieces.append(Piece(stream, Block(data, place.segment, place.offset), 0))
            marks = [one.mark for one in deliveries if one.mark is not None]
            follow = [{"was": mark.was, "sha256": mark.sha256, "bytes": mark.bytes} for mark in marks]
            number: int = batch.commit({LIVE: True, **({"follow": follow} if follow else {})})
        return number, pieces

    def _own_batch(self, name: str, stream: str, data: bytes, answer: Callable[[Answer], None]) -> None:
        if self._ledger.was_handed_in(name):
            answer(Answer(batch=self._ledger.last_batch))
            return
        try:
            with self._ledger.batch(source="tocsin", now=clock.utc()) as batch:
                place = batch.append(stream, data)
                number = batch.commit({"inbox": [name]})
        except TocsinError as error:
            answer(Answer(error=error))
            return
        now = clock.ticks()
        piece = Piece(stream, Block(data, place.segment, place.offset), 0)
        self._hand_on(Taken(number, now, now, len(data), own=[piece], folded=answer))

    def _give_up(self) -> None:
        with self._changed:
            left, self._stopping = list(self._waiting), True
            self._waiting.clear()
        for delivery in left:
            delivery.answer(Answer(error=TocsinError("the collector has stopped")))


def _answer(number: int, pieces: list[Piece], deliveries: list[Delivery], parsed: list[Parsed]) -> None:
    """Tell each sender what became of its lines."""
    rejected = sorted((one.offset, one.reason) for found in parsed for one in found.rejected)
    begin = next((piece.block.offset for piece in pieces if piece.stream == TRAIL), 0)
    offsets = np.array([offset for offset, _ in rejected], np.int64)
    for delivery in deliveries:
        if delivery.stream != TRAIL:
            delivery.answer(Answer(number, 1, ((0, "too-long"),)))
            continue
        end = begin + len(delivery.data)
        first, last = np.searchsorted(offsets, (begin, end)).tolist()
        refused = tuple(
            (delivery.data.count(b"\n", 0, offset - begin), reason) for offset, reason in rejected[first:last]
        )
        delivery.answer(Answer(number, delivery.data.count(b"\n"), refused))
        begin = end
