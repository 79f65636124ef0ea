"""The printer's list: no identity in it, and a spreadsheet that opens it runs nothing."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tocsin.notify.manifest import Printed, csv_of, json_of


def printed(reference: str) -> Printed:
    return Printed(number=1, reference=reference, file=f"{reference}.pdf", first_page=1, pages=2, sha256="0" * 64)


@given(st.text(max_size=30))
def test_no_cell_is_a_formula(text: str) -> None:
    told = csv_of([printed(text)]).decode()
    rows = list(csv.reader(io.StringIO(told, newline=""), delimiter=";"))
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_list_counts_letters_and_pages() -> None:
    told = json_of([printed("L-1"), printed("L-2")], incident="INC-1")
    assert (told["incident"], told["count"], told["pages"]) == ("INC-1", 2, 4)
    assert set(told["letters"][0]) == {"number", "reference", "file", "first_page", "pages", "sha256"}
