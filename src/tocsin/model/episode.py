"""The episode: what the alerts on an account came to, from the first rung it climbed until it stood on none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tocsin.model.alert import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An account that somebody else may hold, and the alerts that say so."""

    id: str
    """`EP-` and 12 hexadecimal digits; the same in every run. See `episode_id`."""
    account: str
    """The account as the trail names it (`system|value` when the trail gives a system). Never logged."""
    alerts: tuple[Alert, ...]
    """Of one account, oldest first, at least one."""
    opened_at: int
    """Time of the first alert, microseconds UTC."""


def episode_id(account: str, opened_at: int, *, key: bytes = b"") -> str:
    """A short name that does not hold the account's: BLAKE2b-48 of account and time, odds of 2 in 10^9 among 1,000.

    Without a `key` (at most 64 bytes) somebody who has a list of accounts can try which one it is: give the
    pseudonym key wherever ids leave the house.
    """
    digest = hashlib.blake2b(f"{opened_at} {account}".encode("utf-8", "surrogatepass"), digest_size=6, key=key)
    return f"EP-{digest.hexdigest()}"
