"""Two who decide opposite things, two processes, a full disk: one is told, nothing is done twice or unwritten."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tocsin.acts.hold import Held, Hold
from tocsin.acts.run import Runner
from tocsin.errors import Conflict, DiskFull
from tocsin.store.cases import SqlCases
from unit.acts.scripted import ACCOUNT, Clock, World, act, runner

FORK = multiprocessing.get_context("fork")


def decide(folder: Path, what: str, gate: object, told: object) -> None:
    run = runner(folder, World(), Clock(), who=what)
    gate.wait()  # type: ignore[attr-defined]
    try:
        getattr(run, what)(act().id)
    except Conflict:
        told.put("too late")  # type: ignore[attr-defined]
    else:
        told.put(what)  # type: ignore[attr-defined]


def test_of_two_operators_one_is_told(tmp_path: Path) -> None:
    """Approved or refused, by whoever was first; never both. (Refusing what is approved and not begun is allowed.)"""
    for number in range(8):
        folder = tmp_path / str(number)
        run = runner(folder, World(), Clock())
        run.plan([act()])
        gate, told = FORK.Barrier(2), FORK.Queue()
        both = [FORK.Process(target=decide, args=(folder, what, gate, told)) for what in ("approve", "refuse")]
        for one in both:
            one.start()
        answers = sorted(told.get(timeout=30) for _ in both)
        for one in both:
            one.join()
        state = run.standing(act().id).state
        assert state == "refused"
        assert answers in (["approve", "refuse"], ["refuse", "too late"])
        assert [entry.state for entry in run.cases.journal()] in (
            ["planned", "approved", "refused"],
            ["planned", "refused"],
        )


def test_two_threads_do_an_act_once(tmp_path: Path) -> None:
    world, clock = World(), Clock()
    hold = Hold(tmp_path / "acts.lock", "both")
    run = runner(tmp_path, world, clock, hold=hold)
    run.plan([act()], approve=True)
    told: list[str] = []

    def carry_out() -> None:
        try:
            told.append(run.carry_out(act().id).state)
        except Conflict:
            told.append("told")

    threads = [threading.Thread(target=carry_out) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["proven", "told", "told", "told"]
    assert world.patches == [(ACCOUNT, False)]


def holder(path: Path, ready: object, done: object) -> None:
    with Hold(path, "A. Garde").of("ACT-other"):
        ready.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]


def test_another_process_is_waited_for_then_named(tmp_path: Path) -> None:
    path = tmp_path / "acts.lock"
    ready, done = FORK.Event(), FORK.Event()
    other = FORK.Process(target=holder, args=(path, ready, done))
    other.start()
    assert ready.wait(30)
    world = World()
    run = runner(tmp_path, world, Clock(), hold=Hold(path, "B. Nuit", patience_s=0.2))
    run.plan([act()], approve=True)
    with pytest.raises(Held, match=rf"A. Garde \(process {other.pid}\)"):
        run.carry_out(act().id)
    assert run.standing(act().id).state == "approved"
    assert world.patches == []
    threading.Timer(0.3, done.set).start()
    patient = runner(tmp_path, world, Clock(), hold=Hold(path, "B. Nuit", patience_s=20))
    assert patient.carry_out(act().id).state == "proven"
    other.join()


def test_a_hold_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "acts.lock"
    ready, done = FORK.Event(), FORK.Event()
    other = FORK.Process(target=holder, args=(path, ready, done))
    other.start()
    assert ready.wait(30)
    other.kill()
    other.join()
    began = time.monotonic()
    with Hold(path, "B. Nuit").of("ACT-x"):
        assert time.monotonic() - began < 5


class FullFrom:
    """Cases on a disk that is full from the n-th line on (a real SQLite that may not grow)."""

    def __init__(self, cases: SqlCases, lines: int) -> None:
        self._cases, self._left = cases, lines

    def __getattr__(self, name: str) -> object:
        return getattr(self._cases, name)

    def move(self, *args: object, **keys: object) -> object:
        self._left -= 1
        if self._left < 0:
            raise DiskFull("the disk is full")
        return self._cases.move(*args, **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(("lines", "patches"), [(0, 0), (1, 1), (2, 1)])
def test_a_full_disk_between_plan_and_act(tmp_path: Path, lines: int, patches: int) -> None:
    world, clock = World(), Clock()
    run = runner(tmp_path, world, clock)
    run.plan([act()], approve=True)
    full = Runner(FullFrom(run.cases, lines), run._connectors, now=clock, who="x")  # type: ignore[arg-type]
    with pytest.raises(DiskFull):
        full.carry_out(act().id)
    assert len(world.patches) == patches
    (done,) = run.resume()  # there is room again
    assert done.state == "proven"
    assert world.patches == [(ACCOUNT, False)]


def test_a_real_file_that_may_not_grow_says_the_disk_is_full(tmp_path: Path) -> None:
    cases = SqlCases.open(tmp_path / "cases.db")
    cases.plan([act()], at=1, who="x", approve=True)

    def tight(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    import sqlalchemy

    cases._engine.dispose()  # the next connection is a new one
    sqlalchemy.event.listen(cases._engine, "connect", tight)
    many = [act(target=f"account {number}" + "x" * 500) for number in range(2000)]
    with pytest.raises(DiskFull, match="Make room"):
        cases.plan(many, at=1, who="x")
    assert cases.act(act().id).state == "approved"  # type: ignore[union-attr]
    cases.journal()
