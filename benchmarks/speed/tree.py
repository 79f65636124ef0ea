"""Run a command and say what its whole process tree took: seconds, CPU seconds, most memory at once. Linux only."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Took:
    """What a command came to."""

    wall_s: float
    cpu_s: float
    """Of every process, those that outlive their parents included."""
    peak_mb: float
    """Highest sum of resident memory over the tree, looked at every LOOK_EVERY_S. Pages that processes share (code,
    mapped files) count once for each."""
    peak_private_mb: float
    """The same of anonymous memory only: without code and mapped files."""
    load: float
    """Load average of the machine when it began."""
    output: str


def took(command: list[str]) -> Took:
    """Run a command to its end; raises if it fails."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans come to us to be counted
    load, begun = os.getloadavg()[0], time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    looking = _Looking()
    looking.start()
    assert child.stdout
    output = child.stdout.read()
    cpu, code, wall = 0.0, 0, 0.0
    while True:
        try:
            pid, status, used = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += used.ru_utime + used.ru_stime  # with those of its children that it waited for
        if pid == child.pid:
            code, wall = os.waitstatus_to_exitcode(status), time.perf_counter() - begun
            child.returncode = code
    looking.over.set()
    looking.join()
    if code:
        raise RuntimeError(f"{command[:4]} ended with {code}")
    return Took(wall, cpu, looking.peak / 1024, looking.peak_private / 1024, load, output)


class _Looking(threading.Thread):
    """Watches the memory of all processes that descend from this one."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.peak = self.peak_private = 0

    def run(self) -> None:
        while not self.over.wait(LOOK_EVERY_S):
            held = [_kilobytes(pid) for pid in _descendants(os.getpid())]
            self.peak = max(self.peak, sum(all_of_it for all_of_it, _ in held))
            self.peak_private = max(self.peak_private, sum(private for _, private in held))


def _descendants(root: int) -> list[int]:
    found, todo = [], [root]
    while todo:
        for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
            try:
                children = [int(pid) for pid in task.read_text().split()]
            except OSError:
                continue
            found += children
            todo += children
    return found


def _kilobytes(pid: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    told = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return tuple(int(told.get(name, "0").split()[0]) for name in ("VmRSS", "RssAnon"))  # type: ignore[return-value]
