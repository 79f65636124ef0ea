"""In which country a network lies, by a region's own table: told, kept in the ledger, and the same when rebuilt."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, sentence

TABLE = """first,last,country
2001:db8:1000::,2001:db8:1fff:ffff:ffff:ffff:ffff:ffff,FR
2001:db8:a000::,2001:db8:afff:ffff:ffff:ffff:ffff:ffff,FR
2001:db8:2000::,2001:db8:2fff:ffff:ffff:ffff:ffff:ffff,NL
192.0.2.0,192.0.2.255,NL
198.51.100.0,198.51.100.255,NL
203.0.113.0,203.0.113.255,NL
"""
"""Homes and mobiles of the range lie in France, what thieves rent in the Netherlands."""
SETTINGS = '[countries]\nfile = "countries.csv.gz"\n'
NEW_COUNTRY = 16


def give_table(home: Home, text: str = TABLE) -> None:
    """Set a table of countries."""
    (home.root / "countries.csv.gz").write_bytes(gzip.compress(text.encode()))
    (home.root / "tocsin.toml").write_text(SETTINGS, "utf-8")


def derived(home: Home) -> dict[str, str]:
    """All that is derived but the saved state, whose days may stand in another order: batches here go back in time."""
    return {name: digest for name, digest in home.derived().items() if name != "v1/judge"}


def codes(told: list[dict]) -> list[int]:
    """What was new about the sign-in, of each alert that says so."""
    return [ground["count"] for alert in told for ground in alert["grounds"] if ground["of"] == "sign-in"]


def test_a_new_country_is_seen_and_a_rebuild_says_the_same(region: Region, home: Home, tmp_path: Path) -> None:
    """(1) a past without a table (2) with one, learned and judged (3) resumed and rebuilt alike (4) taken back."""
    home.run("import", region("owners-only"), "--past")
    give_table(home)
    said = next(one for one in home.told("doctor")["findings"] if one["what"] == "countries")
    assert (said["state"], said["advice"].split(";")[0]) == ("good", "6 ranges in 2 countries")
    home.run("import", region("three-thieves"))
    told = home.told("alerts")["alerts"]
    assert any(code & NEW_COUNTRY for code in codes(told))
    assert any("country from which the account never worked" in str(alert["reasons"]) for alert in told)
    home.run("calibrate")
    home.run("import", region("bulk-11"), "--source", "more")
    before = derived(home)
    assert sum("countries-" in name for name in before) == 1
    home.run("rebuild")
    assert derived(home) == before

    home.run("import", region("three-thieves"))  # nothing new: taken up from what is saved
    assert derived(home) == before
    (home.root / "tocsin.toml").unlink()
    home.run("import", region("bulk-12"), "--source", "last")
    assert not any("countries-" in name for name in derived(home))
    before = derived(home)
    home.run("rebuild")
    assert derived(home) == before
    assert "no table" in next(one["advice"] for one in home.told("doctor")["findings"] if one["what"] == "countries")


def test_a_replay_reads_the_same_table(region: Region, home: Home) -> None:
    plain = home.told("replay", region("three-thieves"))
    give_table(home)
    told = home.told("replay", region("three-thieves"))
    assert any(code & NEW_COUNTRY for code in codes(told["alerts"]))
    weights = [[alert["weight"] for alert in one["alerts"]] for one in (plain, told)]
    assert weights[0] == weights[1]  # the calibration that ships knows of no country


@pytest.mark.parametrize("command", ["doctor", "import"])
def test_a_table_that_makes_no_sense_is_named_with_its_line(region: Region, home: Home, command: str) -> None:
    give_table(home, TABLE + "203.0.113.9,203.0.113.10,FR\n")
    if command == "doctor":
        said = next(one for one in home.told("doctor", code=1)["findings"] if one["what"] == "countries")
        assert said["state"] == "bad"
        assert "line 8 of the table of countries lies over the range of line 7" in said["advice"]
    else:
        ran = home.run("import", region("three-thieves"), code=2)
        assert "line 8 of the table of countries" in sentence(ran)
        assert home.told("verify")["batches"] == 0
    (home.root / "countries.csv.gz").unlink()
    assert "cannot be read" in home.run("import", region("three-thieves"), code=2).err
