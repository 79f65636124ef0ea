"""The draft: fields in the order of the teleservice (blocks 1 to 6; 7 to 14 are in `breach`), and what is open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tocsin.declare.cnil_initiale.breach import breach_blocks
from tocsin.declare.cnil_initiale.fields import (
    HOW,
    Block,
    Field,
    choice_field,
    field_data,
    lists,
    open_field,
    set_field,
    text_field,
)
from tocsin.declare.obligations import Due
from tocsin.model import french
from tocsin.model.picture import Picture

TEMPLATE: Final = Path(__file__).with_name("form.typ")
FORM: Final = "cnil-initiale"
_APART: Final = "Le réglage donne prénom et nom ensemble : à séparer"


def draft(picture: Picture, *, organisation: Mapping[str, str], clock: Due, zone: str, version: int) -> dict[str, Any]:
    """The draft as plain data.

    `organisation`: the settings of that name; `clock`: where the obligation `cnil-initiale` stands; `version`: 1, 2...
    """
    blocks = blocks_of(picture, organisation=organisation, clock=clock, zone=zone)
    unanswered = [one.label for block in blocks for one in block.fields if one.how in ("open", "proposed")]
    return {
        "form": FORM,
        "title": "Notification initiale de violation de données à la CNIL",
        "status": "brouillon",
        "incident": picture.incident.id,
        "region": picture.region,
        "version": version,
        "made_at": french.iso(picture.made_at),
        "made": french.moment(picture.made_at, zone),
        "article": "RGPD art. 33(1) et 33(3)",
        "lists": {"version": lists()["version"], "source": lists()["source"]},
        "deadline": _deadline(clock, zone),
        "how": dict(HOW),
        "blocks": [
            {"number": block.number, "title": block.title, "fields": [field_data(one) for one in block.fields]}
            for block in blocks
        ],
        "open": [one.key for block in blocks for one in block.fields if one.how == "open"],
        "to_choose": [one.key for block in blocks for one in block.fields if one.how == "proposed"],
        "unanswered": unanswered,
    }


def blocks_of(picture: Picture, *, organisation: Mapping[str, str], clock: Due, zone: str) -> list[Block]:
    """Every block of the form, in the order of the teleservice."""
    return [
        Block(
            number="1", title="Type de notification",
            fields=(choice_field("type.type", "Type de notification", "type", ["initiale"], how="set"),),
        ),
        Block(number="2", title="Identification de l'organisme", fields=_organisation(organisation)),
        Block(number="3", title="Responsable légal", fields=_legal(organisation)),
        Block(number="4", title="Personne à contacter", fields=_contact(organisation)),
        Block(
            number="5", title="Autres organismes impliqués",
            fields=(
                open_field("autres.sous-traitants", "Sous-traitants impliqués"),
                open_field("autres.conjoints", "Responsables conjoints du traitement"),
            ),
        ),
        Block(number="6", title="Dates", fields=_dates(picture, clock, zone)),
        *breach_blocks(picture, zone),
    ]  # fmt: skip


def _organisation(told: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        set_field("organisme.siren", "SIREN", told.get("siren", "")),
        set_field("organisme.denomination", "Dénomination", told.get("name", "")),
        open_field("organisme.tva", "Numéro de TVA intracommunautaire"),
        set_field("organisme.secteur", "Secteur d'activité", told.get("sector", "")),
        set_field("organisme.effectif", "Effectif", told.get("headcount", "")),
        set_field("organisme.adresse", "Adresse", told.get("address", "")),
        set_field("organisme.code-postal", "Code postal", told.get("postcode", "")),
        set_field("organisme.ville", "Ville", told.get("city", "")),
        set_field("organisme.pays", "Pays", told.get("country", "")),
    )


def _legal(told: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        open_field("legal.civilite", "Civilité"),
        set_field("legal.nom", "Nom", told.get("legal_name", ""), note=_APART if told.get("legal_name") else ""),
        open_field("legal.prenom", "Prénom"),
        set_field("legal.email", "Adresse électronique", told.get("legal_email", "")),
    )


def _contact(told: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        open_field("contact.civilite", "Civilité"),
        set_field("contact.nom", "Nom", told.get("contact_name", ""), note=_APART if told.get("contact_name") else ""),
        open_field("contact.prenom", "Prénom"),
        set_field("contact.fonction", "Fonction", told.get("contact_role", "")),
        set_field("contact.email", "Adresse électronique", told.get("contact_email", "")),
        set_field("contact.telephone", "Téléphone", told.get("contact_phone", "")),
    )


_CUT = ("proven", "undoing", "undone")
"""States of a suspension that was carried out; where the breach is over, each was read back."""


def _dates(picture: Picture, clock: Due, zone: str) -> tuple[Field, ...]:
    at = picture.instants
    over = at.ended is not None
    cut = [one.act.id for one in picture.acts if one.act.kind == "suspend-account" and one.state in _CUT]
    first, last = (_event(picture, what) for what in ("first", "last"))
    doubtful = (
        f"Des sessions douteuses (tiers ou titulaire) vont du {french.moment(at.possible_from, zone)} au "
        f"{french.moment(at.possible_until, zone)}. "
    )
    fields = [
        choice_field(
            "dates.determinee", "Période déterminée", "oui-non", ["oui"] if over else [], *cut,
            note="" if over else "La fin n'est pas prouvée",
        ),
        _instant("dates.debut", "Date et heure de début", at.started, zone, first),
        _instant("dates.fin", "Date et heure de fin", at.ended, zone, last, *cut)
        if over
        else open_field("dates.fin", "Date et heure de fin", note=f"Dernier vu : {french.moment(at.last_seen, zone)}"),
        choice_field("dates.en-cours", "Violation toujours en cours", "oui-non", ["non"] if over else [], *cut),
        _aware(picture, zone),
        text_field(
            "dates.commentaires", "Commentaires sur les dates",
            (doubtful if at.possible_from < at.started or at.possible_until > at.last_seen else "")
            + "Les dates sont celles de la trace ; ce qu'elle n'enregistre pas n'y est pas.",
            _event(picture, "possible-first"), first,
        ),
        text_field(
            "dates.decouverte", "Circonstances de la découverte",
            f"Alerte du système de détection Tocsin le {french.moment(at.detected, zone)} : activité d'un compte de "
            "professionnel que son titulaire ne peut guère expliquer.",
            next((one.evidence[0] for one in picture.timeline if one.kind == "alert"), ""),
        ),
    ]  # fmt: skip
    if clock.state == "late":
        late = "RGPD art. 33(1) : les 72 heures sont passées"
        fields.append(open_field("dates.motifs-retard", "Motifs du retard", note=late))
    return tuple(fields)


def _aware(picture: Picture, zone: str) -> Field:
    at, label = picture.instants, "Date et heure de prise de connaissance"
    if at.aware is None:
        note = "Une personne le dit : tocsin declare --aware-at. La détection n'est pas la prise de connaissance"
        return open_field("dates.prise-de-connaissance", label, note=note)
    return Field(
        key="dates.prise-de-connaissance", label=label, how="set", value=french.iso(at.aware),
        shown=french.moment(at.aware, zone), evidence=(at.aware_evidence,), note=f"Dit par {at.aware_who}",
    )  # fmt: skip


def _instant(key: str, label: str, at: int | None, zone: str, *evidence: str) -> Field:
    assert at is not None
    found = tuple(dict.fromkeys(one for one in evidence if one))
    return Field(
        key=key, label=label, how="measured", value=french.iso(at), shown=french.moment(at, zone), evidence=found
    )


def _event(picture: Picture, what: str) -> str:
    """The event of the thief's first or last act."""
    found = [one for one in picture.timeline if one.kind == "act-of-thief" and one.what == what]
    return (found[-1] if what.endswith("last") else found[0]).evidence[0] if found else ""


def _deadline(clock: Due, zone: str) -> dict[str, Any]:
    return {
        "state": clock.state,
        "state_shown": french.DUE[clock.state],
        "at": None if clock.deadline is None else french.iso(clock.deadline),
        "shown": clock.obligation.words if clock.deadline is None else french.moment(clock.deadline, zone),
        "elapsed": french.lasting(clock.elapsed),
        "elapsed_since": "la prise de connaissance" if clock.elapsed_since == "trigger" else "la détection",
        "asked": list(clock.asked),
    }
