"""How parts look on disk, and what comes back from them."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from parity.strategies import table_of, whole_row
from tocsin.model.event import ACTIONS, STORED_EVENT, codes_of
from tocsin.model.fact import FACT
from tocsin.store.interface import REJECTED, SCHEMAS, stored
from tocsin.store.parquet import ParquetParts

DAY = date(2025, 9, 14)
NOON = datetime(2025, 9, 14, 12, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path: Path) -> ParquetParts:
    return ParquetParts(tmp_path / "store")


def events(*lines: int, **told: object) -> pa.Table:
    return table_of([whole_row({"at": NOON, "line": line} | told) for line in lines])


def test_a_part_lies_where_the_layout_says_and_only_its_owner_reads_it(parts: ParquetParts, tmp_path: Path) -> None:
    parts.write("events", events(1), day=DAY, batch=1)
    path = tmp_path / "store/v1/events/day=2025-09-14/batch-000001.parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    folders = [path.parent, path.parent.parent, path.parent.parent.parent, tmp_path / "store"]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_zstd_and_row_groups_that_find_one_account(parts: ParquetParts, tmp_path: Path) -> None:
    table = pa.concat_tables([events(1)] * 20_000)
    parts.write("events", table, day=DAY, batch=1)
    metadata = pq.ParquetFile(tmp_path / "store/v1/events/day=2025-09-14/batch-000001.parquet").metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [16_384, 3_616]
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_times_are_written_with_their_zone(parts: ParquetParts, tmp_path: Path) -> None:
    """Spark takes a naive time for another type."""
    parts.write("events", events(1), day=DAY, batch=1)
    schema = pq.ParquetFile(tmp_path / "store/v1/events/day=2025-09-14/batch-000001.parquet").schema
    at = schema.column(STORED_EVENT.get_field_index("at"))
    assert "isAdjustedToUTC=true" in str(at.logical_type)


def test_dictionary_columns_keep_their_index_types_however_words_are_numbered(parts: ParquetParts) -> None:
    parts.write("events", events(1, action="read", account="b"), day=DAY, batch=1)
    parts.write("events", events(2, action="export", account="a"), day=DAY, batch=2)
    table = parts.read("events")
    assert table.schema == STORED_EVENT
    assert [ACTIONS[code] for code in codes_of(table.column("action"), ACTIONS)] == ["read", "export"]


def test_plain_text_is_taken_for_dictionary_columns(parts: ParquetParts) -> None:
    table = pa.table(
        {"reason": ["not-json"], "stream": ["a"], "segment": [1], "offset": [0], "length": [5], "batch": [1]}
    )
    parts.write("rejected", table, day=DAY, batch=1)
    assert parts.read("rejected").schema == REJECTED


def test_the_same_part_again_replaces_it(parts: ParquetParts) -> None:
    parts.write("events", events(1, 2), day=DAY, batch=1)
    parts.write("events", events(3), day=DAY, batch=1)
    assert parts.read("events").to_pylist() == events(3).to_pylist()


def test_an_empty_part_is_a_part(parts: ParquetParts) -> None:
    parts.write("events", events(1), day=DAY, batch=1)
    parts.write("events", STORED_EVENT.empty_table(), day=DAY, batch=1)
    assert parts.read("events").num_rows == 0
    assert parts.batches("events", DAY) == [1]


def test_batches_are_in_the_order_of_their_numbers(parts: ParquetParts) -> None:
    for batch in (1_000_000, 2, 999_999):
        parts.write("events", events(batch, batch=batch), day=DAY, batch=batch)
    assert parts.read("events", columns=["batch"]).column("batch").to_pylist() == [2, 999_999, 1_000_000]


def test_facts_belong_to_no_day(parts: ParquetParts) -> None:
    fact = dict.fromkeys(FACT.names) | {"fact_id": b"f" * 16, "kind": "stay"}
    parts.write("facts", pa.Table.from_pylist([fact], schema=_plain(FACT)), day=None, batch=1)
    assert parts.days("facts") == []
    assert parts.batches("facts", None) == [1]
    assert parts.read("facts").to_pylist() == [fact]


def _plain(schema: pa.Schema) -> pa.Schema:
    words = [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in schema]
    return pa.schema(words)


def test_a_kind_without_a_schema_keeps_that_of_its_first_table(parts: ParquetParts) -> None:
    assert "evidence" not in SCHEMAS
    assert parts.read("evidence") == pa.table({})
    parts.write("evidence", pa.table({"account": ["a"], "weight": pa.array([1], pa.int64())}), day=DAY, batch=1)
    parts.write("evidence", pa.table({"weight": pa.array([2], pa.int32()), "account": ["b"]}), day=DAY, batch=2)
    assert parts.read("evidence").to_pydict() == {"account": ["a", "b"], "weight": [1, 2]}
    with pytest.raises(ValueError, match="weight"):
        parts.write("evidence", pa.table({"account": ["c"]}), day=DAY, batch=3)


@pytest.mark.parametrize("day", [None, date(2025, 9, 13), date(2025, 9, 15)])
def test_an_event_is_not_filed_under_another_day(parts: ParquetParts, day: date | None) -> None:
    with pytest.raises(ValueError, match="day"):
        parts.write("events", events(1), day=day, batch=1)


def test_null_where_it_may_not_be_is_refused(parts: ParquetParts) -> None:
    table = pa.table({name: pa.nulls(1, type_) for name, type_ in zip(FACT.names, FACT.types, strict=True)})
    with pytest.raises(ValueError, match="fact_id"):
        parts.write("facts", table, day=None, batch=1)


def test_ids_leave_out_the_batch_that_is_folded_again(parts: ParquetParts) -> None:
    parts.write("events", events(1, 2, 2), day=DAY, batch=1)
    parts.write("events", events(2, 3), day=DAY, batch=2)
    assert len(parts.ids(DAY)) == 3
    assert len(parts.ids(DAY, before=2)) == 2
    candidates = np.frombuffer(b"".join(events(1, 3).column("event_id").to_pylist()), dtype="V16")
    assert stored(parts.ids(DAY, before=2), candidates).tolist() == [True, False]
    assert stored(parts.ids(date(2025, 9, 15)), candidates).tolist() == [False, False]


def test_an_id_that_ends_in_zero_bytes_is_whole(parts: ParquetParts) -> None:
    """numpy shows such texts shortened; they must compare whole."""
    parts.write("events", events(0), day=DAY, batch=1)
    zero, other = events(0).column("event_id")[0].as_py(), events(1).column("event_id")[0].as_py()
    assert zero.endswith(b"\0\0")
    assert stored(parts.ids(DAY), np.frombuffer(zero + other, dtype="V16")).tolist() == [True, False]


def test_another_version_is_not_looked_at(parts: ParquetParts, tmp_path: Path) -> None:
    parts.write("events", events(1), day=DAY, batch=1)
    (tmp_path / "store/v1").rename(tmp_path / "store/v0")
    assert parts.read("events").num_rows == 0
    parts.clear()
    assert (tmp_path / "store/v0").is_dir()


def test_clear_forgets_everything(parts: ParquetParts) -> None:
    parts.write("events", events(1), day=DAY, batch=1)
    parts.write("alerts", pa.table({"rung": ["ask"]}), day=DAY, batch=1)
    parts.clear()
    parts.clear()
    assert parts.days("events") == []
    parts.write("alerts", pa.table({"other": [1]}), day=DAY, batch=1)
    assert parts.read("alerts").to_pydict() == {"other": [1]}
