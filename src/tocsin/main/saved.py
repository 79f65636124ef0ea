"""The folds' state on disk: arrays and JSON in one `.npz`, no pickle, with a version; written whole or not at all.

What can be read from the derived parts (facts, persons) is not in it. A state that does not fit is no error: everything
is folded again from the ledger.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tocsin.config import Settings
from tocsin.detect.days import bet_so_far
from tocsin.detect.evidence import Evidence
from tocsin.detect.homes import Homes
from tocsin.detect.pool import Pace, Pool
from tocsin.detect.state import Sessions, State
from tocsin.detect.weekly import Week, Weekly
from tocsin.errors import DiskFull
from tocsin.explain.crowds import Common
from tocsin.explain.memory import Memory
from tocsin.explain.past import Past
from tocsin.main.river import River
from tocsin.main.tables import sessions_table
from tocsin.model.keys import KeySet
from tocsin.model.rows import Names

VERSION: Final = 9
_ARRAYS: Final = tuple(f.name for f in fields(State) if f.name not in ("open", "met", "finished"))
"""Arrays of `detect.state.State`, one entry an account."""
_PASTS: Final = ("touched", "listed", "habits")
_OF_TODAY: Final = ("crowds", "members")
"""Counts of `explain.crowds.Common`."""
_TALLIES: Final = ("place", "met", "target", "tempo")


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a saved state says of itself."""

    folded: int
    """Number of the last batch in it."""
    told: dict[str, Any]


def state_path(settings: Settings) -> Path:
    """Where the folds' state is saved."""
    return settings.state / "derived" / "v1" / "judge"


def folded_in(path: Path) -> int:
    """Number of the last batch that a saved state counts; 0 if there is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return int(json.loads(file["words"].tobytes().decode("utf-8", "surrogatepass"))["folded"])
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile):
        return 0


def marked_in(path: Path) -> np.ndarray:
    """References of honey patients in a saved state (V17)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return np.ascontiguousarray(file["marked"]).view("V17").ravel()
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile):
        return np.zeros(0, "V17")


def save(path: Path, river: River, *, folded: int, told: dict[str, Any]) -> None:
    """Write the state of the folds after batch `folded`. Raises `DiskFull`; the state before stays then."""
    put_state(path, packed(river, folded=folded, told=told))


def packed(river: River, *, folded: int, told: dict[str, Any]) -> bytes:
    """The state of the folds after batch `folded`, as it is written: the river may go on meanwhile."""
    arrays: dict[str, np.ndarray] = {}
    words: dict[str, Any] = {"version": VERSION, "folded": folded, "told": told, "opened": river.opened}
    _put_explainer(river, arrays, words)
    _put_homes(river, arrays, words)
    _put_judge(river, arrays, words)
    arrays["words"] = np.frombuffer(json.dumps(words).encode("utf-8", "surrogatepass"), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def put_state(path: Path, state: bytes) -> None:
    """Write a packed state, whole or not at all. Raises `DiskFull`; the state before stays then."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_suffix(".tmp")
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as problem:
        scratch.unlink(missing_ok=True)
        raise DiskFull(
            f"the judge's state cannot be written ({problem.strerror})",
            done="What was imported is safe in the ledger.",
            advice="Make room and run the command again.",
        ) from None


def load(path: Path, river: River) -> Resumed | None:
    """Take a saved state up into a new river; None if there is none that fits (the river is then of no more use)."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        words = json.loads(arrays.pop("words").tobytes().decode("utf-8", "surrogatepass"))
        if words["version"] != VERSION:
            return None
        _take_explainer(river, arrays, words)
        _take_homes(river, arrays, words)
        _take_judge(river, arrays, words)
        river.opened = words["opened"]
        return Resumed(words["folded"], words["told"])
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile):
        return None


def not_written_yet(path: Path) -> pa.Table:
    """Sessions that the derived parts do not hold yet, because they may still go on: schema SESSION."""
    try:
        with np.load(path, allow_pickle=False) as file:
            accounts = json.loads(file["words"].tobytes().decode("utf-8", "surrogatepass"))["accounts"]
            arrays = {name: file[name] for name in file.files if name.startswith(("open/", "finished/"))}
        found = Sessions(*_columns("open", Sessions.__slots__, arrays))
        for sessions in _finished(arrays):
            found = found.join(sessions)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return sessions_table(Sessions.none(), [])
    return sessions_table(found, accounts)


