"""Letters as files: private, the same bytes each time, read back; a stop in between leaves nothing twice."""

from __future__ import annotations

import csv
import io
import json
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from tocsin.door.files import put
from tocsin.errors import ConnectorFailed, DiskFull
from tocsin.main import press
from tocsin.main.press import KIND, MANIFEST, MERGED, QUEUE, SHEET, Lot, Press, read_back
from tocsin.model.act import Act
from tocsin.notify.letter import Letter
from unit.notify.people import addressee, concerned, letter

NAMES = ("Camille MARTIN", "Zoë DUPRÉ-L’ÉTANG", "Élise NGUYỄN")
HOSTILE = "#eval(1) {{x}} =cmd *gras* $x$ \\u{41}"


def letters(count: int = 3) -> list[Letter]:
    return [
        replace(
            letter(
                concerned(by="unsure" if number % 2 else "thief"),
                addressee(name=NAMES[number % 3], lines=(NAMES[number % 3], f"{number} RUE HAUTE", "00100 AUBREBOURG")),
            ),
            reference=f"L-{number:012x}",
            mark=f"Référence : L-{number:012x}",
        )
        for number in range(count)
    ]


def lot(made: list[Letter]) -> Lot:
    queue = [{"reference": "01" * 17, "by": "thief", "why": "no-address"}]
    return Lot(letters=made, made_on=date(2025, 9, 18), author="Neustrie", queue=queue, about={"incident": "INC-1"})


def act(folder: Path) -> Act:
    arguments = {"folder": str(folder)}
    return Act(
        id="ACT-1",
        incident="INC-1",
        kind=KIND,
        by="printer",
        target="lot-1",
        arguments=arguments,
        asked_by="x",
        why="y",
    )


def printed(folder: Path, made: list[Letter]) -> Press:
    made_press = Press({"ACT-1": lot(made)}, done=lambda name: None, heard=lambda *told: None)
    made_press.apply(act(folder))
    return made_press


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_each_letter_and_all_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "letters" / "lot-1"
    made = letters()
    proof = printed(folder, made).verify(act(folder))
    assert (proof["state"], proof["letters"], proof["pages"]) == ("done", 3, 6)
    told = json.loads((folder / MANIFEST).read_bytes())["letters"]
    for number, one in enumerate(told):
        text = text_of(folder / one["file"])
        assert NAMES[number] in text
        assert made[number].reference in text
        assert "page 1 sur 2" in text.replace("\u00a0", " ")
    assert [one["first_page"] for one in told] == [1, 3, 5]
    merged = text_of(folder / MERGED)
    assert all(name in merged for name in NAMES)
    rows = list(csv.reader(io.StringIO((folder / SHEET).read_text("utf-8")), delimiter=";"))
    assert [row[1] for row in rows[1:]] == [one.reference for one in made]


def test_the_lists_name_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "letters" / "lot-1"
    printed(folder, letters())
    for name in (MANIFEST, SHEET, QUEUE):
        text = (folder / name).read_text("utf-8")
        assert not [word for word in ("MARTIN", "DUPR", "RUE HAUTE", "AUBREBOURG") if word in text]


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "letters" / "lot-1"
    printed(folder, letters())
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_same_letters_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "lot", tmp_path / "b" / "lot"
    printed(first, letters())
    printed(second, letters())
    assert files(first) == files(second)
    printed(first, letters())
    assert files(first) == files(second)


def test_many_are_joined_for_the_printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "TOGETHER", 2)
    folder = tmp_path / "letters" / "lot-1"
    proof = printed(folder, letters(5)).verify(act(folder))
    assert (proof["state"], proof["letters"], proof["pages"]) == ("done", 5, 10)
    assert text_of(folder / MERGED).count("Référence : L-000000000004") == 3  # below the date, and on both pages


def test_a_stop_in_the_middle_leaves_what_is_printed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "letters" / "lot-1"
    whole = tmp_path / "whole" / "lot-1"
    printed(whole, letters())

    def full(path: Path, data: bytes) -> None:
        raise DiskFull("the disk is full")

    monkeypatch.setattr(press, "put", full)
    with pytest.raises(DiskFull):
        printed(folder, letters())
    assert read_back(folder)["state"] == "alive"
    monkeypatch.setattr(press, "put", put)
    (folder / "000009-L-old.pdf").write_bytes(b"of an attempt that had other addresses")
    assert printed(folder, letters()).verify(act(folder))["state"] == "done"
    assert files(folder) == files(whole)


@pytest.mark.parametrize("what", ["changed", "gone", "merged", "no manifest", "manifest of another form"])
def test_what_is_not_as_it_was_printed_is_noticed(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "letters" / "lot-1"
    made = printed(folder, letters())
    one = next(folder.glob("000001-*"))
    if what == "changed":
        one.write_bytes(one.read_bytes()[:-1] + b" ")
    elif what == "gone":
        one.unlink()
    elif what == "merged":
        (folder / MERGED).write_bytes(one.read_bytes())
    elif what == "no manifest":
        (folder / MANIFEST).unlink()
    else:
        (folder / MANIFEST).write_text("[]", "utf-8")
    assert made.verify(act(folder))["state"] == "alive"


def test_without_names_at_hand_nothing_is_printed(tmp_path: Path) -> None:
    with pytest.raises(ConnectorFailed):
        Press({}, done=lambda name: None, heard=lambda *told: None).apply(act(tmp_path / "lot"))
    assert not (tmp_path / "lot").exists()


def test_markup_in_a_text_is_letters(tmp_path: Path) -> None:
    """Promise: data is set as it is. (Such a name waits for a human; the street of an address may hold anything.)"""
    folder = tmp_path / "letters" / "lot-1"
    made = [replace(letters(1)[0], lines=("Camille MARTIN", HOSTILE, "00100 AUBREBOURG"))]
    printed(folder, made)
    assert HOSTILE in text_of(next(folder.glob("000001-*")))
