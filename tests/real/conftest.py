"""Real servers, started by the set-up of the tests that need them."""

from live import provider, user

__all__ = ["provider", "user"]
