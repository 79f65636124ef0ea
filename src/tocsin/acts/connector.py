"""What carries an act out. Implementations stand in other rooms; wiring hands them in by (kind of act, name)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from tocsin.model.act import Act

PROVEN: Final = ("dead", "done")
"""States of a proof that prove: `dead` of an account, `done` of what is no account."""
UNASKED: Final = "unasked"
"""State of a proof where nothing can be read back here; others are asked (`prove-dead`)."""


class Connector(Protocol):
    """Does one kind of thing outside. Every method may be called again after a stop at any moment.

    All raise `ConnectorFailed`, which says what failed and what to do, and names no account; with `retry_s` where the
    other side says when to come again. May be called from several threads, never twice at once for one act.
    """

    def before(self, act: Act) -> dict[str, Any]:
        """What is there now, as an undo must restore it; no effect, no secret."""
        ...

    def apply(self, act: Act) -> None:
        """Do it. Doing it twice comes to the same."""
        ...

    def verify(self, act: Act) -> dict[str, Any]:
        """Read back: `state` is `dead`, `done`, `alive`, `unknown` or `unasked`; `how` says how it was asked."""
        ...

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        """Bring back what was there before, and no more. Doing it twice comes to the same."""
        ...

    def cannot_revert(self) -> str:
        """Why nothing can be brought back here, as `revert` would say; empty if it can. Asks nobody."""
        ...

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        """Whether what is there now is what was there before."""
        ...


Connectors = Mapping[tuple[str, str], Connector]
"""(kind of act, name as in `Act.by`) -> what carries it out."""
