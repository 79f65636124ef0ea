"""Directory resources in, in any order; facts, persons and identities out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, tzinfo
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tocsin.collect.directory import care, duties, patients, people, places, resources
from tocsin.collect.directory.catalogue import Catalogue, Version
from tocsin.collect.directory.columns import binary, numbered, order_of, times
from tocsin.collect.directory.decode import Refused, resource_of
from tocsin.collect.directory.draft import Draft
from tocsin.collect.directory.merges import joined
from tocsin.collect.directory.resolve import facts_of
from tocsin.collect.directory.times import BadTime, Times
from tocsin.model.block import IDENTITY, Block, References
from tocsin.model.fact import PERSON
from tocsin.model.rejected import Rejected

FAMILIES: Final[dict[type[resources.Resource], Callable[[Any, Draft, Catalogue, Version], None]]] = {
    resources.Practitioner: people.practitioner,
    resources.PractitionerRole: people.practitioner_role,
    resources.Organization: places.organization,
    resources.HealthcareService: places.healthcare_service,
    resources.Location: places.location,
    resources.Encounter: care.encounter,
    resources.Appointment: care.appointment,
    resources.ServiceRequest: care.service_request,
    resources.CareTeam: care.care_team,
    resources.Schedule: duties.schedule,
    resources.Task: duties.task,
    resources.Group: duties.group,
    resources.Patient: patients.patient,
}

_BOM: Final = b"\xef\xbb\xbf"


class DirectoryReader:
    """Reads every resource of a trail's folder but the AuditEvents.

    What is asked of it is worked out anew each time from all that was added so far, and does not depend on the order
    in which that came.
    """

    def __init__(self, references: References, *, zone: tzinfo = UTC) -> None:
        """`zone`: the time zone of days that are written without one (in France: Europe/Paris or a department's)."""
        self._references = references
        self._zone = zone
        self.forget()

    def forget(self) -> None:
        """Let go of all that was added, as if nothing had been."""
        self._draft = Draft(Times(self._zone))
        self._catalogue = Catalogue(self._draft.symbols)
        self._keyed = patients.Keyed(self._draft.symbols, self._references)
        self._digests = bytearray()
        self._rejected: list[Rejected] = []
        self.lines: Counter[str] = Counter()
        """Lines that are not blank, by stream."""

    def add(self, stream: str, block: Block) -> None:
        """Take in a block of any types of resources. Never raises on its bytes."""
        checked = block.data.isascii() or _is_utf8(block.data)
        place = block.offset
        count = len(block.overlong)
        self._rejected += [Rejected("too-long", block.segment, offset, length) for offset, length in block.overlong]
        for line in block.data.split(b"\n"):
            bare = line[:-1] if line.endswith(b"\r") else line
            if bare and not bare.isspace():
                count += 1
                reason = self._read(bare) if checked or _is_utf8(bare) else "not-utf8"
                if reason:
                    self._rejected.append(Rejected(reason, block.segment, place, len(bare)))
            place += len(line) + 1
        self.lines[stream] += count

    def _read(self, line: bytes) -> str:
        """Read one line; the reason why it was refused, or an empty text."""
        before = len(self._draft)
        digest = hashlib.blake2b(line, digest_size=16).digest()
        try:
            resource = resource_of(line.removeprefix(_BOM))
            self._draft.updated = self._draft.times.known(resource.updated())
            version = (self._draft.updated, digest)
            FAMILIES[type(resource)](resource, self._draft, self._catalogue, version)
        except Refused as refused:
            self._draft.cut(before)
            return refused.reason
        except BadTime:
            self._draft.cut(before)
            return "bad-time"
        if len(self._draft) > before:
            self._digests += digest
            self._draft.line += 1
        return ""

    def facts(self) -> pa.Table:
        """All facts: schema FACT, by fact_id; the rows of one resource in its own order."""
        digests = np.frombuffer(bytes(self._digests), "S16")
        return facts_of(self._draft, self._catalogue, digests, self._keyed.of)

    def persons(self) -> pa.Table:
        """Which references are one person: schema PERSON, by reference, then by time known."""
        symbols = self._draft.symbols
        rows = np.fromiter(chain.from_iterable(joined(self._draft.said, symbols)), np.int64).reshape(-1, 3)
        patient = self._keyed.of(rows[:, 0])
        person = self._keyed.of(rows[:, 1])
        order = np.lexsort((rows[:, 2], numbered(patient)[1]))
        columns = [binary(patient[order]), binary(person[order]), times(rows[order, 2])]
        return pa.Table.from_arrays(columns, schema=PERSON)

    def identities(self) -> pa.Table:
        """What the references of patients stand for: schema IDENTITY, by reference. For the vault, nowhere else."""
        symbols = self._draft.symbols
        distinct = np.array(
            sorted({symbol for said in self._draft.said for symbol in (said.patient, *said.identifiers)}), np.int64
        )
        found = self._keyed.of(distinct)
        order = order_of(found)
        names = distinct[order].tolist()
        systems = pa.array(patients.systems_of(symbols, names), pa.string())
        values = pa.array(patients.values_of(symbols, names), pa.string())
        return pa.Table.from_arrays([binary(found[order]), systems, values], schema=IDENTITY)

    def rejected(self) -> tuple[Rejected, ...]:
        """The lines that were refused, by place."""
        return tuple(sorted(self._rejected, key=lambda one: (one.segment, one.offset, one.length, one.reason)))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
