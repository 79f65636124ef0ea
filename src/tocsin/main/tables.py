"""What the folds give, as tables for the store, and as plain data for `--json`."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tocsin.detect.evidence import evidence_table
from tocsin.detect.state import Sessions
from tocsin.errors import StoreUnavailable
from tocsin.main.river import Folded
from tocsin.main.words import reason_of, reasons_of
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.evidence import MICRONATS
from tocsin.model.ground import Ground
from tocsin.model.rejected import Rejected
from tocsin.model.rows import Names
from tocsin.model.session import SESSION

_time = pa.timestamp("us", tz="UTC")

_GROUND: Final = pa.struct(
    [
        pa.field("of", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("what", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("before", pa.int64(), nullable=False),
        pa.field("nats", pa.int64(), nullable=False),
        pa.field("spared", pa.int64(), nullable=False),
        pa.field("one_in", pa.float64(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("age", pa.string(), nullable=False),
    ]
)
"""`model.ground.Ground`."""

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
        pa.field("grounds", pa.list_(_GROUND), nullable=False),
        pa.field("events", pa.list_(pa.string()), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("line_measured", pa.bool_(), nullable=False),
        pa.field("line_stratum", pa.string(), nullable=False),
        pa.field("budget", pa.float64(), nullable=False),
        pa.field("families", pa.list_(pa.string()), nullable=False),
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
            pa.array([[asdict(ground) for ground in alert.grounds] for alert in alerts], pa.list_(_GROUND)),
            pa.array([list(alert.events) for alert in alerts], pa.list_(pa.string())),
            pa.array([alert.line for alert in alerts], pa.int64()),
            pa.array([alert.line_measured for alert in alerts], pa.bool_()),
            pa.array([alert.line_stratum for alert in alerts], pa.string()),
            pa.array([alert.budget for alert in alerts], pa.float64()),
            pa.array([list(alert.families) for alert in alerts], pa.list_(pa.string())),
        ],
        schema=ALERT,
    )


def alerts_of(table: pa.Table) -> list[Alert]:
    """The reverse of `alerts_table`. Raises `StoreUnavailable` for alerts as an earlier Tocsin wrote them."""
    if table and table.schema.names != ALERT.names:
        raise StoreUnavailable("these alerts were written by another version", advice="Make them anew: tocsin rebuild.")
    rows = table.drop_columns(["alert"]).set_column(1, "at", table["at"].cast(pa.int64())).to_pylist() if table else []
    return [alert_from(row) for row in rows]


def alert_from(row: dict[str, Any]) -> Alert:
    """An alert from plain data, as `dataclasses.asdict` or a table gives it."""
    row = {**row, "grounds": tuple(Ground(**ground) for ground in row["grounds"])}
    return Alert(**{**row, **{name: tuple(row[name]) for name in ("events", "families")}})


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
        "reasons": [said["en"] for said in reasons_of(alert)],
        "grounds": [ground_data(ground) for ground in alert.grounds],
        "families": list(alert.families),
        "events": list(alert.events),
    }


def ground_data(ground: Ground) -> dict[str, Any]:
    """A part of an alert's weight, with its sentence in French and English."""
    said = reason_of(ground)
    return {
        "of": ground.of,
        "family": ground.family,
        "nats": round(ground.nats / MICRONATS, 6),
        "factor": float(f"{math.exp(min(ground.nats / MICRONATS, 600.0)):.4g}"),
        "reason": ground.told,
        "spared": round(ground.spared / MICRONATS, 6),
        "count": ground.n,
        "one_in": round(ground.one_in, 1),
        "fr": said["fr"],
        "en": said["en"],
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


def write_slice(parts: Any, folded: Folded, ended: Sessions, accounts: Names, *, day: int, batch: int) -> None:
    """What a slice came to, as parts of its day."""
    when = date(1970, 1, 1) + timedelta(days=day)
    parts.write("events", pa.concat_tables(folded.events).unify_dictionaries(), day=when, batch=batch)
    evidence = evidence_table(folded.evidence, accounts)
    if len(evidence):
        parts.write("evidence", evidence, day=when, batch=batch)
    if len(ended):
        parts.write("sessions", sessions_table(ended, accounts.names), day=when, batch=batch)
    if folded.alerts:
        parts.write("alerts", alerts_table(folded.alerts), day=when, batch=batch)
