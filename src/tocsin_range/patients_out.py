"""`Patient` lines and the list of marks: identity and contact, fictitious and reaching nobody.

Telephone numbers come from the ranges kept for fiction (ARCEP: 01 99 00 xx xx, 06 39 98 xx xx), mail addresses from
example domains (RFC 2606), postcodes from a department that does not exist.
"""

from collections.abc import Iterator

import numpy as np

from tocsin_range.arrays import DAY_MS
from tocsin_range.balp import LOCAL_ID
from tocsin_range.facts_out import instants, postcode
from tocsin_range.fhir import local_number
from tocsin_range.identifiers import INS_TEST
from tocsin_range.names import MEN, STREETS, SURNAMES, WOMEN
from tocsin_range.patients import FIRST_ID
from tocsin_range.world import World

_ACCENTS = str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc")


def patients(world: World) -> Iterator[str]:
    """Everybody, marks included: nothing tells them apart."""
    people = world.patients
    count = len(people)
    born = np.datetime_as_string(people.birth_days.astype("datetime64[D]")).tolist()
    known = instants(world.recipe.start_ms - (np.arange(count) * 7919 % 900 + 30) * DAY_MS)
    columns = zip(
        people.female.tolist(),
        people.family.tolist(),
        people.given.tolist(),
        people.town.tolist(),
        people.phone.tolist(),
        people.ins.tolist(),
        people.deceased.tolist(),
        people.replaces.tolist(),
        strict=True,
    )
    for patient, (female, family, given, town, phone, ins, dead, older) in enumerate(columns):
        name, first = SURNAMES[family], (WOMEN if female else MEN)[given]
        more = f',"deceasedDateTime":"{known[patient]}"' if dead else ""
        if older >= 0:
            more += f',"link":[{{"other":{{"reference":"Patient/{FIRST_ID + older}"}},"type":"replaces"}}]'
        yield (
            f'{{"resourceType":"Patient","id":"{FIRST_ID + patient}","meta":{{"lastUpdated":"{known[patient]}"}},'
            f'"identifier":[{{"use":"official","system":"{INS_TEST}","value":"{ins:015d}"}},'
            f'{{"use":"usual","system":"{LOCAL_ID}","value":"{local_number(patient)}"}}],'
            f'"name":[{{"use":"official","family":"{name.upper()}","given":["{first}"]}}],'
            f'"telecom":[{{"system":"phone","value":"{_phone(phone)}"}},'
            f'{{"system":"email","value":"{_mail(first, name, patient)}"}}],'
            f'"gender":"{"female" if female else "male"}","birthDate":"{born[patient]}",'
            f'"address":[{{"line":["{patient % 97 + 1} {STREETS[patient % len(STREETS)]}"],'
            f'"city":"{world.region.towns[town]}","postalCode":"{postcode(town)}","country":"FR"}}]{more}}}'
        )


def marks(world: World) -> list[str]:
    """Ids of the honey patients."""
    return [str(FIRST_ID + patient) for patient in np.flatnonzero(world.patients.honey).tolist()]


def _phone(number: int) -> str:
    head = "01 99 00" if number < 10_000 else "06 39 98"
    return f"{head} {number // 100 % 100:02d} {number % 100:02d}"


def _mail(first: str, name: str, patient: int) -> str:
    who = f"{first}.{name}".lower().translate(_ACCENTS)
    return f"{who}{patient}@example.{('org', 'com', 'net')[patient % 3]}"
