"""Bring a ledger's folder back to what its manifest says, after any stop. Doing it twice changes nothing more.

1. cut a torn last line off the manifest (nobody was told that it was written)
2. remove leftovers (`*.tmp`) and segments that no line mentions
3. leave each segment in one form: the compressed one if the manifest names it and it hashes, else the plain one
4. cut plain segments to their committed length
5. hash the open segment again; if it is not what was committed, close it as it is and report it
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin.errors import LedgerDamaged
from tocsin.ledger.damage import damaged
from tocsin.ledger.disk import Disk, clear_error
from tocsin.ledger.layout import MANIFEST, number_of, packed_file, plain_file, segments_folder
from tocsin.ledger.manifest import End, scan
from tocsin.ledger.order import Order, SegmentRecord
from tocsin.ledger.tail import Growing


@dataclass(slots=True)
class Recovered:
    """What a ledger looked like when it was opened, and what was put right. All zero after a clean stop."""

    torn_manifest_bytes: int = 0
    uncommitted_bytes: int = 0
    """Of batches that were never acknowledged."""
    leftovers: int = 0
    """Files removed."""
    unpacked: list[int] = field(default_factory=list)
    """Closed segments still to be compressed."""
    damage: list[LedgerDamaged] = field(default_factory=list)
    """Committed bytes that are not there any more."""


def read_order(ledger: Path) -> tuple[Order, End]:
    """The accepted order, from the whole lines of the manifest."""
    order, end = Order(), End()
    for start, line in scan(ledger, end):
        order.apply(start, line)
    return order, end


def mend_manifest(ledger: Path, disk: Disk, end: End, recovered: Recovered) -> None:
    """Step 1."""
    path = ledger / MANIFEST
    recovered.torn_manifest_bytes = path.stat().st_size - end.offset
    if recovered.torn_manifest_bytes:
        disk.truncate(path, end.offset)
        disk.sync_file(path)


def mend_segments(ledger: Path, disk: Disk, order: Order, recovered: Recovered) -> Growing | None:
    """Steps 2 to 5; gives the open segment, ready to grow, or None."""
    names = {entry.name for entry in os.scandir(segments_folder(ledger))}
    _remove_strangers(ledger, disk, order, names, recovered)
    for record in order.segments.values():
        _keep_one_form(ledger, disk, record, names, recovered)
    last = order.last_segment
    return _grow_again(ledger, last, recovered) if last and not last.closed else None


def _remove_strangers(ledger: Path, disk: Disk, order: Order, names: set[str], recovered: Recovered) -> None:
    for name in sorted(names):
        number = number_of(name)
        if name.endswith(".tmp") or (number is not None and number not in order.segments):
            path = segments_folder(ledger) / name
            if number is not None and path == plain_file(ledger, number):
                recovered.uncommitted_bytes += path.stat().st_size
            recovered.leftovers += 1
            disk.remove(path)


def _keep_one_form(ledger: Path, disk: Disk, record: SegmentRecord, names: set[str], recovered: Recovered) -> None:
    plain, packed = plain_file(ledger, record.number), packed_file(ledger, record.number)
    has_plain, has_packed = plain.name in names, packed.name in names
    if has_plain and has_packed:
        recovered.leftovers += 1
        if record.packed and _sha256(packed) == record.packed.sha256:
            disk.remove(plain)
            has_plain = False
        else:
            disk.remove(packed)
            has_packed = False
    if has_plain:
        _keep_plain(disk, plain, record, recovered)
    elif not has_packed or record.packed is None:
        recovered.damage.append(damaged(record, 0, record.bytes, "its file is missing"))


def _keep_plain(disk: Disk, plain: Path, record: SegmentRecord, recovered: Recovered) -> None:
    record.packed = None
    size = plain.stat().st_size
    if size > record.bytes:
        recovered.uncommitted_bytes += size - record.bytes
        disk.truncate(plain, record.bytes)
    if size < record.bytes:
        recovered.damage.append(damaged(record, size, record.bytes, "the file is shorter than what was committed"))
    elif record.closed:
        recovered.unpacked.append(record.number)


def _grow_again(ledger: Path, record: SegmentRecord, recovered: Recovered) -> Growing | None:
    path = plain_file(ledger, record.number)
    if not path.exists() or path.stat().st_size != record.bytes:
        return None  # reported in step 4
    running = _hash(path)
    if running.hexdigest() == record.sha256:
        return Growing(record.number, record.first_received_at, record.bytes, running, None)
    recovered.damage.append(damaged(record, 0, record.bytes, "it does not hash to what was committed"))
    return None


def _sha256(path: Path) -> str:
    return str(_hash(path).hexdigest())


def _hash(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise clear_error(error) from error
