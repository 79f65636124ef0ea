"""Small trails, drawn by hand: a row is written as somebody would tell it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from tocsin.model.alert import Alert
from tocsin.model.episode import Episode
from tocsin.model.event import STORED_EVENT, bits_of
from tocsin.model.evidence import MICRONATS
from tocsin.model.session import SESSION

ACCOUNT = "https://idp.neustrie.example|a.martin"
SERVICES = {
    "teleconsultation": frozenset({"identity", "contact"}),
    "identity-server": frozenset({"identity", "contact", "national-number"}),
}
PATIENT_RESOURCE = bits_of("name", "birth", "sex", "local-number", "telephone", "e-mail", "postal-address")


def us(when: str) -> int:
    """`12 09:30` is 12 September 2025, 09:30 UTC, in microseconds."""
    day, clock = when.split()
    hour, minute, *second = clock.split(":")
    moment = datetime(2025, 9, int(day), int(hour), int(minute), int(second[0]) if second else 0, tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000


def patient(name: str) -> bytes:
    """The reference of a patient who is called that."""
    return b"\0" + hashlib.blake2b(name.encode(), digest_size=16).digest()


def row(when: str, session: int, patient_name: str | None = None, **said: Any) -> dict[str, Any]:
    """A stored row: by default a read, unexplained, that succeeded, from the owner's ward and machine."""
    at = us(when) + said.pop("plus_us", 0)
    network, device = said.pop("network", "ward"), said.pop("device", 1)
    told = f"{when} {session} {patient_name} {network} {device} {sorted(said.items())}".encode()
    event = (at + (1 << 55)).to_bytes(7, "big") + hashlib.blake2b(told, digest_size=9).digest()
    return {
        **{field.name: None for field in STORED_EVENT},
        **dict.fromkeys(("row", "token", "assurance", "request", "query_length", "page", "query_hash"), 0),
        **dict.fromkeys(("segment", "offset", "length"), 0),
        "event_id": event, "source": "replay", "at": at, "received_at": at, "service": "teleconsultation",
        "account": ACCOUNT, "network": network, "device": device, "action": "read", "outcome": "success",
        "patient": patient(patient_name) if patient_name else None, "elements": bits_of("name"),
        "query_kind": "none", "id_low": -1, "batch": 1, "session": session,
        "explained_by": "unexplained" if patient_name else "no-patient", **said,
    }  # fmt: skip


def at_work(days: Iterable[int] = (2, 3, 4), network: str | None = "ward", device: int = 1) -> list[dict[str, Any]]:
    """The owner's quiet days: three patients each, expected, in a session numbered by the day."""
    place: dict[str, Any] = {"network": network, "device": device, "explained_by": "stay"}
    return [
        row(f"{day} 0{hour}:00", 1000 * device + day, f"own{day}{hour}", **place) for day in days for hour in (7, 8, 9)
    ]


def stored(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as the store hands them over."""
    return pa.table([pa.array([one[f.name] for one in rows], f.type) for f in STORED_EVENT], schema=STORED_EVENT)


def sessions_of(rows: list[dict[str, Any]], weights: dict[int, float] | None = None) -> pa.Table:
    """The sessions of rows, each of weight -1 nat unless `weights` says another; None leaves a session out."""
    weights = weights or {}
    ids = sorted({one["session"] for one in rows})
    told = [i for i in ids if weights.get(i, 0) is not None]
    times = {i: [one["at"] for one in rows if one["session"] == i] for i in told}
    table = [
        {
            "session": i, "account": ACCOUNT, "started": min(times[i]), "ended": max(times[i]),
            "events": len(times[i]), "weight": round(weights.get(i, -1.0) * MICRONATS), "content": 0, "counts": [],
        }
        for i in told
    ]  # fmt: skip
    return pa.table([pa.array([one[f.name] for one in table], f.type) for f in SESSION], schema=SESSION)


def alert(when: str, session: int, rung: str = "ask", account: str = ACCOUNT) -> Alert:
    """An alert; what it says of its weight means nothing here."""
    return Alert(
        account=account, at=us(when), rung=rung, weight=9 * MICRONATS, one_in=100.0, measured=True, stratum="",
        calibration="", session=session, grounds=(), events=("00",),
    )  # fmt: skip


def incident(*alerts: Alert) -> Episode:
    """An incident with a name that is easy to read."""
    return Episode(id="INC-1", account=ACCOUNT, alerts=alerts, opened_at=alerts[0].at)


def shuffled(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """The same rows in another order."""
    return [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
