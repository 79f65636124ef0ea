"""Blocks 7 to 14: breach, data, persons, consequences, measures. A human's choice is proposed, never made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tocsin.declare.cnil_initiale.fields import (
    SEEN,
    Block,
    Field,
    band,
    choice_field,
    lists,
    open_field,
    text_field,
)
from tocsin.model import french
from tocsin.model.coverage import CLINICAL, nothing_opened
from tocsin.model.event import CATEGORY_OF
from tocsin.model.picture import Picture

_DATA: Final = {
    "etat-civil": ("identity",),
    "nir": ("national-number",),
    "coordonnees": ("contact",),
    "financieres": ("financial",),
    "autres": ("administrative", "appointment"),
}
"""Option of the list `donnees` -> categories of data."""
_HEALTH: Final = (*CLINICAL, "appointment", "administrative")
"""Categories that are data concerning health, or from which health follows (GDPR recital 35)."""
_UNSEEN: Final = (
    "La trace n'en montre pas. Cela n'exclut rien : être connu d'un service de soins peut déjà dire quelque chose "
    "de la santé"
)
_EXACT: Final = "Libellé à reprendre sur le téléservice"


def breach_blocks(picture: Picture, zone: str) -> list[Block]:
    """Blocks 7 to 14 of the teleservice."""
    return [
        Block(number="7", title="La violation", fields=_violation(picture, zone)),
        Block(number="8", title="Données et personnes", fields=_data(picture)),
        Block(
            number="9", title="Mesures de sécurité préalables",
            fields=(open_field("mesures.prealables", "Mesures de sécurité en place avant la violation"),),
        ),
        Block(
            number="10", title="Conséquences",
            fields=(
                open_field(
                    "consequences.confidentialite", "Si perte de confidentialité", choices="si-confidentialite"
                ),
                open_field("consequences.integrite", "Si perte d'intégrité"),
                open_field(
                    "consequences.disponibilite", "Si perte de disponibilité", choices="si-disponibilite"
                ),
            ),
        ),
        Block(number="11", title="Préjudices et gravité", fields=_harm(picture)),
        Block(number="12", title="Mesures appliquées suite à la violation", fields=(_measures(picture, zone),)),
        Block(
            number="13", title="Communication aux personnes",
            fields=(
                open_field("communication.faite", "Les personnes ont-elles été informées ?", choices="communication"),
                open_field("communication.date", "Date de l'information"),
                open_field("communication.moyen", "Moyen de communication"),
            ),
        ),
        Block(
            number="14", title="Transfrontalier, autres notifications",
            fields=(
                open_field("frontieres.transfrontalier", "Violation transfrontalière", choices="oui-non", note=_EXACT),
                open_field("frontieres.ue", "Notification à une autre autorité", choices="oui-non", note=_EXACT),
                open_field("frontieres.hors-ue", "Notification hors Union", choices="oui-non", note=_EXACT),
            ),
        ),
    ]  # fmt: skip


def losses(picture: Picture) -> dict[str, str]:
    """What the evidence says of each loss: one of SEEN. No trace never excludes."""
    sure = picture.counts.persons["thief"] > 0
    doubtful = picture.counts.persons["unsure"] > 0
    nothing = nothing_opened(picture.claims, tuple(claim.subject for claim in picture.claims))
    confidential = "seen" if sure else "likely" if doubtful else "excluded" if nothing else "unknown"
    return {
        "confidentialite": confidential,
        "integrite": "likely" if picture.counts.altered else "unknown",
        "disponibilite": "unknown",
    }


def _violation(picture: Picture, zone: str) -> tuple[Field, ...]:
    found, seal = losses(picture), picture.counts.seal
    labels = lists()["nature"]
    note = " ; ".join(f"{labels[name]} : {SEEN[state]}" for name, state in found.items())
    nature = [name for name, state in found.items() if state in ("seen", "likely")]
    alerts = [account.alert for account in picture.accounts]
    who = "La trace montre des actes que le titulaire n'explique pas ; elle ne montre pas qui les a faits"
    return (
        choice_field("violation.nature", "Nature", "nature", nature, seal, note=f"D'après la trace. {note}"),
        choice_field("violation.origine", "Origine de l'incident", "origine", ["piratage"], *alerts),
        choice_field("violation.cause", "Cause de l'incident", "cause", ["externe-malveillant"], *alerts, note=who),
        text_field("violation.descriptif", "Descriptif détaillé", _story(picture, zone), seal, *alerts),
    )


def _story(picture: Picture, zone: str) -> str:
    at, persons = picture.instants, picture.counts.persons
    services = sorted({service for account in picture.accounts for service in account.services})
    count = len(picture.accounts)
    told = (
        f"{french.USED[picture.standing]} {french.number(count)} compte{'s' if count > 1 else ''} de professionnel, du "
        f"{french.moment(at.started, zone)} au {french.moment(at.last_seen, zone)} (dernier acte vu), sur : "
        f"{', '.join(services) or french.OPEN}. {french.seen(persons['thief'], persons['unsure'])}"
        + (" : la trace ne permet pas de trancher." if persons["unsure"] else ".")
    )
    doubtful = sum(bool(one.doubts) for one in picture.coverage.services)
    if doubtful:
        told += (
            f" {french.number(doubtful)} services sur {french.number(len(picture.coverage.services))} ne répondent pas "
            "de toute leur trace sur la période : une absence de trace n'y prouve pas une absence d'accès."
        )
    return told


def _data(picture: Picture) -> tuple[Field, ...]:
    nameless = sum(claim.unnamed for claim in picture.claims[:1])
    note = f"{french.number(nameless)} actes ont montré des patients non nommés" if nameless else ""
    ages = "Mineurs et personnes vulnérables : à déterminer, les âges ne sortent pas du coffre"
    return (
        _shown("donnees.nature", "Nature des données", "donnees", _DATA, picture),
        _shown("donnees.sensibles", "Données sensibles", "sensibles", {"sante": _HEALTH}, picture),
        _number("donnees.enregistrements", "Nombre approximatif d'enregistrements", picture, note),
        _number("donnees.personnes", "Nombre approximatif de personnes", picture, note),
        choice_field("donnees.categories", "Catégories de personnes", "personnes", ["patients"], note=ages),
    )


def _shown(key: str, label: str, choices: str, data: Mapping[str, tuple[str, ...]], picture: Picture) -> Field:
    """What the thief saw is measured; what he, or the owner, may have seen is proposed where nothing else is known."""
    sure = [name for name, categories in data.items() if _persons(picture, categories, sure=True)]
    maybe = [name for name, categories in data.items() if name not in sure and _persons(picture, categories)]
    labels, seal = lists()[choices], picture.counts.seal
    if sure:
        note = f"Peut-être aussi : {', '.join(labels[name] for name in maybe)}" if maybe else ""
        return choice_field(key, label, choices, sure, seal, how="measured", note=note)
    note = "Par le tiers ou par le titulaire, ou peut-être montrées" if maybe else _UNSEEN
    return choice_field(key, label, choices, maybe, seal, note=note)


def _number(key: str, label: str, picture: Picture, note: str) -> Field:
    counts = picture.counts
    what, by = ("records", counts.records) if key.endswith("enregistrements") else ("persons", counts.persons)
    least, most = counts.sure[what], by["thief"] + by["unsure"]
    labels = lists()["tranche"]
    between = french.number(least) if least == most else f"de {french.number(least)} à {french.number(most)}"
    value = {"least": least, "most": most, "band": band(most), "list": "tranche", "version": lists()["version"]}
    told = "Le plus petit nombre : vues par le tiers ; le plus grand : peut-être vues, ou par le titulaire"
    told = told if least != most else ""
    return Field(
        key=key, label=label, how="measured", value=value, shown=f"{between} (tranche {labels[band(most)]})",
        evidence=(counts.seal,), note=". ".join(word for word in (told, note) if word),
    )  # fmt: skip


def _persons(picture: Picture, categories: tuple[str, ...], *, sure: bool = False) -> int:
    """Persons, at most, of whom the thief (or, unless `sure`, who may be) saw data of these categories."""
    return sum(
        one.persons
        for one in picture.elements
        if CATEGORY_OF[one.element] in categories
        if one.by == "thief" or (one.by == "unsure" and not sure)
        if one.certainty != "possible" or not sure
    )


def _harm(picture: Picture) -> tuple[Field, ...]:
    identity = _persons(picture, ("identity",)) and _persons(picture, ("contact", "national-number"))
    proposed = ["controle"] if picture.counts.persons["thief"] else []
    proposed += ["vol-identite", "fraude"] if identity else []
    proposed += ["secret"] if _persons(picture, CLINICAL) else []
    return (
        choice_field("prejudices.natures", "Préjudices potentiels", "prejudices", proposed, picture.counts.seal),
        open_field(
            "prejudices.gravite", "Gravité", choices="gravite",
            note="Quatre niveaux de la CNIL ; ni ceux du CEPD, ni ceux de l'ENISA",
        ),
    )  # fmt: skip


def _measures(picture: Picture, zone: str) -> Field:
    label = "Mesures prises ou prévues"
    if not picture.acts:
        return open_field("mesures.appliquees", label, note="Aucune mesure n'est inscrite au journal")
    kinds: dict[tuple[str, str], int] = {}
    for one in picture.acts:
        kinds[one.act.kind, one.state] = kinds.get((one.act.kind, one.state), 0) + 1
    text = " ; ".join(
        f"{french.ACT.get(kind, kind)}, {french.STATE.get(state, state)} : {french.number(count)}"
        for (kind, state), count in kinds.items()
    )
    return text_field("mesures.appliquees", label, f"{text}.", *(one.act.id for one in picture.acts))
