"""The range's live side: a real identity provider, small real services, and thieves who attack them over HTTP.

Everything listens on the loopback, in processes of its own, and ends with whoever started it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin_range.live.faults import FaultyProvider
    from tocsin_range.live.loot import Loot, try_everything
    from tocsin_range.live.provider import Client, NoProvider, Provider, User
    from tocsin_range.live.start import Place, planned, start_services, up
    from tocsin_range.live.thief import Plan, Thief, work

_WHERE = {
    "faults": "FaultyProvider",
    "loot": "Loot try_everything",
    "provider": "Client NoProvider Provider User",
    "start": "Place planned start_services up",
    "thief": "Plan Thief work",
}
__all__ = [
    "Client", "FaultyProvider", "Loot", "NoProvider", "Place", "Plan", "Provider", "Thief", "User", "planned",
    "start_services", "try_everything", "up", "work",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: a probe starts in a tenth of the time that the world model takes."""
    from importlib import import_module

    for module, names in _WHERE.items():
        if name in names.split():
            return getattr(import_module(f"tocsin_range.live.{module}"), name)
    raise AttributeError(name)
