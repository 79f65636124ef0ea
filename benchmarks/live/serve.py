"""From a POST to an alert in the actor's hands, and the events a second that `tocsin serve` sustains.

    python benchmarks/live/serve.py [--accounts 2000] [--days 12] [--seconds 60] [--rate 200] [--json result.json]

A fictitious region is made, its past imported, and its last days posted to a `tocsin serve` of its own on loopback, in
time: (1) the events of the stolen accounts and a share of the others, at a steady rate, one a request: latency of the
acknowledgement, and of each alert from the POST of the oldest event of its batch to the actor; (2) the rest as fast as
it is taken, 50 events a request.
The load stops by itself, and so does the server.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

SENDERS = 8


def main() -> None:
    arguments = _arguments()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        result = _measure(folder, arguments)
    finally:
        shutil.rmtree(folder)
    for name, value in result.items():
        print(f"{name:44}{value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


def _measure(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    past, present = _region(folder, arguments)
    state = folder / "state"
    run = [sys.executable, "-m", "tocsin"]
    subprocess.run([*run, "import", past, "--state", state, "--quiet"], check=True)
    port = _free_port()
    serve = subprocess.Popen(
        [*run, "serve", "--state", state, "--listen", f"127.0.0.1:{port}", "--json"],
        stdout=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    try:
        said: list[dict[str, Any]] = []
        threading.Thread(target=_hear, args=(serve, said), daemon=True).start()
        _until(lambda: {"judge", "actor"} <= {one["process"] for one in said if one["event"] == "ready"})
        steady, rest = _with_thieves(past / "truth.json", present, arguments.rate * arguments.seconds)
        took = _steadily(port, steady, arguments.rate)
        _until(lambda: _judge(state).get("events", 0) >= len(steady))
        rest = rest[: arguments.most]
        flood = time.monotonic()
        began = time.perf_counter()
        retries = _flood(port, rest)
        taken = time.perf_counter() - began
        _until(lambda: _judge(state).get("events", 0) >= len(steady) + len(rest))
        judged = time.perf_counter() - began
        time.sleep(2)
    finally:
        serve.send_signal(signal.SIGTERM)
        serve.wait(120)
    alerts = [json.loads(line) for line in (state / "serve" / "timings.jsonl").read_text().splitlines()]
    calm = [one for one in alerts if "received" in one and one["received"] < flood]
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "accounts": arguments.accounts,
        "events posted steadily": len(steady),
        "rate, events/s": arguments.rate,
        "acknowledged, ms (p50, p99)": _both([1000 * one for one in took]),
        "alerts, before the flood and in all": f"{len(calm)}, {len(alerts)}",
        "POST to committed, ms (p50, p99)": _gap(calm, "received", "committed"),
        "committed to judged, ms (p50, p99)": _gap(calm, "committed", "judged"),
        "judged to the actor, ms (p50, p99)": _gap(calm, "judged", "taken"),
        "POST to the actor, ms (p50, p99)": _gap(calm, "received", "taken"),
        "in the actor, ms (p50, p99)": _gap(calm, "taken", "done"),
        "events posted in a flood": len(rest),
        "taken, events/s": round(len(rest) / taken),
        "judged, events/s": round(len(rest) / judged),
        "times a sender was told to come again": retries,
    }


def _region(folder: Path, arguments: argparse.Namespace) -> tuple[Path, list[bytes]]:
    made, past = folder / "region", folder / "past"
    days = str(arguments.days)
    attacks = ["--attack", "medium,bulk,sequential,export", "--attack-from", str(arguments.days - 2)]
    command = [sys.executable, "-m", "tocsin_range", "make", made, "--accounts", str(arguments.accounts)]
    subprocess.run([*command, "--days", days, "--seed", "44", *attacks, "--quiet"], check=True)
    lines = [line for path in sorted(made.glob("AuditEvent*")) for line in path.read_bytes().splitlines()]
    lines.sort(key=_at)
    last = sorted({_at(line).date() for line in lines})[-4]
    past.mkdir()
    for path in made.iterdir():
        if not path.name.startswith("AuditEvent"):
            path.rename(past / path.name)
    before = [line for line in lines if _at(line).date() < last]
    (past / "AuditEvent.ndjson").write_bytes(b"\n".join(before) + b"\n")
    return past, lines[len(before) :]


def _with_thieves(truth: Path, lines: list[bytes], count: int) -> tuple[list[bytes], list[bytes]]:
    """So many lines, in time, all of the stolen accounts among them, so that there are alerts to time; the others."""
    stolen = [name.encode() for theft in json.loads(truth.read_text())["thefts"] for name in theft["accounts"]]
    values = [name.rpartition(b"|")[2] for name in stolen]
    theirs = {i for i, line in enumerate(lines) if any(b'"' + value + b'"' in line for value in values)}
    others = [i for i in range(len(lines)) if i not in theirs]
    step = max(len(others) // max(count - len(theirs), 1), 1)
    chosen = sorted([*theirs, *others[::step]])[:count] if len(theirs) < count else sorted(theirs)[:count]
    left = set(range(len(lines))) - set(chosen)
    return [lines[i] for i in chosen], [lines[i] for i in sorted(left)]


def _at(line: bytes) -> datetime:
    event = json.loads(line)
    return datetime.fromisoformat(event.get("period", {}).get("start") or event["recorded"])


def _steadily(port: int, lines: list[bytes], rate: int) -> list[float]:
    """Post one line after the other, at a rate, by several senders; seconds each took."""
    took: list[float] = []
    began = time.perf_counter()

    def send(mine: list[tuple[int, bytes]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number, line in mine:
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            start = time.perf_counter()
            while _status(connection, line, "application/fhir+json") != 201:
                time.sleep(0.05)
            took.append(time.perf_counter() - start)
        connection.close()

    _together(send, [list(enumerate(lines))[sender::SENDERS] for sender in range(SENDERS)])
    return took


def _flood(port: int, lines: list[bytes]) -> int:
    """Post lines, 50 a request, as fast as they are taken; how often a sender was told to come again."""
    again: list[int] = []

    def send(mine: list[list[bytes]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for some in mine:
            while _status(connection, b"\n".join(some), "application/fhir+ndjson") not in (200, 201):
                again.append(1)
                time.sleep(0.1)
        connection.close()

    blocks = [lines[start : start + 50] for start in range(0, len(lines), 50)]
    _together(send, [blocks[sender::SENDERS] for sender in range(SENDERS)])
    return len(again)


def _status(connection: http.client.HTTPConnection, body: bytes, kind: str) -> int:
    connection.request("POST", "/trail/AuditEvent", body, {"Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _together(work: Callable[[Any], None], shares: list[Any]) -> None:
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _judge(state: Path) -> dict[str, Any]:
    try:
        return json.loads((state / "serve" / "judge.json").read_text())
    except (OSError, ValueError):
        return {}


def _hear(process: subprocess.Popen[str], said: list[dict[str, Any]]) -> None:
    for line in _lines(process):
        said.append(json.loads(line))


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    yield from process.stdout


def _until(what: Callable[[], bool], within_s: float = 300) -> None:
    end = time.monotonic() + within_s
    while not what():
        if time.monotonic() > end:
            raise SystemExit("it never came to that")
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _gap(alerts: list[dict[str, Any]], since: str, until: str) -> str:
    return _both([1000 * (one[until] - one[since]) for one in alerts])


def _both(values: list[float]) -> str:
    if len(values) < 2:
        return "-"
    return f"{statistics.median(values):.0f}, {statistics.quantiles(values, n=100, method='inclusive')[98]:.0f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--days", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--most", type=int, default=100_000, help="events of the flood")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    main()
