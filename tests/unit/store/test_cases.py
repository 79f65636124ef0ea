"""The file of cases: its journal follows from itself, its version is known, it is nobody else's."""

from __future__ import annotations

import sqlite3
import stat
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import Conflict, LedgerDamaged, StoreUnavailable
from tocsin.model.act import NEVER, UNFINISHED, Act, act_id
from tocsin.store.cases import SqlCases

INCIDENT = "INC-0123456789"


def act(number: int = 0) -> Act:
    name = act_id(INCIDENT, "suspend-account", "idp", f"account {number}")
    return Act(
        id=name, incident=INCIDENT, kind="suspend-account", by="idp", target=f"account {number}", asked_by="x", why="y"
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.db"


@pytest.fixture
def cases(path: Path) -> SqlCases:
    return SqlCases.open(path)


def test_only_its_owner_reads_it(cases: SqlCases, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_acts_in_the_order_in_which_they_were_planned(cases: SqlCases) -> None:
    cases.plan([act(n) for n in (3, 1, 2)], at=1, who="x")
    assert [one.act.target for one in cases.acts()] == ["account 3", "account 1", "account 2"]
    assert cases.acts(states=["proven"]) == []
    assert cases.acts(incident="INC-other") == []
    assert cases.act("ACT-none") is None


@given(st.lists(st.sampled_from([0, 5, 9, NEVER]), max_size=4))
def test_what_is_due_next_is_the_first_of_what_is_unfinished(due: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cases = SqlCases.open(Path(folder) / "cases.db")
        cases.plan([act(n) for n in range(9)], at=1, who="x")
        for number, at in enumerate(due):
            cases.plan([act(number)], at=1, who="x", approve=True)
            cases.move(act(number).id, "failed", of=("approved",), at=2, who="x", next_at=at)
        left = [one.next_at for one in cases.acts(states=UNFINISHED) if one.next_at < NEVER]
        assert cases.next_due(UNFINISHED) == min(left, default=None)


def test_plan_and_approve_are_two_lines_of_one_transaction(cases: SqlCases) -> None:
    (standing,) = cases.plan([act()], at=1, who="x", approve=True)
    assert standing.state == "approved"
    assert [entry.state for entry in cases.journal()] == ["planned", "approved"]
    assert cases.plan([act()], at=2, who="x", approve=True) == [standing]


def test_approving_again_overrides_no_refusal(cases: SqlCases) -> None:
    cases.plan([act()], at=1, who="x")
    cases.move(act().id, "refused", of=("planned",), at=2, who="x")
    assert cases.plan([act()], at=3, who="ladder", approve=True)[0].state == "refused"


def test_a_move_tells_what_is_there(cases: SqlCases) -> None:
    cases.plan([act()], at=1, who="x", approve=True)
    moved = cases.move(act().id, "begun", of=("approved",), at=5, who="x", before={"active": True}, next_at=9)
    assert moved == cases.act(act().id)
    assert (moved.attempts, moved.since, moved.next_at, moved.before) == (1, 5, 9, {"active": True})


def test_the_slower_is_told(cases: SqlCases) -> None:
    cases.plan([act()], at=1, who="x")
    cases.move(act().id, "approved", of=("planned",), at=2, who="x")
    with pytest.raises(Conflict, match="'approved' by now"):
        cases.move(act().id, "refused", of=("planned",), at=2, who="y")
    with pytest.raises(Conflict, match="nowhere"):
        cases.move("ACT-none", "refused", of=("planned",), at=2, who="y")
    assert len(cases.journal()) == 2


def test_many_at_once_leave_one_chain(path: Path, cases: SqlCases) -> None:
    won: list[int] = []

    def work(number: int) -> None:
        mine = SqlCases.open(path)
        for n in range(10):
            mine.plan([act(n)], at=1, who=str(number))
            try:
                mine.move(act(n).id, "approved", of=("planned",), at=2, who=str(number))
            except Conflict:
                continue
            won.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(won) == list(range(10))
    assert len(cases.journal()) == 20


def test_reading_waits_for_no_writer(path: Path, cases: SqlCases) -> None:
    cases.plan([act()], at=1, who="x")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert len(cases.acts()) == 1
    assert len(cases.journal()) == 1
    writer.execute("ROLLBACK")
    writer.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE journal SET who = 'nobody' WHERE number = 2",
        "DELETE FROM journal WHERE number = 2",
        "UPDATE journal SET number = 9 WHERE number = 3",
        'UPDATE journal SET detail = \'{"why": "other"}\' WHERE number = 1',
    ],
)
def test_a_journal_that_somebody_changed_is_noticed(path: Path, cases: SqlCases, damage: str) -> None:
    cases.plan([act(0), act(1), act(2)], at=1, who="x")
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    with pytest.raises(LedgerDamaged, match=r"does not (follow from itself|end where)"):
        cases.journal()


def test_another_version_is_refused(path: Path, cases: SqlCases) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET version = 99")
    with pytest.raises(StoreUnavailable, match="version 99"):
        SqlCases.open(path)


def test_what_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(StoreUnavailable):
        SqlCases.open(path)


def test_episodes_belong_to_the_incident_they_were_given_last(cases: SqlCases) -> None:
    cases.assign("INC-1", ["EP-1", "EP-2"], at=1)
    cases.assign("INC-2", ["EP-2"], at=2)
    assert cases.incident_of(["EP-1", "EP-2", "EP-3"]) == {"EP-1": "INC-1", "EP-2": "INC-2"}


def test_a_document_is_kept_once(cases: SqlCases) -> None:
    assert cases.keep("bundle", "b1", {"n": 1}, at=1)
    assert not cases.keep("bundle", "b1", {"n": 2}, at=2)
    assert cases.kept("bundle") == [("b1", 1, {"n": 1})]
    assert cases.kept("letters") == []
