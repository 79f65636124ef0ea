"""A trail that comes live, in small batches, gives what its import gives, and its rebuild: alerts byte for byte."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from story.commands import copied, day_of, trail_lines
from story.regions import REGIONS, write_region
from tocsin.config import Settings
from tocsin.main.intake import TRAIL, Piece, files_of
from tocsin.main.live import LIVE, Live, parse_live
from tocsin.main.parsing import Recipe
from tocsin.main.region import Region
from tocsin.main.saved import state_path
from tocsin.main.tables import alert_data, alerts_of
from tocsin.model.alert import Alert
from tocsin.model.block import Block
from tocsin.store.interface import Kind
from tocsin.store.parquet import ParquetParts
from tocsin.wiring import FORMATS

NOW = datetime(2025, 10, 1, tzinfo=UTC)
SOURCE = "services"
KINDS: tuple[Kind, ...] = ("events", "evidence", "alerts", "sessions", "rejected", "facts", "persons")
LIVE_FROM = "2025-09-09"
"""A day with a theft, and the one after it with another."""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """A state with a region's past imported; and the lines that come after it, in time."""
    folder = tmp_path_factory.mktemp("region")
    write_region(folder / "all", REGIONS["three-thieves"])
    lines = sorted(trail_lines(folder / "all"), key=_at)
    before = copied(folder / "all", folder / "past", only=("[!A]*.ndjson", "Appointment*.ndjson", "marks.txt"))
    (before / "AuditEvent.ndjson").write_bytes(b"".join(line + b"\n" for line in lines if day_of(line) < LIVE_FROM))
    state = folder / "state"
    state.mkdir(mode=0o700)
    (state / "key").write_bytes(bytes(range(32)))
    (state / "key").chmod(0o600)
    with Region.open(Settings(state=state), now=NOW) as region:
        region.accept(files_of(before), source=SOURCE, now=NOW)
    return state, [line for line in lines if day_of(line) >= LIVE_FROM]


@pytest.fixture(scope="module")
def cut(past: tuple[Path, list[bytes]]) -> list[bytes]:
    """What comes live, in batches: mostly in time, some late, some twice, some that nobody understands."""
    draw = random.Random(7)
    batches, left = [], list(past[1])
    while left:
        size = draw.choice((1, 2, 20, 60, 200))
        batch, left = left[:size], left[size:]
        if draw.random() < 0.1 and left:  # something comes late
            left.insert(draw.randrange(min(300, len(left))), batch.pop())
        if batches and draw.random() < 0.1:
            batch.append(batches[-1].splitlines()[0])
        if draw.random() < 0.05:
            batch.append(b'{"resourceType": "Patient"}')
        draw.shuffle(batch)
        if batch:
            batches.append(b"".join(line + b"\n" for line in batch))
    return batches


