"""Real servers, started by the set-up of the tests that need them."""

from live import account, live, provider, user

__all__ = ["account", "live", "provider", "user"]
