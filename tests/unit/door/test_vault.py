"""The vault: nobody reads it from the disk, and nobody has an identity without a reason and a receipt."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.door import vault as module
from tocsin.door.vault import MemoryVault, Vault, vault_key
from tocsin.errors import LedgerDamaged, StoreUnavailable, TocsinError, Usage
from tocsin.model.block import IDENTITY

KEY = vault_key(b"a pseudonym key of these tests..")
NOW = datetime(2025, 9, 3, 4, 5, tzinfo=UTC)
CANARY = "990011223344556"


def ref(number: int) -> bytes:
    return b"\x01" + number.to_bytes(15, "big") + b"\0"


def identities(*values: tuple[int, str]) -> pa.Table:
    columns = [[ref(n) for n, _ in values], ["urn:oid:1.2.250.1.213.1.4.10" for _ in values], [v for _, v in values]]
    return pa.Table.from_pydict(dict(zip(IDENTITY.names, columns, strict=True)), schema=IDENTITY)


def files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "vault", key=KEY)


@pytest.mark.parametrize("kind", ["disk", "memory"])
def test_what_goes_in_comes_out_with_a_receipt(kind: str, tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault", key=KEY) if kind == "disk" else MemoryVault()
    vault.admit(identities((1, "A"), (2, "B"), (2, "B")), 1)
    vault.admit(identities((3, "C")), 2)
    found = vault.reveal([ref(1), ref(3), ref(9)], reason="letters of INC-7", who="dpo@region", now=NOW)
    assert {n[15]: value for n, (_, value) in found.items()} == {1: "A", 3: "C"}
    vault.reveal({ref(2)}, reason="INC-8", who="dpo@region", now=NOW)
    receipts = vault.receipts()
    assert [(r.number, r.who, r.reason, r.asked) for r in receipts] == [
        (1, "dpo@region", "letters of INC-7", 3),
        (2, "dpo@region", "INC-8", 1),
    ]
    assert receipts[0].at == "2025-09-03T04:05:00.000000+00:00"


@pytest.mark.parametrize(("reason", "who"), [("", "dpo"), ("  ", "dpo"), ("INC-7", ""), ("INC-7", "\t")])
@pytest.mark.parametrize("kind", ["disk", "memory"])
def test_without_a_reason_and_a_name_the_door_stays_shut(kind: str, reason: str, who: str, tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault", key=KEY) if kind == "disk" else MemoryVault()
    vault.admit(identities((1, "A")), 1)
    with pytest.raises(Usage):
        vault.reveal([ref(1)], reason=reason, who=who, now=NOW)
    assert vault.receipts() == ()


def test_no_file_holds_an_identity(vault: Vault, tmp_path: Path) -> None:
    vault.admit(identities((1, CANARY)), 1)
    found = vault.reveal([ref(1)], reason="INC-7", who="dpo", now=NOW)
    assert found[ref(1)][1] == CANARY
    for name, data in files(tmp_path / "vault").items():
        assert CANARY.encode() not in data, name
        assert CANARY not in name


def test_owner_only(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "vault").chmod(0o755)
    vault = Vault.open(tmp_path / "vault", key=KEY)
    vault.admit(identities((1, "A")), 1)
    vault.reveal([ref(1)], reason="INC-7", who="dpo", now=NOW)
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "vault").iterdir()} == {0o600}


def test_a_batch_twice_or_a_known_reference_writes_nothing(vault: Vault, tmp_path: Path) -> None:
    assert vault.admit(identities((1, "A"), (2, "B")), 1) == 2
    before = files(tmp_path / "vault")
    assert vault.admit(identities((1, "A"), (2, "B")), 1) == 0
    assert Vault.open(tmp_path / "vault", key=KEY).admit(identities((2, "B")), 2) == 0
    assert files(tmp_path / "vault") == before


def test_many_small_parts_become_few(vault: Vault, tmp_path: Path) -> None:
    for batch in range(module.FAN * 2 + 3):
        vault.admit(identities((batch, str(batch))), batch)
    assert sum(file.suffix == ".part" for file in (tmp_path / "vault").iterdir()) == 2 + 3
    asked = [ref(n) for n in range(module.FAN * 2 + 3)]
    assert len(Vault.open(tmp_path / "vault", key=KEY).reveal(asked, reason="r", who="w", now=NOW)) == len(asked)


def test_another_key_is_told_apart_from_damage(vault: Vault, tmp_path: Path) -> None:
    vault.admit(identities((1, CANARY)), 1)
    with pytest.raises(StoreUnavailable, match="another key"):
        Vault.open(tmp_path / "vault", key=vault_key(b"another pseudonym key..........."))
    part = next((tmp_path / "vault").glob("*.part"))
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(StoreUnavailable, match="torn") as told:
        vault.reveal([ref(1)], reason="r", who="w", now=NOW)
    assert CANARY not in str(told.value)
    assert len(vault.receipts()) == 1  # the attempt is on record


def test_a_part_cannot_take_the_name_of_another(vault: Vault, tmp_path: Path) -> None:
    vault.admit(identities((1, "A")), 1)
    vault.admit(identities((2, "B")), 2)
    one, other = sorted((tmp_path / "vault").glob("*.part"))
    one.replace(other)
    with pytest.raises(StoreUnavailable):
        vault.reveal([ref(2)], reason="r", who="w", now=NOW)


@pytest.mark.parametrize("edit", ["change", "remove", "swap", "forge"])
def test_the_chain_shows_an_edited_receipt(edit: str, vault: Vault, tmp_path: Path) -> None:
    vault.admit(identities((1, "A")), 1)
    for n in range(4):
        vault.reveal([ref(1)], reason=f"INC-{n}", who="w", now=NOW)
    path = tmp_path / "vault" / "receipts.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    if edit == "change":
        lines[1] = lines[1].replace(b"INC-1", b"INC-9")
    elif edit == "remove":
        del lines[1]
    elif edit == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        forged = json.loads(lines[2]) | {"who": "somebody else"}
        lines[2] = json.dumps(forged, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(LedgerDamaged):
        vault.receipts()
    with pytest.raises(LedgerDamaged):
        vault.reveal([ref(1)], reason="r", who="w", now=NOW)


def test_a_receipt_says_which_set_was_asked_for_and_not_in_which_order(vault: Vault) -> None:
    vault.reveal([ref(1), ref(2)], reason="r", who="w", now=NOW)
    vault.reveal([ref(2), ref(1), ref(1)], reason="r", who="w", now=NOW)
    vault.reveal([ref(2)], reason="r", who="w", now=NOW)
    one, same, other = (receipt.references for receipt in vault.receipts())
    assert one == same != other


@given(st.binary(max_size=300))
def test_any_bytes_in_a_part_are_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("v") / "vault"
    vault = Vault.open(path, key=KEY)
    (path / "L0-0000000001-0000000001-aaaaaaaa.part").write_bytes(data)
    with pytest.raises(TocsinError):
        vault.reveal([ref(1)], reason="r", who="w", now=NOW)


@given(st.binary(max_size=300))
def test_any_bytes_in_the_receipts_are_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("v") / "vault"
    vault = Vault.open(path, key=KEY)
    (path / "receipts.jsonl").write_bytes(data + b"\n")
    with pytest.raises(LedgerDamaged):
        vault.receipts()
