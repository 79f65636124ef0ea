"""The log as columns: one row per file event, oldest first."""

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

DAY = 86_400
HOUR = 3_600

WARM_UP = 3 * DAY
"""Days 0 to 3 only make paths known."""
TRAINING = 7 * DAY
"""Days 3 to 7 give the null; what follows is the test week."""

MEMBER = "clue_lds_logs.csv"


@dataclass(frozen=True)
class Log:
    """File events in order of time; accounts, paths, folders and units are numbered in sorted order."""

    t: np.ndarray
    """Seconds since 1970, UTC."""
    account: np.ndarray
    path: np.ndarray
    opening: np.ndarray
    """True for `file_accessed`; writing, creating and deleting are touches but not openings."""
    folder_of: np.ndarray
    """Folder of each path: what stands before its last slash."""
    unit_of: np.ndarray
    """Unit of each path: its first level (for a file at the root, the file itself)."""

    @cached_property
    def calibration(self) -> int:
        return int(self.t[0]) + WARM_UP

    @cached_property
    def train(self) -> int:
        return int(self.t[0]) + TRAINING

    @cached_property
    def end(self) -> int:
        return int(self.t[-1])

    @cached_property
    def accounts(self) -> int:
        return int(self.account.max()) + 1

    @cached_property
    def rows_of(self) -> list[np.ndarray]:
        """The rows of each account."""
        order = np.argsort(self.account, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.account, minlength=self.accounts))[:-1])

    def eligible(self, *, before: int = 50, after: int = 20) -> np.ndarray:
        """Accounts with enough events on both sides of `train` to be judged."""
        past = np.bincount(self.account[self.t < self.train], minlength=self.accounts)
        future = np.bincount(self.account[self.t >= self.train], minlength=self.accounts)
        return np.flatnonzero((past >= before) & (future >= after))


def read_log(source: Path) -> Log:
    """Read the CSV, bare or inside its zip; keep the file events that have a path."""
    table = csv.read_csv(
        _opened(source),
        convert_options=csv.ConvertOptions(
            include_columns=["user_id", "timestamp", "event_type", "path"],
            column_types={name: pa.string() for name in ("user_id", "timestamp", "event_type", "path")},
        ),
    )
    kept = pc.and_(pc.starts_with(table["event_type"], "file_"), pc.greater(pc.utf8_length(table["path"]), 0))
    table = table.filter(kept)
    seconds = pc.strptime(table["timestamp"], format="%Y-%m-%dT%H:%M:%SZ", unit="s").cast(pa.int64())
    return log_of(
        seconds.to_numpy(),
        table["user_id"].to_pylist(),
        table["path"].to_pylist(),
        pc.equal(table["event_type"], "file_accessed").to_numpy(),
    )


def log_of(seconds: np.ndarray, users: list[str], paths: list[str], opening: np.ndarray) -> Log:
    """Number the names and put the rows in order of time; rows of the same second stay as they came."""
    order = np.argsort(seconds, kind="stable")
    _, account = _numbered(users)
    names, path = _numbered(paths)
    _, folder_of = _numbered([name.rsplit("/", 1)[0] for name in names])
    _, unit_of = _numbered([name.lstrip("/").split("/", 1)[0] for name in names])
    return Log(
        t=np.asarray(seconds)[order],
        account=account[order],
        path=path[order],
        opening=np.asarray(opening)[order],
        folder_of=folder_of,
        unit_of=unit_of,
    )


def _numbered(names: list[str]) -> tuple[list[str], np.ndarray]:
    known = sorted(set(names))
    number = {name: i for i, name in enumerate(known)}
    return known, np.fromiter((number[name] for name in names), dtype=np.int64, count=len(names))


def _opened(source: Path) -> io.IOBase | str:
    if not zipfile.is_zipfile(source):
        return str(source)
    archive = zipfile.ZipFile(source)
    member = next((name for name in archive.namelist() if name.endswith("/" + MEMBER) or name == MEMBER), None)
    if member is None:
        raise FileNotFoundError(f"{source.name} holds no {MEMBER}: is it the CLUE-LDS archive?")
    return archive.open(member)
