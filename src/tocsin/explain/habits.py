"""How an account comes in, as keys: network, device, client, assurance, service; what it may do for the first time."""

from __future__ import annotations

import numpy as np

from tocsin.model.explained import (
    NEW_ASSURANCE,
    NEW_CLIENT,
    NEW_DEVICE,
    NEW_NETWORK,
    NEW_SERVICE,
    NEW_TO_ALL,
)
from tocsin.model.keys import factorise
from tocsin.model.rows import Names, Rows, mix


def ways_of(rows: Rows, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that came in alike: (number of its way by row, first row of each way). A country is its network's."""
    way = mix(mix(who, rows.network), rows.device ^ (rows.service.astype(np.uint64) << np.uint64(8)))
    way = mix(way, rows.client ^ rows.assurance.astype(np.uint64))
    return factorise(way)


def habits_of(rows: Rows, who: np.ndarray, at: np.ndarray, services: Names) -> list[tuple[int, np.ndarray]]:
    """Keys of (account, how it came in) of the rows `at`; equal to `who` where the trail does not say.

    A service goes by the key of its name: its number hangs on which was met first, and is as small as an assurance.
    """
    service = np.r_[services.keys(), np.zeros(1, np.uint64)]  # -1: none
    who = who[at]

    def keyed(value: np.ndarray, salt: int) -> np.ndarray:
        return np.where(value == 0, who, mix(who, value ^ np.uint64(salt)))

    return [
        (NEW_NETWORK, keyed(rows.network[at], 0x11)),
        (NEW_DEVICE, keyed(rows.device[at], 0x22)),
        (NEW_CLIENT, keyed(rows.client[at], 0x33)),
        (NEW_ASSURANCE, keyed(rows.assurance[at].astype(np.uint64), 0x44)),
        (NEW_SERVICE, keyed(service[rows.service[at]], 0x55)),
        (NEW_TO_ALL, np.where(rows.network[at] == 0, who, mix(rows.network[at], 0x66))),
    ]


def countries_of(rows: Rows, who: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """Keys of the rows `at`: the account's country, that it has any; the region's, that it has any. None: no keys."""
    country = rows.country[at].astype(np.uint64)
    if not country.any():
        return ()
    who = who[at]

    def keyed(key: np.ndarray, salt: int) -> np.ndarray:
        return np.where(country == 0, who, mix(key, np.uint64(salt)))

    everybody = np.zeros(len(at), np.uint64)
    return (
        keyed(mix(who, country), 0x77),
        keyed(who, 0x78),
        keyed(country, 0x79),
        keyed(everybody, 0x7A),
    )
