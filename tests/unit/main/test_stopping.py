"""A process that is told to stop stops, however often it is told."""

from __future__ import annotations

import subprocess
import sys

AGAIN_AND_AGAIN = """
import os, signal, threading
from tocsin.main.serve.stopping import Loop

loop, over = Loop(), threading.Event()
loop.hear_signals()

def again():
    for _ in range(20_000):
        os.kill(os.getpid(), signal.SIGTERM)
    over.set()

threading.Thread(target=again, daemon=True).start()
while not over.is_set():
    loop.stop()
    loop.wait(0.001)
print(loop.goes_on())
"""


def test_signals_in_the_middle_of_stopping_do_not_hang_it() -> None:
    """Promise: no process of `serve` outlives what led it; setting an event in a handler waited for itself."""
    ran = subprocess.run(
        [sys.executable, "-c", AGAIN_AND_AGAIN], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == "False\n"
