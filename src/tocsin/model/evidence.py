"""Evidence: what the detectors are, and what a session weighed."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

FAMILIES: Final = ("content", "sign-in", "honey", "human")
"""Independent kinds of evidence. `suspend` needs two of them, or a failed challenge."""

MICRONATS: Final = 1_000_000
"""Weights are integers: a natural logarithm times a million."""

_word = pa.dictionary(pa.int32(), pa.string())
_time = pa.timestamp("us", tz="UTC")

EVIDENCE: Final = pa.schema(
    [
        pa.field("event_id", pa.binary(16), nullable=False),
        pa.field("at", _time, nullable=False),
        pa.field("account", _word, nullable=False),
        pa.field("session", pa.uint64(), nullable=False),
        pa.field("gain", pa.int64(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),
    ]
)
"""One row per event that changed an account's weight: `gain` and the `weight` it led to, micro-nats."""
