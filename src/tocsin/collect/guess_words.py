"""What words of a trail mean: verbs of its actions, parts of its paths, names of its parameters, in two languages."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

VERBS: Final = (
    ("sign-out", "deconn logout logoff sign_out signout fermeture_session fermeture_de_session fin_de_session"),
    ("sign-in", "connex login logon sign_in signin authent ouverture_session ouverture_de_session debut_de_session"),
    ("export", "export telecharg download extract extrac impression imprim print edition_pdf"),
    ("list", "list resultat_de_recherche resultats"),
    ("search", "recherch search find requet interrog lookup query"),
    ("credential", "enrol enrôl mot_de_passe password mfa otp second_facteur second_factor authentificateur "
     "changement_mail changement_telephone"),
    ("admin", "admin param habilit droit config"),
    ("write", "creat crea modif maj mise_a_jour ajout suppr delet updat insert edit saisi enregistr valid write ecri "
    "sign annul fusion patch"),
    ("read", "consult lect lire visual affich ouvert ouvr acces voir view read open show get display vu detail"),
)  # fmt: skip
"""Action -> beginnings of the words that tell it; the first row that matches wins (`deconn` before `connex`)."""

FAILED: Final = "echec echou fail refus denied deny rejet erreur error interdit ko invalid"
"""Beginnings of words that tell a failure."""

SUCCESS: Final = "ok succ reuss true oui"
"""Beginnings of words that tell a success. `0` and `1` are not among them: programs disagree on which is which."""

PATIENT_WORDS: Final = "patient patients dossier dossiers beneficiaire beneficiaires usager usagers person personne ipp"
"""A path segment after which the patient's number stands."""

ELEMENTS_BY_WORD: Final = (
    ("document documentreference binary courrier pdf compte_rendu cr", ("document",)),
    ("observation condition medication prescription ordonnance resultat biologie labo traitement allergie "
     "diagnosticreport immunization vaccination careplan soin", ("clinical",)),
    ("appointment rdv rendez agenda slot", ("appointment",)),
    ("coverage droits couverture amo", ("ins", "coverage")),
    ("encounter sejour hospitalisation mouvement orientation", ("stay",)),
    ("facture invoice claim account facturation", ("financial",)),
    ("contact coordonnee telephone adresse", ("telephone", "e-mail", "postal-address")),
    ("ins identite identity insi", ("name", "birth", "sex", "ins")),
    ("patient dossier beneficiaire usager person",
     ("name", "birth", "sex", "local-number", "telephone", "e-mail", "postal-address")),
)  # fmt: skip
"""Words of a path or of an object -> what it shows. From: the contract of the trail, elements by resource."""

PARAMETERS: Final = {
    "name": "name family given nom nom_naissance nom_usage prenom lastname last_name firstname q recherche search",
    "birth": "birthdate birth_date birth ddn date_naissance naissance dob",
    "identifier": "identifier identifiant ins nir ipp nip numero",
    "patient": "patient subject patient_id patientid id_patient dossier",
    "page": "page p num_page _page _getpages",
}
"""Kind of query -> parameters that select so."""

STATIC: Final = "css js mjs map png jpg jpeg gif svg ico woff woff2 ttf webp html txt"
"""Endings of files that hold nobody's data."""

TECHNICAL: Final = "health healthz ping metrics status ready live favicon heartbeat version"
"""Paths that machines ask for."""


def plain(name: str) -> str:
    """A name without accents, case or punctuation: `Date/Heure accès` -> `date_heure_acces`."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def action_of_word(word: str) -> str | None:
    """The action that a value of the trail tells, or None."""
    text = plain(word)
    for action, stems in VERBS:
        if any(re.search(rf"(^|_){stem}", text) for stem in stems.split()):
            return action
    return None


def outcome_of_word(word: str) -> str | None:
    """`failed-request`, `success`, or None where the value tells neither."""
    text = plain(word)
    if any(re.search(rf"(^|_){stem}", text) for stem in FAILED.split()):
        return "failed-request"
    return "success" if any(re.match(stem, text) for stem in SUCCESS.split()) else None


def elements_of_words(words: list[str]) -> tuple[str, ...]:
    """What a path or an object with these words shows; empty if no word is known. The last word says most."""
    for word in reversed(words):
        text = plain(word)
        for stems, elements in ELEMENTS_BY_WORD:
            if any(text.startswith(stem) for stem in stems.split()):
                return elements
    return ()


def kind_of_parameter(name: str) -> str | None:
    """What a query parameter selects by, or None."""
    text = plain(name)
    return next((kind for kind, names in PARAMETERS.items() if text in names.split() or name in names.split()), None)
