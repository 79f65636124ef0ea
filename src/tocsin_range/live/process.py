"""Child processes: started with a log, stopped by their own process id, never left behind."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

_LOWEST_PORT, _PORTS = 20_000, 12_000
STOP_S = 5.0
"""Seconds a child has to end by itself after SIGTERM, before it is killed."""


class DidNotStart(RuntimeError):
    """A server of the range ended, or did not answer in time; the text names its log."""


def free_port() -> int:
    """A loopback TCP port that nobody uses at this moment.

    It is drawn below the range from which systems take the ports of outgoing connections: one of those would be taken
    by a busy neighbour in the seconds before it is listened on.
    """
    while True:
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def told_to_stop() -> threading.Event:
    """An event set at SIGTERM, at SIGINT, or when whoever started this process lets go of its standard input."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return stop


class Child:
    """A process of ours, with standard input held open: a child whose parent dies sees its end and stops."""

    def __init__(self, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        """Start `argv` with this process's environment and `env`; both outputs are appended to `log`."""
        self.log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,  # Ctrl-C at the terminal is for the parent, which stops its children in order
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it is no longer there."""
        return self._process.poll() is not None

    def ask(self) -> None:
        """SIGTERM, without waiting: several children end at the same time."""
        if not self.ended:
            self._process.terminate()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after STOP_S; both to this process id only. May be repeated."""
        self.ask()
        if not self.ended:
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def wait_for_port(self, port: int, within_s: float) -> None:
        """Return when something accepts connections on `port`.

        Raises `DidNotStart` if the process ends first or `within_s` seconds pass.
        """
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if self.ended:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                return
            time.sleep(0.02)
        raise DidNotStart(f"it did not answer on port {port} within {within_s:.0f} s; read {self.log}")

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
