"""Killed between any two steps, then resumed: done once, proven, restored exactly; the journal follows from itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.act import act_id
from unit.acts.scripted import ACCOUNT, IN_MEMORY, INCIDENT, Clock, Killed, World, act, runner

NAME = act_id(INCIDENT, "suspend-account", "idp", ACCOUNT)


def killed_while(folder: Path, world: World, clock: Clock, die_at: int, call: str) -> None:
    """A process that plans, approves and carries out (or undoes), and dies at a step."""
    world.steps, world.die_at = 0, die_at
    run = runner(folder, world, clock, mortal=True)
    try:
        if call == "carry_out" and not run.cases.acts():
            run.plan([act()])
            run.approve(NAME)
        getattr(run, call)(NAME)
    except Killed:
        pass
    world.die_at = -1


@pytest.mark.parametrize("die_at", range(1, 16))
@pytest.mark.parametrize("was_active", [True, False])
def test_a_cut(tmp_path: Path, die_at: int, was_active: bool) -> None:
    world, clock = World(active={ACCOUNT: was_active}), Clock()
    killed_while(tmp_path, world, clock, die_at, "carry_out")
    run = runner(tmp_path, world, clock)
    if run.cases.acts()[0].state == "planned":
        run.approve(NAME)
    run.resume()
    (standing,) = run.cases.acts()
    assert standing.state == "proven"
    assert standing.before["active"] is was_active
    assert world.patches == ([(ACCOUNT, False)] if was_active else [])
    run.undo(NAME)
    assert world.active[ACCOUNT] is was_active
    run.cases.journal()


@pytest.mark.parametrize("die_at", range(1, 12))
def test_an_undo(tmp_path: Path, die_at: int) -> None:
    world, clock = World(), Clock()
    run = runner(tmp_path, world, clock)
    run.plan([act()])
    run.approve(NAME)
    run.carry_out(NAME)
    killed_while(tmp_path, world, clock, die_at, "undo")
    run = runner(tmp_path, world, clock)
    if run.standing(NAME).state == "proven":
        run.undo(NAME)
    run.resume()
    assert run.standing(NAME).state == "undone"
    assert world.patches == [(ACCOUNT, False), (ACCOUNT, True)]
    run.cases.journal()


class Weather:
    """What may happen to a runner and its provider, in any order."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world, self.clock = folder, World(), Clock()
        self.undone = False

    def happen(self, what: str, at: int) -> None:
        if what in ("down", "lies", "blind"):
            setattr(self.world, what, not getattr(self.world, what))
            return
        self.clock.pass_s(700)
        self.world.steps, self.world.die_at = 0, at
        run = runner(self.folder, self.world, self.clock, mortal=True)
        try:
            if what == "undo" and run.cases.acts():
                self.undone = True
                run.undo(NAME)
            elif what == "carry on":
                run.plan([act()])
                if run.standing(NAME).state == "planned":
                    run.approve(NAME)
                run.resume()
        except Killed:
            pass
        except Exception as problem:
            if type(problem).__name__ != "Conflict":
                raise
        finally:
            self.world.die_at = -1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("carry on", "carry on", "carry on", "undo", "down", "lies", "blind")), st.integers(-1, 14)
        ),
        max_size=14,
    )
)
def test_whatever_happens(script: list[tuple[str, int]]) -> None:
    """Changes at the provider alternate, never cut twice, never restored twice; what it comes to is what is told."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        weather = Weather(Path(folder))
        for what, at in script:
            weather.happen(what, at)
        world = weather.world
        world.down = world.lies = world.blind = False
        weather.happen("carry on", -1)
        weather.happen("carry on", -1)
        assert [active for _, active in world.patches] == [False, True][: len(world.patches)]
        run = runner(Path(folder), world, weather.clock)
        (standing,) = run.cases.acts()
        if standing.state == "proven":
            assert world.active[ACCOUNT] is False
        else:
            assert weather.undone
            assert standing.state in ("undone", "refused")
            assert world.active[ACCOUNT] is True
        run.cases.journal()
