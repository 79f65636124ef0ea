"""The command `serve`: what is started, alone or together."""

from __future__ import annotations

import os
import sys
from typing import Final, Literal

from tocsin.config import Settings
from tocsin.errors import Usage
from tocsin.main.serve.acting import run_actor
from tocsin.main.serve.judging import run_judge
from tocsin.main.serve.status import Say, write_summary
from tocsin.main.serve.stopping import Loop
from tocsin.main.serve.supervising import supervise

Only = Literal["judge", "actor"]
ORDER: Final[tuple[Only, ...]] = ("judge", "actor")
"""In which they are started and stopped."""


def serve(
    settings: Settings,
    *,
    only: Only | None,
    for_s: float | None,
    leader: int | None,
    arguments: list[str],
    say: Say,
) -> int:
    """Serve until told to stop; the exit code. `arguments`: of the command line, for the processes that are started."""
    if not settings.serve.listen and not settings.serve.follow:
        raise Usage("nothing is to be watched", advice="Set [serve] listen or follow, or give --listen or --follow.")
    loop = Loop(for_s=for_s, leader=leader)
    loop.hear_signals()
    if only is None:
        own = [sys.executable, "-m", "tocsin", "serve", *arguments, "--leader", str(os.getpid())]
        return supervise(settings, {name: [*own, "--only", name] for name in ORDER}, loop=loop, say=say)
    if leader is None:
        write_summary(settings, {})
    if only == "judge":
        run_judge(settings, loop=loop, say=say)
    else:
        run_actor(settings, loop=loop, say=say)
    return 0
