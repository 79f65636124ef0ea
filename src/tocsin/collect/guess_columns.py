"""Which column is what: recognised by its name, confirmed by its values.

A guess is `sure` only when the name and the values agree. Values are looked at, never quoted: the draft goes to
a file that people mail to one another.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from tocsin.collect.guess_words import action_of_word, plain

MOST: Final = 0.8
"""Share of filled values that must look right. A sample has its holes and its odd lines."""

TIME_PATTERNS: Final = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S",
    "%Y%m%d%H%M%S", "%d/%m/%Y %H:%M:%S.%f", "%d/%b/%Y:%H:%M:%S %z", "%d/%m/%y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p",
)  # fmt: skip
"""Patterns tried in this order, French day-first before any other. ISO and epochs are tried before."""

NAMES: Final = {
    "time": "time_iso8601 timestamp horodatage date_heure dateheure date_evenement date_evt date_acces date_action "
    "date_connexion event_time datetime date_time created_at recorded ts time_local msec time heure_evenement date",
    "clock": "heure hour time_of_day heure_acces heure_action",
    "account": "remote_user username user_name user utilisateur login identifiant compte code_utilisateur "
    "id_utilisateur utilisateur_id user_id account subject sub matricule auteur operateur rpps id_ps ps acteur",
    "patient": "patient_id id_patient patient ipp nip num_patient numero_patient no_patient dossier id_dossier "
    "num_dossier numero_dossier beneficiaire id_usager usager ins",
    "professional": "rpps id_rpps numero_rpps id_nat_ps practitioner",
    "action": "action operation type_action type_evenement type_evt evenement event event_type activite acces "
    "type_acces type_operation libelle_action fonction",
    "outcome": "resultat result outcome statut issue succes success code_retour",
    "object": "objet object table ressource resource type_donnee type_document rubrique ecran module",
    "path": "request_uri uri path url request_path chemin request",
    "query": "args query_string query",
    "method": "request_method method methode verb",
    "status": "status status_code http_status code_http code",
    "address": "remote_addr client_ip ip adresse_ip ip_address ip_client address src_ip source_ip addr "
    "realip_remote_addr",
    "device": "http_user_agent user_agent agent navigateur poste poste_travail machine terminal workstation",
    "client": "client_id oauth_client application appli app client azp",
    "token": "session session_id id_session sid jti token token_id cookie_session num_session",
    "request": "request_id x_request_id req_id correlation_id trace_id id_requete",
    "service": "service host http_host server_name application_cible site",
    "purpose": "purpose motif motif_acces finalite justification",
    "patients": "nb_patients nombre_patients nb_resultats nombre_resultats nb_lignes result_count patients",
    "bytes": "body_bytes_sent bytes_sent bytes octets taille",
    "query_name": "nom_recherche recherche_nom critere_nom nom_recherche_patient search_name recherche criteres",
    "query_birth": "ddn_recherche date_naissance_recherche search_birthdate critere_ddn",
    "query_page": "page num_page numero_page",
}  # fmt: skip
"""Role -> the names it goes by (folded), the likeliest first. From: nginx's variables and the field names of
French hospital and regional audit exports, as their manuals spell them."""

FEWEST: Final = 3
"""Values that a column must have before its values alone say anything."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sample."""

    name: str
    values: list[str]
    """Filled values only."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column that seems to play a role."""

    column: Column
    why: str
    sure: bool


def recognise(columns: list[Column]) -> dict[str, Found]:
    """The role of each column that has one; a column plays one role, the roles choose in the order of NAMES."""
    found: dict[str, Found] = {}
    free = {plain(column.name): column for column in reversed(columns)}
    for role, names in NAMES.items():
        for name in names.split():
            column = free.get(name)
            if column is not None and fits(role, column.values):
                found[role] = Found(column, f"named {column.name}", bool(column.values) and role in FITS)
                del free[name]
                break
    for role, (look, test) in LOOKS.items():
        for name in reversed(list(free)) if role not in found else ():
            if len(free[name].values) >= FEWEST and test(free[name].values):
                found[role] = Found(free.pop(name), f"its values look like {look}", False)
                break
    return found


def fits(role: str, values: list[str]) -> bool:
    """Whether most filled values may play the role; a column without values may play any."""
    test = FITS.get(role)
    if test is None or not values:
        return True
    return sum(map(test, values)) >= MOST * len(values)


