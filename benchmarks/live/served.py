"""A region's own `tocsin serve`, its past imported and learned from."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin.config import Settings, bare_environment
from tocsin.main.demo import home
from tocsin.main.serve.status import read_status

LONGEST_S = 300.0


@dataclass(frozen=True)
class Served:
    """What runs."""

    settings: Settings
    batches_before: int
    """Batches of the ledger that were folded before it started."""

    @property
    def address(self) -> str:
        """Host and port of the HTTP door."""
        return self.settings.serve.listen

    def has_judged(self, lines: int) -> bool:
        """Whether so many lines were taken since it started and every batch of them is folded."""
        told = read_status(self.settings, "judge")
        taken = told.get("events", 0) + told.get("rejected", 0)
        return bool(taken >= lines and told["last_batch"] - self.batches_before >= told["batches"])


@contextmanager
def serving(root: Path, past: Path, means: Sequence[str] = ()) -> Iterator[Served]:
    """Judge and actor, up inside the `with`. `means`: lines of `tocsin.toml` that say what they cut with."""
    path = root / "tocsin.toml"
    listen = ["[serve]", f'listen = "127.0.0.1:{home.free_port()}"', ""]
    path.write_text("\n".join([f'state = "{root}/state"', "", *means, "", *listen]), "utf-8")
    for command in (["import", str(past), "--source", "trail", "--past", "--quiet"], ["calibrate"]):
        subprocess.run(
            [sys.executable, "-m", "tocsin", *command],
            cwd=root, env=bare_environment(), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    settings = home.home_settings(path)
    with home.served(path, settings):
        until(lambda: bool(read_status(settings, "judge") and read_status(settings, "actor")))
        yield Served(settings, int(read_status(settings, "judge")["last_batch"]))


def until(what: Callable[[], bool], *, within_s: float = LONGEST_S) -> None:
    """Wait for something to be so. Raises `TimeoutError`."""
    end = time.monotonic() + within_s
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("it never came to that")
        time.sleep(0.02)
