"""Alerts to incidents."""

from __future__ import annotations

from tocsin.model.alert import Rung
from tocsin.scope import episodes
from unit.scope.drawn import ACCOUNT, alert

HOUR = 3_600_000_000
RUNGS = (
    Rung(name="ask", budget=0.005, duration_us=12 * HOUR),
    Rung(name="own-patients-only", budget=0.001, duration_us=24 * HOUR),
    Rung(name="end-sessions", budget=0.0003, duration_us=HOUR // 2),
    Rung(name="suspend", budget=0.00001, duration_us=72 * HOUR),
)


def sizes(*alerts: object) -> list[int]:
    return [len(one.alerts) for one in episodes(alerts, RUNGS)]  # type: ignore[arg-type]


def test_a_climb_while_a_rung_stands_is_the_same_incident() -> None:
    assert sizes(alert("12 10:00", 1), alert("12 21:59", 1, "suspend")) == [2]


def test_an_alert_after_the_rung_has_ended_is_another() -> None:
    assert sizes(alert("12 10:00", 1), alert("12 22:00", 1)) == [1, 1]


def test_the_rung_climbed_to_decides_how_long_it_stands() -> None:
    assert sizes(alert("12 10:00", 1), alert("12 11:00", 1, "end-sessions"), alert("12 12:00", 2)) == [2, 1]


def test_each_account_has_its_own_and_order_means_nothing() -> None:
    alerts = [alert("12 10:00", 1), alert("12 10:01", 2, account="other"), alert("12 10:02", 1, "suspend")]
    assert episodes(alerts, RUNGS) == episodes(alerts[::-1], RUNGS)
    assert [one.account for one in episodes(alerts, RUNGS)] == [ACCOUNT, "other"]


def test_the_id_is_stable_short_and_does_not_hold_the_account() -> None:
    [one], [again], [keyed] = (episodes([alert("12 10:00", 1)], RUNGS, key=key) for key in (b"", b"", b"secret"))
    assert one.id == again.id != keyed.id
    assert one.id.startswith("EP-")
    assert len(one.id) == 15
    assert "martin" not in one.id
