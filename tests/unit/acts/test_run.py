"""An act is written down before it is done, read back after, and tried again until it is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.acts.run import Runner
from tocsin.errors import Conflict
from tocsin.model.act import NEVER
from unit.acts.scripted import ACCOUNT, Clock, World, act, runner


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def one(tmp_path: Path, world: World, clock: Clock) -> Runner:
    return runner(tmp_path, world, clock)


def states(run: Runner) -> list[str]:
    return [entry.state for entry in run.cases.journal()]


def approved(run: Runner, *acts: str) -> str:
    (planned,) = run.plan([act(*acts)])
    run.approve(planned.act.id)
    return planned.act.id


def test_the_way_of_an_act_is_in_the_journal(one: Runner, world: World) -> None:
    done = one.carry_out(approved(one))
    assert done.state == "proven"
    assert done.proof["state"] == "dead"
    assert done.before["active"] is True
    assert world.active[ACCOUNT] is False
    assert states(one) == ["planned", "approved", "begun", "applied", "proven"]
    details = [entry.detail for entry in one.cases.journal()]
    assert "before_ms" in details[2]
    assert "apply_ms" in details[3]
    assert "verify_ms" in details[4]


def test_planned_twice_is_planned_once(one: Runner) -> None:
    assert one.plan([act()]) == one.plan([act(), act()])[:1]
    assert states(one) == ["planned"]


def test_what_nobody_approved_is_not_done(one: Runner, world: World) -> None:
    (planned,) = one.plan([act()])
    with pytest.raises(Conflict, match="planned"):
        one.carry_out(planned.act.id)
    assert one.resume() == []
    assert world.active[ACCOUNT] is True


def test_a_refused_act_stays_refused(one: Runner) -> None:
    (planned,) = one.plan([act()])
    one.refuse(planned.act.id, why="she is at work")
    with pytest.raises(Conflict):
        one.approve(planned.act.id)
    assert one.plan([act()])[0].state == "refused"


def test_a_provider_that_is_down_is_asked_again_ever_more_rarely(one: Runner, world: World, clock: Clock) -> None:
    world.down = True
    name = approved(one)
    waits = []
    for _ in range(10):
        failed = one.carry_out(name)
        assert failed.state == "failed"
        assert "does not answer" in failed.proof["how"]
        waits.append(round((failed.next_at - failed.since) / 1e6))
        assert one.resume() == []
        clock.pass_s(waits[-1] + 1)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]
    world.down = False
    (done,) = one.resume()
    assert done.state == "proven"
    assert done.before["active"] is True


def test_what_the_provider_asks_to_wait_is_waited(one: Runner, world: World) -> None:
    world.down, world.retry_s = True, 120
    failed = one.carry_out(approved(one))
    assert round((failed.next_at - failed.since) / 1e6) == 120


def test_one_that_says_yes_and_does_nothing_is_found(one: Runner, world: World, clock: Clock) -> None:
    world.lies = True
    found = one.carry_out(approved(one))
    assert found.state == "unproven"
    assert found.proof["state"] == "alive"
    world.lies = False
    clock.pass_s(6)
    (done,) = one.resume()
    assert done.state == "proven"
    assert world.patches == [(ACCOUNT, False)]


def test_what_nobody_can_read_back_is_asked_again_and_not_done_again(one: Runner, world: World, clock: Clock) -> None:
    world.blind = True
    assert one.carry_out(approved(one)).state == "unproven"
    world.active[ACCOUNT] = True  # so that a second PATCH would show
    clock.pass_s(6)
    assert one.resume()[0].state == "unproven"
    assert world.patches == [(ACCOUNT, False)]


def test_deleted_tokens_are_proven_by_others(one: Runner, world: World, clock: Clock) -> None:
    done = one.carry_out(approved(one, "delete-tokens"))
    assert (done.state, done.next_at) == ("applied", NEVER)
    clock.pass_s(10_000_000)
    assert one.resume() == []
    assert world.deleted == 1


def test_a_probe_has_no_effect(one: Runner, world: World) -> None:
    assert one.carry_out(approved(one, "prove-dead")).proof["state"] == "alive"
    assert world.patches == []
    assert states(one)[2:] == ["begun", "unproven"]


def test_a_connector_that_is_gone_is_a_failure_that_says_what_to_do(tmp_path: Path, world: World, clock: Clock) -> None:
    run = runner(tmp_path, world, clock)
    (planned,) = run.plan([act(by="elsewhere")])
    run.approve(planned.act.id)
    failed = run.carry_out(planned.act.id)
    assert failed.state == "failed"
    assert "nothing named 'elsewhere' does suspend-account" in failed.proof["how"]


class TestUndo:
    """What was there before comes back, and no more."""

    def test_it_restores_what_was_there(self, one: Runner, world: World) -> None:
        name = approved(one)
        one.carry_out(name)
        assert one.undo(name, why="false alarm").state == "undone"
        assert world.active[ACCOUNT] is True
        assert states(one)[-2:] == ["undoing", "undone"]
        assert one.cases.journal()[-2].detail == {"why": "false alarm"}

    def test_an_account_that_was_inactive_stays_inactive(self, one: Runner, world: World) -> None:
        world.active[ACCOUNT] = False
        name = approved(one)
        one.carry_out(name)
        assert one.undo(name).state == "undone"
        assert world.active[ACCOUNT] is False
        assert world.patches == []

    def test_deleted_tokens_stay_deleted_and_it_says_so(self, one: Runner) -> None:
        name = approved(one, "delete-tokens")
        one.carry_out(name)
        assert one.undo(name).state == "undone"
        assert "stay deleted" in one.cases.journal()[-1].detail["nothing to undo"]

    def test_what_was_not_begun_is_refused(self, one: Runner, world: World) -> None:
        assert one.undo(approved(one)).state == "refused"
        assert world.patches == []

    def test_twice_is_told(self, one: Runner) -> None:
        name = approved(one)
        one.carry_out(name)
        one.undo(name)
        with pytest.raises(Conflict, match="undone"):
            one.undo(name)

    def test_a_provider_that_is_down_is_asked_again(self, one: Runner, world: World, clock: Clock) -> None:
        name = approved(one)
        one.carry_out(name)
        world.down = True
        waits = []
        for _ in range(3):
            stuck = one.undo(name)
            assert stuck.state == "undoing"
            waits.append(round((stuck.next_at - stuck.since) / 1e6))
        assert waits == [5, 10, 20]
        world.down = False
        clock.pass_s(30)
        assert one.resume()[0].state == "undone"
        assert world.active[ACCOUNT] is True

    def test_a_provider_that_only_says_yes_is_found(self, one: Runner, world: World) -> None:
        name = approved(one)
        one.carry_out(name)
        world.lies = True
        stuck = one.undo(name)
        assert stuck.state == "undoing"
        assert "not there again" in stuck.proof["how"]

    def test_another_incident_keeps_the_account_cut(self, one: Runner, world: World, clock: Clock) -> None:
        first = approved(one)
        one.carry_out(first)
        clock.pass_s(1)
        (other,) = one.plan([act(incident="INC-9999999999")])
        one.approve(other.act.id)
        one.carry_out(other.act.id)
        assert one.undo(first).state == "undone"
        assert world.active[ACCOUNT] is False
        assert "still asks for it" in one.cases.journal()[-1].detail["nothing to undo"]
        assert one.undo(other.act.id).state == "undone"
        assert world.active[ACCOUNT] is True

    def test_the_other_way_round_too(self, one: Runner, world: World, clock: Clock) -> None:
        first = approved(one)
        one.carry_out(first)
        clock.pass_s(1)
        (other,) = one.plan([act(incident="INC-9999999999")])
        one.approve(other.act.id)
        one.carry_out(other.act.id)
        one.undo(other.act.id)
        assert world.active[ACCOUNT] is False
        one.undo(first)
        assert world.active[ACCOUNT] is True
