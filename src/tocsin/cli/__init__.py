"""The command line: arguments -> one call of `main`; errors -> one line and an exit code."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from tocsin.cli import (
    act,
    decide,
    document,
    exam,
    inform,
    keep,
    know,
    rules,
    serve,
    share,
    tell,
    watch,
)  # their commands join the app
from tocsin.cli.app import app
from tocsin.errors import Interrupted, TocsinError

__all__ = [
    "act", "app", "decide", "document", "exam", "inform", "keep", "know", "main", "rules", "serve", "share", "watch",
]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code. Errors are one line on standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        code = app(arguments, exit_on_error=True, result_action="return_value")
    except TocsinError as error:
        tell.stderr().print(f"tocsin: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        stopped = Interrupted("interrupted", done="Nothing of this command is half-done; what was kept before is safe.")
        tell.stderr().print(f"tocsin: {stopped}", markup=False, soft_wrap=True)
        sys.exit(stopped.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as problem:
        import errno

        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"the system refused ({problem.strerror or type(problem).__name__})"
        tell.stderr().print(f"tocsin: {what}. What was acknowledged before is safe.", markup=False, soft_wrap=True)
        sys.exit(6 if full else 1)
    except Exception as problem:  # its text may hold what the trail holds: the place is told, the text is not
        tell.stderr().print(f"tocsin: {_unforeseen(problem)}", style="bold red", markup=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(problem: Exception) -> str:
    """Where an error came up that nobody foresaw; what was kept before is safe, as after a kill."""
    from traceback import extract_tb

    if isinstance(problem, MemoryError):
        return "there is not enough memory. What was acknowledged before is safe."
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(problem.__traceback__)][-4:]
    return (
        f"a fault of Tocsin's own ({type(problem).__name__} at {' > '.join(places)}). "
        "What was acknowledged before is safe. Please report this line."
    )
