"""Where parts lie on disk, and which of them are in force.

    <root>/v1/<kind>/day=2025-09-14/batch-000001.parquet     one day of one batch
    <root>/v1/<kind>/day=none/batch-000001.parquet           what belongs to no day
    <root>/v1/<kind>/merged=2025-09/in-force.json            which file holds the month, and which parts it stands for
    <root>/v1/<kind>/merged=2025-09/000001.parquet           the month, sorted by account
    <root>/v1/<kind>/merged=2025-10-02/...                   the same for one day; merged=none/ for what has none
    <root>/v1/<kind>/schema.arrow                            of the kinds whose schema is that of the first table

A part that something merged stands for does not count, whether or not it has been deleted yet; nor does a merged day
whose month is merged.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
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
_MERGED_FILE = re.compile(r"(\d{6,})\.parquet")
_IN_FORCE = "in-force.json"


@dataclass(frozen=True, slots=True)
class Merged:
    """Parts of one day or month in one file."""

    name: str
    """"2025-09", "2025-09-14" or "none" (what belongs to no day)."""
    path: Path
    places: frozenset[Place]
    """The parts it stands for."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What counts."""

    parts: dict[Place, Path]
    """By (day, batch), no day first."""
    merged: tuple[Merged, ...]

    def files(self, *, batches: tuple[int, int] | None = None) -> list[Path]:
        """Every file that counts; `batches`: that holds any after the first, up to the second."""
        after, upto = batches or (-1, 2**31)
        return [
            *(path for (_, batch), path in self.parts.items() if after < batch <= upto),
            *(one.path for one in self.merged if any(after < batch <= upto for _, batch in one.places)),
        ]

    def places(self) -> list[Place]:
        """Every day and batch that was written, by (day, batch), no day first."""
        return sorted([*self.parts, *(place for merged in self.merged for place in merged.places)], key=rank)


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
    upto: int | None = None
    """For a reader: parts of later batches do not count, because they may still be on their way. None: all do."""

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

    def short(self, path: Path) -> str:
        """A path as errors tell it: below the root."""
        return str(path.relative_to(self.root))

    def in_force(self, kind: Kind, *, first: date | None = None, last: date | None = None) -> InForce:
        """What counts between two days, both included (None: no limit). With a limit, what has no day is left out.

        Something merged is given if any of its days is within.
        """
        parts: dict[Place, Path] = {}
        merged: list[Merged] = []
        for label, value in self._labels(kind):
            if label == "day" and _within(value, first, last):
                parts.update(self._parts(kind, value))
            elif label == "merged" and _within(value, first and first.isoformat()[: len(value)], last):
                merged.extend(self._merged(kind, value))
        return _counting(parts, sorted(merged, key=lambda one: (len(one.name), one.name)))

    def merged_over(self, kind: Kind, place: Place) -> list[Merged]:
        """What is merged and stands for this part."""
        day = place[0]
        names = (month_of(day), day.isoformat()) if day else ("none",)
        merged = [one for name in names for one in self._merged(kind, name)]
        return [one for one in merged if place in one.places]

    def superseded(self, kind: Kind) -> list[Path]:
        """Files that no longer count, each one's manifest before it."""
        in_force = self.in_force(kind)
        kept = {*in_force.files(), *(self._manifest(kind, one.name) for one in in_force.merged)}
        folders = [self.folder(kind) / f"{label}={value}" for label, value in self._labels(kind)]
        found = [folder / entry for folder in folders for entry in self._entries(folder)]
        return sorted((path for path in found if path not in kept), key=lambda path: path.name != _IN_FORCE)

    def next_file(self, kind: Kind, name: str) -> Path:
        """A merged file of that day or month that does not exist yet."""
        folder = self._manifest(kind, name).parent
        taken = [int(match[1]) for entry in self._entries(folder) if (match := _MERGED_FILE.fullmatch(entry))]
        return folder / f"{max(taken, default=0) + 1:06d}.parquet"

    def put_in_force(self, kind: Kind, merged: Merged, *, durable: bool) -> None:
        """From the moment this returns, `merged` stands for its parts. One rename: before it, nothing has changed."""
        told = json.dumps({"file": merged.path.name, "batches": _ranges(merged.places)}).encode()
        put_bytes(self._manifest(kind, merged.name), told, durable=durable)

    def clear(self) -> None:
        """Delete this version: out of sight in one step first, for half a store would answer, and wrongly."""
        gone = self.top.with_name(f".{self.top.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self.top.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _labels(self, kind: Kind) -> list[tuple[str, str]]:
        split = (entry.partition("=") for entry in self._entries(self.folder(kind)))
        return [(label, value) for label, _, value in split if value]

    def _parts(self, kind: Kind, value: str) -> dict[Place, Path]:
        day = _day(value)
        folder = self.folder(kind) / f"day={value}"
        found = ((entry, _BATCH.fullmatch(entry)) for entry in self._entries(folder))
        numbered = ((int(match[1]), folder / entry) for entry, match in found if match)
        return {(day, batch): path for batch, path in numbered if self.upto is None or batch <= self.upto}

    def _merged(self, kind: Kind, name: str) -> list[Merged]:
        """The one in force of that day or month, if there is one."""
        manifest = self._manifest(kind, name)
        try:
            told = json.loads(manifest.read_bytes())
            return [Merged(name, manifest.with_name(told["file"]), _places(told["batches"]))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(f"{self.short(manifest)} cannot be read.", advice=REBUILD) from error

    def _manifest(self, kind: Kind, name: str) -> Path:
        return self.folder(kind) / f"merged={name}" / _IN_FORCE

    def _entries(self, folder: Path) -> list[str]:
        try:
            return os.listdir(folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreUnavailable(f"{self.short(folder)} cannot be read: {error.strerror}.", advice=REBUILD) from error


def _counting(parts: dict[Place, Path], merged: list[Merged]) -> InForce:
    """Leave out what something merged stands for. `merged`: months before days, for a month stands for its days."""
    taken: set[Place] = set()
    counting = []
    for one in merged:
        if not one.places & taken:
            counting.append(one)
            taken |= one.places
        elif not one.places <= taken:
            raise StoreUnavailable(f"Some parts of {one.name} would count twice.", advice=REBUILD)
    loose = sorted((place for place in parts if place not in taken), key=rank)
    return InForce({place: parts[place] for place in loose}, tuple(counting))


def _ranges(places: frozenset[Place]) -> dict[str, list[list[int]]]:
    """Day -> first and last batch of each run: a live day has thousands of batches in a row."""
    runs: dict[str, list[list[int]]] = {}
    for day, batch in sorted(places, key=rank):
        its = runs.setdefault(day.isoformat() if day else "none", [])
        if its and its[-1][1] == batch - 1:
            its[-1][1] = batch
        else:
            its.append([batch, batch])
    return runs


def _places(runs: dict[str, list[list[int]]]) -> frozenset[Place]:
    """The reverse of `_ranges`."""
    return frozenset(
        (_day(told), batch) for told, its in runs.items() for first, last in its for batch in range(first, last + 1)
    )


def _day(told: str) -> date | None:
    return None if told == "none" else date.fromisoformat(told)


def _within(value: str, first: date | str | None, last: date | None) -> bool:
    """Whether a day or month, in ISO form, lies within two days or touches them."""
    if value == "none":
        return first is None and last is None
    return (first is None or str(first) <= value) and (last is None or value <= str(last))
