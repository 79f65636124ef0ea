"""Appending, committing, taking back, and what a batch says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tocsin.errors import LedgerDamaged
from tocsin.ledger import Ledger, Piece, Position
from unit.ledger.disks import QuickDisk
from unit.ledger.expected import T0, Expected, assert_holds, assert_tidy, commit, reopened


def test_a_position_is_where_the_bytes_can_be_read_again(ledger: Ledger) -> None:
    with ledger.batch(source="s", now=T0) as batch:
        first = batch.append("AuditEvent", b"one\n")
        second = batch.append("Encounter", b"two\nthree\n")
        batch.commit()
    assert (first, second) == (Position(1, 0), Position(1, 4))
    assert ledger.read(second.segment, second.offset, 3) == b"two"


def test_appends_side_by_side_of_one_stream_are_one_piece(ledger: Ledger) -> None:
    batch = Expected("s", (("A", b"1\n"), ("A", b"2\n"), ("B", b"3\n"), ("A", b"4\n")))
    commit(ledger, batch)
    (found,) = ledger.batches()
    assert found.pieces == (Piece("A", 1, 0, 4), Piece("B", 1, 4, 2), Piece("A", 1, 6, 2))


def test_a_last_line_without_its_end_is_not_glued_to_the_next_file(ledger: Ledger) -> None:
    commit(ledger, Expected("s", (("A", b"end of a file"), ("A", b"begin of the next\n"))))
    (found,) = ledger.batches()
    assert [block.data for _, block in ledger.blocks(found)] == [b"end of a file", b"begin of the next\n"]
    assert found.lines == 2


def test_a_line_in_parts_is_one_line_of_one_segment(ledger: Ledger) -> None:
    with ledger.batch(source="s", now=T0) as batch:
        batch.append("A", b"x" * 300)
        batch.append("A", b"y" * 300, continues=True)
        batch.append("A", b"z\n", continues=True)
        batch.append("A", b"next\n")
        batch.commit()
    (found,) = ledger.batches()
    assert found.pieces == (Piece("A", 1, 0, 602), Piece("A", 2, 0, 5))
    assert found.lines == 2


def test_a_segment_is_larger_only_if_one_append_is(ledger: Ledger) -> None:
    commit(ledger, Expected("s", (("A", b"a\n"), ("A", b"b" * 999 + b"\n"), ("A", b"c\n"))))
    assert [record.bytes for record in ledger.segments] == [2, 1000, 2]


def test_leaving_without_commit_takes_every_byte_back(ledger: Ledger) -> None:
    kept = Expected("s", (("A", b"kept\n"),))
    commit(ledger, kept)
    with ledger.batch(source="s", now=T0) as batch:
        for _ in range(100):
            batch.append("A", b"not to be kept\n")
    assert_tidy(ledger)
    commit(ledger, kept)
    assert_holds(ledger, [kept, kept])


def test_one_batch_at_a_time_and_nothing_after_its_end(ledger: Ledger) -> None:
    with ledger.batch(source="s", now=T0) as batch:
        with pytest.raises(ValueError, match="in hand"):
            ledger.batch(source="s", now=T0)
        batch.commit()
        with pytest.raises(ValueError, match="over"):
            batch.append("A", b"late\n")
    with pytest.raises(ValueError, match="time zone"):
        ledger.batch(source="s", now=datetime(2025, 9, 1))  # noqa: DTZ001


def test_meta_that_is_no_json_leaves_nothing_behind(ledger: Ledger) -> None:
    with ledger.batch(source="s", now=T0) as batch:
        batch.append("A", b"x\n")
        with pytest.raises(TypeError):
            batch.commit({"bad": object()})
    assert_tidy(ledger)
    assert commit(ledger, Expected("s", (("A", b"x\n"),))) == 1


def test_a_file_taken_in_is_known_to_its_source_only(ledger: Ledger, path: Path) -> None:
    with ledger.batch(source="therap-e", now=T0) as batch:
        batch.append("A", b"x\n")
        batch.commit({"files": [{"sha256": "ab" * 32, "bytes": 2, "lines": 1}]})
    for view in (ledger, Ledger.read_only(path)):
        assert view.knows("therap-e", "ab" * 32)
        assert not view.knows("portal", "ab" * 32)
        assert not view.knows("therap-e", "cd" * 32)


def test_an_old_segment_is_closed_before_the_next_batch(ledger: Ledger) -> None:
    commit(ledger, Expected("s", (("A", b"1\n"),)), now=T0)
    commit(ledger, Expected("s", (("A", b"2\n"),)), now=T0 + timedelta(minutes=9, seconds=59))
    commit(ledger, Expected("s", (("A", b"3\n"),)), now=T0 + timedelta(minutes=10))
    assert [(record.bytes, record.closed) for record in ledger.segments] == [(4, True), (2, False)]
    assert not ledger.close_segment_if_old(now=T0 + timedelta(minutes=19))
    assert ledger.close_segment_if_old(now=T0 + timedelta(minutes=20))


def test_the_age_of_a_segment_outlives_a_restart(path: Path) -> None:
    with reopened(path, disk=QuickDisk()) as ledger:
        commit(ledger, Expected("s", (("A", b"1\n"),)), now=T0)
    with reopened(path, disk=QuickDisk()) as ledger:
        assert ledger.close_segment_if_old(now=T0 + timedelta(minutes=10))


def test_batches_can_be_had_from_any_number_on(ledger: Ledger) -> None:
    for _ in range(600):
        commit(ledger, Expected("s", ()))
    for after in (0, 1, 255, 256, 257, 511, 599, 600, 700):
        assert [batch.number for batch in ledger.batches(after=after)] == list(range(after + 1, 601))


@pytest.mark.parametrize(("segment", "offset", "length"), [(2, 0, 1), (1, 0, 3), (1, 2, 1), (1, -1, 1)])
def test_bytes_that_were_never_committed_cannot_be_read(ledger: Ledger, segment: int, offset: int, length: int) -> None:
    commit(ledger, Expected("s", (("A", b"1\n"),)))
    with pytest.raises(LedgerDamaged):
        ledger.read(segment, offset, length)
