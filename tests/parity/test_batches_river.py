"""The whole river gives the same alerts, evidence and held rows however a trail is cut, mixed up or resumed."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from parity.trails import WEEK, course, part, river, slices, trail
from tocsin.main import saved
from tocsin.main.river import Folded, River
from tocsin.model.event import REASONS

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def whole() -> dict[tuple[int, bool], dict[str, Any]]:
    """Each trail folded a day at a time."""
    return {
        (seed, contain): course(river(contain=contain), slices(trail(seed)))
        for seed in SEEDS
        for contain in (True, False)
    }


def test_these_trails_are_worth_a_comparison(whole: dict[tuple[int, bool], dict[str, Any]]) -> None:
    """All rungs are climbed, rows are held, most reasons are given."""
    rungs = {alert.rung for told in whole.values() for alert in told["alerts"]}
    reasons = {row["explained_by"] for told in whole.values() for row in told["events"]}
    assert rungs == {"ask", "own-patients-only", "end-sessions", "suspend"}
    assert reasons >= set(REASONS) - {"referral", "care-team", "campaign", "roster", "stay", "common-mode"}
    assert all(told["held"] for (_, contain), told in whole.items() if contain)
    assert not any(told["held"] for (_, contain), told in whole.items() if not contain)
    days = {alert.at // 86_400_000_000 for told in whole.values() for alert in told["alerts"]}
    assert len(days) > 1
    lines = {(a.at // 86_400_000_000 >= WEEK, a.line_stratum) for told in whole.values() for a in told["alerts"]}
    assert lines >= {(False, "60"), (True, "60dpi"), (True, "60lab")}, "homes change in the middle of a trail"


@pytest.mark.parametrize("contain", [True, False])
@pytest.mark.parametrize("size", [1, 2, 7, 64])
@pytest.mark.parametrize("seed", SEEDS)
def test_size_of_batches_changes_nothing(
    whole: dict[tuple[int, bool], dict[str, Any]], seed: int, size: int, contain: bool
) -> None:
    assert course(river(contain=contain), slices(trail(seed)), size=size) == whole[seed, contain]


def test_a_day_in_thousands_of_batches_is_saved_in_about_as_few_arrays_as_a_day_in_one() -> None:
    """A checkpoint packs the state while no batch is folded: it must not take longer the longer the day is."""

    def arrays(size: int | None) -> int:
        made = river()
        course(made, slices(trail(1)), size=size)
        with np.load(io.BytesIO(saved.packed(made, folded=1, told={}))) as file:
            return len(file.files)

    assert arrays(1) < 2 * arrays(None)


@pytest.mark.parametrize("tell", ["always", "later"])
def test_whose_account_it_is_does_not_hang_on_the_batch(tell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of one table share their dictionaries, so that a batch names accounts of which it has no row."""
    days = slices(trail(4, tell=tell))
    whole, cut = river(), river()
    wanted = [whole.slice(events, day=day, batch=1)[0].alerts for day, events in days]
    monkeypatch.setattr("tocsin.main.river.BATCH_ROWS", 7)
    assert [cut.slice(events, day=day, batch=1)[0].alerts for day, events in days] == wanted
    assert cut.explainer.actors == whole.explainer.actors


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_lines_changes_nothing(whole: dict[tuple[int, bool], dict[str, Any]], seed: int) -> None:
    events = trail(seed)
    for order in (np.arange(len(events))[::-1], np.random.default_rng(seed).permutation(len(events))):
        assert course(river(), slices(events.take(pa.array(order)))) == whole[seed, True]


def test_a_line_told_twice_counts_once(whole: dict[tuple[int, bool], dict[str, Any]]) -> None:
    events = trail(1)
    assert course(river(), slices(pa.concat_tables([events, events.slice(10, 50)]))) == whole[1, True]


def test_order_in_which_accounts_were_met_changes_nothing(whole: dict[tuple[int, bool], dict[str, Any]]) -> None:
    other = river()
    for name in ("zoe", "locum", "clerk"):
        other.explainer.accounts.number(name)
        other.explainer.identify(other.explainer.accounts.numbers[name], name if name != "zoe" else None)
    other.judge.know([other.explainer.role(number) for number in range(3)])
    assert course(other, slices(trail(1))) == whole[1, True]


