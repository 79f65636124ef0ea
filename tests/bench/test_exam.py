"""The exam counts what it says it counts, and its page says what its result files hold."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.detection.exam import page, plan, summary
from benchmarks.detection.exam.__main__ import keep, known, path_of
from benchmarks.detection.exam.fold import Taken
from benchmarks.detection.exam.measure import _until
from benchmarks.detection.exam.trail import _take_out


def theft(name: str, key: int, asked: int | None, *, held: int | None = None, stood: int = 0) -> list[Any]:
    before = [None if one is None else [one, 0, 0, 0.1] for one in (asked, held, None, None)]
    return [name, key, 100, 0, 0, stood, before, {"new-per-hour": None}]


def region(*thefts: list[Any], alarms: tuple[list[int], ...] = (), alike: tuple[dict[str, Any], ...] = ()) -> dict:
    return {
        "region": 1, "weeks": 6, "past_weeks": 3, "active": 3_000, "alarms": list(alarms), "lookalikes": list(alike),
        "thefts": list(thefts), "baseline_alarms": {"new-per-hour": []},
    }  # fmt: skip


def test_a_theft_that_was_never_seen_counts_as_infinitely_many_patients() -> None:
    (one,) = summary.behaviours([region(*(theft("bulk", i, asked) for i, asked in enumerate((4, 6, None))))])
    ask = one.losses[0]
    assert (round(ask.share, 3), ask.median, ask.p90, ask.highest) == (0.667, 6, math.inf, 6)
    assert one.mean_lost == pytest.approx((4 + 6 + 100) / 3)
    assert one.passed is False


def test_a_bar_is_met_by_median_and_ninetieth_percentile() -> None:
    fine = [theft("bulk", i, 10 if i < 15 else 30) for i in range(20)]
    assert summary.behaviours([region(*fine)])[0].passed is True
    assert summary.behaviours([region(*fine, *(theft("bulk", 30 + i, 31) for i in range(3)))])[0].passed is False


def test_an_account_that_stood_on_a_rung_already_is_set_aside() -> None:
    (one,) = summary.behaviours([region(theft("bulk", 1, 5), theft("bulk", 2, None, stood=1))])
    assert (one.thefts, one.set_aside, one.losses[0].share) == (1, 1, 1.0)


def test_content_visible_thieves_must_be_held_within_sixty() -> None:
    thefts = [theft("bulk", 1, 5, held=60), theft("medium", 2, 5, held=61), theft("slow", 3, 5), theft("kiosk", 4, 5)]
    share, _, count = summary.held([region(*thefts)])
    assert (round(share, 3), count) == (0.333, 3)


def test_a_promise_counts_account_weeks_that_reached_the_rung_or_a_higher_one() -> None:
    alarms = ([7, 0, 1], [8, 1, 4], [9, 2, 2])
    alike = ({"name": "locum", "account_weeks": 2, "keys": [9], "alarms": [[9, 2, 2]]},)
    ask, own, _, suspend = summary.guarantees([region(alarms=alarms, alike=alike)])
    assert (ask.alarms, own.alarms, suspend.alarms) == (3, 2, 1)
    assert ask.realised == pytest.approx(0.001)
    assert ask.honest == pytest.approx(2 / 3_000)
    assert ask.by_week == [pytest.approx(0.001)] * 3
    locum = next(one for one in summary.alikes([region(alike=alike)]) if one.name == "locum")
    assert locum.rungs == [1, 1, 0, 0]


def test_a_crew_loses_until_each_account_s_own_alarm_or_its_end() -> None:
    taken = Taken(
        np.array(["a", "a", "b", "b", "b"], object),
        np.arange(5),
        np.array([b"1", b"2", b"3", b"4", b"5"], object),
        np.array(["opened"] * 4 + ["listed"]),
    )
    assert _until(taken, {"a": 0, "b": None}, 0) == [3, 1, 0, 0.0]
    assert _until(taken, {"a": None, "b": None}, 0) is None


def test_thefts_are_taken_out_of_the_trail_line_by_line(tmp_path: Path) -> None:
    honest, loot = tmp_path / "honest", tmp_path / "set-0"
    honest.mkdir()
    loot.mkdir()
    lines = [b'{"resourceType":"AuditEvent","id":"%d","x":1}\n' % i for i in range(4)]
    (honest / "AuditEvent-000.ndjson").write_bytes(b"".join(lines))
    _take_out(honest, {b"1": 0, b"3": 0}, [loot])
    assert (honest / "AuditEvent-000.ndjson").read_bytes() == lines[0] + lines[2]
    assert (loot / "AuditEvent-000.ndjson").read_bytes() == lines[1] + lines[3]


def test_seeds_of_the_exam_are_its_own() -> None:
    regions, _ = plan.plans([])
    short, _ = plan.plans(["--short"])
    seeds = [one.seed for one in (*regions, *short)]
    assert len(set(seeds)) == 23
    assert min(seeds) > 4_900
    assert {name for _, name in regions[0].attacks()} == set(plan.BEHAVIOURS)


def test_a_result_is_kept_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "exam.json"
    keep(path, region(theft("bulk", 1, 5)) | {"region": 2})
    keep(path, region(theft("bulk", 1, 6)) | {"region": 1})
    keep(path, region(theft("bulk", 1, 7)) | {"region": 2})
    held = known(path)
    assert [one["region"] for one in held["regions"]] == [1, 2]
    assert held["regions"][1]["thefts"] == [theft("bulk", 1, 7)]
    assert json.loads(path.read_text("utf-8")) == held


def test_the_page_and_the_picture_say_what_the_results_hold() -> None:
    text, picture = page.made(known(path_of(False)), known(path_of(True)))
    assert page.PAGE.read_text("utf-8") == text
    assert page.PICTURE.read_text("utf-8") == picture
