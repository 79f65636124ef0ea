"""The session: account, client and device with gaps of at most 30 minutes, and what it weighed."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

GAP_US: Final = 30 * 60 * 1_000_000
"""A longer silence ends a session, microseconds."""

_time = pa.timestamp("us", tz="UTC")

SESSION: Final = pa.schema(
    [
        pa.field("session", pa.uint64(), nullable=False),
        pa.field("account", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("started", _time, nullable=False),
        pa.field("ended", _time, nullable=False),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),
        pa.field("counts", pa.list_(pa.int64()), nullable=False),
    ]
)
"""One row per finished session: its own `weight` in micro-nats, and `counts` of the
detectors of content in the registry's order."""
