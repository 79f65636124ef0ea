"""The chronology, told."""

from __future__ import annotations

from typing import Any, Final

from tocsin.model import french
from tocsin.model.evidence import MICRONATS
from tocsin.model.picture import Moment, Picture
from tocsin.triage.dossier.tables import cell, section, short, table

_OF_THE_THIEF: Final = {
    "first": "Premier acte d'une session du tiers",
    "last": "Dernier acte d'une session du tiers",
    "possible-first": "Premier acte d'une session douteuse (tiers ou titulaire)",
    "possible-last": "Dernier acte d'une session douteuse (tiers ou titulaire)",
}


def chronology_section(picture: Picture, zone: str) -> dict[str, Any]:
    """Every moment, by time."""
    rows = [
        [french.moment(one.at, zone), cell(_what(one), _detail(one)), short(one.account), " ".join(one.evidence)]
        for one in picture.timeline
    ]
    head = ["Quand", "Quoi", "Compte", "Preuve"]
    return section("chronologie", "La chronologie", tables=[table("Chronologie", head, rows, widths=[4, 8, 3, 5])])


def _what(one: Moment) -> str:
    if one.kind == "act-of-thief":
        return _OF_THE_THIEF[one.what]
    if one.kind == "alert":
        return f"Alerte : {french.RUNG[one.what]}"
    if one.kind == "act":
        kind, _, state = one.what.rpartition(" ")
        return f"Mesure, {french.ACT.get(kind, kind)} : {french.STEP.get(state, state)}"
    if one.kind == "decision":
        return f"Décision : {french.DECISION.get(one.what, one.what)}"
    if one.kind == "rule":
        return f"Règle déclenchée, sans poids : {one.what}"
    return "Brouillon de déclaration établi"


def _detail(one: Moment) -> str:
    if one.kind != "alert":
        return one.fr or one.words
    weight = f"{one.weight / MICRONATS:.1f}".replace(".", ",")
    heavy = f"poids {weight}, une semaine de compte sur {french.number(round(one.one_in))}"
    return f"{heavy} ; {one.fr}" if one.fr else heavy  # a person's word has no reasons of a detector
