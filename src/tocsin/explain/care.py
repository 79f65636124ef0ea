"""Care facts as a table to look up: which actor or unit had a reason to see which patient, when, known since when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.explain.reasons import Reason
from tocsin.model.rows import key_of, keys_of_references, mix, references_of

Persons = Callable[[np.ndarray], np.ndarray]
"""References of records -> of persons (dtype V17)."""

EARLIEST = np.iinfo(np.int64).min // 2
LATEST = np.iinfo(np.int64).max // 2

_REASON_OF = {
    "stay": "stay",
    "appointment": "appointment",
    "referral": "referral",
    "care-team": "care-team",
    "campaign": "campaign",
    "task": "task",
}
"""Kind of fact -> the reason it gives to the actor it names."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Sorted by `key`; one row per (patient, actor or unit) and fact."""

    key: np.ndarray
    """uint64: mix(patient, actor); see `actor_key`."""
    reason: np.ndarray
    """int8, position in REASONS."""
    starts: np.ndarray
    """int64 microseconds, margin taken off."""
    ends: np.ndarray
    """int64 microseconds, margin added."""
    known_at: np.ndarray
    """int64 microseconds."""

    def reasons_for(
        self, patient: np.ndarray, actor: np.ndarray, at: np.ndarray, roster: np.ndarray, roster_code: int
    ) -> np.ndarray:
        """int8 reason for each (patient, actor, at), 0 if none: the first that holds, in the order of REASONS.

        `roster` says where the actor stands for a unit on call: a stay there is then the reason `roster`.
        """
        found = np.zeros(len(patient), np.int8)
        if not len(self.key) or not len(patient):
            return found
        wanted = mix(patient, actor)
        order = np.argsort(wanted, kind="stable")
        place = np.empty(len(wanted), np.int64)
        place[order] = np.searchsorted(self.key, wanted[order])
        left = np.arange(len(wanted))
        while len(left):
            inside = place[left] < len(self.key)
            left = left[inside]
            left = left[self.key[place[left]] == wanted[left]]
            here = place[left]
            holds = (self.starts[here] <= at[left]) & (at[left] <= self.ends[here]) & (self.known_at[here] <= at[left])
            code = np.where(roster[left], roster_code, self.reason[here])[holds]
            at_rows = left[holds]
            better = (found[at_rows] == 0) | (code < found[at_rows])
            found[at_rows[better]] = code[better]
            place[left] += 1
        return found


def actor_key(name: str, *, kind: str) -> int:
    """Key of an actor (`who`), a unit (`unit`) or an establishment (`site`)."""
    return key_of(f"{kind}:{name}")


def column_keys(column: pa.ChunkedArray, *, kind: str) -> np.ndarray:
    """uint64 keys of a column of names; 0 where null."""
    column = column.combine_chunks().dictionary_encode() if not pa.types.is_dictionary(column.type) else column
    column = column.unify_dictionaries().combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(column, pa.ChunkedArray):
        if not column.num_chunks:
            return np.zeros(0, np.uint64)
        column = column.chunk(0)
    names = column.dictionary.to_pylist()
    table = np.array([*(actor_key(name, kind=kind) for name in names), 0], np.uint64)
    indices = column.indices.fill_null(len(names)) if column.null_count else column.indices
    return table[indices.to_numpy(zero_copy_only=False)]


def times(column: pa.ChunkedArray, otherwise: int) -> np.ndarray:
    """int64 microseconds of a time column; `otherwise` where null."""
    return pc.fill_null(column.cast(pa.int64()), otherwise).to_numpy() if len(column) else np.zeros(0, np.int64)


def person_keys(column: pa.ChunkedArray, person_of: Persons) -> np.ndarray:
    """uint64 keys of the persons of a column of patient references, as rows have them; 0 where null."""
    references = references_of(column)
    keys = np.zeros(len(references), np.uint64)
    named = np.flatnonzero(keys_of_references(references)) if len(references) else np.zeros(0, np.int64)
    if len(named):
        keys[named] = keys_of_references(person_of(references[named]))
    return keys


