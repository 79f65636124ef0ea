"""Receipts: each time identities leave the door, one line that says who had them, why and how many; never whose.

Each receipt holds the hash of the one before it, so that none can be changed, moved or taken out of the middle without
breaking the chain. That the last ones were not cut off, the chain alone cannot show: what anchors its head elsewhere
(the ledger) does.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from tocsin.door.files import sync_folder, told_of
from tocsin.errors import LedgerDamaged, Usage

FIRST: Final = "0" * 64
"""What stands for the hash of a receipt before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Identities were asked for."""

    number: int
    """1, 2, ..."""
    at: str
    """UTC, ISO 8601."""
    who: str
    """The person or process that asked, as the console or command names them."""
    reason: str
    """Why, in their words."""
    asked: int
    """How many distinct references were asked for; fewer may have been known."""
    references: str
    """BLAKE2b-256 of the sorted references: shows later whether a given set was the one asked for."""
    previous: str
    """BLAKE2b-256 of the line before, FIRST for the first."""


_decode: Final = msgspec.json.Decoder(Receipt).decode


def receipt_after(
    last: tuple[int, str], references: Iterable[bytes], *, reason: str, who: str, now: datetime
) -> Receipt:
    """The receipt that follows the one with this number and hash. Raises `Usage` without a reason or a name."""
    if not reason.strip() or not who.strip():
        raise Usage(
            "Identities are not revealed without a reason and a name.",
            advice="Say why and who asks: both stand in the receipt.",
        )
    if now.tzinfo is None:
        raise ValueError("`now` must have a time zone")
    asked = sorted(set(references))
    return Receipt(
        number=last[0] + 1,
        at=now.astimezone(UTC).isoformat(timespec="microseconds"),
        who=who.strip(),
        reason=reason.strip(),
        asked=len(asked),
        references=hashlib.blake2b(b"".join(asked), digest_size=32).hexdigest(),
        previous=last[1],
    )


def line_of(receipt: Receipt) -> bytes:
    """A receipt's line without its line end: what its hash is of."""
    return msgspec.json.encode(receipt)


def hash_of(line: bytes) -> str:
    """BLAKE2b-256 of a receipt's line."""
    return hashlib.blake2b(line, digest_size=32).hexdigest()


def checked(data: bytes) -> tuple[tuple[Receipt, ...], tuple[int, str]]:
    """The receipts of a file, and the number and hash of the last. Raises `LedgerDamaged` where the chain breaks.

    A last line without its line end was cut off by a crash before anything was revealed: it is no receipt.
    """
    receipts = []
    number, previous = 0, FIRST
    for line in data.split(b"\n")[:-1]:
        try:
            receipt = _decode(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            receipt = None
        if receipt is None or (receipt.number, receipt.previous) != (number + 1, previous) or line_of(receipt) != line:
            raise LedgerDamaged(
                f"The receipts of the vault do not follow from one another after number {number}.",
                done="Nothing was revealed.",
                advice="Somebody changed the file: keep it as it is, compare it with its backup, start a new vault.",
            )
        receipts.append(receipt)
        number, previous = receipt.number, hash_of(line)
    return tuple(receipts), (number, previous)


class ReceiptFile:
    """The receipts on disk, one JSON line each. Several processes may add to it, one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Receipt, ...]:
        """All receipts, oldest first. Raises `LedgerDamaged` where the chain breaks."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise told_of(error, self._path) from error
        return checked(data)[0]

    def append(self, references: Iterable[bytes], *, reason: str, who: str, now: datetime) -> Receipt:
        """Check the chain, add one receipt and see it on the disk (fsync) before returning."""
        receipt_after((0, FIRST), (), reason=reason, who=who, now=now)  # refused before the file is touched
        try:
            with self._locked() as file:
                data = _all_of(file)
                _, last = checked(data)
                receipt = receipt_after(last, references, reason=reason, who=who, now=now)
                whole = len(data) - len(data.rpartition(b"\n")[2])
                os.ftruncate(file, whole)  # what a crash left of a line that vouched for nothing
                _write_all(file, line_of(receipt) + b"\n", whole)
                os.fsync(file)
                if not data:  # the file is new: its name must last too
                    sync_folder(self._path.parent)
        except OSError as error:
            raise told_of(error, self._path) from error
        return receipt

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _all_of(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _write_all(file: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written