def time_format(values: list[str]) -> str | None:
    """The format that most of the times have: iso, epoch-s, epoch-ms, a pattern; None if none has."""
    for name, pattern in (("epoch-s", r"[0-9]{9,10}(\.[0-9]+)?"), ("epoch-ms", r"[0-9]{12,13}")):
        if _most(values, re.compile(pattern).fullmatch):
            return name
    if _most(values, _iso):
        return "iso"
    return next((pattern for pattern in TIME_PATTERNS if _most(values, partial(_read, pattern))), None)


def has_zone(values: list[str]) -> bool:
    """Whether ISO times carry their zone."""
    return _most(values, re.compile(r".*(Z|[+-][0-9]{2}:?[0-9]{2})").fullmatch)


def _most(values: list[str], test: Callable[[str], object]) -> bool:
    return bool(values) and sum(bool(test(value)) for value in values) >= MOST * len(values)


def _iso(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return not value.isdigit()


def _read(pattern: str, value: str) -> bool:
    try:
        datetime.strptime(value, pattern)  # noqa: DTZ007  only whether it reads
    except ValueError:
        return False
    return True


def _is_time(value: str) -> bool:
    return time_format([value]) is not None


def _is_date(value: str) -> bool:
    return any(_read(pattern, value) for pattern in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%Y%m%d"))


def _is_clock(value: str) -> bool:
    return any(_read(pattern, value) for pattern in ("%H:%M:%S", "%H:%M"))


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


FITS: Final[dict[str, Callable[[str], bool]]] = {
    "time": lambda value: _is_time(value) or _is_date(value),
    "clock": _is_clock,
    "account": _matches(r"[^\s/]{1,100}|[^/]{1,100}"),
    "patient": _matches(r"[A-Za-z]*[-_/]?[0-9][0-9A-Za-z,;| -]*|[0-9a-fA-F-]{32,36}|-"),
    "professional": _matches(r"8?[0-9]{11}|-"),
    "action": _matches(r"[^0-9]{1,80}|[^/]{1,80}"),
    "path": _matches(r"([A-Z]+ )?(https?://|/)\S*( HTTP/[0-9.]+)?"),
    "method": _matches(r"GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"),
    "status": _matches(r"[1-5][0-9]{2}"),
    "address": _is_address,
    "device": _matches(r"(?s)\S.*"),
    "token": _matches(r"\S+"),
    "request": _matches(r"\S+"),
    "patients": _matches(r"[0-9]+"),
    "bytes": _matches(r"[0-9]+"),
}
"""Role -> what a value of it looks like."""


def looks_like_user_agent(values: list[str]) -> bool:
    """Whether most values are user agents: `product/version ...`."""
    return _most(values, re.compile(r"[A-Za-z][\w.+-]*/[0-9].*").fullmatch)


def looks_like_rpps(values: list[str]) -> bool:
    """Whether most values are RPPS numbers: 11 digits, or 12 with the leading 8 of a national id."""
    return _most(values, re.compile(r"8?[0-9]{11}").fullmatch)


def looks_like_ins(values: list[str]) -> bool:
    """Whether most values are national health numbers: 13 digits and a key of two."""
    return _most(values, re.compile(r"[1-47-8][0-9]{4}[0-9AB]{2}[0-9]{6}( ?[0-9]{2})").fullmatch)


def _looks_like_actions(values: list[str]) -> bool:
    distinct = set(values)
    return len(distinct) <= MOST_ACTIONS and sum(action_of_word(value) is not None for value in distinct) * 2 > len(
        distinct
    )


def _looks_like_accounts(values: list[str]) -> bool:
    return looks_like_rpps(values) or (
        len(set(values)) < len(values) and _most(values, re.compile(r"[A-Za-z][\w.@-]*[A-Za-z0-9]").fullmatch)
    )


def _looks_like_patients(values: list[str]) -> bool:
    return looks_like_ins(values) or _most(values, re.compile(r"[A-Z]{0,4}[0-9]{5,}|[0-9a-fA-F-]{36}").fullmatch)


MOST_ACTIONS: Final = 40
"""More different values than this are no verbs."""

LOOKS: Final[dict[str, tuple[str, Callable[[list[str]], bool]]]] = {
    "time": ("times", lambda values: time_format(values) is not None),
    "address": ("network addresses", lambda values: _most(values, _is_address)),
    "device": ("user agents", looks_like_user_agent),
    "method": ("HTTP methods", lambda values: _most(values, FITS["method"])),
    "path": ("paths", lambda values: _most(values, FITS["path"])),
    "action": ("verbs of actions", _looks_like_actions),
    "account": ("logins or RPPS", _looks_like_accounts),
    "patient": ("numbers of patients", _looks_like_patients),
}
"""Role -> what its values look like, for columns whose name says nothing."""
