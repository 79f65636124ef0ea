"""What is not vouched for is not claimed: hours, services, acts that a trail does not record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tocsin.model.coverage import CLINICAL, nothing_opened
from tocsin.model.event import bits_of
from tocsin.model.exposure import UNNAMED
from tocsin.model.picture import PICTURED
from tocsin.scope.claims import RECORDS, claims_of, coverage_of, spans
from tocsin.scope.silence import HOUR_US
from tocsin.store.interface import SERVICES_BY_HOUR

SINCE, UNTIL = 480_000, 480_010
RECORDED = [("lab", subject, "yes", "") for subject in RECORDS] + [("beds", subject, "yes", "") for subject in RECORDS]
SERVICES = {"lab": "identity clinical", "beds": "identity administrative"}


def hours(*told: tuple[str, int, int]) -> pa.Table:
    rows = {
        "service": [one[0] for one in told],
        "hour": [one[1] * HOUR_US for one in told],
        "events": [one[2] for one in told],
    }
    at = pa.array(rows["hour"], pa.int64()).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    zeros = pa.array([0] * len(told), pa.int64())
    service = pa.array(rows["service"], pa.string()).dictionary_encode().cast(SERVICES_BY_HOUR.field("service").type)
    return pa.table([service, at, pa.array(rows["events"], pa.int64()), zeros, zeros, zeros], schema=SERVICES_BY_HOUR)


EVERY_HOUR = hours(*((service, hour, 5) for service in SERVICES for hour in range(SINCE - 24 * 21, UNTIL + 1)))
HOUR_OF = EVERY_HOUR["hour"].cast(pa.int64()).to_numpy() // HOUR_US
COUNTED = {service: frozenset(range(SINCE, UNTIL)) for service in SERVICES}


def coverage(**changed: Any):
    told = {"services": SERVICES, "watch": RECORDED, "rejected": 0, "counted": COUNTED, "hours": EVERY_HOUR, **changed}
    return coverage_of(told.pop("hours"), since=SINCE * HOUR_US, until=UNTIL * HOUR_US, **told)


def exposures(*rows: tuple[str, str, str]) -> pa.Table:
    """(by, certainty, element) of a person each."""

    def word(texts: list[str], name: str) -> pa.Array:
        return pa.array(texts, pa.string()).dictionary_encode().cast(PICTURED.field(name).type)

    count = len(rows)
    at = pa.array(np.zeros(count, np.int64)).cast(pa.timestamp("us", tz="UTC"))
    ids = [i.to_bytes(17, "big") for i in range(count)]
    return pa.table(
        [
            word(["EP-1"] * count, "episode"), word(["a"] * count, "account"), pa.array(ids, pa.binary(17)),
            pa.array([bits_of(row[2]) for row in rows], pa.uint32()), word([row[1] for row in rows], "certainty"),
            word(["read"] * count, "effect"), word([row[0] for row in rows], "by"), at, at,
            pa.array([1] * count, pa.int32()), pa.array([["ab" * 16]] * count, pa.list_(pa.string())),
            pa.array(ids, pa.binary(17)),
        ],
        schema=PICTURED,
    )  # fmt: skip


def claims(exposed: pa.Table, found: Any, unnamed: pa.Table | None = None) -> Any:
    return claims_of(exposed, UNNAMED.empty_table() if unnamed is None else unnamed, found)


def test_all_is_vouched_for_where_every_trail_counts_itself_and_records_the_acts() -> None:
    found = coverage()
    assert found.vouched
    assert nothing_opened(claims(exposures(("thief", "opened", "name")), found))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"counted": None}, "uncounted"),
        ({"counted": {**COUNTED, "lab": frozenset(range(SINCE, UNTIL - 1))}}, "uncounted"),
        ({"watch": [*RECORDED[1:], ("lab", "opened", "partly", "in 40 % of the rows only")]}, "unrecorded"),
        ({"watch": [*RECORDED, ("lab", "exported", "no", "declared: exports")]}, "unrecorded"),
        (
            {"hours": EVERY_HOUR.filter(pa.compute.less(EVERY_HOUR["hour"].cast(pa.int64()), SINCE * HOUR_US))},
            "unheard",
        ),
        (
            {"services": {**SERVICES, "imaging": "clinical"}, "counted": {**COUNTED, "imaging": COUNTED["lab"]}},
            "unheard",
        ),
    ],
)
def test_one_doubt_about_one_clinical_service_and_nothing_is_claimed(changed: dict, why: str) -> None:
    """Law 3: no trace is not no access."""
    found = coverage(**changed)
    assert not found.vouched
    assert why in {doubt.why for one in found.services for doubt in one.doubts}
    assert not nothing_opened(claims(exposures(), found))


def test_a_silent_hour_of_a_service_that_usually_speaks_is_named() -> None:
    silent = SINCE + 3
    kept = EVERY_HOUR.filter(silent != HOUR_OF)
    found = coverage(hours=kept)
    for one in found.services:
        (doubt,) = one.doubts
        assert (doubt.why, doubt.hours) == ("silent", ((silent, silent + 1),))


def test_a_refused_line_may_be_of_any_service() -> None:
    found = coverage(rejected=1)
    assert not found.vouched
    assert not nothing_opened(claims(exposures(), found))


def test_a_service_that_the_catalogue_does_not_know_may_hold_anything() -> None:
    found = coverage(services={"beds": "identity administrative"}, counted={"beds": COUNTED["beds"]})
    claim = next(one for one in claims(exposures(), found) if one.subject == "clinical")
    assert claim.unvouched == ("lab",)


@pytest.mark.parametrize("by", ["thief", "unsure"])
@pytest.mark.parametrize("certainty", ["exported", "opened", "listed", "possible"])
def test_what_was_seen_or_may_have_been_is_never_nothing(by: str, certainty: str) -> None:
    assert not nothing_opened(claims(exposures((by, certainty, "clinical")), coverage()))


def test_what_the_owner_saw_is_nobodys_exposure() -> None:
    (claim,) = [
        one for one in claims(exposures(("owner", "opened", "clinical")), coverage()) if one.subject == "clinical"
    ]
    assert (claim.seen, claim.possible, claim.evidence) == (0, 0, ())


def test_a_service_without_clinical_data_does_not_matter_to_a_clinical_claim() -> None:
    found = coverage(counted={"lab": COUNTED["lab"]})
    told = claims(exposures(), found)
    assert nothing_opened(told, CLINICAL[:1])
    assert not nothing_opened(told, ("administrative",))


def test_an_act_whose_patients_are_not_named_may_have_shown_anything() -> None:
    row = {"episode": ["EP-1"], "by": ["unsure"], "action": ["search"], "acts": [1], "patients": [0]}
    assert not nothing_opened(claims(exposures(), coverage(), pa.table(row).cast(UNNAMED)))


def test_no_service_at_all_vouches_for_nothing() -> None:
    found = coverage(services={}, hours=hours(), counted={})
    assert not found.vouched
    assert not nothing_opened(claims(exposures(), found))


def test_spans() -> None:
    assert spans([1, 2, 3, 7, 9, 10]) == ((1, 4), (7, 8), (9, 11))
    assert spans([]) == ()
