"""Where parts lie on disk, and which of them are in force.

    <root>/v1/<kind>/day=2025-09-14/batch-000001.parquet     one day of one batch
    <root>/v1/<kind>/day=none/batch-000001.parquet           what belongs to no day
    <root>/v1/<kind>/month=2025-09/in-force.json             which file holds the month, and which parts it stands for
    <root>/v1/<kind>/month=2025-09/000001.parquet            the month, sorted by account
    <root>/v1/<kind>/schema.arrow                            of the kinds whose schema is that of the first table

A part that a month in force stands for does not count, whether or not it has been deleted yet.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from tocsin.errors import StoreUnavailable
from tocsin.store.files import REBUILD, put_bytes
from tocsin.store.interface import Kind

VERSION: Final = "v1"
"""Of derived data. Other versions beside it are not looked at."""

Place = tuple[date | None, int]
"""Day (None: no day) and batch: what one part is the part of."""

_BATCH = re.compile(r"batch-(\d{6,})\.parquet")
_MONTH_FILE = re.compile(r"(\d{6,})\.parquet")


@dataclass(frozen=True, slots=True)
class Month:
    """A month in force."""

    name: str
    """"2025-09"."""
    path: Path
    places: frozenset[Place]
    """The parts it stands for."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What counts: the parts by (day, batch), none first, and the months."""

    parts: dict[Place, Path]
    months: tuple[Month, ...]

    def files(self) -> list[Path]:
        """Every file that counts."""
        return [*self.parts.values(), *(month.path for month in self.months)]

    def places(self) -> list[Place]:
        """Every day and batch that has rows or an empty part, by (day, batch), no day first."""
        return sorted([*self.parts, *(place for month in self.months for place in month.places)], key=rank)


def rank(place: Place) -> tuple[date, int]:
    """The order of parts: no day, then day by day, each batch by batch."""
    return place[0] or date.min, place[1]


def month_of(day: date) -> str:
    """ "2025-09"."""
    return f"{day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The tree of files under one root."""

    root: Path

    @property
    def top(self) -> Path:
        """The folder of this version."""
        return self.root / VERSION

    def folder(self, kind: Kind) -> Path:
        """The folder of a kind."""
        return self.top / kind

    def part(self, kind: Kind, place: Place) -> Path:
        """The file of one day and batch."""
        day, batch = place
        return self.folder(kind) / f"day={day.isoformat() if day else 'none'}" / f"batch-{batch:06d}.parquet"

    def in_force(self, kind: Kind, *, first: date | None = None, last: date | None = None) -> InForce:
        """What counts between two days, both included (None: no limit). With a limit, what has no day is left out."""
        parts: dict[Place, Path] = {}
        months: list[Month] = []
        for entry in self._entries(self.folder(kind)):
            label, _, value = entry.partition("=")
            if label == "day" and _within(value, first, last):
                parts.update(self._parts(kind, value))
            elif label == "month" and _within_months(value, first, last):
                month = self.month(kind, value)
                if month is not None:
                    months.append(month)
        for month in months:
            for place in month.places:
                parts.pop(place, None)
        ordered = {place: parts[place] for place in sorted(parts, key=rank)}
        return InForce(ordered, tuple(sorted(months, key=lambda month: month.name)))

    def _parts(self, kind: Kind, value: str) -> dict[Place, Path]:
        day = None if value == "none" else date.fromisoformat(value)
        folder = self.folder(kind) / f"day={value}"
        found = ((entry, _BATCH.fullmatch(entry)) for entry in self._entries(folder))
        return {(day, int(match[1])): folder / entry for entry, match in found if match}

    def _entries(self, folder: Path) -> list[str]:
        try:
            return os.listdir(folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreUnavailable(f"{self.short(folder)} cannot be read: {error.strerror}.", advice=REBUILD) from error

    def short(self, path: Path) -> str:
        """A path as errors tell it: below the root."""
        return str(path.relative_to(self.root))

    def month(self, kind: Kind, name: str) -> Month | None:
        """The month in force of that name, if there is one."""
        manifest = self._manifest(kind, name)
        try:
            told = json.loads(manifest.read_bytes())
            places = frozenset((date.fromisoformat(day), int(batch)) for day, batch in told["places"])
            return Month(name, manifest.with_name(told["file"]), places)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(f"{self.short(manifest)} cannot be read.", advice=REBUILD) from error

    def next_month_file(self, kind: Kind, name: str) -> Path:
        """A file of that month that does not exist yet."""
        folder = self._manifest(kind, name).parent
        taken = [int(match[1]) for entry in self._entries(folder) if (match := _MONTH_FILE.fullmatch(entry))]
        return folder / f"{max(taken, default=0) + 1:06d}.parquet"

    def put_in_force(self, kind: Kind, month: Month, *, durable: bool) -> None:
        """From the moment this returns, the month stands for its parts. One rename: before it, nothing has changed."""
        places = [[day.isoformat(), batch] for day, batch in sorted(month.places, key=rank) if day]
        told = json.dumps({"file": month.path.name, "places": places}).encode()
        put_bytes(self._manifest(kind, month.name), told, durable=durable)

    def _manifest(self, kind: Kind, name: str) -> Path:
        return self.folder(kind) / f"month={name}" / "in-force.json"


def _within(value: str, first: date | None, last: date | None) -> bool:
    if value == "none":
        return first is None and last is None
    day = date.fromisoformat(value)
    return (first is None or first <= day) and (last is None or day <= last)


def _within_months(name: str, first: date | None, last: date | None) -> bool:
    return (first is None or month_of(first) <= name) and (last is None or name <= month_of(last))
