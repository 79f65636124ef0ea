"""The dossier can be read by everybody, runs nothing, loads nothing, and says no more than is known."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pypdfium2
import pytest

from tocsin import wiring
from tocsin.main.typeset import readable
from tocsin.model import french
from tocsin.model.incident import LINKS
from tocsin.model.picture import Moment, Picture
from tocsin.scope.claims import claims_of
from tocsin.triage.dossier import TEMPLATE, dossier, page
from unit.pictures import HOUR, START, instants, picture, unnamed
from unit.scope.test_claims import coverage, exposures

HOSTILE = '"><script>alert(1)</script>{{7*7}}#eval("1")\u202e*x*'
DUE = {
    "title": "Notification", "article": "art. 33", "recipient": "CNIL", "state": "à déterminer",
    "deadline": "72 heures", "elapsed": "3 h", "asked": ["Quand ?"], "evidence": "A-1",
}  # fmt: skip


def data(one: Picture | None = None, **changed: Any) -> dict[str, Any]:
    told = {"dues": [DUE], "organisation": "CH d'Essai", "zone": "Europe/Paris", **changed}
    return readable(dossier(one or picture(), **told))


class Seen(HTMLParser):
    """The tags of a page and the text between."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def all_text(told: dict[str, Any]) -> str:
    text = Seen(page(told)).text
    return " ".join(text[text.index("Établi le") :].split())


def test_the_page_says_its_language_and_its_headings_stand_in_order() -> None:
    tags = Seen(page(data())).tags
    assert ("html", {"lang": "fr"}) in tags
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {tag for tag, _ in tags} >= {"title", "main", "nav", "header"}


def test_each_table_has_a_caption_and_its_heads_have_a_scope() -> None:
    tags = Seen(page(data())).tags
    count = [tag for tag, _ in tags].count
    assert count("table") == count("caption") == count("thead") > 4
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in tags if tag == "th")


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    text = page(data())
    tags = Seen(text).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "link", "object", "embed", "form", "base"}
    addresses = [value for _, told in tags for name, value in told.items() if name in ("href", "src", "action")]
    assert addresses
    assert all((value or "").startswith("#") for value in addresses)
    assert not re.search(r"url\(|@import|https?://", text)
    assert not [name for _, told in tags for name in told if name.startswith("on")]


