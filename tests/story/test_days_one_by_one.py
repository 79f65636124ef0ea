"""Live is bulk: the same trail in one batch, a few days at a time, or late, comes to the same."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, copied, day_of, trail_lines, with_key


def days_of(folder: Path) -> dict[str, list[bytes]]:
    """The lines of a trail by the UTC day on which they happened."""
    days: dict[str, list[bytes]] = defaultdict(list)
    for line in trail_lines(folder):
        days[day_of(line)].append(line)
    return dict(sorted(days.items()))


def sent(home: Home, name: str, lines: list[bytes]) -> dict:
    """Import some lines as a folder of their own; the last line has no line end."""
    folder = home.root / name
    folder.mkdir()
    (folder / "AuditEvent.ndjson").write_bytes(b"\n".join(lines))
    return home.told("import", folder)


def facts_of(home: Home, region: Path) -> Path:
    return copied(region, home.root / "facts", only=("[H-OS]*.ndjson", "Pract*", "Encounter*", "marks.txt"))


@pytest.fixture(scope="module")
def days(region: Region) -> dict[str, list[bytes]]:
    return days_of(region("three-thieves"))


def test_a_few_days_at_a_time_give_what_one_batch_gives(
    home: Home, region: Region, days: dict[str, list[bytes]], tmp_path: Path
) -> None:
    """(1) at once (2) facts, then batches of days, cut after days with a theft too (3) the same, and rebuilt equal."""
    at_once = with_key(Home(tmp_path / "once"))
    with_key(home)
    whole = facts_of(at_once, region("three-thieves"))
    for path in region("three-thieves").glob("AuditEvent*"):
        (whole / path.name).symlink_to(path)
    at_once.run("import", whole)
    home.run("import", facts_of(home, region("three-thieves")))
    cuts = ["2025-09-08", "2025-09-09", "2025-10"]
    for since, until in zip(["", *cuts], cuts, strict=False):
        lines = [line for day, lines in days.items() if since <= day < until for line in lines]
        assert sent(home, f"until-{until}", lines)["events"] == len(lines)

    for kind in ("events", "evidence", "alerts"):
        ways = ["batch", "segment", "offset"]
        assert home.table(kind, without=ways).equals(at_once.table(kind, without=ways)), kind
    assert sessions(home) == sessions(at_once)
    assert len(at_once.table("alerts"))
    for command in ("alerts", "scope"):
        assert home.told(command) == at_once.told(command)

    before = home.derived()
    home.run("rebuild")
    assert home.derived() == before
    assert home.told("verify")["sound"]


def sessions(home: Home) -> list[str]:
    """Sessions that have ended, in one order: that of parts is when they were handed out."""
    return sorted(map(str, home.table("sessions").to_pylist()))


def test_a_day_that_comes_late_is_accepted_counted_and_judged(
    home: Home, region: Region, days: dict[str, list[bytes]]
) -> None:
    home.run("import", facts_of(home, region("three-thieves")))
    late = "2025-09-08"  # two accounts are stolen on that day
    sent(home, "others", [line for day, lines in days.items() if day != late for line in lines])
    before = home.told("alerts")["alerts"]
    told = sent(home, late, days[late])
    assert (told["events"], told["rejected"]) == (len(days[late]), 0)
    new = [alert for alert in home.told("alerts")["alerts"] if alert not in before]
    assert new
    assert {alert["at"][:10] for alert in new} == {late}
    received = sum(service["received"] for service in home.told("coverage")["services"])
    assert received == sum(map(len, days.values()))
    of_the_day = home.told("coverage", "--since", late, "--until", "2025-09-09")["services"]
    assert sum(service["received"] for service in of_the_day) == len(days[late])
    derived = home.derived()
    home.run("rebuild")
    assert home.derived() == derived
