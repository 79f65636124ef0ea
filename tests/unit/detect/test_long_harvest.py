"""A harvest that goes on all day costs the judge no more per row than a short one."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

from parity.rivers import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    Told,
    calibration_of,
    explained_of,
    judge_of,
    ladder_of,
    rows_of,
)
from tocsin.detect.judge import Judge

LOW = ladder_of((0.1, 0.2, 0.3, 0.4), (12 * HOUR, 24 * HOUR, 30 * MINUTE, 72 * HOUR))


def asked(patients: int) -> int:
    """How often families are counted while one family stays over the line of `suspend`."""
    told = [Told(event=n, at=MONDAY * DAY + n * SECOND, fresh=True, unit=n + 1) for n in range(patients)]
    judge = judge_of(LOW, calibration_of(), contain=False)
    judge.open_slice(MONDAY)
    calls: Counter[str] = Counter()
    families = Judge._families

    def counted(*given: object) -> object:
        calls["families"] += 1
        return families(*given)  # type: ignore[arg-type]

    with patch.object(Judge, "_families", counted):
        judge.judge(rows_of(told), explained_of(told))
    return calls["families"]


def test_families_are_counted_once_a_step_however_many_rows_lie_above_the_line() -> None:
    assert asked(1000) == asked(50) > 0
