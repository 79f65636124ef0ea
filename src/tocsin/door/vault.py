"""Identities at rest: what a reference stands for, sealed on disk, let out with a reason and a receipt.

The vault holds identifiers only (`Patient` and an id, or a system and a value). Names and contact details stay in the
ledger's segments; what will reveal them for a letter belongs here, behind the same receipts, and is not built yet.

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
        self._known: np.ndarray | None = None
        """S17, sorted: references already admitted; read when first needed."""

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
        known = self._references()
        wanted = sortable(identities["patient"])
        distinct, first = np.unique(wanted, return_index=True)
        new = np.sort(first[~np.isin(distinct, known, assume_unique=True)])
        if not len(new):
            return 0
        self._write(0, batch, batch, identities.take(pa.array(new)))
        self._known = np.union1d(known, wanted[new])
        self._compact()
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

    def _revealed(table: pa.Table, wanted: set[bytes]) -> dict[bytes, tuple[str, str]]:
    """Those of the wanted references that a table has."""
    asked = np.array(sorted(wanted), "S17")
    rows = table.take(pa.array(np.flatnonzero(np.isin(sortable(table["patient"]), asked))))
    columns = (rows[name].to_pylist() for name in IDENTITY.names)
    return {reference: (system, value) for reference, system, value in zip(*columns, strict=True)}
