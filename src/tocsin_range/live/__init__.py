"""The range's live side: a real identity provider, small real services, and thieves who attack them over HTTP.

Everything listens on the loopback, in processes of its own, and ends with whoever started it.
"""

from tocsin_range.live.provider import Client, NoProvider, Provider, User

__all__ = ["Client", "NoProvider", "Provider", "User"]