def grants_of(facts: pa.Table, reasons: dict[str, Reason], person_of: Persons) -> Grants:
    """All grants of a table of facts (schema FACT), with the margins of the reasons in force."""
    parts: list[tuple[np.ndarray, ...]] = []
    for kind, reason_name in _REASON_OF.items():
        of_kind = facts.filter(pc.equal(facts["kind"].cast(pa.string()), kind))
        if not len(of_kind):
            continue
        patient = person_keys(of_kind["patient"], person_of)
        starts, ends = times(of_kind["starts"], EARLIEST), times(of_kind["ends"], LATEST)
        known_at = times(of_kind["known_at"], EARLIEST)
        if kind == "referral":  # a referral has a date, not an end
            ends = np.where(ends == LATEST, starts, ends)
        actor, unit, site = (
            column_keys(of_kind[column], kind=sort)
            for column, sort in (("actor", "who"), ("unit", "unit"), ("establishment", "site"))
        )
        if kind != "stay":  # where an actor is named, his unit is only said beside him
            unit = np.where(actor == 0, unit, 0)
            site = np.where((actor == 0) & (unit == 0), site, 0)
        beside = "shared-unit" if kind == "stay" else reason_name
        keyed = [(actor, reasons.get(reason_name)), (unit, reasons.get(beside)), (site, reasons.get(beside))]
        keyed += [(who, own) for own in reasons.values() if own.kind == kind for who in (actor, unit, site)]
        codes = of_kind["code"].cast(pa.string())
        for who, reason in keyed:
            if reason is None:
                continue
            some = (who != 0) & (patient != 0)
            if reason.of_code:
                some &= pc.fill_null(pc.equal(codes, reason.of_code), False).to_numpy(zero_copy_only=False)
            parts.append(
                (
                    mix(patient[some], who[some]),
                    np.full(int(some.sum()), reason.code, np.int8),
                    np.maximum(starts[some], EARLIEST) - reason.before_us,
                    np.minimum(ends[some], LATEST) + reason.after_us,
                    known_at[some],
                )
            )
    if not parts:
        none = np.zeros(0, np.int64)
        return Grants(np.zeros(0, np.uint64), np.zeros(0, np.int8), none, none, none)
    key, reason_code, starts, ends, known_at = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(key, kind="stable")
    return Grants(key[order], reason_code[order], starts[order], ends[order], known_at[order])


@dataclass(frozen=True, slots=True)
class Places:
    """Where each patient was last known to be: sorted by (patient, starts)."""

    patient: np.ndarray
    starts: np.ndarray
    known_at: np.ndarray
    unit: np.ndarray
    """uint64 key of the unit, else of the establishment."""

    def unit_of(self, patient: np.ndarray, at: np.ndarray) -> np.ndarray:
        """uint64 key of the unit of the latest stay begun and known at `at`; 0 if none."""
        unit = np.zeros(len(patient), np.uint64)
        place = np.searchsorted(self.patient, patient)
        left = np.arange(len(patient))
        while len(left):
            left = left[place[left] < len(self.patient)]
            left = left[self.patient[place[left]] == patient[left]]
            here = place[left]
            begun = (self.starts[here] <= at[left]) & (self.known_at[here] <= at[left])
            unit[left[begun]] = self.unit[here[begun]]
            place[left] += 1
        return unit


def places_of(facts: pa.Table, person_of: Persons) -> Places:
    """The stays of a table of facts as `Places`."""
    stays = facts.filter(pc.equal(facts["kind"].cast(pa.string()), "stay"))
    patient = person_keys(stays["patient"], person_of)
    unit = column_keys(stays["unit"], kind="unit")
    unit = np.where(unit == 0, column_keys(stays["establishment"], kind="site"), unit)
    starts, known_at = times(stays["starts"], EARLIEST), times(stays["known_at"], EARLIEST)
    some = (patient != 0) & (unit != 0)
    patient, unit, starts, known_at = patient[some], unit[some], starts[some], known_at[some]
    if len(patient):  # one row per participant says the same place again
        order = np.lexsort((known_at, unit, starts, patient))  # the same whatever the order of the facts
        patient, unit, starts, known_at = patient[order], unit[order], starts[order], known_at[order]
        new = np.ones(len(patient), bool)
        new[1:] = (patient[1:] != patient[:-1]) | (starts[1:] != starts[:-1]) | (unit[1:] != unit[:-1])
        patient, unit, starts, known_at = patient[new], unit[new], starts[new], known_at[new]
    return Places(patient, starts, known_at, unit)
