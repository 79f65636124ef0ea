"""The ledger's folder: made for its owner alone, and held by one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from datetime import datetime
from pathlib import Path

from tocsin.errors import LedgerDamaged, LedgerHeld
from tocsin.ledger.disk import FOLDER_MODE, Disk
from tocsin.ledger.layout import LOCK, MANIFEST, segments_folder
from tocsin.ledger.lines import Begun
from tocsin.ledger.manifest import End, Manifest


def make_folders(ledger: Path, disk: Disk) -> None:
    """Create what is missing of the ledger's folders; one that held nothing becomes its owner's alone."""
    if not ledger.is_dir():
        disk.make_folder(ledger)
    elif not any(ledger.iterdir()):
        ledger.chmod(FOLDER_MODE)
    if not segments_folder(ledger).is_dir():
        disk.make_folder(segments_folder(ledger))


def hold(ledger: Path, disk: Disk) -> int:
    """Take the writer's lock and give its descriptor; it is let go when that is closed, or the process ends."""
    descriptor = disk.open_to_overwrite(ledger / LOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise LedgerHeld(
            "Another process writes this ledger" + (f": {holder}." if holder.isdigit() else "."),
            done="Nothing was changed.",
            advice="If it is `tocsin serve`, let it follow the files; else stop it first, or use a command that reads.",
        ) from error
    with contextlib.suppress(OSError):  # a courtesy to whoever is refused; the lock is what holds
        os.pwrite(descriptor, b"%-20d" % os.getpid(), 0)
    return descriptor


def make_manifest(ledger: Path, disk: Disk) -> None:
    """Make sure that there is a manifest; a folder with segments and without one is damaged, not new."""
    path = ledger / MANIFEST
    if path.exists():
        return
    if any(segments_folder(ledger).iterdir()):
        raise LedgerDamaged(
            "The ledger has segments and no manifest.",
            done="Nothing was changed.",
            advice="Restore manifest.jsonl from a backup; it says which bytes were accepted.",
        )
    os.close(disk.open_to_append(path))
    disk.sync_folder(ledger)


def begin(manifest: Manifest, end: End, *, now: datetime) -> None:
    """Write the first line, if there is none."""
    if end.offset == 0:
        manifest.append(Begun(at=now))
