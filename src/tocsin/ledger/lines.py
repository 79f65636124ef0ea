"""The lines of the manifest: what each says, and the chain that joins them.

A line is one JSON object. `previous` is the digest of the line before it (64 zeros in the first line); `digest`, always
the last key, is the SHA-256 of all bytes of the line before `,"digest"`. A line that was edited does not hash to its
digest; one that was removed leaves a `previous` that fits nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec

from tocsin.errors import StoreUnavailable

VERSION: Final = "ledger/1"
NO_DIGEST: Final = "0" * 64
_KEY: Final = b',"digest":"'
_TAIL_BYTES: Final = len(_KEY) + 64 + len(b'"}\n')


class Packed(msgspec.Struct, frozen=True):
    """A segment's compressed form: independent zstd frames, one after the other."""

    sha256: str
    """Of the compressed file."""
    bytes: int
    """Of the compressed file."""
    frame_bytes: int
    """Plain bytes in each frame; the last may hold fewer."""
    frames: tuple[int, ...]
    """Compressed bytes of each frame: the seek table."""


class SegmentState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A segment as a commit leaves it."""

    segment: int
    bytes: int
    """Committed plain bytes from its beginning."""
    sha256: str
    """Of those bytes."""
    closed: bool = False
    packed: Packed | None = None


class Line(msgspec.Struct, tag_field="kind"):
    """What every line begins with."""

    v: str = VERSION
    previous: str = NO_DIGEST


class Begun(Line, tag="begun", kw_only=True):
    """The first line."""

    at: datetime


class Committed(Line, tag="batch", kw_only=True):
    """A batch is accepted: this line is the commit."""

    batch: int
    source: str
    received_at: datetime
    pieces: tuple[tuple[str, int, int, int], ...]
    """(stream, segment, offset, length), in the order of appending."""
    segments: tuple[SegmentState, ...]
    """Every segment that the batch touched."""
    bytes: int
    lines: int
    meta: dict[str, Any]


class Closed(Line, tag="closed", kw_only=True):
    """A segment grew old without a batch in hand and takes no more bytes."""

    segment: int
    bytes: int
    sha256: str
    at: datetime


class Compressed(Line, tag="packed", kw_only=True):
    """A closed segment is from now on read in its compressed form."""

    segment: int
    packed: Packed


class _Version(msgspec.Struct):
    v: str


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Begun | Committed | Closed | Compressed)


class BrokenLine(Exception):
    """A whole line that is not the next line of this chain."""


def encode(line: Line, *, previous: str) -> tuple[bytes, str]:
    """The line's bytes with its line feed, chained to `previous`, and its own digest."""
    line.previous = previous
    body = _encoder.encode(line)[:-1]
    digest = hashlib.sha256(body).hexdigest()
    return b"".join((body, _KEY, digest.encode(), b'"}\n')), digest


def decode(raw: bytes, *, previous: str) -> tuple[Line, str]:
    """Read a whole line (with its line feed) that must follow `previous`; gives it and its digest.

    Raises `BrokenLine` if it was edited or does not follow, `StoreUnavailable` if another version wrote it.
    """
    digest = _checked_digest(raw)
    line = decode_unchecked(raw)
    if line.previous != previous:
        raise BrokenLine("it does not follow the line before it: a line was removed, added or moved")
    return line, digest


def decode_unchecked(raw: bytes) -> Line:
    """Read a line whose place in the chain was checked before."""
    try:
        line: Line = _decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise _unknown(raw) from error
    if line.v != VERSION:
        raise _unknown(raw)
    return line


def _checked_digest(raw: bytes) -> str:
    body, tail = raw[:-_TAIL_BYTES], raw[-_TAIL_BYTES:]
    digest = hashlib.sha256(body).hexdigest()
    if tail != b"".join((_KEY, digest.encode(), b'"}\n')):
        raise BrokenLine("its bytes are not those that were written")
    return digest


def _unknown(raw: bytes) -> Exception:
    try:
        version = msgspec.json.decode(raw, type=_Version).v
    except msgspec.MsgspecError:
        return BrokenLine("it is not a line of a ledger")
    if version == VERSION:
        return BrokenLine(f"it is not a line of {VERSION}")
    return StoreUnavailable(
        f"The ledger was written in a format that this version does not know; it knows {VERSION}.",
        advice="Use the version of Tocsin that wrote it, or a newer one.",
    )
