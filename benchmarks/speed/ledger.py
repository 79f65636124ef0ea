"""How fast the ledger takes bytes in and gives them back, beside a plain write with fsync and a copy.

    python benchmarks/speed/ledger.py [--megabytes 1024] [--folder /tmp] [--json result.json]

The text is made up here: lines of about 1,700 bytes in the shape of a FHIR AuditEvent. One process; CPU seconds are of
all its threads, so that what the compressing thread takes can be seen.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tocsin.ledger import Ledger, LedgerView, verify

NOW = datetime(2025, 9, 1, tzinfo=UTC)
BLOCK_BYTES = 1 << 20
LINE_BYTES = 1_700


def main() -> None:
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        rows = _measure(folder, arguments.megabytes << 20)
    finally:
        shutil.rmtree(folder)
    print(f"{arguments.megabytes} MB, {os.cpu_count()} cores")
    print(f"{'':58}{'MB/s':>8}{'wall s':>9}{'CPU s':>8}")
    for name, size, wall, cpu in rows:
        print(f"{name:58}{size / wall / 1e6:8.0f}{wall:9.2f}{cpu:8.2f}")
    if arguments.json:
        keys = ("name", "bytes", "wall_s", "cpu_s")
        arguments.json.write_text(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1))


def _measure(folder: Path, size: int) -> list[tuple[str, int, float, float]]:
    text = _text()
    blocks = [text[i * BLOCK_BYTES :][:BLOCK_BYTES] for i in range(len(text) // BLOCK_BYTES)]
    many = [blocks[i % len(blocks)] for i in range(size // BLOCK_BYTES)]
    total = sum(map(len, many))
    rows = []

    def run(name: str, amount: int, call: Callable[[], object]) -> None:
        os.sync()
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        rows.append((name, amount, time.perf_counter() - wall, time.process_time() - cpu))

    run("plain write, one fsync", total, lambda: _plain(folder / "plain", many))
    run("copy of that file, one fsync", total, lambda: _copy(folder / "plain", folder / "copy"))
    run("ledger, 1 MiB appends, one batch, until acknowledged", total, lambda: _batch(folder / "one", many))
    run(
        "  ... and all compressed (open, nothing left, close)", total, lambda: _batch(folder / "two", many, settle=True)
    )
    run("ledger, one core only, until all is compressed", total, lambda: _one_core(folder / "core", many))
    few = many[: max(1, len(many) // 8)]
    lines = [line for block in few for line in _lines(block)]
    part = sum(map(len, lines))
    run("ledger, 1.7 kB appends, one batch, until acknowledged", part, lambda: _batch(folder / "small", lines))
    run("ledger, a batch each MiB, until acknowledged", part, lambda: _batches(folder / "live", few))
    view = Ledger.read_only(folder / "two")
    run("blocks again, compressed", total, lambda: _blocks(view))
    run("verify, compressed", total, lambda: _verify(view))
    packed = sum(record.packed.bytes for record in view.segments if record.packed)
    plain = sum(record.bytes for record in view.segments if record.packed)
    print(f"compressed to 1/{plain / packed:.1f} (made-up text repeats itself more than a real trail)")
    rows.append(_random_reads(view))
    return rows


def _batch(path: Path, appends: list[bytes], *, settle: bool = False) -> None:
    ledger = Ledger.open(path, now=NOW)
    with ledger.batch(source="s", now=NOW) as batch:
        for data in appends:
            batch.append("AuditEvent", data)
        batch.commit()
    if settle:
        ledger.close()


def _one_core(path: Path, appends: list[bytes]) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        _batch(path, appends, settle=True)
    finally:
        os.sched_setaffinity(0, cores)


def _batches(path: Path, appends: list[bytes]) -> None:
    ledger = Ledger.open(path, now=NOW)
    for data in appends:
        with ledger.batch(source="s", now=NOW) as batch:
            batch.append("AuditEvent", data)
            batch.commit()


def _plain(path: Path, blocks: list[bytes]) -> None:
    with path.open("wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _copy(old: Path, new: Path) -> None:
    shutil.copyfile(old, new)
    with new.open("rb") as file:
        os.fsync(file.fileno())


def _blocks(view: LedgerView) -> None:
    for batch in view.batches():
        for _ in view.blocks(batch):
            pass


def _verify(view: LedgerView) -> None:
    assert all(check.error is None for check in verify(view))


def _random_reads(view: LedgerView) -> tuple[str, int, float, float]:
    seeded = random.Random(1)
    records = [record for record in view.segments if record.packed]
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(1000):
        record = seeded.choice(records)
        view.read(record.number, seeded.randrange(record.bytes - LINE_BYTES), LINE_BYTES)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return f"1,000 random reads of a line, compressed: {wall:.2f} ms each", 1000 * LINE_BYTES, wall, cpu


def _lines(block: bytes) -> list[bytes]:
    return block.splitlines(keepends=True)


def _text() -> bytes:
    """About 64 MiB of different lines."""
    seeded = random.Random(7)
    return b"".join(_line(seeded) for _ in range((64 << 20) // LINE_BYTES + 1))


def _line(seeded: random.Random) -> bytes:
    hexadecimal = f"{seeded.getrandbits(1024):0256x}"
    digits = f"{seeded.getrandbits(128):039d}"
    event = {
        "resourceType": "AuditEvent",
        "id": hexadecimal[:32],
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}],
        "recorded": f"2025-09-1{digits[-1]}T0{digits[-2]}:1{digits[-3]}:2{digits[-4]}.{digits[-7:-4]}Z",
        "agent": [_agent(digits[-20:-10], hexadecimal[32:64]), {"network": {"address": f"10.{digits[-9:-7]}.1.7"}}],
        "source": {"site": "portal", "observer": {"reference": "Device/" + digits[-12:-9]}},
        "entity": [{"what": {"reference": "Patient/" + digits[-18:]}, "query": hexadecimal[64:]}],
    }
    line = json.dumps(event)
    return (line[:-1] + ', "text": "' + "generated narrative " * LINE_BYTES)[: LINE_BYTES - 3].encode() + b'"}\n'


def _agent(number: str, token: str) -> dict[str, object]:
    return {
        "type": {"coding": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110153"}]},
        "who": {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "99" + number}},
        "requestor": True,
        "policy": ["urn:uuid:" + token],
        "purposeOfUse": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}]}
        ],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    main()
