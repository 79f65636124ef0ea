"""A small ward for tests of explain: facts in plain words, accesses day by day, and the reason given for each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from parity.rivers import DAY, HOUR, MONDAY, Told, rows_of
from tocsin.explain.explainer import Explainer
from tocsin.explain.reasons import in_force
from tocsin.model.explained import Explained
from tocsin.model.fact import FACT
from tocsin.model.rows import Rows, keys_of_references


def reference(patient: str) -> bytes:
    """The reference of a record."""
    return b"\x01" + hashlib.blake2b(patient.encode(), digest_size=16).digest()


def references(patients: list[str]) -> np.ndarray:
    """References as an array, dtype V17."""
    return np.frombuffer(b"".join(reference(patient) for patient in patients), "V17")


def key(patient: str) -> int:
    """Key of a patient who is one record."""
    return int(keys_of_references(references([patient]))[0])


def moment(day: float | None) -> datetime | None:
    """Days since the Monday -> a time; day 0.5 is noon of the first day."""
    return None if day is None else datetime.fromtimestamp((MONDAY + day) * 86_400, UTC)


def fact(kind: str, **told: Any) -> dict[str, Any]:
    """A fact; `starts`, `ends` and `known_at` in days, `patient` by name."""
    row = dict.fromkeys(FACT.names) | {"kind": kind} | told
    row |= {name: moment(told.get(name)) for name in ("starts", "ends", "known_at")}
    row["patient"] = reference(told["patient"]) if "patient" in told else None
    row["fact_id"] = hashlib.blake2b(repr(sorted(told.items())).encode() + kind.encode(), digest_size=16).digest()
    return row


def facts_table(facts: list[dict[str, Any]]) -> pa.Table:
    """Facts as a table of schema FACT."""
    columns = []
    for column in FACT:
        values = [row[column.name] for row in facts]
        if pa.types.is_dictionary(column.type):
            columns.append(pa.array(values, pa.string()).dictionary_encode().cast(column.type))
        else:
            columns.append(pa.array(values, column.type))
    return pa.table(columns, schema=FACT)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Somebody opens a patient, at an hour of a day."""

    who: str
    patient: str | None
    hour: float = 9
    action: str = "read"
    outcome: str = "success"
    network: int = 0
    service: str = "dossier"
    assurance: int = 0
    country: int = 0


def opens(who: str, patient: str | None, **told: Any) -> Access:
    """Short for an access."""
    return Access(who=who, patient=patient, **told)


class Ward:
    """An explainer, and who is who: an account `a` belongs to the professional `a` unless a fact says otherwise."""

    def __init__(
        self,
        *facts: dict[str, Any],
        switched_off: tuple[str, ...] = (),
        person_of: Callable[[str], str] | None = None,
        margins: dict[str, tuple[int, int]] | None = None,
        told: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        """`told`: explanations as a region's settings tell them."""
        known = in_force(switched_off, told or {})
        for name, (before, after) in (margins or {}).items():
            known[name] = replace(known[name], before_us=before * DAY, after_us=after * DAY)
        self.explainer = Explainer(reasons=known)
        self.person_of = person_of or (lambda patient: patient)
        if person_of:
            names = {reference(name): reference(person_of(name)) for name in ALL_PATIENTS}
            self.explainer.person_of = lambda some: np.frombuffer(
                b"".join(names.get(r.tobytes(), r.tobytes()) for r in some), "V17"
            )
        if facts:
            self.explainer.learn(facts_table(list(facts)))
        self.seen: list[Explained] = []

    def day(self, day: int, *accesses: Access, alerts: tuple[str, ...] = (), size: int | None = None) -> list[str]:
        """Run a day; returns the reason of each access. `alerts`: accounts against which one stood that day."""
        self.explainer.open_slice(MONDAY + day)
        told: list[str] = []
        step = size or max(len(accesses), 1)
        for start in range(0, len(accesses), step):
            rows = self.rows(day, accesses[start : start + step], start)
            explained = self.explainer.explain(rows)
            self.explainer.remember(rows, explained)
            self.seen.append(explained)
            words = self.explainer.vocabulary()
            told.extend(words[code] for code in explained.reason)
        for account in alerts:
            self.explainer.stand(self.account(account), MONDAY + day)
        return told

    def account(self, name: str) -> int:
        """Number of an account."""
        number = self.explainer.accounts.number(name)
        self.explainer.identify(number, name)
        return number

    def rows(self, day: int, accesses: tuple[Access, ...], first: int = 0) -> Rows:
        """Accesses as rows."""
        told = [
            Told(
                event=first + number,
                at=(MONDAY + day) * DAY + int(access.hour * HOUR),
                account=self.account(access.who) if access.who else -1,
                patient=key(self.person_of(access.patient)) if access.patient else 0,
                action=access.action,
                outcome=access.outcome,
                network=access.network,
                assurance=access.assurance,
                country=access.country,
            )
            for number, access in enumerate(accesses)
        ]
        services = [self.explainer.services.number(access.service) for access in accesses]
        return replace(rows_of(told), service=np.array(services, np.int32))


ALL_PATIENTS = ("Ada", "Ada's old record", "Ben", "Cid")
