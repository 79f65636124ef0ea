"""The tree of errors, each with the exit code a command ends with.

    TocsinError                 1
    |-- Usage                   2   the command or a setting cannot be understood
    |-- SourceUnreadable        3   a file or folder of the trail cannot be read
    |-- StoreUnavailable        4   derived data is missing, torn or held by another process
    |   `-- LedgerHeld          4   another process writes the ledger; `tocsin serve`, say
    |-- LedgerDamaged           5   a segment does not hash to what the manifest says
    |-- DiskFull                6   nothing more can be written; what was acknowledged is safe
    |-- Conflict                7   somebody else decided otherwise meanwhile
    |-- ConnectorFailed         8   a provider, a probe or a partner did not do it; `tocsin resume` tries again
    `-- Interrupted           130   the person pressed Ctrl-C; what was acknowledged is safe

One bad line is none of these: it is a `Rejected`, a result that is kept and counted.
The text of an error ends in logs: it never holds an identity.
"""

from __future__ import annotations


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


class TocsinError(Exception):
    """What failed, what was done before it failed, and what to do."""

    exit_code = 1

    def __init__(self, failed: str, *, done: str = "", advice: str = "") -> None:
        self.failed = failed
        self.done = done
        self.advice = advice
        super().__init__(" ".join(_sentence(part) for part in (failed, done, advice) if part))


class Usage(TocsinError):
    """The command line or `tocsin.toml` cannot be understood."""

    exit_code = 2


class SourceUnreadable(TocsinError):
    """A file or folder of the trail cannot be read."""

    exit_code = 3


class StoreUnavailable(TocsinError):
    """Derived data is missing, torn, or held by another process; `tocsin rebuild` makes it anew."""

    exit_code = 4


class LedgerHeld(StoreUnavailable):
    """Another process writes the ledger."""


class LedgerDamaged(TocsinError):
    """A segment of the ledger does not hash to what its manifest says."""

    exit_code = 5


class DiskFull(TocsinError):
    """The disk is full. Everything acknowledged before is safe."""

    exit_code = 6


class Conflict(TocsinError):
    """Somebody else decided otherwise meanwhile; nothing was done."""

    exit_code = 7


class ConnectorFailed(TocsinError):
    """A provider, a probe or a partner did not do what it was asked, or nobody can tell whether it did."""

    exit_code = 8

    def __init__(self, failed: str, *, done: str = "", advice: str = "", retry_s: float = 0) -> None:
        """`retry_s`: seconds after which the other side wants to be asked again; 0 if it did not say."""
        self.retry_s = retry_s
        super().__init__(failed, done=done, advice=advice)


class Interrupted(TocsinError):
    """Ctrl-C. Everything acknowledged before is safe."""

    exit_code = 130
