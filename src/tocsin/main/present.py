"""Whether there is a state to ask at all: said with the folder's name, before anything is made in its place."""

from __future__ import annotations

from tocsin.config import Settings
from tocsin.errors import StoreUnavailable

_ADVICE = (
    "Import a trail first: tocsin import PATH. Or say where the state is: --state, TOCSIN_STATE, or TOCSIN_CONFIG with "
    "the file of settings; without them it is tocsin-state in the working folder."
)


def present(settings: Settings, *, folded: bool = False) -> None:
    """Raises `StoreUnavailable` if the state folder is not there; `folded`: if nothing was folded in it yet."""
    there = settings.state / "derived" if folded else settings.state
    if not there.is_dir():
        raise StoreUnavailable(f"there is nothing here yet: {settings.state} holds no trail", advice=_ADVICE)
