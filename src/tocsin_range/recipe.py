"""What is asked of the range: the arguments that decide every byte of a folder."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tocsin_range.arrays import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One region over one period; equal recipes make equal folders, byte for byte."""

    region: str = "neustrie"
    seed: int = 7
    accounts: int = 2_000
    days: int = 30
    start: date = date(2025, 9, 1)
    """First day; a Monday by default."""
    attacks: tuple[tuple[str, int | None], ...] = (("bulk", None),)
    """Names of attacks, each with its first day (counted from 1) or None."""
    lookalikes: tuple[str, ...] = ()
    attack_from: int | None = None
    """First day on which attacks may start; by default the last quarter of the days."""
    unexplained: float = 0.10
    """Share of first-time accesses that no directory fact explains.

    From: CLUE-LDS, measured: 9.8 %. Published rates of explained accesses run from 84 % to 94 % and more.
    """
    honey: float = 0.003
    """Share of patients that are marks: nobody has a reason to open them."""
    known_late: float = 0.05
    """Share of stays that the directory learns of late."""
    volume: float = 1.0
    """Multiplies the daily volumes of all roles."""

    @property
    def start_ms(self) -> int:
        """Midnight UTC of the first day."""
        return int(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC).timestamp()) * 1000

    def day_ms(self, day: int) -> int:
        """Local midnight of a day (0 is the first), as UTC."""
        utc_midnight = self.start_ms + day * DAY_MS
        return utc_midnight - offset_hours(utc_midnight) * HOUR_MS

    def first_attack_day(self) -> int:
        """The first day (counted from 0) on which attacks may start."""
        if self.attack_from is not None:
            return min(max(self.attack_from - 1, 0), self.days - 1)
        return min(self.days - 1, self.days - max(1, self.days // 4))


def offset_hours(at_ms: int) -> int:
    """Hours between UTC and the legal time of mainland France.

    From: directive 2000/84/EC: summer time from the last Sunday of March to that of October, 01:00 UTC.
    """
    moment = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return 2 if _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10) else 1


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last.replace(day=31 - (last.weekday() + 1) % 7)
