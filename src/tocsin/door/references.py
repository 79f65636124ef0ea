"""Keyed references of records, tokens, devices and queries (BLAKE2b, RFC 7693, keyed mode)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

REPLAY_KEY: Final = hashlib.blake2b(
    b"tocsin replay: published on purpose, so that replays agree", digest_size=32
).digest()
"""The pseudonym key of every replay without `--key`: its references are for comparing, never for publishing."""

REPLAY_EPOCH: Final = 0
"""Epoch 0 is the published key; a region's own keys count from 1."""


@dataclass(frozen=True, slots=True)
class KeyedReferences:
    """Names for identities under one key. Implements `tocsin.model.block.References`."""

    key: bytes
    """32 bytes, from the server's credential store."""
    epoch: int
    """0 to 255: stands in each patient reference as its first byte."""

    def patients(self, system: str, values: list[str]) -> np.ndarray:
        """References of the records `system|value`: shape (n,), dtype V17."""
        start = hashlib.blake2b(system.encode() + b"\0", key=self.key, digest_size=16, person=b"tocsin.patient")
        epoch = bytes([self.epoch])
        out = bytearray()
        for value in values:
            one = start.copy()
            one.update(value.encode())
            out += epoch
            out += one.digest()
        return np.frombuffer(bytes(out), dtype="V17")

    def keyed(self, domain: str, values: list[str]) -> np.ndarray:
        """Keyed BLAKE2b-64 of texts: shape (n,), uint64, never 0."""
        start = hashlib.blake2b(domain.encode() + b"\0", key=self.key, digest_size=8, person=b"tocsin.text")
        out = bytearray()
        for value in values:
            one = start.copy()
            one.update(value.encode())
            out += one.digest()
        numbers = np.frombuffer(bytes(out), dtype="<u8").copy()
        numbers[numbers == 0] = 1
        return numbers
