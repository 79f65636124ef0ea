"""What Tocsin promises whoever must say whose data was exposed, as one drawn trail.

The account of a nurse. On her ward (network `ward`, machine 1) she has worked on 2, 3 and 4 September; somebody else
signs in from a hotel on the 12th and raises the alarm at 10:05.
"""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.model.event import bits_of, elements_of
from tocsin.scope import exposures_of
from unit.scope.drawn import SERVICES, alert, at_work, incident, patient, row, sessions_of, stored

TRAIL = """
when      session  from   what    outcome         whom      explained    shown
12 10:01  thief    hotel  list    success         Anna      unexplained  name
12 10:02  thief    hotel  read    success         Anna      unexplained  clinical
12 10:03  thief    hotel  read    failed-request  Basile    unexplained  clinical
12 10:04  thief    hotel  read    failed-system   Chloe     unexplained  clinical
12 10:05  thief    hotel  export  success         Diane     shared-unit  name
12 10:06  thief    hotel  write   success         Emile     unexplained  clinical
12 11:00  nurse    ward   read    success         Fanny     stay         clinical
12 11:01  nurse    ward   read    success         Anna      stay         document
12 11:02  nurse    ward   read    success         Gaston    unexplained  clinical
12 12:00  doubt    ward   read    success         Helene    stay         clinical
12 12:01  doubt    ward   read    success         Ines      unexplained  clinical
13 10:00  back     hotel  list    success         Jules     stay         name
"""

PROMISED = """
whom    by      certainty  effect   elements
Anna    thief   opened     read     name,clinical
Chloe   thief   possible   read     clinical
Diane   thief   exported   read     name
Emile   thief   opened     altered  clinical
Jules   thief   listed     read     name
Ines    unsure  opened     read     clinical
Fanny   owner   opened     read     clinical
Gaston  owner   opened     read     clinical
Helene  owner   opened     read     clinical
"""

NUMBERS = {"thief": 1, "nurse": 2, "doubt": 3, "back": 4}


def lines(drawing: str) -> list[list[str]]:
    return [line.split() for line in drawing.strip().splitlines()[1:]]


def drawn() -> list[dict[str, Any]]:
    rows = at_work()
    for day, clock, session, place, what, outcome, whom, explained, shown in lines(TRAIL):
        device = 1 if place == "ward" else 66
        rows.append(
            row(f"{day} {clock}", NUMBERS[session], whom, network=place, device=device, action=what, outcome=outcome,
                explained_by=explained, elements=bits_of(shown))
        )  # fmt: skip
    return rows


def told(rows: list[dict[str, Any]]) -> dict[bytes, dict[str, Any]]:
    weights = {1: 8.0, 3: 1.0}
    found = exposures_of(incident(alert("12 10:05", 1)), stored(rows), sessions_of(rows, weights), SERVICES)
    return {one["patient"]: one for one in found.to_pylist()}


@pytest.mark.parametrize(("whom", "by", "certainty", "effect", "elements"), lines(PROMISED))
def test_promise(whom: str, by: str, certainty: str, effect: str, elements: str) -> None:
    one = told(drawn())[patient(whom)]
    assert (one["by"], one["certainty"], one["effect"]) == (by, certainty, effect)
    assert elements_of(one["elements"]) == elements.split(",")


def test_nobody_else_is_told_of() -> None:
    """Basile's file was refused; the patients of the nurse's days before the theft are nobody's business."""
    assert set(told(drawn())) == {patient(line[0]) for line in lines(PROMISED)}
