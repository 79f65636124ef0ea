"""Watch: trails in. One function per command."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin import wiring
from tocsin.collect.guess import guess as guess_mapping
from tocsin.collect.watchable import watchable
from tocsin.config import Settings
from tocsin.errors import SourceUnreadable, Usage
from tocsin.main.hits import hits_of_batch
from tocsin.main.intake import MAPPED, TRAIL, Files, Progress, files_of, pieces_of, unheard
from tocsin.main.region import PAST, Region
from tocsin.model.block import Parsed

SAMPLE_BYTES = 8 * 1024 * 1024
"""How much of a file `collect guess` and `--dry-run` look at."""


def import_trail(
    path: Path,
    settings: Settings,
    *,
    source: str,
    mapping: Path | None,
    marks: Path | None,
    past: bool = False,
    now: datetime,
    progress: Progress = unheard,
) -> dict[str, Any]:
    """Keep a trail in the ledger and fold it; says what was understood and what was new.

    `past`: it is what the region learns from, and raises no alert.
    """
    files, text, header = _files(path, mapping, marks)
    parser = wiring.mapped_parser(text, header) if text else None
    meta: dict[str, Any] = {"mapping": text, "header": header} if text else {}
    if past:
        meta[PAST] = True
    with Region.open(settings, now=now, progress=progress) as region:
        done = region.accept(files, source=source, now=now, parser=parser, meta=meta, progress=progress)
    return asdict(done) | hits_of_batch(settings, done.batch)


def dry_run(
    path: Path, settings: Settings, *, mapping: Path | None, marks: Path | None, progress: Progress = unheard
) -> dict[str, Any]:
    """What an import would understand of the beginning of each file, and what the trail lets Tocsin watch."""
    files, text, header = _files(path, mapping, marks)
    parser = wiring.mapped_parser(text, header) if text else wiring.FORMATS["fhir"]()
    references = wiring.replay_references()  # nothing of a dry run is kept: the published key will do
    sampled: list[Parsed] = []
    for i, file in enumerate(files.trail):
        progress("reading samples", i, len(files.trail))
        one = Files((), (file,), None, files.stream)
        for piece in pieces_of(one, []):
            if piece.stream == files.stream:
                sampled.append(parser.parse(piece.block, source="dry-run", references=references))
                break
    reasons: dict[str, int] = {}
    for parsed in sampled:
        for rejected in parsed.rejected:
            reasons[rejected.reason] = reasons.get(rejected.reason, 0) + 1
    events = pa.concat_tables([parsed.events for parsed in sampled]).unify_dictionaries() if sampled else None
    told = None
    if text:
        from tocsin.collect.mapping import read_mapping

        told = read_mapping(text)
    return {
        "files": [file.path.name for file in (*files.facts, *files.trail)],
        "ignored": list(files.ignored),
        "sampled_lines": sum(parsed.lines for parsed in sampled),
        "understood": sum(parsed.accepted for parsed in sampled),
        "rejected_by_reason": dict(sorted(reasons.items())),
        "actions": _counted(events, "action"),
        "services": _counted(events, "service"),
        "watch": [asdict(watch) for watch in watchable(told, events)] if events is not None else [],
    }


def guess(file: Path) -> dict[str, Any]:
    """Draft a mapping from the beginning of a file."""
    try:
        with file.open("rb") as opened:
            sample = opened.read(SAMPLE_BYTES)
    except OSError as problem:
        raise SourceUnreadable(f"the file cannot be read ({problem.strerror})") from None
    found = guess_mapping(sample, file.name)
    return {"format": found.format, "mapping": found.toml, "notes": list(found.notes)}


def _files(path: Path, mapping: Path | None, marks: Path | None) -> tuple[Files, str, str | None]:
    """The files of a source, its mapping's text ("" for FHIR) and, for a CSV, its header line."""
    if mapping is None:
        files = files_of(path, marks=marks, stream=TRAIL)
        return files, "", None
    try:
        text = mapping.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Usage(f"the mapping cannot be read ({type(problem).__name__})") from None
    files = files_of(path, marks=marks, stream=MAPPED)
    from tocsin.collect.formats.csv import header_of
    from tocsin.collect.mapping import read_mapping

    told = read_mapping(text)
    header = None
    if told.format == "csv":
        for piece in pieces_of(Files((), files.trail[:1], None, MAPPED), []):
            header = header_of(piece.block.data, told.dialect)
            break
    return files, text, header


def _counted(events: pa.Table | None, column: str) -> dict[str, int]:
    if events is None or not len(events):
        return {}
    counts = events[column].cast(pa.string()).value_counts().to_pylist()
    return {str(entry["values"] or ""): entry["counts"] for entry in sorted(counts, key=lambda e: -e["counts"])}
