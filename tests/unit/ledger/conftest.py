"""A ledger for a test: small segments, no thread, no waiting for the hardware."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.ledger import Ledger
from unit.ledger.disks import QuickDisk
from unit.ledger.expected import reopened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with reopened(path, disk=QuickDisk()) as opened:
        yield opened
