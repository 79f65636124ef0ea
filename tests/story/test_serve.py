"""A thief while it happens: posted and followed, seen at once, told to the actor, decided beside, rebuilt the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from serving import past_and_present, serving, until
from story.commands import Home, sentence


def test_a_thief_is_seen_as_it_happens(home: Home, region: Callable[[str], Path], tmp_path: Path) -> None:
    """(1) half is posted, half followed (2) read beside (3) decided beside (4) stopped (5) the same when rebuilt."""
    past, present = past_and_present(region("three-thieves"), tmp_path / "past")
    home.run("import", past, "--source", "services")
    before = home.told("alerts")["alerts"]
    folder = tmp_path / "grows"
    folder.mkdir()
    half = len(present) // 2
    with serving(home, "--follow", f"services={folder}") as serve:
        for start in range(0, half, 400):
            assert serve.post(present[start : min(start + 400, half)]) == 200
        until(lambda: serve.heard("alert"))
        assert len(home.told("alerts")["alerts"]) > len(before)  # at once, whatever is written yet
        with (folder / "AuditEvent-1.ndjson").open("wb") as file:
            file.write(b"".join(line + b"\n" for line in present[half:]))
        until(lambda: _events(serve.status()) == len(present))
        until(lambda: len(serve.heard("told")) == len(serve.heard("alert")))

        refused = home.run("import", past, code=4)
        assert str(serve.pid("judge")) in sentence(refused)
        alert = home.told("alerts")["alerts"][-1]["alert"]
        decided = home.told("decide", "false", alert, "--who", "the duty officer")
        assert decided["batch"]
        assert home.told("scope")["incidents"]
        assert serve.stop() == 0

    alerts = home.told("alerts")
    new = [alert for alert in alerts["alerts"] if alert not in before]
    assert {alert["rung"] for alert in new} >= {"ask", "suspend"}
    timings = [json.loads(line) for line in (home.state / "serve" / "timings.jsonl").read_text().splitlines()]
    assert {one["alert"] for one in timings} >= {alert["alert"] for alert in new}
    assert all(one["received"] <= one["committed"] <= one["judged"] <= one["taken"] for one in timings)
    tables = {kind: home.table(kind).to_pylist() for kind in ("events", "evidence", "alerts")}
    assert len(tables["events"]) >= len(present)
    home.run("rebuild")
    assert home.told("alerts") == alerts
    assert {kind: home.table(kind).to_pylist() for kind in tables} == tables
    assert home.told("verify")["sound"]


def test_a_restart_reads_on_and_adds_nothing(home: Home, region: Callable[[str], Path], tmp_path: Path) -> None:
    _, present = past_and_present(region("three-thieves"), tmp_path / "past")
    folder = tmp_path / "grows"
    folder.mkdir()
    path = folder / "AuditEvent.ndjson"
    path.write_bytes(b"".join(line + b"\n" for line in present[:50]) + present[50][:40])
    with serving(home, "--follow", str(folder)) as serve:
        until(lambda: _events(serve.status()) == 50)
        assert serve.stop() == 0
    with path.open("ab") as file:
        file.write(present[50][40:] + b"\n")
    with serving(home, "--follow", str(folder)) as serve:
        until(lambda: _events(serve.status()) == 1)
    assert home.told("coverage")["rejected"] == []
    assert home.told("verify")["batches"] == 2


def test_a_folder_that_cannot_be_read_is_no_quiet_night(home: Home, tmp_path: Path) -> None:
    """A typing error in a path is said at once, and that it is mended too."""
    folder = tmp_path / "later"
    with serving(home, "--follow", f"services={folder}") as serve:
        until(lambda: serve.heard("unread"))
        assert serve.heard("unread")[0]["source"] == "services"
        assert "No such file or directory" in serve.heard("unread")[0]["problem"]
        folder.mkdir()
        until(lambda: serve.heard("read"))
        assert serve.stop() == 0


def test_nothing_to_watch_and_a_wrong_address_are_told(home: Home) -> None:
    assert "nothing is to be watched" in sentence(home.run("serve", "--listen", "", code=2))
    assert "loopback" in sentence(home.run("serve", "--listen", "0.0.0.0:1", "--only", "judge", code=2))


def _events(status: dict[str, object]) -> int:
    processes = status.get("processes", {})
    assert isinstance(processes, dict)
    return int(processes.get("judge", {}).get("events", -1))
