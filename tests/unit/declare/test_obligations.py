"""What is due when: dated law, five instants kept apart, clock hours of UTC, and no deadline where there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.declare import Due, Facts, due, obligations
from tocsin.declare.obligations import ASKED, HOUR_US, STATES, TRIGGERS, deadline_of
from tocsin.model.picture import Instants

PARIS = ZoneInfo("Europe/Paris")


def us(*when: int, zone: Any = UTC) -> int:
    return int(datetime(*when, tzinfo=zone).timestamp()) * 1_000_000


DETECTED = us(2026, 11, 20, 9, 0)


def instants(**changed: Any) -> Instants:
    told: dict[str, Any] = {
        "started": DETECTED - HOUR_US, "ended": None, "last_seen": DETECTED + HOUR_US,
        "possible_from": DETECTED - 48 * HOUR_US, "possible_until": DETECTED + HOUR_US, "detected": DETECTED,
    }  # fmt: skip
    return Instants(**{**told, **changed})


def one(key: str, at: Instants, facts: Facts | None = None, *, now: int) -> Due:
    return {one.obligation.key: one for one in due(at, facts or Facts(), now)}[key]


@pytest.mark.parametrize(
    ("aware", "deadline"),
    [
        (us(2026, 11, 20, 17, 42, zone=PARIS), us(2026, 11, 23, 17, 42, zone=PARIS)),  # Friday -> Monday
        (us(2026, 10, 24, 20, 0, zone=PARIS), us(2026, 10, 27, 19, 0, zone=PARIS)),  # the clocks go back in between
        (us(2026, 3, 27, 20, 0, zone=PARIS), us(2026, 3, 30, 21, 0, zone=PARIS)),  # and forward
        (us(2026, 12, 31, 23, 59), us(2027, 1, 3, 23, 59)),
    ],
)
def test_72_hours_of_the_clock(aware: int, deadline: int) -> None:
    """GDPR art. 33(1): no weekend, no holiday, no change of the clocks."""
    found = one("cnil-initiale", instants(aware=aware), now=aware + HOUR_US)
    assert found.deadline == deadline
    assert found.state == "running"


def test_the_margin_is_beside_the_deadline_and_never_is_it() -> None:
    found = one("cnil-initiale", instants(aware=us(2026, 11, 20, 16, 42)), now=DETECTED)
    assert found.margin == us(2026, 11, 23, 17, 0)
    assert found.deadline == us(2026, 11, 23, 16, 42)


def test_only_awareness_starts_the_72_hours() -> None:
    """Neither detection, nor a processor's notice, nor the end of the theft: they are other instants."""
    at = instants(processor_told=DETECTED, ended=DETECTED)
    found = one("cnil-initiale", at, now=DETECTED + 100 * HOUR_US)
    assert found.state == "open"
    assert found.deadline is None
    assert found.elapsed == 100 * HOUR_US
    assert found.elapsed_since == "detected"
    assert found.asked == (ASKED["aware"],)


def test_a_microsecond_late_is_late() -> None:
    at = instants(aware=DETECTED)
    assert one("cnil-initiale", at, now=DETECTED + 72 * HOUR_US).state == "running"
    assert one("cnil-initiale", at, now=DETECTED + 72 * HOUR_US + 1).state == "late"


def test_sans_delai_has_no_hour_value() -> None:
    for key in ("personnes", "registre", "cert-sante", "cert-sante-cloture", "sous-traitant", "article-40"):
        facts = Facts(
            answers=dict.fromkeys(("high-risk", "health-structure", "processor", "public-authority"), True),
            instants={"resolved": DETECTED, "processor-aware": DETECTED},
        )
        found = one(key, instants(aware=DETECTED), facts, now=DETECTED + 500 * HOUR_US)
        assert (found.state, found.deadline, found.elapsed) == ("without-delay", None, 500 * HOUR_US), key


def test_the_insurance_clock_starts_at_the_victims_own_knowledge() -> None:
    at = instants(aware=DETECTED + 10 * HOUR_US)
    assert one("plainte", at, now=DETECTED).state == "open"
    found = one("plainte", at, Facts(instants={"victim-knew": DETECTED}), now=DETECTED)
    assert found.deadline == DETECTED + 72 * HOUR_US


def test_filing_one_closes_no_other() -> None:
    at = instants(aware=DETECTED)
    filed = Facts(filed={"cnil-initiale": DETECTED + HOUR_US})
    before, after = (due(at, facts, DETECTED + 2 * HOUR_US) for facts in (Facts(), filed))
    changed = {b.obligation.key for b, a in zip(before, after, strict=True) if b.state != a.state}
    assert changed == {"cnil-initiale", "cnil-complementaire"}
    complement = one("cnil-complementaire", at, filed, now=DETECTED)
    assert complement.deadline == DETECTED + 73 * HOUR_US


def test_law_is_dated() -> None:
    """Neither NIS 2 in France nor the 96 hours are in force, however late it is; the complaint only since its day."""
    at = instants(aware=DETECTED)
    for key in ("nis2-alerte", "nis2-notification", "nis2-final", "cnil-96h"):
        found = one(key, at, Facts(answers={"nis2": True}), now=DETECTED)
        assert (found.state, found.deadline) == ("not-in-force", None), key
    day = us(2023, 4, 23, 23, 59)
    earlier = Facts(instants={"victim-knew": day}, answers={"insured": True})
    assert one("plainte", instants(), earlier, now=day).state == "not-in-force"
    later = Facts(instants={"victim-knew": day + 60_000_000}, answers={"insured": True})
    assert one("plainte", instants(), later, now=day + 60_000_000).state == "running"


def test_a_person_says_what_does_not_apply() -> None:
    found = one("plainte", instants(), Facts(answers={"insured": False}), now=DETECTED)
    assert (found.state, found.asked) == ("not-applicable", ())
    unlikely = Facts(answers={"risk-unlikely": True})
    assert one("cnil-initiale", instants(aware=DETECTED), unlikely, now=DETECTED).state == "not-applicable"


@pytest.mark.parametrize("rule", obligations(), ids=lambda rule: rule.key)
def test_each_rule_says_where_it_was_read_and_asks_for_what_it_needs(rule) -> None:
    assert rule.source
    assert rule.read >= date(2026, 11, 23)
    assert rule.trigger in TRIGGERS or rule.trigger.removeprefix("filed:") in {one.key for one in obligations()}
    assert rule.applies in (*ASKED, "")
    assert rule.unless in (*ASKED, "")
    assert deadline_of(0, rule.delay) != 0
    if rule.trigger in TRIGGERS and rule.trigger != "detected":
        assert ASKED[rule.trigger]


def test_a_month_is_a_month_of_the_calendar() -> None:
    assert deadline_of(us(2027, 1, 31, 8, 0), "1 month") == us(2027, 2, 28, 8, 0)
    assert deadline_of(us(2026, 12, 5, 8, 0), "1 month") == us(2027, 1, 5, 8, 0)


@given(
    st.none() | st.integers(DETECTED, DETECTED + 10**13),
    st.integers(DETECTED, DETECTED + 10**13),
    st.dictionaries(st.sampled_from(sorted(ASKED)), st.booleans()),
)
def test_a_deadline_follows_from_a_trigger_or_is_not_there(aware: int | None, now: int, answers: dict) -> None:
    for found in due(instants(aware=aware), Facts(answers=answers), now):
        assert found.state in STATES
        assert found.elapsed >= 0
        if found.deadline is not None:
            assert found.triggered_at is not None
            assert found.deadline == deadline_of(found.triggered_at, found.obligation.delay)
        if found.triggered_at is None:
            assert found.deadline is None
