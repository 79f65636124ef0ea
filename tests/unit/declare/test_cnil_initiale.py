"""The CNIL draft: the teleservice's fields in order, its closed lists, each value with how it came and its proof."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import wiring
from tocsin.declare import Facts, due
from tocsin.declare.cnil_initiale import TEMPLATE, draft
from tocsin.declare.cnil_initiale.breach import losses
from tocsin.declare.cnil_initiale.fields import HOW, band, lists
from tocsin.main.typeset import readable
from tocsin.model.picture import Picture
from tocsin.scope.claims import claims_of
from unit.pictures import HOUR, START, instants, picture, unnamed
from unit.scope.test_claims import coverage, exposures

KEYS = (
    "type.type",
    "organisme.siren", "organisme.denomination", "organisme.tva", "organisme.secteur", "organisme.effectif",
    "organisme.adresse", "organisme.code-postal", "organisme.ville", "organisme.pays",
    "legal.civilite", "legal.nom", "legal.prenom", "legal.email",
    "contact.civilite", "contact.nom", "contact.prenom", "contact.fonction", "contact.email", "contact.telephone",
    "autres.sous-traitants", "autres.conjoints",
    "dates.determinee", "dates.debut", "dates.fin", "dates.en-cours", "dates.prise-de-connaissance",
    "dates.commentaires", "dates.decouverte",
    "violation.nature", "violation.origine", "violation.cause", "violation.descriptif",
    "donnees.nature", "donnees.sensibles", "donnees.enregistrements", "donnees.personnes", "donnees.categories",
    "mesures.prealables",
    "consequences.confidentialite", "consequences.integrite", "consequences.disponibilite",
    "prejudices.natures", "prejudices.gravite",
    "mesures.appliquees",
    "communication.faite", "communication.date", "communication.moyen",
    "frontieres.transfrontalier", "frontieres.ue", "frontieres.hors-ue",
)  # fmt: skip
"""The order of the teleservice, as CNIL's *Trame des notifications* of July 2023 was read."""

ORGANISATION = {"name": "CH d'Essai", "siren": "123456789", "legal_name": "Jeanne Exemple", "country": "France"}


def drafted(one: Picture | None = None, **organisation: str) -> dict[str, Any]:
    one = one or picture()
    clock = next(c for c in due(one.instants, Facts(), one.made_at) if c.obligation.key == "cnil-initiale")
    return readable(
        draft(one, organisation={**ORGANISATION, **organisation}, clock=clock, zone="Europe/Paris", version=1)
    )


def fields(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for block in told["blocks"] for one in block["fields"]}


def test_every_field_stands_in_the_order_of_the_teleservice() -> None:
    told = drafted()
    assert tuple(fields(told)) == KEYS
    assert [block["number"] for block in told["blocks"]] == [str(n) for n in range(1, 15)]


def test_each_value_says_how_it_came_and_what_proves_it() -> None:
    for one in fields(drafted()).values():
        assert one["how"] in HOW
        assert (one["value"] is None) == (one["how"] == "open"), one["key"]
        assert (one["shown"] == "à déterminer") == (one["how"] == "open"), one["key"]
        if one["how"] == "measured":
            assert one["evidence"], one["key"]


def test_choices_come_from_closed_lists_with_key_label_and_version() -> None:
    chosen = [one for one in fields(drafted()).values() if "list" in one]
    assert len(chosen) > 12
    for one in chosen:
        assert one["list"]["version"] == lists()["version"]
        assert {option["key"]: option["label"] for option in one["options"]} == lists()[one["list"]["name"]]
        assert [option["key"] for option in one["options"] if option["chosen"]] == (one["value"] or [])


def test_what_is_a_humans_choice_is_proposed_or_open_and_never_set() -> None:
    told = fields(drafted())
    for key in ("violation.nature", "violation.origine", "violation.cause", "prejudices.natures", "donnees.categories"):
        assert told[key]["how"] == "proposed", key
    for key in ("prejudices.gravite", "communication.faite", "autres.sous-traitants", "autres.conjoints"):
        assert told[key]["how"] == "open", key


def test_open_fields_are_listed_as_open() -> None:
    told = drafted()
    assert told["open"] == [one["key"] for one in fields(told).values() if one["how"] == "open"]
    assert "organisme.tva" in told["open"]
    assert told["status"] == "brouillon"


def test_without_awareness_there_is_no_deadline_and_it_is_asked_for() -> None:
    told = drafted()
    assert told["deadline"]["at"] is None
    assert told["deadline"]["elapsed_since"] == "la détection"
    assert told["deadline"]["asked"]
    assert "dates.prise-de-connaissance" in told["open"]
    assert "dates.motifs-retard" not in fields(told)


def test_awareness_is_said_by_a_person_and_starts_the_clock() -> None:
    one = picture(instants=instants(aware=START + HOUR, aware_who="Mme T", aware_evidence="D-1"))
    told = drafted(one)
    aware = fields(told)["dates.prise-de-connaissance"]
    assert (aware["how"], aware["evidence"], aware["value"]) == ("set", ["D-1"], "2024-10-04T01:00:00Z")
    assert told["deadline"]["at"] == "2024-10-07T01:00:00Z"


