"""The ledger: the only truth. Original bytes in segments, accepted in batches, each committed by a manifest line."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from tocsin.errors import LedgerDamaged, TocsinError
from tocsin.ledger.disk import Disk, clear_error
from tocsin.ledger.folder import begin, hold, make_folders, make_manifest
from tocsin.ledger.layout import packed_file, plain_file
from tocsin.ledger.lines import Closed, Committed, Compressed
from tocsin.ledger.manifest import End, Manifest
from tocsin.ledger.order import Order, Piece, Position
from tocsin.ledger.packer import Packer
from tocsin.ledger.packing import FRAME_BYTES, Extent, pack
from tocsin.ledger.recovery import Recovered, mend_manifest, mend_segments, read_order
from tocsin.ledger.tail import Tail
from tocsin.ledger.view import LedgerView, utc
from tocsin.ledger.writing import BatchWriter

SEGMENT_BYTES: Final = 64 << 20
"""A segment that would grow over this is closed; it bounds what one damaged file can touch."""
SEGMENT_AGE: Final = timedelta(minutes=10)
"""One that was opened this long ago is closed before the next batch."""


class Ledger(LedgerView):
    """The ledger in the hands of its one writer. Use `Ledger.open` or `Ledger.read_only`."""

    def __init__(
        self,
        path: Path,
        order: Order,
        end: End,
        *,
        disk: Disk,
        lock: int,
        segment_bytes: int,
        segment_age: timedelta,
        frame_bytes: int,
        background: bool,
    ) -> None:
        super().__init__(path, order, end)
        self._disk = disk
        self._lock = lock
        self._segment_bytes = segment_bytes
        self._segment_age = segment_age
        self._frame_bytes = frame_bytes
        self._mutex = threading.RLock()
        self._packer = Packer(self._pack, self._pack_failed, background=background)
        self._late: list[tuple[int, BaseException]] = []
        self._manifest: Manifest
        self._tail: Tail
        self._busy = False
        self._owes = False
        """Whether a batch could not be taken back yet."""
        self._closed = False
        self.recovered = Recovered()
        """What opening found and put right: for the log."""

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        now: datetime,
        segment_bytes: int = SEGMENT_BYTES,
        segment_age: timedelta = SEGMENT_AGE,
        frame_bytes: int = FRAME_BYTES,
        background: bool = True,
        disk: Disk | None = None,
    ) -> Ledger:
        """Create or recover the ledger in a folder, and hold it until `close`.

        `background`: compress closed segments in a thread; False: at once, by whoever closes them.
        Raises `StoreUnavailable` if another process writes it, `LedgerDamaged` if its manifest is not sound.
        Committed bytes that are gone do not stop it: they stand in `recovered.damage`, new ones go to a new segment.
        """
        path, disk = Path(path), disk or Disk()
        try:
            make_folders(path, disk)
            lock = hold(path, disk)
            try:
                make_manifest(path, disk)
                order, end = read_order(path)
                ledger = cls(
                    path,
                    order,
                    end,
                    disk=disk,
                    lock=lock,
                    segment_bytes=segment_bytes,
                    segment_age=segment_age,
                    frame_bytes=frame_bytes,
                    background=background,
                )
                ledger._recover(utc(now))
            except BaseException:
                os.close(lock)
                raise
        except OSError as error:
            raise clear_error(error) from error
        return ledger

    @staticmethod
    def read_only(path: Path) -> LedgerView:
        """The ledger as it is now, without a lock; `refresh` shows what is committed later."""
        return LedgerView(Path(path), *read_order(Path(path)))

    def batch(self, *, source: str, now: datetime) -> BatchWriter:
        """Begin a batch from a source, received at `now`. One at a time.

        Raises `DiskFull` if a segment could not be compressed since the last call; it is tried again.
        """
        self._open_still()
        if self._busy:
            raise ValueError("a batch is in hand already")
        self._take_back()
        self._surface_trouble()
        self.close_segment_if_old(now=now)
        self._busy = True
        return BatchWriter(self, source=source, received_at=utc(now))

    def close_segment_if_old(self, *, now: datetime) -> bool:
        """Between batches: close the open segment if its age says so. `batch` does it by itself; a silent hour does
        not."""
        growing = self._tail.committed
        if self._busy or self._owes or growing is None or utc(now) - growing.opened_at < self._segment_age:
            return False
        line = Closed(segment=growing.number, bytes=growing.length, sha256=growing.hash.hexdigest(), at=utc(now))
        with self._mutex:
            self._order.apply(self._manifest.append(line), line)
            self._tail.close_segment()
        self._packer.offer(growing.number)
        return True

    def refresh(self) -> int:
        """The writer knows all that is committed."""
        return self.last_batch

    def settle(self) -> None:
        """Return when every closed segment is compressed, or could not be."""
        self._packer.settle()

    def close(self) -> None:
        """Compress what is closed, end the thread, let go of the ledger.

        Raises what went wrong in the thread (`DiskFull`, `LedgerDamaged`); what was committed is committed all the
        same.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._busy:
                self.give_back()
            self._packer.finish()
        finally:
            self._tail.release()
            self._manifest.close()
            os.close(self._lock)
        for _, error in self._late:
            raise error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except TocsinError:
            if error is None:
                raise

    # What a batch in hand asks for.

    def put(self, data: bytes, *, received_at: datetime, continues: bool) -> Position:
        """Append bytes to the batch in hand; a new segment if this one is full."""
        self._open_still()
        if not data:
            return self._tail.here()
        if not continues and not self._tail.has_room(len(data), self._segment_bytes):
            with self._mutex:
                number = self._tail.fill()
            # A segment that also holds committed bytes waits for the commit: taking back must be able to cut it.
            if self._tail.is_new(number):
                self._packer.offer(number, wait=True)
        position = self._tail.append(data, received_at=received_at)
        if (due := self._tail.due()) is not None:
            self._packer.offer(due, wait=True)
        return position

    def accept(
        self, *, source: str, received_at: datetime, pieces: tuple[Piece, ...], lines: int, meta: dict[str, Any]
    ) -> int:
        """Commit the batch in hand: bytes to the disk first, then the line that says so."""
        self._open_still()
        self._packer.wait_for(self._tail.all_fresh())
        with self._mutex:
            self._tail.sync()
            line = Committed(
                batch=self.last_batch + 1,
                source=source,
                received_at=received_at,
                pieces=tuple((piece.stream, piece.segment, piece.offset, piece.length) for piece in pieces),
                segments=self._tail.states(),
                bytes=sum(piece.length for piece in pieces),
                lines=lines,
                meta=meta,
            )
            self._order.apply(self._manifest.append(line), line)
            new = {number: self._tail.is_new(number) for number in self._tail.full}
            unpacked = self._tail.settle()
            self._busy = False
        for number in unpacked:
            if not new[number]:  # the others are with the packer already
                self._packer.offer(number)
        return line.batch

    def give_back(self) -> None:
        """Take back the batch in hand. If that fails, it is tried again before the next."""
        taken_back = self._tail.all_fresh() | set(self._tail.full)
        self._packer.forget(taken_back)
        with self._mutex:
            self._late = [late for late in self._late if late[0] not in taken_back]
        self._busy, self._owes = False, True
        self._take_back()

    # Opening and packing.

    def _recover(self, now: datetime) -> None:
        mend_manifest(self.path, self._disk, self._end, self.recovered)
        growing = mend_segments(self.path, self._disk, self._order, self.recovered)
        last = self._order.last_segment
        self._tail = Tail(
            self.path,
            self._disk,
            next_segment=last.number + 1 if last else 1,
            growing=growing,
            frame_bytes=self._frame_bytes,
        )
        self._manifest = Manifest(self.path, self._disk, self._end)
        begin(self._manifest, self._end, now=now)
        if last and not last.closed and growing is None:
            line = Closed(segment=last.number, bytes=last.bytes, sha256=last.sha256, at=now)
            self._order.apply(self._manifest.append(line), line)
        for number in self.recovered.unpacked:
            self._packer.offer(number)

    def _pack(self, number: int) -> None:
        with self._mutex:
            fresh, full = self._tail.fresh(number), self._tail.full.get(number)
        if fresh:
            packed = fresh.pack(whole=full is not None)
            if full and packed:
                with self._mutex:
                    full.packed, full.grown.fresh = packed, None
        else:
            self._pack_plain(number)

    def _pack_plain(self, number: int) -> None:
        extent = self._extent(number)
        if extent is None:
            return
        packed = pack(self.path, self._disk, number, extent, frame_bytes=self._frame_bytes)
        with self._mutex:
            full = self._tail.full.get(number)
            if full:  # not committed yet: the commit's own line will say so
                full.packed = packed
            else:
                self._say_packed(Compressed(segment=number, packed=packed))
            self._disk.remove(plain_file(self.path, number))

    def _extent(self, number: int) -> Extent | None:
        """What a closed segment's plain bytes are; None if there is nothing to pack."""
        with self._mutex:
            full = self._tail.full.get(number)
            if full and full.packed:
                return None
            if full:
                grown = full.grown
                return Extent(grown.length, grown.hash.hexdigest(), grown.check.total if grown.check else None)
            record = self._order.segments.get(number)
            return Extent(record.bytes, record.sha256) if record and record.closed and not record.packed else None

    def _say_packed(self, line: Compressed) -> None:
        try:
            start = self._manifest.append(line)
        except TocsinError:
            self._disk.remove(packed_file(self.path, line.segment))
            raise
        self._order.apply(start, line)

    def _pack_failed(self, number: int, error: BaseException) -> None:
        with self._mutex:
            self._late.append((number, error))

    def _surface_trouble(self) -> None:
        """Raise what the thread met, once, and let it try again. Damage waits for `close`: collecting goes on."""
        with self._mutex:
            trouble = [late for late in self._late if not isinstance(late[1], LedgerDamaged)]
            self._late = [late for late in self._late if late not in trouble]
        if not trouble:
            return
        for number, _ in trouble:
            self._packer.offer(number)
        raise trouble[0][1]

    def _take_back(self) -> None:
        with self._mutex:
            if self._owes:
                self._manifest.mend()
                self._tail.roll_back()
                self._owes = False

    def _open_still(self) -> None:
        if self._closed:
            raise ValueError("this ledger is closed")
