"""Who touched which path and which folder, when: the only thing a detector learns about other accounts."""

import numpy as np

from .load import DAY, Log

LOOK_BACK = 400
"""Touches of one path or folder read at most, newest first."""
RECENT = 7 * DAY


class Touches:
    """Everybody's touches, sorted by path and by folder so that the latest before an instant is a bisection away."""

    def __init__(self, log: Log):
        self._by_path = _Index(log.path, log)
        self._by_folder = _Index(log.folder_of[log.path], log)
        self._first = np.full((log.accounts, int(log.folder_of.max()) + 1), np.iinfo(np.int64).max)
        np.minimum.at(self._first, (log.account, log.folder_of[log.path]), log.t)

    def folders(self, account: int, *, day: int) -> np.ndarray:
        """The folders that the log saw the account touch before `day`."""
        return np.flatnonzero(self._first[account] < day)

    def colleagues(self, account: int, folders: np.ndarray, *, day: int) -> np.ndarray:
        """Accounts that before `day` touched one of `folders`, as a mask; nobody is their own colleague."""
        mask = (self._first[:, folders] < day).any(axis=1)
        mask[account] = False
        return mask

    def explained(self, path: int, folder: int, *, at: int, colleagues: np.ndarray) -> bool:
        """Did a colleague touch this path or this folder in the seven days before `at`?"""
        return bool(
            colleagues[self._by_path.lately(path, at)].any() or colleagues[self._by_folder.lately(folder, at)].any()
        )


class _Index:
    def __init__(self, key: np.ndarray, log: Log):
        order = np.argsort(key, kind="stable")
        self._bounds = np.searchsorted(key[order], np.arange(int(key.max()) + 2))
        self._t, self._account = log.t[order], log.account[order]

    def lately(self, key: int, at: int) -> np.ndarray:
        """The accounts of the last touches strictly before `at`."""
        low, high = self._bounds[key], self._bounds[key + 1]
        stop = low + np.searchsorted(self._t[low:high], at)
        start = max(low, stop - LOOK_BACK)
        start += np.searchsorted(self._t[start:stop], at - RECENT)
        return self._account[start:stop]
