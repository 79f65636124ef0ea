"""A `tocsin serve` for tests: started on a free port, asked over HTTP, stopped by its own pid."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from story.commands import Home, copied, day_of

LIVE_FROM = "2025-09-09"
"""In the region `three-thieves`: a day with a theft, and more on the next."""
WAIT_S = 120.0


@dataclass
class Serving:
    """What runs."""

    process: subprocess.Popen[str]
    port: int
    home: Home
    said: list[dict[str, Any]] = field(default_factory=list)

    def post(self, lines: list[bytes], *, source: str = "services") -> int:
        """Post lines as one body; the status, 0 if nobody answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            body = b"".join(line + b"\n" for line in lines)
            connection.request("POST", f"/{source}/AuditEvent", body, {"Content-Type": "application/fhir+ndjson"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def post_until_kept(self, lines: list[bytes]) -> None:
        until(lambda: self.post(lines) in (200, 201))

    def status(self) -> dict[str, Any]:
        """The status file, empty while there is none."""
        try:
            return json.loads((self.home.state / "serve" / "status.json").read_text())
        except (OSError, ValueError):
            return {}

    def pid(self, name: str) -> int:
        """The pid of a process."""
        until(lambda: self.status().get("supervised", {}).get(name, {}).get("pid"))
        return int(self.status()["supervised"][name]["pid"])

    def heard(self, event: str) -> list[dict[str, Any]]:
        """What was said of a kind."""
        return [one for one in self.said if one["event"] == event]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it by its pid and wait."""
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        return self.process.wait(WAIT_S)


@contextmanager
def serving(home: Home, *arguments: object, port: int | None = None) -> Iterator[Serving]:
    """Serve until the end of the block, ready for HTTP at its beginning."""
    port = port or free_port()
    process = home.start(
        "serve", "--listen", f"127.0.0.1:{port}", "--json", *arguments, stderr=subprocess.DEVNULL, preexec_fn=None
    )
    made = Serving(process, port, home)
    reader = threading.Thread(target=_read, args=(made,), daemon=True)
    reader.start()
    try:
        if "actor" not in arguments:
            until(lambda: process.poll() is not None or any(one["process"] == "judge" for one in made.heard("ready")))
        yield made
    finally:
        if process.poll() is None:
            made.stop()
        reader.join(WAIT_S)
        assert process.stdout is not None
        process.stdout.close()


def until(what: Callable[[], object], *, within_s: float = WAIT_S) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def past_and_present(region: Path, folder: Path) -> tuple[Path, list[bytes]]:
    """A region's past as a folder, and the lines that come after it, in time."""
    lines = [line for path in sorted(region.glob("AuditEvent*")) for line in path.read_bytes().splitlines()]
    lines.sort(key=_when)
    past = copied(region, folder, only=("[!A]*.ndjson", "Appointment*.ndjson", "marks.txt"))
    (past / "AuditEvent.ndjson").write_bytes(b"".join(line + b"\n" for line in lines if day_of(line) < LIVE_FROM))
    return past, [line for line in lines if day_of(line) >= LIVE_FROM]


def _when(line: bytes) -> Any:
    from datetime import datetime

    event = json.loads(line)
    return datetime.fromisoformat(event.get("period", {}).get("start") or event["recorded"])


def _read(made: Serving) -> None:
    assert made.process.stdout is not None
    for line in made.process.stdout:
        made.said.append(json.loads(line))
