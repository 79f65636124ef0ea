"""Identities that exist nowhere else are planted in a trail, and looked for in all that Tocsin writes."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from story.commands import Home
from story.lines import event

NAME, FIRST = "Zyxwavutsrel", "Quorvanixe"
INS, LOCAL = "269054958815780", "PIVOINE-7750931"
TELEPHONE, MAIL, STREET = "0639982211", "zyx.canari@courriel.example", "41 allée des Canaris-Muets"
CANARIES = (NAME, FIRST, INS, LOCAL, TELEPHONE, MAIL, "Canaris-Muets", "Canari-du-Journal")
BIRTH = "1931-07-23"


def patient() -> dict:
    return {
        "resourceType": "Patient",
        "id": "canary-1",
        "identifier": [
            {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": INS},
            {"system": "urn:local", "value": LOCAL},
        ],
        "name": [{"family": NAME, "given": [FIRST]}],
        "telecom": [{"system": "phone", "value": TELEPHONE}, {"system": "email", "value": MAIL}],
        "address": [{"line": [STREET], "city": "Canaris-Muets"}],
        "birthDate": BIRTH,
    }


def query(text: str) -> dict:
    return {"type": {"code": "2"}, "role": {"code": "24"}, "query": b64encode(text.encode()).decode()}


def lines() -> list[dict]:
    """A thief who searches and opens the canaries, among 400 others that nothing explains."""
    by_ins = {"what": {"identifier": {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": INS}}}
    person = {"type": {"code": "1"}, "role": {"code": "1"}}
    search = {"subtype": [{"code": "search-type"}], "action": "E"}
    at = "2025-09-01T09:{:02d}:{:02d}Z"
    made = [event(n, recorded=at.format(n // 60, n % 60), patient=str(5000 + n)) for n in range(400)]
    texts = (
        f"Patient?family={NAME}&given={FIRST}&birthdate={BIRTH}",
        f"Patient?telecom={TELEPHONE}&email={MAIL}",
        f"Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|{INS}",
        f"Patient?address={STREET}",
    )
    for n, text in enumerate(texts):
        made.append(event(n, recorded=at.format(8, n), entity=[query(text)], **search))
        made.append(
            event(n, recorded=at.format(9, n), entity=[{**query(""), "description": text, "query": None}], **search)
        )
    named = [{**person, **by_ins, "name": f"{FIRST} {NAME}"}, {**person, "what": {"reference": "Patient/canary-1"}}]
    made.append(event(1, recorded=at.format(10, 1), entity=named, outcomeDesc=f"{NAME} Canari-du-Journal"))
    by_local = {"what": {"identifier": {"system": "urn:local", "value": LOCAL}, "display": f"{FIRST} {NAME}"}}
    made.append(event(2, recorded=at.format(10, 2), entity=[{**person, **by_local}]))
    made.append(event(3, recorded=at.format(10, 3), entity=[{**person, **by_ins}]))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "trail"
    folder.mkdir()
    bad = [f'{{"resourceType":"AuditEvent","name":"{NAME}"', f"{NAME};{INS}", f'["{MAIL}"]', f'{{"x":"{TELEPHONE}"}}']
    trail = [*bad, *(json.dumps(one, ensure_ascii=False) for one in lines())]
    (folder / "AuditEvent.ndjson").write_text("\n".join(trail), "utf-8")
    facts = [json.dumps(patient(), ensure_ascii=False), f'{{"resourceType":"Patient","name":"{NAME} {INS}']
    (folder / "Patient.ndjson").write_text("\n".join(facts), "utf-8")
    (folder / "marks.txt").write_text("canary-1\n", "utf-8")
    return folder


def caught(data: bytes) -> list[str]:
    """The canaries in some bytes, in whatever encoding a file of ours could have."""
    folded = data.lower()
    return [one for one in CANARIES for coding in ("utf-8", "utf-16-le") if one.lower().encode(coding) in folded]


def test_no_canary_leaves_the_door(home: Home, folder: Path) -> None:
    said: dict[str, str] = {}

    def run(*arguments: object, code: int = 0) -> None:
        told = home.root / f"told-{len(said)}.json"  # one run gives the tables and the JSON
        ran = home.run(*arguments, "--json", told, code=code)
        written = told.read_text("utf-8") if told.exists() else ""
        said[" ".join(map(str, arguments))] = ran.out + ran.err + written

    run("import", folder, "--dry-run")
    run("import", folder)
    run("alerts")
    names = [alert["alert"] for alert in home.told("alerts")["alerts"]]
    assert names
    for name in names[-2:]:
        run("explain", name)
    for command in ("scope", "coverage", "verify", "doctor", "calibrate --dry-run", "rebuild", "calibrate"):
        run(*command.split())
    for name in [one["incident"] for one in home.told("incident")["incidents"]]:
        for command in ("incident", "dossier", "declare"):
            run(command, name)
    run("import", folder)
    run("replay", folder)
    run("replay", folder, "--no-contain")
    run("scope", "--account", NAME[:5], code=2)
    assert {what: caught(text.encode()) for what, text in said.items() if caught(text.encode())} == {}
    original = b"".join(path.read_bytes() for path in (home.state / "ledger" / "segments").iterdir())
    assert set(caught(original)) == set(CANARIES), "the canaries are where they may be, and this test can see them"
    kept = [path for path in home.root.rglob("*") if path.is_file() and "segments" not in path.parts]
    assert len(kept) > 10
    assert {path.name: caught(readable(path)) for path in kept if caught(readable(path))} == {}


def readable(path: Path) -> bytes:
    """The bytes of a file and, of a Parquet part or of the judge's state, what it holds unpacked."""
    data = path.read_bytes()
    if path.suffix == ".pdf":
        import pypdfium2

        data += "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)).encode()
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        data += str(pq.ParquetFile(path).read().to_pylist()).encode()
    if path.name == "judge":
        import numpy as np

        with np.load(path) as arrays:
            data += b"".join(arrays[name].tobytes() for name in arrays.files)
    return data


