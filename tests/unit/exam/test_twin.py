"""The twin's counting: whom it lends, what was lost before each rung."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tocsin.exam.thieves import BEHAVIOURS, DAY_US, theft
from tocsin.exam.twin import Try, around, outcome, summary
from tocsin.model.alert import Alert
from unit.exam.test_thieves import DAY, LOOT, OWN, events, row

NOON = DAY * DAY_US + 12 * 3_600_000_000


def alert(account: str, at: int, rung: str) -> Alert:
    return Alert(
        account=account, at=at, rung=rung, weight=0, one_in=1.0, measured=True, stratum="", calibration="", session=1,
        grounds=(), events=(),
    )  # fmt: skip


def test_what_was_opened_up_to_the_alarm_is_lost_its_own_act_included() -> None:
    made = theft(BEHAVIOURS[0], OWN, LOOT[:50], day=DAY, token=b"t", rng=np.random.default_rng(0))
    at = made.rows["at"].cast(pa.int64()).to_pylist()
    told = outcome(made, [alert("idp|a", at[6], "ask"), alert("idp|a", at[19], "end-sessions")])
    assert told == Try("bulk", 50, 0, [(7, 0), (20, 0), (20, 0), None])


def test_alarms_on_others_and_after_the_last_act_catch_nobody() -> None:
    made = theft(BEHAVIOURS[0], OWN, LOOT[:50], day=DAY, token=b"t", rng=np.random.default_rng(0))
    at = made.rows["at"].cast(pa.int64()).to_pylist()
    late = [alert("idp|b", at[3], "suspend"), alert("idp|a", at[-1] + 1, "suspend"), alert("idp|a", at[0] - 1, "ask")]
    assert outcome(made, late).before == [None] * 4


def test_who_is_never_stopped_counts_as_infinitely_many() -> None:
    tries = [Try("bulk", 300, 0, [(n, 0), None, None, None]) for n in (4, 6, 8)]
    tries.append(Try("bulk", 300, 0, [None] * 4))
    (told,) = summary(tries)
    assert told["before"]["ask"]["opened"] == {"median": 6.0, "p90": None, "most": 8.0}
    assert told["before"]["ask"]["reached"] == 3
    assert told["before"]["suspend"]["opened"] == {"median": None, "p90": None, "most": None}


def night(account: str, *patients: int) -> list[dict]:
    return [row(NOON + i + sum(account.encode()) * 1_000, one, account=account) for i, one in enumerate(patients)]


def test_only_accounts_at_work_seen_before_and_without_an_alert_are_lent() -> None:
    tonight = events(*night("a", 1, 2, 3), *night("b", 1), *night("c", 4, 5, 6), *night("d", 7, 8, 9))
    before = events(*night("a", 1), *night("b", 2), *night("d", 7))
    assert around([before, tonight], tonight, but={"d"}).accounts == ("a",)


def test_loot_is_of_patients_the_account_has_not_opened() -> None:
    tonight = events(*night("a", 1, 2, 3), *night("b", 3, 4), *night("c", 5, 6, 7))
    beside = around([tonight], tonight)
    rng = np.random.default_rng(0)

    def numbers(found: np.ndarray) -> set[int]:
        return {int.from_bytes(bytes(one)[1:], "big") - 10_000 for one in found}

    assert numbers(beside.loot("a", 10, own_unit=False, rng=rng)) == {4, 5, 6, 7}
    assert numbers(beside.loot("a", 10, own_unit=True, rng=rng)) == {4}
    assert len(beside.loot("a", 2, own_unit=False, rng=rng)) == 2
