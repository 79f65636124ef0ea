"""Typeset: whatever is in the data comes out as text, in a PDF that can be read aloud."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import wiring
from tocsin.errors import TocsinError
from tocsin.main.typeset import LONGEST_RUN, plain

TEMPLATE = """#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(font: "DejaVu Sans", lang: "fr")
= #data.title
#data.body
"""
TYPESET = wiring.typesetter()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "one.typ"
    path.write_text(TEMPLATE, "utf-8")
    return path


def read(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.mark.parametrize(
    "text",
    [
        '*gras* _it_ #eval("1+1") #panic() $x^2$ <a> @b // c /* d */ \\n \\u{41} ~ -- ... = - + `c` \'q\' "q"',
        "Ñandú Œuvre ÿ Łódź Ğ ž Þ é",
        "=HYPERLINK(x)",
        "</script><b>",
    ],
)
def test_markup_is_text(template: Path, text: str) -> None:
    told = read(TYPESET(template, {"title": "Titre", "body": text}))
    assert text in " ".join(told.split())


def test_it_is_tagged_and_has_its_language_and_title(template: Path) -> None:
    pdf = TYPESET(template, {"title": "Un titre", "body": "x", "made_at": "2026-11-20T17:42:00Z"})
    document = pypdfium2.PdfDocument(pdf)
    assert document.is_tagged()
    assert document.get_metadata_value("Title") == "Un titre"
    assert document.get_metadata_value("CreationDate") == "D:20261120174200Z"
    assert b"/Lang" in pdf
    assert b"pdfuaid:part" in pdf


def test_the_same_data_gives_the_same_bytes(template: Path) -> None:
    assert TYPESET(template, {"title": "a", "body": "b"}) == wiring.typesetter()(template, {"title": "a", "body": "b"})


def test_what_turns_or_hides_letters_is_taken_out() -> None:
    assert plain("a\u202eb\u0000c\u200bd\ufeffe\u00adf\u2066g\x07") == "abcdefg"
    assert plain("a\tb\u2028c\u00a0d") == "a b c\u00a0d"
    assert plain("漢\ue000\ud800") == "\ufffd\ufffd?"
    assert plain("e\u0301") == "é"


def test_nothing_runs_out_of_the_page(template: Path) -> None:
    told = read(TYPESET(template, {"title": "a", "body": "A" * 1000}))
    assert told.count("A") == 1000
    assert LONGEST_RUN < 50


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_every_text_can_be_set(template: Path, text: str) -> None:
    assert TYPESET(template, {"title": "Titre", "body": text}).startswith(b"%PDF")


def test_a_template_that_cannot_be_set_tells_nothing_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "bad.typ"
    path.write_text("#let data = json(bytes(sys.inputs.data))\n#panic(data.name)\n")
    with pytest.raises(TocsinError) as told:
        TYPESET(path, {"name": "Zyxwavutsrel"})
    assert "bad.typ" in str(told.value)
    assert "Zyxwavutsrel" not in str(told.value)
