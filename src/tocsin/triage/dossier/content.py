"""What the dossier says: plain data in French, of which page and PDF are made. No patient is named in it.

A document is paragraphs and tables; every sentence and row ends in the ids of what it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tocsin.model import french
from tocsin.model.coverage import CLINICAL, nothing_opened
from tocsin.model.evidence import MICRONATS
from tocsin.model.picture import AccountPicture, Picture
from tocsin.model.stratum import role_and_home
from tocsin.triage.dossier.answers import answers_section
from tocsin.triage.dossier.tables import cell, section, sentence, short, table
from tocsin.triage.dossier.told import chronology_section
from tocsin.triage.tally import OTHERS, coverage_seal

METHOD: Final = (
    "Le poids est le logarithme d'une statistique de paris (e-SR). Ce n'est pas une probabilité. La rareté dit combien "
    "de semaines d'un compte honnête il faut pour en voir une aussi lourde : mesurée, ou estimée au-delà des mesures.",
    "« Par le tiers » se dit d'actes, jamais du professionnel. « Par le tiers ou par le titulaire » : la trace ne "
    "permet pas de trancher ; ces personnes sont tenues pour peut-être exposées.",
    "Une personne est comptée une fois, sous ce qui est le plus sûr. La certitude est la plus forte de ses actes : "
    "certains ont pu montrer moins.",
    "Preuves : A- une alerte, EP- un épisode, SC- la liste des expositions (tocsin scope), CV- l'état des traces "
    "(tocsin coverage), ACT- une mesure, J- une ligne du journal, D- une décision ; 32 chiffres hexadécimaux : un "
    "événement.",
)


def dossier(picture: Picture, *, dues: Iterable[Mapping[str, Any]], organisation: str, zone: str) -> dict[str, Any]:
    """The dossier of an incident.

    `dues`: where each obligation stands, in French (title, article, recipient, state, deadline, elapsed, asked,
    evidence); `zone`: in which times are told.
    """
    return {
        "lang": "fr",
        "title": f"Dossier de l'incident {picture.incident.id}",
        "subtitle": ", ".join(word for word in (organisation, f"région {picture.region}") if word),
        "made_at": french.iso(picture.made_at),
        "made": f"Établi le {french.moment(picture.made_at, zone)} par Tocsin. Document interne : il nomme des "
        "comptes, aucun patient.",
        "sections": [
            _happened(picture, zone),
            _accounts(picture, zone),
            chronology_section(picture, zone),
            _people(picture),
            _done(picture, zone),
            _due(dues),
            answers_section(picture, zone),
            section("methode", "Comment lire ce dossier", paragraphs=[sentence(text) for text in METHOD]),
        ],
    }


def _happened(picture: Picture, zone: str) -> dict[str, Any]:
    at, count = picture.instants, len(picture.accounts)
    first = picture.timeline[0].evidence if picture.timeline else ()
    heaviest = max(picture.accounts, key=lambda account: account.weight)
    told = [
        sentence(
            f"{french.USED[picture.standing]} {french.number(count)} compte{'s' if count > 1 else ''} de professionnel"
            f", du {french.moment(at.started, zone)} au {french.moment(at.last_seen, zone)}"
            + (
                f" : {_cut(picture)}."
                if at.ended is not None
                else " (dernier acte vu ; rien ne prouve que c'est fini)."
            ),
            *(account.alert for account in picture.accounts),
        ),
        sentence(f"Première alerte : {french.moment(at.detected, zone)}.", _first_alert(picture)),
    ]
    if at.possible_from < at.started or at.possible_until > at.last_seen:
        told.append(
            sentence(
                f"Des sessions douteuses vont du {french.moment(at.possible_from, zone)} au "
                f"{french.moment(at.possible_until, zone)} : tiers ou titulaire.",
                *first[:1],
            )
        )
    told += [*_exposed(picture), *_clinical(picture)]
    told.append(
        sentence(
            f"Le compte le plus lourd : poids {_decimal(heaviest.weight / MICRONATS)}, {_rarity(heaviest)}.",
            heaviest.alert,
        )
    )
    aware = (
        sentence(f"Prise de connaissance : {french.moment(at.aware, zone)}, selon {at.aware_who}.", at.aware_evidence)
        if at.aware is not None
        else sentence(f"Prise de connaissance par le responsable de traitement : {french.OPEN}.")
    )
    return section("bref", "Ce qui s'est passé", paragraphs=[*told, aware])


def _cut(picture: Picture) -> str:
    back = {one.act.target for one in picture.acts if one.act.kind == "suspend-account" and one.state == "undone"}
    given = len(back & set(picture.incident.accounts))
    told = "tous les comptes ont été coupés et la coupure a été vérifiée"
    since = "1 est rendu à son titulaire" if given == 1 else f"{given} sont rendus à leur titulaire"
    return f"{told} ; {since}" if given else told


def _exposed(picture: Picture) -> list[dict[str, Any]]:
    sums, seal = picture.counts, picture.counts.seal
    told = [
        sentence(
            f"{french.seen(sums.persons['thief'], sums.persons['unsure'])}.",
            seal,
        )
    ]
    if sums.altered:
        told.append(sentence(f"Le dossier de {french.persons(sums.altered)} a été modifié, ou peut l'avoir été.", seal))
    acts = sum(row["acts"] for row in picture.unnamed.select(["by", "acts"]).to_pylist() if row["by"] in OTHERS)
    if acts:
        told.append(
            sentence(
                f"{french.counted(acts, 'acte')} {'ont' if acts > 1 else 'a'} montré des patients que la trace "
                "ne nomme pas, donc non comptés ici.",
                seal,
            )
        )
    return told


def _clinical(picture: Picture) -> list[dict[str, Any]]:
    claims = [claim for claim in picture.claims if claim.subject in CLINICAL]
    seal = coverage_seal(picture.coverage)
    if any(claim.seen or claim.possible for claim in claims):
        counts = picture.elements
        parts = [
            f"{french.ELEMENT[element]}, {french.BY[by]} : {french.persons(count)}"
            for element in CLINICAL
            for by in OTHERS
            if (count := sum(one.persons for one in counts if (one.element, one.by) == (element, by)))
        ]
        return [
            sentence(
                f"Données de soins vues, ou peut-être vues. {'. '.join(map(_capital, parts))}.",
                picture.counts.seal,
            )
        ]
    if nothing_opened(claims):
        text = (
            "Aucune donnée clinique n'a été ouverte : les traces qui en répondent sont complètes sur toute la période."
        )
        return [sentence(text, seal)]
    count = len({service for claim in claims for service in claim.unvouched})
    text = (
        "La trace ne montre aucune donnée clinique ouverte par le tiers. Cela ne prouve pas qu'il n'y en a pas eu : "
        f"{french.number(count)} services qui peuvent en détenir ne répondent pas de toute leur trace."
    )
    return [sentence(text, seal)]


def _accounts(picture: Picture, zone: str) -> dict[str, Any]:
    rows = [
        [
            cell(
                short(account.account),
                f"professionnel {', '.join(account.professionals)}" * bool(account.professionals),
            ),
            french.RUNG[account.rung],
            _decimal(account.weight / MICRONATS),
            _rarity(account),
            f"{french.moment(account.began, zone)} à {french.moment(account.ended, zone)}",
            cell(", ".join(account.networks) or french.OPEN, ", ".join(account.services)),
            " ".join((account.alert, *account.episodes)),
        ]
        for account in picture.accounts
    ]
    head = ["Compte", "Échelon atteint", "Poids", "Rareté", "Actes du tiers", "Réseaux ; services", "Preuve"]
    tables = [table("Comptes utilisés par un tiers", head, rows, numbers=[2], widths=[4, 3, 2, 4, 5, 5, 4])]
    episode_of = {one.id: short(one.account) for one in picture.incident.episodes}
    links = [
        [f"{episode_of[link.first]} et {episode_of[link.second]}", link.fr or link.words, f"{link.first} {link.second}"]
        for link in picture.incident.links
    ]
    if links:
        head = ["Comptes", "Ce qui les lie", "Preuve"]
        tables.append(table("Pourquoi ces comptes vont ensemble", head, links, widths=[4, 10, 4]))
    return section("comptes", "Les comptes", tables=tables)


def _people(picture: Picture) -> dict[str, Any]:
    seal, sums = picture.counts.seal, picture.counts
    rows = [
        [
            french.ELEMENT[one.element],
            french.BY[one.by],
            french.CERTAINTY[one.certainty],
            french.number(one.persons),
            seal,
        ]
        for one in picture.elements
        if one.by in OTHERS
    ]
    head = ["Donnée", "Par qui", "Certitude", "Personnes", "Preuve"]
    told = [
        sentence(
            f"{_capital(french.BY[by])} : {french.persons(sums.persons[by])}, "
            f"{french.counted(sums.records[by], 'dossier')}.",
            seal,
        )
        for by in OTHERS
    ]
    told.append(
        sentence(f"Vues par le titulaire seul, donc non exposées : {french.persons(sums.persons['owner'])}.", seal)
    )
    caption = "Personnes par donnée, certitude et par qui"
    return section(
        "personnes", "Les personnes", paragraphs=told,
        tables=[table(caption, head, rows, numbers=[3], widths=[5, 5, 4, 2, 3])],
    )  # fmt: skip


def _done(picture: Picture, zone: str) -> dict[str, Any]:
    if not picture.acts:
        return section("fait", "Ce qui a été fait", paragraphs=[sentence("Aucune mesure n'a été prise ni prévue.")])
    lines = {entry.act: entry.number for entry in picture.journal}
    rows = [
        [
            cell(french.ACT.get(one.act.kind, one.act.kind), f"par {one.act.by}"),
            short(one.act.target),
            french.STATE[one.state],
            french.moment(one.since, zone),
            _proof(one.proof),
            " ".join((one.act.id, *([f"J-{lines[one.act.id]}"] if one.act.id in lines else []))),
        ]
        for one in picture.acts
    ]
    proven = sum(one.state == "proven" for one in picture.acts)
    told = f"{french.counted(len(rows), 'mesure')}, dont {french.number(proven)} exécutées et vérifiées."
    head = ["Mesure", "Cible", "État", "Depuis", "Relu", "Preuve"]
    tables = [table("Mesures et leur preuve", head, rows, widths=[4, 4, 4, 4, 3, 4])]
    return section("fait", "Ce qui a été fait", paragraphs=[sentence(told)], tables=tables)


def _proof(proof: Mapping[str, Any]) -> str:
    state = str(proof.get("state", ""))
    return french.PROOF.get(state, state) or "rien n'a été relu"


def _due(dues: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = [
        [
            cell(one["title"], one["article"]),
            one["recipient"],
            one["state"],
            one["deadline"],
            one["elapsed"],
            cell(" ".join(one["asked"]), ""),
            one["evidence"],
        ]
        for one in dues
    ]
    head = ["Obligation", "Destinataire", "État", "Échéance", "Temps écoulé", "À déterminer par une personne", "Preuve"]
    caption = "Ce qui est dû, à qui, pour quand"
    told = sentence("Déposer l'une ne dispense d'aucune autre. Rien n'est déposé par Tocsin.")
    tables = [table(caption, head, rows, widths=[5, 4, 3, 4, 3, 5, 4])]
    return section("du", "Ce qui est dû", paragraphs=[told], tables=tables)


def _first_alert(picture: Picture) -> str:
    return next((one.evidence[0] for one in picture.timeline if one.kind == "alert"), "")


def _rarity(account: AccountPicture) -> str:
    role, home = role_and_home(account.stratum)
    theirs = f"du rôle {role} travaillant surtout dans {home}" if home else f"du rôle {role}"
    peers = {"": "de tous les comptes", "*": "de tous les rôles"}.get(account.stratum, theirs)
    how = "mesuré" if account.measured else "estimé"
    weeks = french.number(round(account.one_in))
    return f"une semaine de compte sur {weeks} {peers} ({how} ; étalonnage {account.calibration[:8]})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")
