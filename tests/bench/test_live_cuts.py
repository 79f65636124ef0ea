"""The benchmark of cuts does what its page says: a few thefts posted to a real server, cut at a real provider."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.live.cuts import RESULTS, measured
from benchmarks.live.region import made
from benchmarks.live.told import row, table

from live import needed


def test_percentiles_are_values_that_were_measured() -> None:
    assert row("x", range(1, 201)) == {
        "what": "x",
        "n": 200,
        "p50_ms": 100,
        "p95_ms": 190,
        "p99_ms": 198,
        "max_ms": 200,
    }
    assert row("x", [7.0]) == {"what": "x", "n": 1, "p50_ms": 7, "p95_ms": 7, "p99_ms": 7, "max_ms": 7}
    with pytest.raises(IndexError):
        row("x", [])
    assert table([row("cut", [1234.4])]).splitlines()[-1] == "| cut | 1 | 1,234 | 1,234 | 1,234 | 1,234 |"


def test_the_page_says_what_the_results_hold() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "cut.md").read_text("utf-8")
    assert table(json.loads(RESULTS.read_text("utf-8"))["rows"]) in page


def test_thieves_who_are_posted_are_cut_at_the_provider_and_every_part_is_timed(tmp_path: Path) -> None:
    needed()
    region = made(tmp_path, accounts=100, days=10, volume=0.3, thefts={"bulk": 3})
    assert len(region.stolen) == 3
    assert [line.at for line in region.present] == sorted(line.at for line in region.present)
    told = measured(tmp_path, region, rate=400, behind_s=300)
    assert told["cuts"] >= 2
    assert told["cuts"] + told["stolen_accounts_that_never_crossed_suspend"] == 3
    assert told["acts_still_due"] == 0
    assert told["found_inactive_at_the_provider"] >= told["cuts"]
    whole, committed, *_ = told["rows"]
    assert whole["n"] == told["cuts"]
    assert 0 < committed["max_ms"] < whole["max_ms"]
    probes = [one for one in told["rows"] if one["what"].startswith("proof: ")]
    assert [one["n"] for one in probes] == [told["cuts"]] * 4
    assert all(0 <= one["p50_ms"] <= one["p99_ms"] <= one["max_ms"] for one in told["rows"])
