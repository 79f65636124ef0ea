"""How many bytes a thing holds: arrays and the plain Python objects around them, each counted once."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def bytes_of(thing: Any, seen: set[int] | None = None) -> int:
    seen = set() if seen is None else seen
    if id(thing) in seen or thing is None or isinstance(thing, type):
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.nbytes if thing.base is None else bytes_of(thing.base, seen)
    size = sys.getsizeof(thing)
    if isinstance(thing, dict):
        return size + sum(bytes_of(key, seen) + bytes_of(value, seen) for key, value in thing.items())
    if isinstance(thing, list | tuple | set):
        return size + sum(bytes_of(one, seen) for one in thing)
    if hasattr(thing, "__slots__"):
        return size + sum(bytes_of(getattr(thing, name), seen) for name in thing.__slots__)
    return size
