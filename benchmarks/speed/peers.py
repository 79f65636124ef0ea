"""What else reads a trail, each in a process of its own: `python peers.py NAME FOLDER`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from trails import files


def json_loads(folder: Path) -> None:
    for line in _lines(folder):
        json.loads(line)


def msgspec_typed(folder: Path) -> None:
    import msgspec

    from tocsin.collect.formats.fhir_document import AuditEvent

    decode = msgspec.json.Decoder(AuditEvent).decode
    for line in _lines(folder):
        decode(line)


def duckdb_columns(folder: Path) -> None:
    import duckdb
    from parse import COLUMNS

    told = f"read_json({[str(path) for path in files(folder)]}, format = 'newline_delimited', columns = {COLUMNS})"
    with duckdb.connect(config={"threads": 2}) as connection:
        for _ in connection.sql(f"FROM {told}").to_arrow_reader(100_000):
            pass


def parse_one(folder: Path) -> None:
    _parse(folder, workers=1)


def parse_two(folder: Path) -> None:
    _parse(folder, workers=2)


def _parse(folder: Path, *, workers: int) -> None:
    from tocsin import wiring
    from tocsin.main.intake import Files, files_of, pieces_of
    from tocsin.main.parsing import Recipe, parse_all

    trail = Files((), files_of(folder).trail, None)
    recipe = Recipe(wiring.FORMATS["fhir"](), "replay", wiring.replay_references())
    blocks = (piece.block for piece in pieces_of(trail, []))
    for _ in parse_all(blocks, recipe, total_bytes=trail.trail_bytes, workers=workers):
        pass


def _lines(folder: Path) -> Iterator[bytes]:
    for path in files(folder):
        with path.open("rb") as opened:
            yield from opened


PEERS: dict[str, Callable[[Path], None]] = {
    "json.loads": json_loads,
    "msgspec": msgspec_typed,
    "duckdb": duckdb_columns,
    "parse-1": parse_one,
    "parse-2": parse_two,
}

if __name__ == "__main__":
    PEERS[sys.argv[1]](Path(sys.argv[2]))
