"""French words of the vocabularies, for documents: each idea has one word, the same in dossier, drafts and letters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

ELEMENT: Final = {
    "name": "nom et prénoms",
    "birth": "date de naissance",
    "age": "âge",
    "sex": "sexe",
    "local-number": "numéro local de patient",
    "telephone": "téléphone",
    "e-mail": "adresse électronique",
    "postal-address": "adresse postale",
    "ins": "identité nationale de santé (INS)",
    "coverage": "couverture sociale",
    "stay": "séjour, hospitalisation",
    "appointment": "rendez-vous",
    "clinical": "données cliniques",
    "document": "documents médicaux",
    "financial": "données de facturation",
}
"""Of ELEMENTS."""

CATEGORY: Final = {
    "identity": "identité",
    "contact": "coordonnées",
    "national-number": "numéro national (INS, NIR)",
    "administrative": "données administratives",
    "appointment": "rendez-vous",
    "clinical": "données cliniques",
    "document": "documents médicaux",
    "financial": "données de facturation",
}
"""Of CATEGORIES."""

CERTAINTY: Final = {
    "exported": "exportées",
    "opened": "ouvertes",
    "listed": "affichées dans une liste",
    "possible": "peut-être montrées",
}
"""Of CERTAINTIES, said of data."""

BY: Final = {
    "thief": "par le tiers",
    "unsure": "par le tiers ou par le titulaire",
    "owner": "par le titulaire seul",
}
"""Of BY."""

RUNG: Final = {
    "ask": "demander un second facteur",
    "own-patients-only": "limiter à ses propres patients",
    "end-sessions": "fermer les sessions",
    "suspend": "suspendre le compte",
}
"""Of RUNGS."""

ACT: Final = {
    "suspend-account": "suspension du compte",
    "delete-tokens": "suppression des jetons",
    "prove-dead": "vérification auprès d'un service",
    "print-letters": "impression des lettres",
    "publish-indicators": "publication d'indicateurs",
}
"""Of `model.act.KINDS`."""

STATE: Final = {
    "planned": "prévue, attend une approbation",
    "approved": "approuvée",
    "refused": "refusée",
    "begun": "commencée ; l'effet n'est pas connu",
    "applied": "exécutée, sans relecture",
    "proven": "exécutée et vérifiée",
    "unproven": "exécutée, non vérifiée : redemandée",
    "failed": "échouée : retentée",
    "undoing": "en cours d'annulation",
    "undone": "annulée, et vérifié",
}
"""Of `model.act.STATES`, said of an act (une mesure)."""

STEP: Final = {**STATE, "planned": "prévue", "applied": "exécutée", "undoing": "annulation demandée"}
"""Of `model.act.STATES`, said of a moment that has passed: a plan that was carried out since waits for nobody."""

PROOF: Final = {
    "dead": "mort : refusé",
    "alive": "vivant : encore servi",
    "unknown": "inconnu",
    "unasked": "rien à relire : voir les vérifications",
    "done": "relu : c'est fait",
}
"""Of what was read back of an act."""

DECISION: Final = {
    "true": "verdict : un tiers a utilisé le compte",
    "false": "verdict : le titulaire était au travail",
    "expected": "verdict : le titulaire était au travail, et le sera encore ainsi",
    "challenge-passed": "le titulaire a prouvé son identité",
    "challenge-failed": "la personne présente n'a pas pu prouver son identité",
    "not-mine": "le titulaire : « ce n'était pas moi »",
    "mine": "le titulaire : « c'était moi »",
    "withdrawn": "exception retirée",
    "aware": "prise de connaissance par le responsable de traitement",
}
"""Of `model.decision.WHAT`."""

DOUBT: Final = {
    "uncounted": "La trace n'a ni numéro de suite ni battement : nul ne peut dire s'il manque des lignes",
    "silent": "Aucune ligne, alors que le service parle d'habitude à cette heure",
    "rejected": "Des lignes ont été refusées",
    "unrecorded": "La trace n'enregistre pas, ou pas toujours",
    "unheard": "Aucune ligne de ce service dans toute la période",
}
"""Of `model.coverage.WHY_NOT`."""

RECORDED: Final = {
    "opened": "quel patient est ouvert",
    "listed": "qui est affiché dans une liste",
    "exported": "les exports",
    "refused": "les actes refusés",
    "elements": "quelles données sont montrées",
    "contact": "si des coordonnées sont montrées",
}
"""Of what a trail may or may not record."""

DUE: Final = {
    "late": "échéance dépassée",
    "running": "délai en cours",
    "without-delay": "sans délai chiffré : le temps passe",
    "open": "à déterminer",
    "filed": "déposée",
    "not-applicable": "sans objet, selon une personne",
    "not-in-force": "pas en vigueur",
}
"""Of the states of an obligation."""

USED: Final = {
    "thief": "Un tiers semble avoir utilisé",
    "unsure": "Un tiers a peut-être utilisé",
    "cleared": "Aucune session n'est plus en cause, des personnes l'ont dit ; l'alerte portait sur",
}
"""Of `Picture.standing`: how a sentence on accounts begins."""

OPEN: Final = "à déterminer"
"""What stands where nobody has said."""


NARROW: Final = "\N{NARROW NO-BREAK SPACE}"
"""Between thousands."""


def number(value: int) -> str:
    """1 234 567, with narrow spaces that do not break."""
    return f"{value:,}".replace(",", NARROW)


def counted(count: int, one: str) -> str:
    """0 personne, 1 personne, 2 personnes."""
    return f"{number(count)}\N{NO-BREAK SPACE}{one}{'s' if count > 1 else ''}"


def persons(count: int) -> str:
    """1 personne, 2 personnes."""
    return counted(count, "personne")


def seen(thief: int, unsure: int) -> str:
    """Whose data a thief saw, and of whom nobody can tell, in one clause."""
    told = f"Données de {persons(thief)} vues par le tiers"
    if unsure:
        return f"{told} ; de {persons(unsure)} de plus, par le tiers ou par le titulaire"
    return f"{told} ; aucun cas douteux parmi les personnes que la trace nomme"


WHY: Final = {
    **{f"rung {rung}": f"échelon « {words} »" for rung, words in RUNG.items()},
    "GDPR art. 34: the persons concerned are told": "RGPD art. 34 : les personnes concernées sont prévenues",
    "other regions are told what to look for": "d'autres régions apprennent que chercher",
}
"""Why Tocsin's own commands ask for an act, as the journal has it; what a person typed stays as it is."""


def asked(why: str, who: str) -> str:
    """Why an act was asked for, and by whom: a rung that is approved beforehand needs nobody."""
    reason = WHY.get(why, why)
    return ", ".join(word for word in (reason, "d'office" if who == "ladder" else who) if word)


def moment(at_us: int, zone: str) -> str:
    """15/09/2025 15:24:37 (UTC+2): local time of a zone, and what it differs from UTC by, so that it is one instant."""
    local = datetime.fromtimestamp(at_us // 1_000_000, UTC).astimezone(ZoneInfo(zone))
    offset = local.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"{local:%d/%m/%Y %H:%M:%S} (UTC{sign}{hours}{f':{rest:02}' if rest else ''})"


def iso(at_us: int) -> str:
    """2025-09-15T13:24:37Z."""
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def lasting(microseconds: int) -> str:
    """26 h 05 min, or 3 j 4 h: whole, rounded down."""
    minutes = microseconds // 60_000_000
    hours, rest = divmod(minutes, 60)
    days, left = divmod(hours, 24)
    space = "\N{NO-BREAK SPACE}"
    if days > 3:
        return f"{number(days)}{space}j {left}{space}h"
    return f"{hours}{space}h {rest:02}{space}min"
