"""Randomness by name: one generator for each seed and purpose, so that adding a purpose disturbs no other."""

import zlib

import numpy as np
import numpy.typing as npt

from tocsin_range.arrays import Ints


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The generator of a purpose; the same seed and purpose give the same numbers for ever."""
    return np.random.default_rng([seed, *(zlib.crc32(str(word).encode()) for word in purpose)])


def mix(values: Ints | npt.NDArray[np.uint64], salt: int = 0) -> npt.NDArray[np.uint64]:
    """Scatter whole numbers over 64 bits, one to one: names that look random and never collide.

    From: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014 (SplitMix64).
    """
    with np.errstate(over="ignore"):
        z = values.astype(np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def mix_one(value: int, salt: int = 0) -> int:
    """`mix` of one number, kept to 63 bits so that it fits a signed column."""
    return int(mix(np.array([value], dtype=np.int64), salt)[0] >> np.uint64(1))
