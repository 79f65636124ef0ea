"""A thief while it happens: posted and followed, seen at once, told to the actor, decided beside, rebuilt the same."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def test_hits_of_rules_that_are_on_are_told_once_each(
    home: Home, region: Callable[[str], Path], tmp_path: Path
) -> None:
    """(1) the past is known (2) what comes is told if it is grave, and counted (3) a restart, and a kill, add nothing
    (4) what was told is what is listed, and what a rebuild has."""
    past, present = past_and_present(region("three-thieves"), tmp_path / "past")
    (home.root / "tocsin.toml").write_text(
        '[rules]\non = ["honey-patient-opened", "break-glass-by-a-desk", "contact-data-of-a-stranger", "gone"]\n'
        "[serve]\ncheckpoint_s = 1\n"
    )
    home.run("import", past)
    known = {(one["rule"], one["event"]) for one in home.told("rules", "hits", "--limit", 10_000)["hits"]}
    assert known  # else the first promise is empty
    third = len(present) // 3
    heard = []
    for part, how in zip(
        (present[:third], present[third : 2 * third], present[2 * third :]),
        (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM),
        strict=True,
    ):
        with serving(home) as serve:
            serve.post_until_kept(part)
            until(lambda serve=serve, part=part: _events(serve.status()) == len(part))
            if how is signal.SIGKILL:
                until(lambda serve=serve: _judge(serve.status()).get("folded") == home.told("verify")["batches"])
                until(lambda: _looked(home) == home.told("verify")["batches"])
                os.kill(serve.pid("judge"), signal.SIGKILL)
                until(lambda serve=serve: len(serve.heard("ready")) > 1)
            status = serve.status()
            assert set(_judge(status)["rules"]) == {
                "honey-patient-opened", "break-glass-by-a-desk", "contact-data-of-a-stranger"
            }  # fmt: skip
            assert _judge(status)["rules_unread"] == ["'rules.on' names a rule that is not there: gone"]
            assert serve.stop() == 0
        heard += serve.heard("hit")
        assert serve.heard("rule-unread")
    told = [(one["rule"], one["id"]) for one in heard]
    assert len(set(told)) == len(told)
    listed = home.told("rules", "hits", "--limit", 10_000)
    grave = {(one["rule"], one["event"]) for one in listed["hits"] if one["level"] in ("high", "critical")}
    assert set(told) == grave - known
    assert {rule for rule, _ in told} >= {"honey-patient-opened"}
    home.run("rebuild")
    assert home.told("rules", "hits", "--limit", 10_000) == listed


def test_nothing_to_watch_and_a_wrong_address_are_told(home: Home) -> None:
    assert "nothing is to be watched" in sentence(home.run("serve", "--listen", "", code=2))
    assert "loopback" in sentence(home.run("serve", "--listen", "0.0.0.0:1", "--only", "judge", code=2))


def _events(status: dict[str, object]) -> int:
    processes = status.get("processes", {})
    assert isinstance(processes, dict)
    return int(processes.get("judge", {}).get("events", -1))


def _judge(status: dict[str, Any]) -> dict[str, Any]:
    return status.get("processes", {}).get("judge", {})


def _looked(home: Home) -> int:
    """The batch up to which hits were told."""
    return int(json.loads((home.state / "serve" / "rules.json").read_text())["told"])
