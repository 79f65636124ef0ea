"""What a command found, told to a person: tables and sentences. The same data goes to `--json` whole."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.errors import SourceUnreadable, TocsinError
from tocsin.main.words import counted
from tocsin.main.written import json_of

__all__ = ["counted", "progress", "stderr", "stdout", "table_of", "warn", "write"]

_WHOLE = ("alert", "incident", "rung", "#one in", "#weight", "at (UTC)", "since (UTC)", "account", "rule")
"""Columns that a person copies from or reads at a glance: never folded."""


def stdout() -> Console:
    """Where answers go: 120 letters wide where nobody's terminal says more. What a trail says is no markup."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=120)


def stderr() -> Console:
    """Where progress and errors go."""
    return Console(stderr=True, highlight=False)


@contextmanager
def progress(quiet: bool) -> Any:
    """A progress line on standard error with an estimate of what is left; silent when nobody looks."""
    console = stderr()
    if quiet or not console.is_terminal:
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def heard(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[what] = bar.add_task(what, total=max(total, 1))
            bar.update(tasks[what], completed=done, total=max(total, 1))

        yield heard


def write(target: str | None, told: Any) -> None:
    """Write an answer as JSON: to a file, whole or not at all, or to standard output (`-`)."""
    if target is None:
        return
    if target == "-":
        sys.stdout.writelines(json_of(told))
        return
    try:
        path = Path(target)
        scratch = path.with_name(path.name + ".tmp")
        with scratch.open("w", encoding="utf-8") as file:
            file.writelines(json_of(told))
        scratch.replace(path)
    except OSError as problem:
        raise TocsinError(
            f"the JSON file cannot be written ({problem.strerror})", done="The command itself is done."
        ) from None


def warn(damage: list[str]) -> int:
    """Files of which only a part could be read: told on standard error, and the exit code says so."""
    for problem in damage:
        stderr().print(f"tocsin: {problem}", style="yellow", markup=False, soft_wrap=True)
    return SourceUnreadable.exit_code if damage else 0


def table_of(title: str, *columns: str, whole: int = 0) -> Table:
    """An empty table; a column whose name begins with # holds numbers. The first `whole` columns are never folded."""
    table = Table(title=title or None, box=box.SIMPLE, title_justify="left", pad_edge=False)
    for place, column in enumerate(columns):
        number, fixed = column.startswith("#"), column in _WHOLE or place < whole
        table.add_column(column.lstrip("#"), justify="right" if number else "left", overflow="fold", no_wrap=fixed)
    return table
