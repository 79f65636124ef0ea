"""Options and groups that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

WATCH, KNOW, ACT, KEEP = (
    Group("Watch", sort_key=1),
    Group("Know", sort_key=2),
    Group("Act", sort_key=3),
    Group("Keep", sort_key=4),
)

Json = Annotated[
    str | None,
    Parameter(name="--json", allow_leading_hyphen=True, help="Also write the result as JSON; - is standard output."),
]
State = Annotated[
    Path | None, Parameter(name="--state", help="Folder of Tocsin's state (default: as set, or tocsin-state).")
]
Lang = Annotated[
    Literal["fr", "en"] | None,
    Parameter(name="--lang", help="Language of the answer, fr or en (default: as set, else that of the locale)."),
]
Quiet = Annotated[bool, Parameter(name="--quiet", negative=(), help="No progress and no tables.")]
