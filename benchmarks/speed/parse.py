"""How fast lines become columns, on one core: the accelerator beside the ordinary parser and what others would run.

    python benchmarks/speed/parse.py --lines 200000 --json parse.json
    python benchmarks/speed/parse.py --lines 200000 --trail AuditEvent.ndjson  # the first lines of yours

Lines are fictitious, of several BALP shapes, about 1.7 kB each, of 20,000 accounts. Times are of the process's CPU
(the machine may be shared) and of the wall; every path is run three times and the median is shown. Only the first two
make events: identity, keyed references, normal forms; the others stop at decoded documents or at raw columns.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
from balp_lines import Region

from tocsin.collect.formats import fhir
from tocsin.collect.formats.fhir_document import AuditEvent
from tocsin.collect.formats.skeleton import FhirParser
from tocsin.collect.transports.files import BLOCK_BYTES, read_blocks
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block

REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)
COLUMNS = """{id: 'VARCHAR', recorded: 'VARCHAR', action: 'VARCHAR', outcome: 'VARCHAR',
 type: 'STRUCT(code VARCHAR)', subtype: 'STRUCT(code VARCHAR)[]', period: 'STRUCT("start" VARCHAR)',
 agent: 'STRUCT(requestor BOOLEAN, who STRUCT(identifier STRUCT("system" VARCHAR, "value" VARCHAR)), policy VARCHAR[],
 network STRUCT(address VARCHAR))[]', source: 'STRUCT(site VARCHAR)',
 entity: 'STRUCT(what STRUCT(reference VARCHAR, identifier STRUCT("value" VARCHAR)), role STRUCT(code VARCHAR),
 query VARCHAR)[]'}"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--lines", type=int, default=200_000)
    arguments.add_argument("--accounts", type=int, default=20_000)
    arguments.add_argument("--trail", type=Path, help="a file of AuditEvents, instead of the fictitious lines")
    arguments.add_argument("--json", type=Path, help="write the numbers here")
    options = arguments.parse_args()
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "AuditEvent.ndjson"
        with path.open("wb") as out:
            out.writelines(lines_of(options))
        report = measure(path, options.lines)
    whose = options.trail.name if options.trail else f"{options.accounts:,} accounts"
    print(f"{options.lines:,} lines of {report['bytes_per_line']:.0f} bytes, {whose}, one core")
    for name, row in report["paths"].items():
        print(
            f"{name:34s} {row['cpu_events_per_s']:>10,.0f} events/s of CPU {row['wall_events_per_s']:>10,.0f} of wall"
        )
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def lines_of(options: argparse.Namespace) -> Iterator[bytes]:
    """As many lines as asked for, with their line feeds."""
    if options.trail is None:
        yield from (line + b"\n" for line in Region(accounts=options.accounts).lines(options.lines))
        return
    with options.trail.open("rb") as trail:
        yield from itertools.islice(trail, options.lines)


def measure(path: Path, lines: int) -> dict:
    blocks = [Block(block.data, -1, block.offset) for block in read_blocks(path, block_bytes=BLOCK_BYTES)]
    every = [line for block in blocks for line in block.data.splitlines()]
    warm = FhirParser()
    decode = msgspec.json.Decoder(AuditEvent).decode
    paths: dict[str, Callable[[], object]] = {
        "skeleton (events)": lambda: parse_all(warm, blocks),
        "ordinary parser (events)": lambda: parse_all(fhir, blocks),
        "msgspec, typed decode only": lambda: each(decode, every),
        "json.loads only": lambda: each(json.loads, every),
        "DuckDB read_json -> Arrow, raw": lambda: by_duckdb(path),
    }
    return {
        "lines": lines,
        "bytes_per_line": path.stat().st_size / lines,
        "paths": {name: rates(run, lines) for name, run in paths.items()},
    }


def parse_all(parser: object, blocks: list[Block]) -> None:
    for block in blocks:
        parser.parse(block, source="replay", references=REFERENCES)  # type: ignore[attr-defined]


def each(decode: Callable[[bytes], object], lines: list[bytes]) -> None:
    for line in lines:
        decode(line)


def by_duckdb(path: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.sql(f"FROM read_json('{path}', format = 'newline_delimited', columns = {COLUMNS})").to_arrow_table()


def rates(run: Callable[[], object], lines: int) -> dict[str, float]:
    cpu, wall = [], []
    for _ in range(3):
        before = time.process_time(), time.perf_counter()
        run()
        cpu.append(time.process_time() - before[0])
        wall.append(time.perf_counter() - before[1])
    return {"cpu_events_per_s": lines / statistics.median(cpu), "wall_events_per_s": lines / statistics.median(wall)}


if __name__ == "__main__":
    main()
