"""Who asks while a batch is being folded, or after its fold was stopped, is told of whole batches only; and parts that
are merged behind an import change no answer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from story.lines import line
from tocsin.config import Settings
from tocsin.errors import DiskFull
from tocsin.main import region, tidy
from tocsin.main.inspect import Reading
from tocsin.main.intake import files_of
from tocsin.main.region import Region
from tocsin.main.saved import folded_in, state_path
from tocsin.store.parquet import ParquetParts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", workers=1)


def bring(settings: Settings, number: int) -> None:
    """Import one event, the only one of its batch."""
    path = settings.state.parent / f"{number}.ndjson"
    path.write_bytes(line(number) + b"\n")
    with Region.open(settings, now=NOW) as opened:
        opened.accept(files_of(path), source="s", now=NOW)


def counted(settings: Settings) -> int:
    return Reading(settings).questions.count("events")


def stopped(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_batch_is_not_seen_before_it_is_folded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(settings, 0)
    with monkeypatch.context() as patched:
        patched.setattr(region, "put_state", stopped)
        with pytest.raises(KeyboardInterrupt):
            bring(settings, 1)
    assert ParquetParts(settings.state / "derived").batches("events", date(2025, 9, 1)) == [1, 2]
    assert folded_in(state_path(settings)) == 1
    assert counted(settings) == 1
    with Region.open(settings, now=NOW):
        assert counted(settings) == 2


def test_a_first_fold_that_was_stopped_shows_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region, "put_state", stopped)
    with pytest.raises(KeyboardInterrupt):
        bring(settings, 0)
    assert folded_in(state_path(settings)) == 0
    assert counted(settings) == 0


def test_many_parts_are_merged_and_answers_stay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        bring(settings, number)
    before = Reading(settings)
    told = before.parts.read("events")
    monkeypatch.setattr(tidy, "MANY_PARTS", 4)
    bring(settings, 2)  # the same bytes: nothing is folded, nothing is merged
    assert not merged(settings)
    tidy.tidy(ParquetParts(settings.state / "derived"), date(2025, 9, 30))  # the month goes on
    assert not merged(settings)
    bring(settings, 3)
    assert merged(settings) == ["merged=2025-09"]
    after = Reading(settings)
    assert after.parts.read("events").slice(0, 3).to_pylist() == told.to_pylist()
    assert after.parts.batches("events", date(2025, 9, 1)) == [1, 2, 3, 4]
    bring(settings, 3)
    bring(settings, 4)
    assert counted(settings) == 5


def test_an_import_stands_though_its_parts_cannot_be_merged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> list[str]:
        raise DiskFull("no room", advice="Make room.")

    monkeypatch.setattr(ParquetParts, "compact", full)
    bring(settings, 0)
    assert counted(settings) == 1


def merged(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.state / "derived/v1/events").glob("merged=*"))