def test_colours_have_contrast() -> None:
    """WCAG 2.1 AA, 1.4.3: 4.5 to 1 on white and on the heads of tables."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    text = page(data()) + TEMPLATE.read_text("utf-8")
    inks = set(re.findall(r"[^-]color: (#\w{6})", text)) | set(re.findall(r'text\([^)]*fill: rgb\("(#\w{6})"\)', text))
    assert len(inks) >= 3
    for ink in inks:
        for paper in ("#ffffff", "#e3ebf3"):
            assert (light(paper) + 0.05) / (light(ink) + 0.05) >= 4.5, (ink, paper)


def test_hostile_names_are_text() -> None:
    one = picture(account=f"sso|{HOSTILE}", words=f"strangers: {HOSTILE}")
    told = data(one, organisation=HOSTILE)
    text = page(told)
    assert "<script" not in text
    assert "49" not in Seen(text).text.replace("{{7*7}}", "")
    assert "\u202e" not in text
    seen = HOSTILE.replace("\u202e", "")
    assert seen in Seen(text).text
    assert seen in pdf_text(told).replace("\n", "")


def pdf_text(told: dict[str, Any]) -> str:
    document = pypdfium2.PdfDocument(wiring.typesetter()(TEMPLATE, told))
    assert document.is_tagged()
    assert document.get_metadata_value("Title").startswith("Dossier de l'incident INC-")
    return (
        "".join(one.get_textpage().get_text_bounded() for one in document).replace("\r\n", "\n").replace("\u200b", "")
    )


def test_page_and_pdf_say_the_same() -> None:
    told = data()

    def letters(text: str) -> str:
        return re.sub(r"\s|\u200b", "", text)

    printed = letters(pdf_text(told))
    for part in told["sections"]:
        assert letters(part["title"]) in printed
        for one in part["paragraphs"]:
            assert letters(one["text"]) in printed
        for table in part["tables"]:
            assert letters(table["caption"]) in printed
            for row in table["rows"]:
                for cell in row:
                    assert letters(cell["text"]) in printed


def test_every_number_has_its_evidence() -> None:
    for part in data()["sections"]:
        for one in part["paragraphs"]:
            if part["id"] not in ("methode", "fait", "du") and re.search(r"\d", one["text"]):
                assert one["evidence"], one["text"]
        for table in part["tables"]:
            assert table["head"][-1] == "Preuve"
            assert all(row[-1]["text"] for row in table["rows"]), table["caption"]
            assert all(len(row) == len(table["head"]) == len(table["widths"]) for row in table["rows"])


def test_a_weight_is_never_a_probability() -> None:
    text = all_text(data())
    assert "poids 9,0, une semaine de compte sur 12 400" in text
    assert "Ce n'est pas une probabilité" in text
    assert "%" not in text


@pytest.mark.parametrize(
    ("stratum", "peers"),
    [
        ("", "de tous les comptes"),
        ("*", "de tous les rôles"),
        ("60", "du rôle 60"),
        ("60@dpi", "du rôle 60 travaillant surtout dans dpi"),
    ],
)
def test_a_rarity_says_whose_account_weeks(stratum: str, peers: str) -> None:
    one = picture()
    told = replace(one, accounts=tuple(replace(account, stratum=stratum) for account in one.accounts))
    assert f"sur 12 400 {peers} (mesuré" in all_text(data(told))


def test_no_trace_is_never_no_access() -> None:
    text = all_text(data(picture(exposed=[("thief", "opened", "name")])))
    assert "La trace ne montre aucune donnée clinique ouverte par le tiers" in text
    assert "Cela ne prouve pas qu'il n'y en a pas eu" in text
    assert "Aucune donnée clinique n'a été ouverte" not in text
    assert "par le tiers ou par le titulaire : 1 personne" in all_text(data())


def test_only_complete_trails_let_it_say_that_nothing_clinical_was_opened() -> None:
    exposed, found = exposures(("thief", "opened", "name")), coverage()
    nobody = unnamed("thief", 0).slice(0, 0)
    one = picture(exposed=[("thief", "opened", "name")], coverage=found, claims=claims_of(exposed, nobody, found))
    assert "Aucune donnée clinique n'a été ouverte" in all_text(data(one))


def test_acts_whose_patients_are_not_named_are_told() -> None:
    told = data(picture(unnamed=unnamed("thief", 4)))
    assert "4 actes ont montré des patients que la trace ne nomme pas" in all_text(told)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "rien ne prouve que c'est fini"),
        ({"ended": START + HOUR}, "tous les comptes ont été coupés et la coupure a été vérifiée."),
        ({}, "Prise de connaissance par le responsable de traitement : à déterminer"),
        ({"aware": START, "aware_who": "Mme T"}, "Prise de connaissance : 04/10/2024 02:00:00 (UTC+2), selon Mme T"),
    ],
)
def test_what_is_known_of_time(changed: dict, said: str) -> None:
    assert said in all_text(data(picture(instants=instants(**changed))))


def test_an_account_that_was_given_back_is_said_to_be() -> None:
    one = picture(instants=instants(ended=START + HOUR))
    back = replace(one, acts=(replace(one.acts[0], state="undone"),))
    assert "la coupure a été vérifiée ; 1 est rendu à son titulaire." in all_text(data(back))


def test_what_nobody_is_in_doubt_of_is_no_zero_to_wonder_at() -> None:
    told = all_text(data(picture(exposed=[("thief", "opened", "name")])))
    assert "Données de 1 personne vues par le tiers ; aucun cas douteux parmi les personnes que la trace nomme." in told
    assert "Vues par le titulaire seul, donc non exposées : 0 personne." in told


def test_measures_and_alerts_are_told_in_french_and_whole() -> None:
    """No English word of the journal, no sentence that ends in a semicolon, nothing that waits for nobody."""
    one = picture()
    moments = (
        Moment(at=START, kind="alert", what="suspend", weight=9_000_000, one_in=400.0, evidence=("A-1",)),
        Moment(at=START, kind="act", what="delete-tokens planned", words="rung suspend, ladder",
               fr=french.asked("rung suspend", "ladder"), evidence=("ACT-1",)),
        Moment(at=START, kind="act", what="delete-tokens applied", evidence=("ACT-1",)),
    )  # fmt: skip
    unasked = replace(one.acts[0], proof={"state": "unasked"}, state="applied")
    told = all_text(data(replace(one, timeline=moments, acts=(unasked,))))
    assert "une semaine de compte sur 400 ;" not in told
    assert re.search("suppression des jetons : prévue *échelon « suspendre le compte », d'office", told)
    assert re.search("suppression des jetons : exécutée *ACT-1", told)
    assert "exécutée, sans relecture" in told
    assert not {"ladder", "rung", "unasked", "attend"} & set(re.findall(r"\w+", told))


@pytest.mark.parametrize(
    ("sessions", "said"),
    [((2, 1), "Un tiers semble avoir utilisé"), ((0, 1), "Un tiers a peut-être utilisé"), ((0, 0), "plus en cause")],
)
def test_it_says_no_more_than_the_sessions_say(sessions: tuple[int, int], said: str) -> None:
    one = picture()
    assert said in all_text(data(replace(one, accounts=tuple(replace(a, sessions=sessions) for a in one.accounts))))


def test_no_patient_is_in_it() -> None:
    one = picture()
    text = page(data(one))
    for reference in one.exposures["patient"].to_pylist():
        assert reference.hex() not in text


def test_each_link_has_words_in_french() -> None:
    for link in picture().incident.links:
        assert link.kind in LINKS
        assert link.fr
        assert "appareil" in link.fr
