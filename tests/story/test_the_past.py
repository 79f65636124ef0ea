"""A region's past teaches and accuses nobody: kept with `--past`, met again as such by a rebuild."""

from __future__ import annotations

from conftest import Region
from story.commands import Home


def test_a_past_raises_no_alert_and_a_rebuild_keeps_it_so(region: Region, home: Home) -> None:
    told = home.told("import", region("three-thieves"), "--past")
    assert told["events"] > 0
    assert told["alerts"] == 0
    assert home.told("alerts")["alerts"] == []
    before = home.told("calibrate")["calibration"]
    home.run("rebuild")
    assert home.told("alerts")["alerts"] == []
    assert home.told("calibrate", "--dry-run")["calibration"] == before


def test_what_comes_after_the_past_is_judged(region: Region, home: Home) -> None:
    home.run("import", region("owners-only"), "--past")
    assert home.told("import", region("three-thieves"), "--source", "present")["alerts"] > 0
