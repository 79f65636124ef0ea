"""kill -9 at any moment: what was acknowledged is there, byte for byte, and nothing half-written remains."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tocsin.ledger import Ledger, verify
from unit.ledger.expected import T0, Expected, assert_tidy, commit

ROUNDS = 25
SETTINGS = {"segment_bytes": 30_000, "frame_bytes": 4_096}
ACKNOWLEDGED_AT_MOST = 60

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tocsin.ledger import Ledger
from fault.test_ledger_killed import SETTINGS, appends

ledger = Ledger.open(Path(sys.argv[1]), now=datetime(2025, 9, 1, tzinfo=UTC), **SETTINGS)
print(ledger.last_batch, flush=True)
while True:
    with ledger.batch(source="s", now=datetime(2025, 9, 1, tzinfo=UTC)) as batch:
        for data in appends(ledger.last_batch + 1):
            batch.append("AuditEvent", data)
        print(batch.commit({}), flush=True)
"""


def appends(number: int) -> list[bytes]:
    """What batch `number` is made of: 1 to 12 appends of up to 9,000 bytes, always the same."""
    seeded = random.Random(number)
    return [
        f"{number} {seeded.getrandbits(64):x} ".encode() * seeded.randrange(1, 400) + b"\n"
        for _ in range(seeded.randrange(1, 13))
    ]


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    seeded = random.Random(20250901)
    acknowledged = 0
    for _ in range(ROUNDS):
        acknowledged = max(acknowledged, _write_until_killed(path, seeded))
        with Ledger.open(path, now=T0, **SETTINGS) as ledger:
            assert ledger.last_batch in (acknowledged, acknowledged + 1)
            number = commit(ledger, _expected(ledger.last_batch + 1))
            assert number == ledger.last_batch
            _check(ledger)
            acknowledged = number
    assert acknowledged > 2 * ROUNDS


def _write_until_killed(path: Path, seeded: random.Random) -> int:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert writer.stdout is not None
    last = int(writer.stdout.readline())
    for _ in range(seeded.randrange(ACKNOWLEDGED_AT_MOST)):
        last = int(writer.stdout.readline())
    time.sleep(seeded.random() * 0.01)
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split(b"\n")[:-1]  # acknowledged before the signal arrived
    writer.wait()
    return int(rest[-1]) if rest else last


def _expected(number: int) -> Expected:
    return Expected("s", tuple(("AuditEvent", data) for data in appends(number)))


def _check(ledger: Ledger) -> None:
    for batch in ledger.batches():
        kept = b"".join(block.data for _, block in ledger.blocks(batch))
        expected = _expected(batch.number).data
        assert hashlib.sha256(kept).digest() == hashlib.sha256(expected).digest()
    assert all(check.error is None for check in verify(ledger))
    ledger.settle()
    assert_tidy(ledger)