# -- saved and resumed -------------------------------------------------------------------------------------------------


def ahead(told: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """What of a whole course comes after its beginning."""
    return {
        name: value - first[name] if name == "held" else value[len(first[name]) :]
        for name, value in told.items()
        if name != "evidence"  # sorted over the whole
    }


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_saved_river_goes_on_as_if_nothing_had_happened(
    whole: dict[tuple[int, bool], dict[str, Any]], seed: int, after: int, tmp_path: Path
) -> None:
    days = slices(trail(seed))
    begun = river()
    first = course(begun, days[:after])
    saved.save(tmp_path / "state.npz", begun, folded=7, told={"a": "b"})
    resumed = river()
    found = saved.load(tmp_path / "state.npz", resumed)
    assert found is not None
    assert (found.folded, found.told) == (7, {"a": "b"})
    told = course(resumed, days[after:])
    del told["evidence"]
    assert told == ahead(whole[seed, True], first)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_river_saved_in_the_middle_of_a_day_goes_on_as_if_nothing_had_happened(seed: int, tmp_path: Path) -> None:
    """What the day has counted so far is part of the state."""

    def rest(of: River, day: int, events: pa.Table, folded: Folded) -> list[Any]:
        of.fold(events, batch=1, into=folded)
        of.close(day)
        after = course(of, days[2:])
        judge = of.judge
        names = [of.explainer.accounts.names[number] for number in range(len(judge.state.ln_r1))]
        remembered = {
            name: (int(judge.state.ln_r1[i]), int(judge.state.today[i]), judge.state.most[i].tolist())
            for i, name in enumerate(names)
        }
        return [folded.alerts, folded.held, after, remembered]

    days = slices(trail(seed))
    day, events = days[1]
    half = len(events) // 2
    whole, begun = river(), river()
    for one in (whole, begun):
        course(one, days[:1])
        one.open(day)
        one.meet(events)
        one.fold(part(events, 0, half), batch=1, into=Folded())
    assert begun.judge.state.most.any()
    saved.save(tmp_path / "state.npz", begun, folded=1, told={})
    resumed = river()
    assert saved.load(tmp_path / "state.npz", resumed)
    resumed.meet(events)
    later = part(events, half, len(events) - half)
    assert rest(resumed, day, later, Folded()) == rest(whole, day, later, Folded())


def test_a_river_saved_twice_is_the_same_file(tmp_path: Path) -> None:
    begun = river()
    course(begun, slices(trail(1)))
    saved.save(tmp_path / "a.npz", begun, folded=1, told={})
    resumed = river()
    saved.load(tmp_path / "a.npz", resumed)
    saved.save(tmp_path / "b.npz", resumed, folded=1, told={})
    a, b = (np.load(tmp_path / name) for name in ("a.npz", "b.npz"))
    assert set(a.files) == set(b.files)
    assert all(np.array_equal(a[name], b[name]) for name in a.files)


def test_a_state_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    begun = river()
    days = slices(trail(1))
    course(begun, days[:2])
    path = tmp_path / "state.npz"
    saved.save(path, begun, folded=1, told={})
    whole_file = path.read_bytes()
    middle = len(whole_file) // 2
    turned = (
        whole_file[:middle] + bytes(255 - byte for byte in whole_file[middle : middle + 64]) + whole_file[middle + 64 :]
    )
    for broken in (b"", b"PK", whole_file[:-30], whole_file[:middle], turned, b"\0" * 5000):
        path.write_bytes(broken)
        assert saved.load(path, river()) is None
    path.write_bytes(whole_file)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    in_it = ("state/ln_r1", "first_day", "marked", "heaviest", "state/most", "open/carried")
    for lost in (*in_it, "homes/counts", "homes/today", "homes/of"):
        np.savez(path, **{name: array for name, array in arrays.items() if name != lost})
        assert saved.load(path, river()) is None


def test_a_pickled_river_goes_on_as_if_nothing_had_happened() -> None:
    """Not how it is saved: a check that nothing of the state hides in a closure."""
    days = slices(trail(1))
    begun = river()
    course(begun, days[:2])
    again = pickle.loads(pickle.dumps(begun))
    assert course(again, days[2:]) == course(begun, days[2:])