@pytest.fixture(scope="module")
def imported(past: tuple[Path, list[bytes]], cut: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same batches, each like an import: parts and state after every one."""
    state = _copy(past[0], tmp_path_factory.mktemp("imported"))
    with Region.open(Settings(state=state), now=NOW) as region:
        for data in cut:
            _commit(region, data, {})
        region.catch_up()
    return state


@pytest.mark.parametrize("every", [1, 9, 10_000])
def test_live_is_what_an_import_of_the_batches_is(
    past: tuple[Path, list[bytes]], cut: list[bytes], imported: Path, every: int, tmp_path: Path
) -> None:
    """Whenever checkpoints are, and when parts are merged meanwhile; `every`: batches between two."""
    state = _copy(past[0], tmp_path)
    told: list[Alert] = []
    with Region.open(Settings(state=state), now=NOW) as region:
        live = region.live()
        for number, alerts in _folded(region, live, cut):
            told += alerts
            if number % every == 0:
                live.checkpoint(saved=region.folded)
            if every < 100 and number % 25 == 0:
                for kind in KINDS:
                    live.parts.compact(kind, before=date(2025, 9, 12))
        live.checkpoint(saved=region.folded)
    assert _tables(state) == _tables(imported)
    assert {alert.rung for alert in told} >= {"ask", "own-patients-only", "suspend"}  # worth a comparison
    assert _text(told) == _text(_new(imported, past[0]))
    assert _differs(_state(state), _state(imported)) == []


def test_a_rebuild_is_what_was_live(
    past: tuple[Path, list[bytes]], cut: list[bytes], imported: Path, tmp_path: Path
) -> None:
    """Also the identities, and whatever the batches are called."""
    state = _copy(past[0], tmp_path)
    heard: list[Alert] = []
    with Region.open(Settings(state=state), now=NOW) as region:
        for data in cut:
            _commit(region, data, {LIVE: True})
    with Region.open(Settings(state=state), now=NOW, heard=lambda _, alerts: heard.extend(alerts)) as region:
        assert region.folded == region.ledger.last_batch
    assert _tables(state) == _tables(imported)
    assert _text(heard) == _text(_new(imported, past[0]))
    assert _differs(_state(state), _state(imported)) == []
    with Region.open(Settings(state=state), now=NOW) as region:
        region.rebuild()
    assert _tables(state) == _tables(imported)
    assert _differs(_state(state), _state(imported)) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_stop_anywhere_changes_nothing(
    past: tuple[Path, list[bytes]], cut: list[bytes], imported: Path, seed: int, tmp_path: Path
) -> None:
    """(1) some checkpoints (2) a stop: with rows in hand, after the parts and before the state, at once (3) go on."""
    draw = random.Random(seed)
    state = _copy(past[0], tmp_path)
    heard: dict[str, Alert] = {}

    def hear(_: int, alerts: list[Alert]) -> None:
        heard.update({json.dumps(alert_data(alert)): alert for alert in alerts})

    left = list(cut)
    while left:
        with Region.open(Settings(state=state), now=NOW, heard=hear) as region:
            live = region.live()
            stop = draw.randint(1, max(len(cut) // 3, 1))
            now, left = left[:stop], left[stop:]
            for number, alerts in _folded(region, live, now):
                hear(number, alerts)
                if draw.random() < 0.05:
                    live.checkpoint(saved=region.folded)
            if draw.random() < 0.7 and (begun := live.begin()):
                begun.waiting.write(live.parts, live.admit)  # the parts are there, the state is not
    with Region.open(Settings(state=state), now=NOW, heard=hear):
        pass
    assert _tables(state) == _tables(imported)
    assert sorted(_text(list(heard.values()))) == sorted(_text(_new(imported, past[0])))
    assert _differs(_state(state), _state(imported)) == []


def test_a_checkpoint_that_fails_is_written_later(
    past: tuple[Path, list[bytes]], cut: list[bytes], imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full between two parts, and before the state: nothing is lost, nothing is there twice."""
    state = _copy(past[0], tmp_path)
    with Region.open(Settings(state=state), now=NOW) as region:
        live = region.live()
        write, room = live.parts.write, [0]

        def full(kind: Kind, table: pa.Table, **place: object) -> None:
            room[0] -= 1
            if room[0] == 0:
                raise OSError(28, "no room")
            write(kind, table, **place)

        monkeypatch.setattr(live.parts, "write", full)
        for number, _ in _folded(region, live, cut):
            if number % 20 == 0:
                room[0] = number // 20 % 6
                if 0 < room[0] <= len(live.waiting.tables):
                    with pytest.raises(OSError, match="no room"):
                        live.checkpoint(saved=region.folded)
                room[0] = 0
                live.checkpoint(saved=region.folded)
        live.checkpoint(saved=region.folded)
    assert _tables(state) == _tables(imported)


def _differs(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


# -- the parts ---------------------------------------------------------------------------------------------------------


def _folded(region: Region, live: Live, batches: list[bytes]) -> Iterator[tuple[int, list[Alert]]]:
    recipe = Recipe(FORMATS["fhir"](), SOURCE, region.references)
    for data in batches:
        number, piece = _commit(region, data, {LIVE: True})
        yield number, live.fold(number, *parse_live([piece], recipe))


def _commit(region: Region, data: bytes, meta: dict[str, bool]) -> tuple[int, Piece]:
    with region.ledger.batch(source=SOURCE, now=NOW) as batch:
        place = batch.append(TRAIL, data)
        number = batch.commit(meta)
    return number, Piece(TRAIL, Block(data, place.segment, place.offset), 0)


def _copy(state: Path, folder: Path) -> Path:
    shutil.copytree(state, folder / "state")
    return folder / "state"


def _at(line: bytes) -> datetime:
    event = json.loads(line)
    return datetime.fromisoformat(event.get("period", {}).get("start") or event["recorded"])


def _tables(state: Path) -> dict[str, list[str]]:
    """The rows of derived data, in the order of parts; sessions in an order of their own (a day hands them out)."""
    parts = ParquetParts(state / "derived")
    found = {}
    for kind in KINDS:
        rows = [str(row) for row in parts.read(kind).to_pylist()]
        found[kind] = sorted(rows) if kind == "sessions" else rows
    return found


def _alerts(state: Path) -> list[Alert]:
    return alerts_of(ParquetParts(state / "derived").read("alerts"))


def _new(state: Path, before: Path) -> list[Alert]:
    """Alerts that came after the past, in the order of parts."""
    known = _text(_alerts(before))
    return [alert for alert in _alerts(state) if _text([alert])[0] not in known]


def _text(alerts: list[Alert]) -> list[str]:
    return [json.dumps(alert_data(alert)) for alert in sorted(alerts, key=lambda one: (one.at, one.account, one.rung))]


def _state(state: Path) -> dict[str, Any]:
    """What the saved state holds, however it is cut into arrays."""
    with np.load(state_path(Settings(state=state))) as file:
        words: dict[str, Any] = json.loads(file["words"].tobytes().decode())
        grouped: dict[str, list[np.ndarray]] = {}
        for name in sorted(file.files):
            if name != "words":
                steps = name.split("/")
                last = steps[-1].isdigit() or steps[0] in ("recent", "finished")
                whole = "/".join(step for step in steps if not step.isdigit() or not last or len(step) > 3)
                grouped.setdefault(whole, []).append(file[name])
    return words | {name: _sorted(name, arrays) for name, arrays in grouped.items()}


def _sorted(name: str, arrays: list[np.ndarray]) -> list[Any]:
    if len(arrays) == 1 and arrays[0].ndim != 1:
        return [arrays[0].tolist()]
    whole = np.concatenate(arrays)
    is_set = "settled" in name or name.startswith(("met", "vouched"))
    return np.unique(whole).tolist() if is_set else sorted(whole.tolist(), key=str)