def test_what_the_door_reveals_is_the_identifier_and_not_the_person(home: Home, folder: Path) -> None:
    home.run("import", folder)
    told = json.dumps(home.told("scope", "--reveal", "a test of canaries", "--who", "a tester"), ensure_ascii=False)
    assert set(caught(told.encode())) <= {INS, LOCAL}
    assert "canary-1" in told


def test_a_canary_is_in_its_letter_and_nowhere_beside(home: Home, folder: Path, tmp_path: Path) -> None:
    """Promise: the letter is the one place where a name stands; no list, case, receipt, indicator or word has it."""
    import pypdfium2

    home.run("import", folder)
    address = {"line": [STREET], "postalCode": "00100", "city": "Canaris-Muets"}
    people = [{**patient(), "address": [address]}]
    lines_of_people = [json.dumps(one, ensure_ascii=False) for one in people]
    (tmp_path / "people.ndjson").write_text("\n".join(lines_of_people), "utf-8")
    organisation = (
        'name = "Neustrie"\ncity = "Aubrebourg"\nhelp_line = "01 99 00 12 34"\ndpo_email = "dpo@neustrie.example"'
    )
    identities = (
        f'region = "neustrie"\n[organisation]\n{organisation}\n[identities]\nfile = "{tmp_path}/people.ndjson"\n'
    )
    (home.root / "tocsin.toml").write_text(identities, "utf-8")
    said = []
    for one in home.told("incident")["incidents"]:
        for arguments in (
            ("notify", one["incident"]),
            ("notify", one["incident"], "--who", "a tester", "--reason", "canaries", "--write"),
            ("share", one["incident"], "--who", "the duty officer"),
            ("share", one["incident"], "--who", "the duty officer", "--json", "-"),
        ):
            ran = home.start(*arguments)
            said += [text.encode() for text in ran.communicate()]
    assert caught(b"".join(said)) == []
    letters = sorted(home.state.rglob("0*.pdf"))
    assert letters
    printed = "".join(
        page.get_textpage().get_text_bounded() for path in letters for page in pypdfium2.PdfDocument(path)
    )
    assert {NAME, "Canaris-Muets"} & set(caught(printed.replace(" ", "-").encode()))
    kept = [
        path
        for path in home.root.rglob("*")
        if path.is_file() and "segments" not in path.parts and path.suffix != ".pdf"
    ]
    assert {path.name: caught(readable(path)) for path in kept if caught(readable(path))} == {}
