"""The fictitious patients of a region folder, as a service holds them: found by name or birth, opened by id."""

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tocsin_range.services import Service


def fold(text: str) -> str:
    """A name without accents and in capitals, as people type it."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search."""

    total: int
    patients: list[dict[str, Any]]


class People:
    """All patients of a region, in the order of their names."""

    def __init__(self, folder: Path) -> None:
        """Read `Patient.ndjson` of a folder that `tocsin-range make` wrote. Raises `FileNotFoundError` without one."""
        lines = (folder / "Patient.ndjson").read_bytes().splitlines()
        patients = [msgspec.json.decode(line) for line in lines]
        patients.sort(key=lambda one: (*_name(one), one["birthDate"], one["id"]))
        self._names = [_name(one)[0] for one in patients]
        self._patients = patients
        self._by_id = {one["id"]: one for one in patients}
        self._by_number = {(entry["system"], entry["value"]): one for one in patients for entry in one["identifier"]}

    def __len__(self) -> int:
        return len(self._patients)

    def get(self, ident: str) -> dict[str, Any] | None:
        """The `Patient` of that id."""
        return self._by_id.get(ident)

    def numbered(self, system: str, value: str) -> dict[str, Any] | None:
        """The `Patient` with that identifier."""
        return self._by_number.get((system, value))

    def search(self, family: str, birth: str, *, offset: int, count: int) -> Found:
        """Patients whose family name begins with `family` and whose birth date begins with `birth`; "" is any."""
        head = fold(family)
        some = self._patients[bisect_left(self._names, head) : bisect_right(self._names, head + "\uffff")]
        if birth:
            some = [one for one in some if one["birthDate"].startswith(birth)]
        return Found(len(some), some[offset : offset + count])


def _name(patient: dict[str, Any]) -> tuple[str, str]:
    name = patient["name"][0]
    return fold(name["family"]), fold(" ".join(name["given"]))


def listed(patient: dict[str, Any]) -> dict[str, Any]:
    """What a list of results shows of somebody: name, birth date, sex."""
    name = patient["name"][0]
    return {
        "id": patient["id"],
        "name": f"{name['family']} {' '.join(name['given'])}",
        "birthDate": patient["birthDate"],
        "gender": patient["gender"],
    }


def opened(patient: dict[str, Any], service: Service) -> dict[str, Any]:
    """What a service shows of somebody, by the categories that its catalogue entry holds."""
    holds = service.holds.split()
    shown = {"id": patient["id"], "name": patient["name"], "birthDate": patient["birthDate"]}
    shown["gender"] = patient["gender"]
    numbers = patient["identifier"]
    shown["identifier"] = numbers if "national-number" in holds else [one for one in numbers if one["use"] == "usual"]
    if "contact" in holds:
        shown |= {"telecom": patient["telecom"], "address": patient["address"]}
    return shown
