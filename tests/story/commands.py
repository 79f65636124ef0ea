"""Tocsin as a person meets it: its commands, each in a process of its own, in a working folder of its own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin.store.parquet import ParquetParts

TOCSIN = (sys.executable, "-m", "tocsin")
TIMEOUT_S = 240


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """What `--json -` wrote: one object and nothing else."""
        return json.loads(self.out)


def _hears_ctrl_c() -> None:
    """Whoever runs the tests in the background made SIGINT ignored; a person at a terminal did not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Home:
    """A working folder with a state of its own."""

    root: Path

    @property
    def state(self) -> Path:
        return self.root / "state"

    def run(self, *arguments: object, code: int = 0, **popen: Any) -> Ran:
        """Run a command to its end and expect its exit code."""
        process = self.start(*arguments, **popen)
        try:
            out, err = process.communicate(timeout=TIMEOUT_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        ran = Ran(process.returncode, out, err)
        assert ran.code == code, f"tocsin {' '.join(map(str, arguments))}: {ran}"
        return ran

    def told(self, *arguments: object, code: int = 0, **popen: Any) -> Any:
        """What a command writes as JSON."""
        return self.run(*arguments, "--json", "-", code=code, **popen).told

    def start(self, *arguments: object, env: dict[str, str] | None = None, **popen: Any) -> subprocess.Popen[str]:
        """Start a command; whoever starts it ends it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        clean |= {"LC_ALL": "C.UTF-8", "TOCSIN_STATE": str(self.state), **(env or {})}
        return subprocess.Popen(
            [*TOCSIN, *map(str, arguments)],
            **{
                "cwd": self.root,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "preexec_fn": _hears_ctrl_c,
                **popen,
            },
            env=clean,
            text=True,
        )

    def table(self, kind: str, *, without: Iterable[str] = ()) -> pa.Table:
        """The rows of derived data of a kind, in the order of parts, words spelt out."""
        parts = ParquetParts(self.state / "derived")
        if kind not in ("facts", "persons", "rejected") and not parts.days(kind):
            return pa.table({})
        table = parts.read(kind)
        table = table.drop_columns([name for name in without if name in table.column_names])
        plain = [
            pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema
        ]
        return table.cast(pa.schema(plain)).combine_chunks()

    def derived(self) -> dict[str, str]:
        """SHA-256 of each derived file."""
        root = self.state / "derived"
        files = sorted(path for path in root.rglob("*") if path.is_file())
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def with_key(home: Home) -> Home:
    """The home with a key that others have too, so that their references can be compared."""
    home.state.mkdir(parents=True, mode=0o700)
    (home.state / "key").write_bytes(bytes(range(32)))
    (home.state / "key").chmod(0o600)
    return home


def sentence(ran: Ran) -> str:
    """The one line a command that failed leaves on standard error: no trace of Python, no second line."""
    assert "Traceback" not in ran.err
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("tocsin: ")
    return lines[0]


def copied(source: Path, target: Path, *, only: Iterable[str] = ("*.ndjson", "marks.txt")) -> Path:
    """A folder with links to the files of another."""
    target.mkdir(parents=True)
    for pattern in only:
        for path in source.glob(pattern):
            (target / path.name).symlink_to(path)
    return target


def trail_lines(region: Path) -> list[bytes]:
    """The lines of a region's trail."""
    return [line for path in sorted(region.glob("AuditEvent*")) for line in path.read_bytes().splitlines()]


def day_of(line: bytes) -> str:
    """The UTC day on which a line of the range's trail happened."""
    from datetime import UTC, datetime

    event = json.loads(line)
    at = event.get("period", {}).get("start") or event["recorded"]
    return datetime.fromisoformat(at).astimezone(UTC).date().isoformat()


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> None:
    """Signal a process that was started here, by its own id."""
    if process.poll() is None:
        os.kill(process.pid, how)
