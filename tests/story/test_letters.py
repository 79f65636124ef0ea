"""The letters of a small region, from the alert to the page that a patient reads."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from conftest import Region
from story.commands import Home, sentence, stop
from tocsin import wiring
from tocsin.config import settings
from tocsin.main.establish import incidents
from tocsin.main.inspect import Reading

SETTINGS = """
region = "neustrie"
[organisation]
name = "Groupement de Neustrie"
address = "12 quai des Mariniers"
postcode = "00100"
city = "Aubrebourg"
help_line = "01 99 00 12 34"
help_hours = "du lundi au samedi, de 8 h à 20 h"
dpo_name = "Claire Bertin"
dpo_email = "dpo@neustrie.example"
[identities]
file = "Patient.ndjson"
"""
WHO = ("--who", "Claire Bertin", "--reason", "the breach of September")


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document).replace("\u00a0", " ")


def said(home: Home) -> bytes:
    """Everything that Tocsin keeps of this region beside the ledger, the vault and the letters themselves."""
    kept = [
        path
        for path in home.state.rglob("*")
        if path.is_file() and not {"ledger", "vault", "derived"} & set(path.parts) and path.suffix != ".pdf"
    ]
    return b"".join(path.read_bytes() for path in kept)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, region: Region) -> tuple[Home, str, Path]:
    root = tmp_path_factory.mktemp("letters")
    home = Home(root)
    source = region("three-thieves")
    lines = (source / "Patient.ndjson").read_text("utf-8").splitlines()
    (root / "Patient.ndjson").write_text("\n".join(lines), "utf-8")
    (root / "tocsin.toml").write_text(SETTINGS, "utf-8")
    home.run("import", source, "--quiet")
    return home, incident_of(home, source, "bulk"), root


def incident_of(home: Home, source: Path, attack: str) -> str:
    """The incident that a theft of the region came to."""
    own = settings({"TOCSIN_STATE": str(home.state)})
    truth = json.loads((source / "truth.json").read_text("utf-8"))
    account = next(theft["account"] for theft in truth["thefts"] if theft["attack"] == attack)
    found = incidents(Reading(own), wiring.cases(own), datetime.now(UTC))
    return next(one.id for one in found if account in one.accounts)


def test_the_letters_of_an_incident(told: tuple[Home, str, Path]) -> None:
    home, incident, root = told
    people = {one["id"]: one for one in map(json.loads, (root / "Patient.ndjson").read_text("utf-8").splitlines())}

    # a look: nothing is written, nobody is looked up
    plan = home.told("notify", incident)
    assert sum(plan["persons"].values()) > 20
    assert plan["letters"] is None
    assert plan["wrong"] == []
    assert not (home.state / "documents").exists()
    assert not (home.state / "vault" / "receipts.jsonl").exists()
    assert "Prénom NOM" in home.run("notify", incident).out

    # a look with names: a receipt, still nothing written
    plan = home.told("notify", incident, *WHO)
    assert sum(plan["letters"].values()) + sum(plan["queue"].values()) == sum(plan["persons"].values())
    assert not (home.state / "documents").exists()
    receipt = json.loads((home.state / "vault" / "receipts.jsonl").read_bytes().splitlines()[-1])
    assert receipt["who"] == "Claire Bertin"
    assert incident in receipt["reason"]
    assert receipt["asked"] >= sum(plan["persons"].values())

    # the letters
    written = home.told("notify", incident, *WHO, "--write")["written"]
    assert written["letters"] == sum(plan["letters"].values())
    folder = Path(written["folder"])
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert len(list(folder.glob("0*.pdf"))) == written["letters"] == manifest["count"]
    assert len(pypdfium2.PdfDocument(folder / "a-imprimer.pdf")) == written["pages"]
    names = {f"{one['name'][0]['given'][0]} {one['name'][0]['family']}" for one in people.values()}
    for one in manifest["letters"][:5]:
        text = text_of(folder / one["file"])
        assert [name for name in names if name in text]
        assert "Ce qui s'est passé" in text
        assert one["reference"] in text
        assert "01 99 00 12 34" in text
        assert "http" not in text

    # told once: the same command finds nobody left to write to
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = home.told("notify", incident, *WHO, "--write")
    assert again["written"] is None
    assert again["already"] == written["letters"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    # nothing but the letters names anybody
    kept = said(home)
    assert not [name for name in list(names)[:400] if name.encode() in kept]


def test_a_command_that_was_killed_is_run_again_and_writes_nothing_twice(
    home: Home, region: Any, tmp_path: Path
) -> None:
    source = region("bulk-11")
    (home.root / "tocsin.toml").write_text(SETTINGS.replace("Patient.ndjson", str(source / "Patient.ndjson")), "utf-8")
    home.run("import", source, "--quiet")
    incident = incident_of(home, source, "bulk")
    command = ("notify", incident, *WHO, "--write")
    process = home.start(*command)
    letters = home.state / "documents" / incident / "letters" / "lot-1"
    deadline = time.monotonic() + 120
    while len(list(letters.glob("0*.pdf"))) < 5 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()
    stop(process)
    process.communicate()
    early = {path.name: path.read_bytes() for path in letters.glob("0*.pdf")}
    assert early
    assert not (letters / "manifest.json").exists()

    written = home.told(*command)["written"]
    cases = wiring.cases(settings({"TOCSIN_STATE": str(home.state)}))
    (standing,) = [one for one in cases.acts(incident=incident) if one.act.kind == "print-letters"]
    assert (standing.state, standing.attempts, standing.act.id) == ("proven", 2, written["act"])
    assert len(list(letters.parent.iterdir())) == 1, "one lot"
    assert not list(letters.glob("*.unfinished"))
    assert len(list(letters.glob("0*.pdf"))) == written["letters"]
    assert {name: (letters / name).read_bytes() for name in early} == early, "the same letters, byte for byte"
    assert home.told(*command)["written"] is None


def test_a_person_by_reference(told: tuple[Home, str, Path]) -> None:
    home, _, _ = told
    exposed = home.told("scope")["exposures"][0]["patient"]
    known = home.told("reveal", exposed, *WHO)["revealed"][0]
    assert known["system"] == "Patient"
    assert "lines" not in known
    person = home.told("reveal", exposed, *WHO, "--identity")["revealed"][0]
    assert len(person.get("lines", ["", "", ""])) >= 3
    assert "34 hexadecimal" in sentence(home.run("reveal", "zz", *WHO, code=2))


def test_what_is_refused(told: tuple[Home, str, Path], region: Region, tmp_path: Path) -> None:
    home, _, _ = told
    incident = incident_of(home, region("three-thieves"), "sequential")  # whose letters no other test writes
    assert "need a name and a reason" in sentence(home.run("notify", incident, "--write", code=2))
    assert "no incident" in sentence(home.run("notify", "INC-none", code=2))
    bare = tmp_path / "bare.toml"
    bare.write_text(SETTINGS.replace('help_line = "01 99 00 12 34"', ""), "utf-8")
    gone = tmp_path / "gone.toml"
    gone.write_text(SETTINGS.replace("Patient.ndjson", "nobody.ndjson"), "utf-8")
    other = {path: {"TOCSIN_CONFIG": str(path)} for path in (bare, gone)}
    assert any("gap" in one for one in home.told("notify", incident, env=other[bare])["wrong"])
    assert "cannot be read" in sentence(home.run("notify", incident, *WHO, env=other[gone], code=3))
