"""What the folds give, as tables for the store, and as plain data for `--json`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tocsin.detect.state import Sessions
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.evidence import MICRONATS
from tocsin.model.rejected import Rejected
from tocsin.model.session import SESSION

_time = pa.timestamp("us", tz="UTC")

ALERT: Final = pa.schema(
    [
        pa.field("alert", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("at", _time, nullable=False),
        pa.field("rung", pa.string(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),
        pa.field("one_in", pa.float64(), nullable=False),
        pa.field("measured", pa.bool_(), nullable=False),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("calibration", pa.string(), nullable=False),
        pa.field("session", pa.uint64(), nullable=False),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
        pa.field("events", pa.list_(pa.string()), nullable=False),
    ]
)
"""`model.alert.Alert`, one row each; `alert` is the name a person types: see `alert_id`."""


def alert_id(alert: Alert) -> str:
    """The name of an alert: from when and in which session the account climbed, and the rung's number.

    A rebuild gives the same; two climbs of one instant (the rows of one search, say) differ by the rung.
    """
    return f"A-{alert.at % 10**10:x}{alert.session % 0xFFFF:04x}{RUNGS.index(alert.rung) + 1}"


def alerts_table(alerts: list[Alert]) -> pa.Table:
    """Alerts as a table of schema ALERT."""
    return pa.table(
        [
            pa.array([alert_id(alert) for alert in alerts], pa.string()),
            pa.array([alert.account for alert in alerts], pa.string()),
            pa.array([alert.at for alert in alerts], pa.int64()).cast(pa.timestamp("us")).cast(_time),
            pa.array([alert.rung for alert in alerts], pa.string()),
            pa.array([alert.weight for alert in alerts], pa.int64()),
            pa.array([alert.one_in for alert in alerts], pa.float64()),
            pa.array([alert.measured for alert in alerts], pa.bool_()),
            pa.array([alert.stratum for alert in alerts], pa.string()),
            pa.array([alert.calibration for alert in alerts], pa.string()),
            pa.array([alert.session for alert in alerts], pa.uint64()),
            pa.array([list(alert.reasons) for alert in alerts], pa.list_(pa.string())),
            pa.array([list(alert.events) for alert in alerts], pa.list_(pa.string())),
        ],
        schema=ALERT,
    )


def alerts_of(table: pa.Table) -> list[Alert]:
    """The reverse of `alerts_table`."""
    rows = table.drop_columns(["alert"]).set_column(1, "at", table["at"].cast(pa.int64())).to_pylist() if table else []
    return [Alert(**{**row, "reasons": tuple(row["reasons"]), "events": tuple(row["events"])}) for row in rows]


def sessions_table(sessions: Sessions, accounts: list[str]) -> pa.Table:
    """Sessions as a table of schema SESSION."""
    names = pa.array(accounts, pa.string())
    counts = pa.FixedSizeListArray.from_arrays(pa.array(sessions.counts.ravel()), max(sessions.counts.shape[1], 1))
    return pa.table(
        [
            pa.array(sessions.id),
            pa.DictionaryArray.from_arrays(pa.array(sessions.account.astype(np.int32)), names),
            pa.array(sessions.first_at).cast(pa.timestamp("us")).cast(_time),
            pa.array(sessions.last_at).cast(pa.timestamp("us")).cast(_time),
            pa.array(sessions.events),
            pa.array(sessions.weight),
            pa.array(sessions.content),
            counts.cast(pa.list_(pa.int64())),
        ],
        schema=SESSION,
    )


def instant(at_us: int) -> str:
    """A time as ISO 8601 with microseconds and Z."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_us % 1_000_000:06d}Z"


def alert_data(alert: Alert) -> dict[str, Any]:
    """An alert as the replay contract writes it."""
    return {
        "account": alert.account,
        "at": instant(alert.at),
        "rung": alert.rung,
        "weight": round(alert.weight / MICRONATS, 6),
        "rarity": round(max(alert.one_in, 1.0), 1),
        "reasons": list(alert.reasons),
        "events": list(alert.events),
    }


def rejected_table(told: list[tuple[str, Rejected]], number: int) -> pa.Table:
    """Refused lines of a batch, each with its stream, as a table of schema REJECTED."""
    from tocsin.store.interface import REJECTED

    columns = {
        "reason": [rejected.reason for _, rejected in told],
        "stream": [stream for stream, _ in told],
        "segment": [rejected.segment for _, rejected in told],
        "offset": [rejected.offset for _, rejected in told],
        "length": [rejected.length for _, rejected in told],
        "batch": [number] * len(told),
    }
    arrays = [
        pa.array(columns[f.name]).cast(f.type)
        if not pa.types.is_dictionary(f.type)
        else pa.array(columns[f.name], pa.string()).dictionary_encode().cast(f.type)
        for f in REJECTED
    ]
    return pa.table(arrays, schema=REJECTED)