def weekly_in(path: Path) -> tuple[Weekly, list[str]]:
    """The weekly bets of a saved state, the day that goes on as far as it has come; and the accounts by number."""
    try:
        with np.load(path, allow_pickle=False) as file:
            words = json.loads(file["words"].tobytes().decode("utf-8", "surrogatepass"))
            arrays = {name: file[name] for name in file.files if name.startswith(("state/", "weekly/"))}
        weekly = _weekly(arrays, words)
        state = State()
        for name in _ARRAYS:
            setattr(state, name, arrays[f"state/{name}"])
        bet_so_far(weekly, state, day=words["day"], week_from=words["week_from"], calibration=words["weighed_on"])
        return weekly, words["accounts"]
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile):
        return Weekly(), []


def _put_explainer(river: River, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
    explainer = river.explainer
    words["accounts"], words["services"] = explainer.accounts.names, explainer.services.names
    words["actors"] = explainer.actors
    common = explainer.common
    words["common"] = {
        "day": common.day,
        "before": {str(day): _told(crowds) for day, crowds in common.before.items()},
        "opened": [(str(key), accounts) for key, accounts in sorted(common.opened.items())],
        **{name: _told(getattr(common, name)) for name in _OF_TODAY},
    }
    words["alerted"] = {str(day): sorted(accounts) for day, accounts in explainer.alerted.items()}
    arrays["first_day"] = np.array(sorted(explainer.first_day.items()), np.int64).reshape(-1, 2)
    for name in _PASTS:
        past: Past = getattr(explainer, name)
        _put_keys(f"{name}/settled", past.settled.runs, arrays)
        arrays[f"{name}/remembers"] = np.array([past.settled.days, past.settled.period])
        for day, pairs in past.pending.items():
            arrays[f"{name}/pending/{day}/keys"] = np.concatenate([keys for keys, _ in pairs])
            arrays[f"{name}/pending/{day}/accounts"] = np.concatenate([accounts for _, accounts in pairs])
    for day, held in explainer.vouched.items():
        _put_keys(f"vouched/{day}", held.runs, arrays)
    for day, pairs in explainer.vouching.items():
        arrays[f"vouching/{day}/keys"] = np.concatenate([keys for keys, _ in pairs])
        arrays[f"vouching/{day}/accounts"] = np.concatenate([accounts for _, accounts in pairs])


def _told(counts: dict[int, int]) -> list[tuple[str, int]]:
    return [(str(key), count) for key, count in sorted(counts.items())]


def _counts(told: list[tuple[str, int]]) -> dict[int, int]:
    return {int(key): count for key, count in told}


def _take_explainer(river: River, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
    explainer = river.explainer
    for names, told in ((explainer.accounts, words["accounts"]), (explainer.services, words["services"])):
        _rename(names, told)
    explainer.actors = list(words["actors"])
    common = words["common"]
    explainer.common = Common(
        day=common["day"],
        before={int(day): _counts(told) for day, told in common["before"].items()},
        opened={int(key): list(accounts) for key, accounts in common["opened"]},
        **{name: _counts(common[name]) for name in _OF_TODAY},
    )
    explainer.alerted = {int(day): set(accounts) for day, accounts in words["alerted"].items()}
    explainer.first_day = {int(account): int(day) for account, day in arrays["first_day"]}
    for name in _PASTS:
        past = Past(Memory(_take_keys(f"{name}/settled", arrays), *map(int, arrays[f"{name}/remembers"])))
        for day, keys, accounts in _days(f"{name}/pending", arrays):
            past.add(day, keys, accounts)
        setattr(explainer, name, past)
    days = {int(name.split("/")[1]) for name in arrays if name.startswith("vouched/")}
    explainer.vouched = {day: KeySet(_take_keys(f"vouched/{day}", arrays)) for day in sorted(days)}
    explainer.vouching = {day: [(keys, accounts)] for day, keys, accounts in _days("vouching", arrays)}


def _put_homes(river: River, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
    homes = river.homes
    arrays["homes/counts"], arrays["homes/today"] = homes.told(homes.counts), homes.told(homes.today)
    arrays["homes/of"] = homes.of
    words["homes"] = [homes.day, homes.week]


def _take_homes(river: River, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
    day, week = words["homes"]
    river.homes = Homes(day=day, week=week, of=arrays["homes/of"])
    river.homes.take_up(arrays["homes/counts"], arrays["homes/today"])


def _put_judge(river: River, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
    judge = river.judge
    state = judge.state
    for name in _ARRAYS:
        arrays[f"state/{name}"] = getattr(state, name)
    _put_columns("open", state.open, arrays)
    for i, sessions in enumerate(state.finished):
        _put_columns(f"finished/{i}", sessions, arrays)
    for day, held in state.met.items():
        _put_keys(f"met/{day}", held.runs, arrays)
    for day, noted in judge.recent.items():
        for i, evidence in enumerate(noted):
            _put_columns(f"recent/{day}/{i}", evidence, arrays)
    arrays["marked"] = river.marked.view(np.uint8).reshape(-1, 17) if len(river.marked) else np.zeros((0, 17), np.uint8)
    arrays["heaviest"] = np.array([(*pair, w) for pair, w in sorted(judge.heaviest.items())], np.int64).reshape(-1, 3)
    for number, week in judge.weekly.weeks.items():
        arrays[f"weekly/{number}"] = week.accounts
    words["week_from"], words["weighed_on"] = judge.week_from, judge.weigher.hash
    words["weekly"] = {str(number): week.calibration for number, week in judge.weekly.weeks.items()}
    words["day"] = judge.day
    words["stood"] = sorted(judge.stood)
    words["cohorts"] = [
        [str(network), account, day] for network, begun in judge.cohort.begun.items() for account, day in begun.items()
    ]
    words["pool"] = {
        name: {
            str(day): [[str(key), account, n] for (key, account), n in held.items()]
            for day, held in getattr(judge.pool, name).days.items()
        }
        for name in _TALLIES
    }
    words["paces"] = [[account, *astuple(pace)] for account, pace in judge.pool.paces.items()]


def _take_judge(river: River, arrays: dict[str, np.ndarray], words: dict[str, Any]) -> None:
    judge = river.judge
    state = State()
    for name in _ARRAYS:
        setattr(state, name, arrays[f"state/{name}"])
    state.open = Sessions(*_columns("open", Sessions.__slots__, arrays))
    state.finished = _finished(arrays)
    days = sorted({int(name.split("/")[1]) for name in arrays if name.startswith("met/")})
    state.met = {day: KeySet(_take_keys(f"met/{day}", arrays)) for day in days}
    judge.state = state
    judge.recent = {}
    for name in sorted({name.rpartition("/")[0] for name in arrays if name.startswith("recent/")}, key=_by_number):
        evidence = Evidence(*_columns(name, Evidence.__slots__, arrays))
        judge.recent.setdefault(int(name.split("/")[1]), []).append(evidence)
    river.mark(np.ascontiguousarray(arrays["marked"]).view("V17").ravel())
    judge.heaviest = {(int(a), int(w)): int(weight) for a, w, weight in arrays["heaviest"]}
    judge.weekly = _weekly(arrays, words)
    judge.day = words["day"]
    judge.stood = {(int(account), int(day)) for account, day in words["stood"]}
    judge.cohort.begun = {}
    for network, account, begun in words["cohorts"]:
        judge.cohort.begun.setdefault(int(network), {})[account] = begun
    judge.pool = Pool(paces={account: Pace(*pace) for account, *pace in words["paces"]})
    for name in _TALLIES:
        days = words["pool"][name].items()
        getattr(judge.pool, name).put(
            {int(day): {(int(key), account): n for key, account, n in held} for day, held in days}
        )


def _weekly(arrays: dict[str, np.ndarray], words: dict[str, Any]) -> Weekly:
    return Weekly({int(number): Week(name, arrays[f"weekly/{number}"]) for number, name in words["weekly"].items()})


def _finished(arrays: dict[str, np.ndarray]) -> list[Sessions]:
    count = len({name.split("/")[1] for name in arrays if name.startswith("finished/")})
    return [Sessions(*_columns(f"finished/{i}", Sessions.__slots__, arrays)) for i in range(count)]


def _by_number(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("/")[1:])


def _put_keys(name: str, runs: list[np.ndarray], arrays: dict[str, np.ndarray]) -> None:
    for i, run in enumerate(runs):
        arrays[f"{name}/{i}"] = run


def _take_keys(name: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    runs: list[np.ndarray] = []
    while f"{name}/{len(runs)}" in arrays:
        runs.append(arrays[f"{name}/{len(runs)}"])
    return runs


def _days(name: str, arrays: dict[str, np.ndarray]) -> list[tuple[int, np.ndarray, np.ndarray]]:
    depth = name.count("/") + 1
    days = sorted({int(key.split("/")[depth]) for key in arrays if key.startswith(f"{name}/")})
    return [(day, arrays[f"{name}/{day}/keys"], arrays[f"{name}/{day}/accounts"]) for day in days]


def _put_columns(name: str, columns: Any, arrays: dict[str, np.ndarray]) -> None:
    for column in fields(columns):
        arrays[f"{name}/{column.name}"] = getattr(columns, column.name)


def _columns(name: str, columns: Any, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [arrays[f"{name}/{column}"] for column in columns]


def _rename(names: Names, told: list[str]) -> None:
    for name in told:
        names.number(name)
