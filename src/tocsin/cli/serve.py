"""The command that watches as it happens: arguments -> one call of `main`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of
from tocsin.cli.options import WATCH, State


@app.command(group=WATCH)
def serve(
    *,
    listen: str | None = None,
    follow: Annotated[tuple[str, ...], Parameter(name="--follow", negative=())] = (),
    only: Literal["judge", "actor"] | None = None,
    for_: Annotated[float | None, Parameter(name="--for")] = None,
    state: State = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    leader: Annotated[int | None, Parameter(show=False)] = None,
) -> int:
    """Watch trails as they grow: collect, judge and act until stopped (SIGTERM or Ctrl-C).

    Parameters
    ----------
    listen
        Loopback address and port on which FHIR AuditEvents are taken; "" for none. Default: as set.
    follow
        Folder whose AuditEvent files are followed as they grow, `source=folder` or a folder. May be repeated.
    only
        Run one of the processes alone, in this one: `judge` or `actor`.
    for_
        Stop by itself after so many seconds.
    json_
        Say what happens as JSON, one object a line.
    leader
        The process that supervises this one.
    """
    from tocsin.main.serve.command import serve as run

    settings = settings_of(state)
    told = settings.serve
    told = replace(told, listen=told.listen if listen is None else listen, follow=follow or told.follow)
    arguments = [
        *(["--state", str(state)] if state else []),
        *(["--listen", listen] if listen is not None else []),
        *(part for one in follow for part in ("--follow", one)),
        *(["--json"] if json_ else []),
    ]
    return run(
        replace(settings, serve=told),
        only=only,
        for_s=for_,
        leader=leader,
        arguments=arguments,
        say=_json if json_ else _words,
    )


def _json(process: str, told: dict[str, Any]) -> None:
    line = json.dumps({"at": now().isoformat(), "process": process, "pid": os.getpid(), **told})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _words(process: str, told: dict[str, Any]) -> None:
    words = " ".join(f"{key} {value}" for key, value in told.items() if key != "event" and value != "")
    line = f"{now():%H:%M:%S} {process:<10} {told['event']:<8} {words}"
    tell.stdout().print(line, markup=False, soft_wrap=True)
    sys.stdout.flush()
