"""Detached signatures of what regions send one another: Ed25519 (RFC 8032) over the bytes and the region's name."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PURPOSE: Final = b"tocsin indicators 1\n"
"""Stands before what is signed: a signature made for anything else is none here."""
SEED_BYTES: Final = 32
_LARGEST: Final = 4_096
"""Bytes of a signature file."""


def public_of(seed: bytes) -> str:
    """The public key that belongs to a seed, base64."""
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()).decode()


def sign(seed: bytes, region: str, data: bytes) -> bytes:
    """The signature file: JSON with the region and the signature."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(_told(region, data))
    return canonical({"region": region, "signature": base64.b64encode(signature).decode()}) + b"\n"


def region_of(signature: bytes) -> str | None:
    """Whose signature a file says it is; None if it is no signature file. Believe it after `is_signed`."""
    told = _signature(signature)
    return told["region"] if told else None


def is_signed(public: str, region: str, data: bytes, signature: bytes) -> bool:
    """Whether these bytes were signed for this region by the holder of the key that belongs to `public`."""
    told = _signature(signature)
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        if told is None or told["region"] != region:
            return False
        key.verify(base64.b64decode(told["signature"], validate=True), _told(region, data))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def canonical(told: Any) -> bytes:
    """One form of a JSON value: sorted keys, no spaces, UTF-8. (RFC 8785 without its numbers: only whole ones here.)"""
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _signature(data: bytes) -> dict[str, str] | None:
    if len(data) > _LARGEST:
        return None
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    fine = isinstance(told, dict) and all(isinstance(told.get(key), str) for key in ("region", "signature"))
    return told if fine else None


def _told(region: str, data: bytes) -> bytes:
    return _PURPOSE + region.encode("utf-8", "surrogatepass") + b"\n" + data
