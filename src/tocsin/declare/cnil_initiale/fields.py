"""Fields of the form: each with its value, how it came, what proves it, and the closed list it is chosen from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from tocsin.model import french

HOW: Final = {
    "measured": "mesuré",  # counted or read off the trail, the cases, the journal
    "set": "réglé ou dit",  # from the settings, or said by a person
    "proposed": "proposé, à choisir",
    "open": french.OPEN,
}
"""How a value came to be there."""

SEEN: Final = {
    "seen": "constatée",
    "likely": "probable",
    "excluded": "exclue",
    "unknown": "inconnue",
}
"""What the evidence says of a loss; no trace never makes it `excluded`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the teleservice."""

    key: str
    """Stable, `block.name`."""
    label: str
    """As the teleservice words it."""
    how: str
    """One of HOW."""
    value: Any = None
    """For machines: text, number, ISO time, key or keys of the list; None while it is open."""
    shown: str = ""
    """The same for people."""
    evidence: tuple[str, ...] = ()
    choices: str = ""
    """Name of the closed list; empty for text."""
    note: str = ""
    """What whoever fills it in must know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Fields that stand together on the teleservice."""

    number: str
    title: str
    fields: tuple[Field, ...]


@cache
def lists() -> Mapping[str, Any]:
    """The closed lists, with their version and source."""
    text = resources.files("tocsin.declare.cnil_initiale").joinpath("lists.toml").read_text("utf-8")
    return tomllib.loads(text)


def open_field(key: str, label: str, *, choices: str = "", note: str = "") -> Field:
    """A field that nobody has filled in."""
    return Field(key=key, label=label, how="open", choices=choices, note=note)


def set_field(key: str, label: str, value: str, *, note: str = "") -> Field:
    """A field from the settings; open if they say nothing."""
    if not value.strip():
        return open_field(key, label, note=note)
    return Field(key=key, label=label, how="set", value=value, shown=value, evidence=("tocsin.toml",), note=note)


def text_field(key: str, label: str, text: str, *evidence: str, note: str = "") -> Field:
    """A text that Tocsin wrote from what it measured."""
    found = tuple(dict.fromkeys(one for one in evidence if one))
    return Field(key=key, label=label, how="measured", value=text, shown=text, evidence=found, note=note)


def choice_field(
    key: str, label: str, choices: str, keys: Sequence[str], *evidence: str, how: str = "proposed", note: str = ""
) -> Field:
    """What is chosen of a closed list; nothing chosen is open."""
    if not keys:
        return open_field(key, label, choices=choices, note=note)
    labels = lists()[choices]
    found = tuple(dict.fromkeys(one for one in evidence if one))
    shown = " ; ".join(labels[one] for one in keys)
    return Field(
        key=key, label=label, how=how, value=list(keys), shown=shown, evidence=found, choices=choices, note=note
    )


def band(count: int) -> str:
    """Key of the band of a number of persons or records."""
    for limit, key in ((5, "0-5"), (50, "6-50"), (300, "51-300"), (5_000, "301-5000")):
        if count <= limit:
            return key
    return "plus-de-5000"


def field_data(one: Field) -> dict[str, Any]:
    """A field as plain data: with the closed list, its version, and what of it is chosen."""
    told: dict[str, Any] = {
        "key": one.key,
        "label": one.label,
        "how": one.how,
        "value": one.value,
        "shown": one.shown or french.OPEN,
        "evidence": list(one.evidence),
        "note": one.note,
    }
    if one.choices:
        chosen = one.value if isinstance(one.value, list) else []
        told["list"] = {"name": one.choices, "version": lists()["version"]}
        told["options"] = [
            {"key": key, "label": label, "chosen": key in chosen} for key, label in lists()[one.choices].items()
        ]
    return told
