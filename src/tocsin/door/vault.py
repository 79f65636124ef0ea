"""Identities at rest: what a reference stands for, sealed on disk, let out with a reason and a receipt.

The vault holds identifiers only (`Patient` and an id, or a system and a value). Names and addresses are
not here: for a letter they are asked for at the identity server (`door.identities`), behind the same receipts.

A folder of sealed parts, each the Arrow IPC bytes of an IDENTITY table under AES-256-GCM, its name authenticated with
it, so that a part can be neither changed, renamed nor put in another's place. When FAN parts of one level have come
together they are made one of the next: a live stream may add one part a batch. One process admits; any may reveal.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.door.columns import sortable
from tocsin.door.files import UNFINISHED, make_private, put, told_of
from tocsin.door.receipts import FIRST, Receipt, ReceiptFile, hash_of, line_of, receipt_after
from tocsin.door.seen import Seen
from tocsin.errors import StoreUnavailable
from tocsin.model.block import IDENTITY

FAN: Final = 64
"""Parts of one level that become one of the next."""

_MAGIC: Final = b"tocsin vault 1\n"
_NONCE_BYTES: Final = 12
_KEY_CHECK: Final = "key-check.sealed"
_ENDING: Final = ".part"


def vault_key(pseudonym_key: bytes) -> bytes:
    """The 32-byte key of the vault that belongs to a pseudonym key (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tocsin vault").derive(pseudonym_key)


class Vault:
    """The one place where a reference can be turned back into an identifier."""

    def __init__(self, path: Path, seal: AESGCM) -> None:
        self._path = path
        self._seal = seal
        self._receipts = ReceiptFile(path / "receipts.jsonl")
        self._seen: Seen | None = None
        """References already admitted; read when first needed."""

    @classmethod
    def open(cls, path: Path, *, key: bytes) -> Vault:
        """Open a vault, or make a new one (folder 0700). `key`: 32 bytes, see `vault_key`.

        Raises `StoreUnavailable` if it was sealed under another key or cannot be used.
        """
        make_private(path)
        vault = cls(path, AESGCM(key))
        vault._check_key()
        return vault

    def admit(self, identities: pa.Table, batch: int) -> int:
        """Seal what is not yet known of a table (schema IDENTITY) as a part; how many identities were new.

        A batch admitted twice, after a crash say, adds nothing the second time.
        """
        seen = self._seen or self._read_seen()
        self._seen = None  # until the part is on the disk, what is there decides
        new = seen.new(sortable(identities["patient"]))
        if len(new):
            self._write(0, batch, batch, identities.take(pa.array(new)))
            self._compact()
        self._seen = seen
        return len(new)

    def reveal(
        self, references: Collection[bytes], *, reason: str, who: str, now: datetime
    ) -> dict[bytes, tuple[str, str]]:
        """Reference -> (system, value) for those that are known. The receipt is on the disk before anything is read.

        Raises `Usage` without a reason or a name, `LedgerDamaged` if the receipts were tampered with.
        """
        self._receipts.append(references, reason=reason, who=who, now=now)
        found: dict[bytes, tuple[str, str]] = {}
        wanted = set(references)
        for table in self._tables():
            found.update(_revealed(table, wanted))
            if len(found) == len(wanted):
                break
        return found

    def receipts(self) -> tuple[Receipt, ...]:
        """All receipts, oldest first. Raises `LedgerDamaged` where the chain breaks."""
        return self._receipts.read()

    def _read_seen(self) -> Seen:
        self._sweep()
        parts = [sortable(table["patient"]) for table in self._tables()]
        return Seen(np.concatenate([np.zeros(0, "S17"), *parts]))

    def _tables(self) -> Iterator[pa.Table]:
        """Every part, one at a time; a part merged away by the other process meanwhile is found in its successor."""
        read: set[str] = set()
        while fresh := [part for part in self._parts() if part.name not in read]:
            for part in fresh:
                read.add(part.name)
                with contextlib.suppress(FileNotFoundError):
                    yield self._read(part)

    def _parts(self) -> list[Path]:
        return sorted(self._path.glob(f"*{_ENDING}"))

    def _write(self, level: int, first: int, last: int, table: pa.Table) -> None:
        """A name never used: two parts of one batch must not replace each other."""
        name = f"L{level}-{first:010d}-{last:010d}-{os.urandom(4).hex()}{_ENDING}"
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, IDENTITY) as writer:
            writer.write_table(table.select(IDENTITY.names).cast(IDENTITY))
        put(self._path / name, self._sealed(name, sink.getvalue().to_pybytes()))

    def _read(self, part: Path) -> pa.Table:
        with pa.ipc.open_stream(self._unsealed(part)) as reader:
            return reader.read_all()

    def _compact(self) -> None:
        """Make one part of many of a level. A crash in between leaves identities twice, never none."""
        level = 0
        while len(parts := [part for part in self._parts() if part.name.startswith(f"L{level}-")]) >= FAN:
            table = pa.concat_tables([self._read(part) for part in parts])
            spans = [part.name.split("-")[1:3] for part in parts]
            distinct = np.sort(np.unique(sortable(table["patient"]), return_index=True)[1])
            self._write(
                level + 1, int(min(s[0] for s in spans)), int(max(s[1] for s in spans)), table.take(pa.array(distinct))
            )
            for part in parts:
                part.unlink()
            level += 1

    def _sweep(self) -> None:
        """Take away what a crash left half written; it is sealed too, and no part."""
        for unfinished in self._path.glob(f"*{_ENDING}{UNFINISHED}"):
            unfinished.unlink(missing_ok=True)

    def _sealed(self, name: str, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _MAGIC + nonce + self._seal.encrypt(nonce, data, _MAGIC + name.encode())

    def _unsealed(self, path: Path) -> bytes:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise told_of(error, path) from error
        head = len(_MAGIC) + _NONCE_BYTES
        try:
            if not data.startswith(_MAGIC) or len(data) < head:
                raise InvalidTag
            return self._seal.decrypt(data[len(_MAGIC) : head], data[head:], _MAGIC + path.name.encode())
        except InvalidTag:
            raise StoreUnavailable(
                f"{path.name} of the vault is torn or was changed.",
                advice="Put it back from a backup, or run `tocsin rebuild`: the vault is made anew from the ledger.",
            ) from None

    def _check_key(self) -> None:
        path = self._path / _KEY_CHECK
        if not path.exists():
            if self._parts():
                raise StoreUnavailable(f"{_KEY_CHECK} of the vault is missing.", advice="Put it back from a backup.")
            put(path, self._sealed(_KEY_CHECK, b"the key fits"))
            return
        try:
            self._unsealed(path)
        except StoreUnavailable:
            raise StoreUnavailable(
                "The vault was sealed under another key.", advice="Give the pseudonym key that was in force."
            ) from None


class MemoryVault:
    """The same two methods without a disk, for a replay `--with-identifiers`. It keeps receipts too, in memory."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._receipts: list[Receipt] = []

    def admit(self, identities: pa.Table, batch: int) -> int:
        """Keep a table of identities (schema IDENTITY); how many rows it has."""
        self._tables.append(identities)
        return len(identities)

    def reveal(
        self, references: Collection[bytes], *, reason: str, who: str, now: datetime
    ) -> dict[bytes, tuple[str, str]]:
        """As `Vault.reveal`; a replay's reason is "replay --with-identifiers"."""
        last = (self._receipts[-1].number, hash_of(line_of(self._receipts[-1]))) if self._receipts else (0, FIRST)
        self._receipts.append(receipt_after(last, references, reason=reason, who=who, now=now))
        found: dict[bytes, tuple[str, str]] = {}
        for table in self._tables:
            found.update(_revealed(table, set(references)))
        return found

    def receipts(self) -> tuple[Receipt, ...]:
        """All receipts, oldest first."""
        return tuple(self._receipts)


def _revealed(table: pa.Table, wanted: set[bytes]) -> dict[bytes, tuple[str, str]]:
    """Those of the wanted references that a table has."""
    asked = np.array(sorted(wanted), "S17")
    rows = table.take(pa.array(np.flatnonzero(np.isin(sortable(table["patient"]), asked))))
    columns = (rows[name].to_pylist() for name in IDENTITY.names)
    return {reference: (system, value) for reference, system, value in zip(*columns, strict=True)}
