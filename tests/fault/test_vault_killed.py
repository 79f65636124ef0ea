"""The vault, killed between any two steps: nothing admitted is lost, nothing revealed goes without its receipt."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tocsin.door import files, receipts
from tocsin.door.vault import FAN, Vault
from tocsin.errors import DiskFull
from tocsin.model.block import IDENTITY

KEY = bytes(range(32))
NOW = datetime(2025, 9, 3, tzinfo=UTC)


class Killed(BaseException):
    """The process is gone."""


def ref(number: int) -> bytes:
    return b"\x01" + number.to_bytes(16, "big")


def identities(*numbers: int) -> pa.Table:
    columns = [[ref(n) for n in numbers], ["Patient"] * len(numbers), [str(n) for n in numbers]]
    return pa.Table.from_pydict(dict(zip(IDENTITY.names, columns, strict=True)), schema=IDENTITY)


def killed(*args: object, **kwargs: object) -> None:
    raise Killed


def known(path: Path, *numbers: int) -> set[str]:
    found = Vault.open(path, key=KEY).reveal([ref(n) for n in numbers], reason="test", who="test", now=NOW)
    return {value for _, value in found.values()}


def test_between_the_part_and_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault.open(tmp_path / "v", key=KEY)
    vault.admit(identities(1), 1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(Killed):
            vault.admit(identities(2), 2)
    assert known(tmp_path / "v", 1, 2) == {"1"}
    assert Vault.open(tmp_path / "v", key=KEY).admit(identities(2), 2) == 1  # the ledger's batch comes again
    assert known(tmp_path / "v", 1, 2) == {"1", "2"}
    assert not list((tmp_path / "v").glob(f"*{files.UNFINISHED}"))


def test_the_same_process_may_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault.open(tmp_path / "v", key=KEY)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(DiskFull):
            vault.admit(identities(1), 1)
    assert vault.admit(identities(1), 1) == 1
    assert known(tmp_path / "v", 1) == {"1"}


def test_while_small_parts_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault.open(tmp_path / "v", key=KEY)
    for n in range(FAN - 1):
        vault.admit(identities(n), n)
    with monkeypatch.context() as patch:
        unlink = Path.unlink
        patch.setattr(Path, "unlink", lambda path, **how: killed() if path.suffix == ".part" else unlink(path, **how))
        with pytest.raises(Killed):
            vault.admit(identities(FAN), FAN)
    assert len(known(tmp_path / "v", *range(FAN + 1))) == FAN
    assert Vault.open(tmp_path / "v", key=KEY).admit(identities(*range(FAN - 1), FAN), FAN + 1) == 0


def test_no_identity_before_its_receipt_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault.open(tmp_path / "v", key=KEY)
    vault.admit(identities(1), 1)
    read: list[str] = []
    monkeypatch.setattr(Vault, "_read", lambda self, part: read.append(part.name))
    monkeypatch.setattr(receipts.os, "fsync", killed)
    with pytest.raises(Killed):
        vault.reveal([ref(1)], reason="INC-7", who="dpo", now=NOW)
    assert read == []


def test_a_receipt_cut_off_by_a_power_cut_is_written_anew(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "v", key=KEY)
    vault.reveal([ref(1)], reason="INC-7", who="dpo", now=NOW)
    vault.reveal([ref(1)], reason="INC-8", who="dpo", now=NOW)
    path = tmp_path / "v" / "receipts.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    assert [receipt.reason for receipt in vault.receipts()] == ["INC-7"]
    vault.reveal([ref(1)], reason="INC-9", who="dpo", now=NOW)
    assert [receipt.reason for receipt in vault.receipts()] == ["INC-7", "INC-9"]