def test_reasons_for_delay_are_asked_only_when_it_is_late() -> None:
    aware = instants(aware=START, aware_who="Mme T", aware_evidence="D-1")
    on_time = picture(instants=aware, made_at=START + 72 * HOUR)
    assert "dates.motifs-retard" not in fields(drafted(on_time))
    late = fields(drafted(replace(on_time, made_at=START + 72 * HOUR + 1)))
    assert late["dates.motifs-retard"]["how"] == "open"
    assert tuple(key for key in late if key != "dates.motifs-retard") == KEYS


def test_the_end_is_open_until_it_is_proven() -> None:
    assert fields(drafted())["dates.fin"]["how"] == "open"
    over = fields(drafted(picture(instants=instants(ended=START + HOUR))))
    assert over["dates.fin"]["value"] == "2024-10-04T01:00:00Z"
    assert over["dates.en-cours"]["value"] == ["non"]
    assert "ACT-1" in over["dates.en-cours"]["evidence"]


def test_no_trace_is_never_made_into_no_access() -> None:
    """law: seen, likely, excluded, unknown; only complete trails exclude."""
    nobody = picture(exposed=[("owner", "opened", "clinical")])
    assert losses(nobody) == {"confidentialite": "unknown", "integrite": "unknown", "disponibilite": "unknown"}
    told = fields(drafted(nobody))
    assert told["violation.nature"]["how"] == "open"
    assert told["donnees.sensibles"]["how"] == "open"
    assert "n'exclut rien" in told["donnees.sensibles"]["note"]
    exposed, found = exposures(), coverage()
    whole = picture(exposed=[], coverage=found, claims=claims_of(exposed, unnamed("thief", 0).slice(0, 0), found))
    assert losses(whole)["confidentialite"] == "excluded"
    assert losses(picture(exposed=[("unsure", "opened", "name")]))["confidentialite"] == "likely"
    assert losses(picture(exposed=[("thief", "listed", "name")]))["confidentialite"] == "seen"


def test_what_only_may_have_been_seen_is_proposed_not_measured() -> None:
    seen = fields(drafted(picture(exposed=[("thief", "opened", "clinical")])))["donnees.sensibles"]
    maybe = fields(drafted(picture(exposed=[("unsure", "opened", "clinical")])))["donnees.sensibles"]
    possible = fields(drafted(picture(exposed=[("thief", "possible", "clinical")])))["donnees.sensibles"]
    assert (seen["how"], maybe["how"], possible["how"]) == ("measured", "proposed", "proposed")
    assert seen["value"] == maybe["value"] == possible["value"] == ["sante"]


def test_persons_are_counted_between_who_surely_was_and_who_may_have_been() -> None:
    """picture(): 6 opened and 1 listed by the thief, 2 by the thief or the owner, 1 by the owner."""
    count = fields(drafted())["donnees.personnes"]
    assert (count["value"]["least"], count["value"]["most"], count["value"]["band"]) == (7, 9, "6-50")
    assert count["evidence"] == [picture().counts.seal]


@pytest.mark.parametrize(
    ("number", "key"),
    [(0, "0-5"), (5, "0-5"), (6, "6-50"), (50, "6-50"), (51, "51-300"), (301, "301-5000"), (5001, "plus-de-5000")],
)
def test_bands(number: int, key: str) -> None:
    assert band(number) == key
    assert key in lists()["tranche"]


def test_cnil_has_four_levels_and_they_are_its_own() -> None:
    assert list(lists()["gravite"].values()) == ["Négligeable", "Limité", "Important", "Maximal"]


def printed(told: dict[str, Any]) -> str:
    document = pypdfium2.PdfDocument(wiring.typesetter()(TEMPLATE, told))
    assert document.is_tagged()
    pages = [one.get_textpage().get_text_bounded() for one in document]
    assert all("BROUILLON, non déposé" in page for page in pages)
    return letters("".join(pages))


def letters(text: str) -> str:
    """Without spaces and hyphens: pdfium takes one at the end of a line for a break of its own."""
    return re.sub("[\\s\u200b\x02\ufffe-]", "", text)


def test_the_pdf_says_what_the_json_says_and_each_page_is_marked_a_draft() -> None:
    told = drafted()
    text = printed(told)
    for one in fields(told).values():
        assert letters(one["label"]) in text
        shown = [option["label"] for option in one["options"]] if "options" in one else [one["shown"]]
        for word in shown:
            assert letters(word) in text, one["key"]
        for proof in one["evidence"]:
            assert letters(proof) in text


HOSTILE = "*gras* #eval(\"1\") \\ $x$ <lab> @ref \u202eabc\x00 // =cmd|'/c'!A1 </script>"


def test_hostile_settings_are_text() -> None:
    told = drafted(name=HOSTILE, contact_name=HOSTILE, siren=HOSTILE)
    seen = HOSTILE.replace("\u202e", "").replace("\x00", "")
    assert fields(told)["organisme.denomination"]["value"] == seen
    assert letters(seen) in printed(told)


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_any_setting_can_be_printed(text: str) -> None:
    assert wiring.typesetter()(TEMPLATE, drafted(name=text, address=text)).startswith(b"%PDF")


def test_it_names_no_account_and_no_patient() -> None:
    one = picture(account="sso|dupont-le-compte")
    text = json.dumps(drafted(one))
    assert "dupont-le-compte" not in text
    for reference in one.exposures["patient"].to_pylist():
        assert reference.hex() not in text
