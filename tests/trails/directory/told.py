"""Directory facts told in words: one line a row, so that a case can be drawn and read."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import numpy as np
import pyarrow as pa

from tocsin.collect.directory import DirectoryReader
from tocsin.model.block import Block

COLUMNS = ("kind", "patient", "actor", "unit", "establishment", "service", "code", "starts", "ends", "known_at")


class OpenReferences:
    """References that can be read back: for tests only."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}

    def patients(self, system: str, values: list[str]) -> np.ndarray:
        out = bytearray()
        for value in values:
            name = f"{system}/{value}" if system == "Patient" else f"{system}|{value}"
            number = list(self.names.values()).index(name) if name in self.names.values() else len(self.names)
            out += (reference := b"\1" + number.to_bytes(16, "big"))
            self.names[reference] = name
        return np.frombuffer(bytes(out), "V17")

    def keyed(self, domain: str, values: list[str]) -> np.ndarray:
        raise AssertionError("the directory keys no texts")


def reader_of(*lines: str | bytes, zone: tzinfo = UTC) -> tuple[DirectoryReader, OpenReferences]:
    references = OpenReferences()
    reader = DirectoryReader(references, zone=zone)
    for line in lines:
        reader.add("case", Block(line if isinstance(line, bytes) else line.encode(), 0, 0))
    return reader, references


def facts(reader: DirectoryReader, references: OpenReferences) -> list[str]:
    """Rows in words, sorted; an empty column is `-`."""
    return sorted(_told(row, references, COLUMNS) for row in reader.facts().to_pylist())


def persons(reader: DirectoryReader, references: OpenReferences) -> list[str]:
    columns = ("patient", "person", "known_at")
    return sorted(_told(row, references, columns) for row in reader.persons().to_pylist())


def identities(reader: DirectoryReader) -> list[str]:
    table: pa.Table = reader.identities()
    return sorted(f"{row['system']} | {row['value']}" for row in table.to_pylist())


def _told(row: dict[str, object], references: OpenReferences, columns: tuple[str, ...]) -> str:
    return " | ".join(_word(row[column], references) for column in columns)


def _word(value: object, references: OpenReferences) -> str:
    if value is None:
        return "-"
    if isinstance(value, bytes):
        return references.names[value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat().removesuffix("T00:00:00")
    return str(value)
