"""The three kinds of NumPy columns that the range plans with."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Records = npt.NDArray[np.void]

DAY_MS = 86_400_000
"""Milliseconds in a day; every time in the range is milliseconds since 1970, UTC."""

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
