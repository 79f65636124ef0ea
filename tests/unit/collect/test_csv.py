"""Exports of a table under a mapping: dialects, damaged lines, clocks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.collect.formats.csv import CsvParser, header_of
from tocsin.collect.mapping import read_mapping
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.errors import Usage
from tocsin.model.block import Block, Parsed
from tocsin.model.event import EVENT

TRAILS = Path(__file__).parents[2] / "trails/csv"
DOSSIER = (TRAILS / "dossier.toml").read_text()
REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)
ROW = "04/09/2025 08:00:14;u006;Médecin;CONSULTATION DOSSIER;P167142;PC-0003;10.1.2.24;OK\n"


def parse(data: bytes, toml: str = DOSSIER, header: str | None = None) -> Parsed:
    parser = CsvParser(read_mapping(toml), header)
    return parser.parse(Block(data, 3, 1000), source="dossier", references=REFERENCES)


def trail(name: str) -> Parsed:
    return parse((TRAILS / name).read_bytes())


def reasons(result: Parsed) -> list[str]:
    return [rejected.reason for rejected in result.rejected]


def test_a_morning_is_read() -> None:
    result = trail("dossier_one_morning_latin1.csv")
    assert result.events.schema == EVENT
    result.events.validate(full=True)
    assert (result.lines, result.accepted, result.rejected) == (120, 120, ())
    assert {"read", "search", "sign-in", "sign-out"} <= set(result.events["action"].to_pylist())


def test_a_line_gives_its_event() -> None:
    (row,) = parse(ROW.encode("latin-1")).events.to_pylist()
    assert (row["action"], row["account"], row["address"]) == ("read", "u006", "10.1.2.24")
    assert row["id_low"] == 167142 % 4096
    assert str(row["at"]) == "2025-09-04 06:00:14+00:00"
    assert (row["offset"], row["length"]) == (1000, len(ROW) - 1)


def test_a_quoted_field_over_several_lines_is_refused_and_the_next_line_read() -> None:
    result = trail("quoted_field_over_two_lines.csv")
    assert reasons(result) == ["bad-type", "bad-type"]
    assert result.accepted == 2


def test_a_quoted_delimiter_and_a_doubled_quote_are_read() -> None:
    """A quote inside a field that does not begin with one is a letter like others."""
    result = trail("quoted_delimiter_and_doubled_quote.csv")
    assert (result.accepted, result.rejected) == (2, ())


def test_an_even_number_of_quotes_around_a_delimiter_inside_a_field_is_refused() -> None:
    """Two readers would cut such a line differently: it is not guessed."""
    result = parse(ROW.replace("u006;Médecin", 'u"0;06";Médecin').encode("latin-1") + ROW.encode("latin-1"))
    assert reasons(result) == ["bad-type"]
    assert result.events["offset"].to_pylist() == [1000 + len(ROW) + 3]


def test_a_quote_that_opens_inside_a_field_does_not_swallow_the_next_line() -> None:
    """Outside of quotes the first line has eight fields; read alone it has a quote left open."""
    odd = ROW.replace("u006;Médecin", 'u"0;06;Méd"ecin').replace(";OK", ';"OK"x"').encode("latin-1")
    result = parse(odd + ROW.encode("latin-1"))
    assert reasons(result) == ["bad-type"]
    assert result.events["offset"].to_pylist() == [1000 + len(odd)]


def test_a_carriage_return_inside_a_line_is_refused() -> None:
    data = (ROW.replace("Médecin", "Méde\rcin") + ROW.replace("Médecin", '"Méde\rcin"') + ROW).encode("latin-1")
    assert reasons(parse(data)) == ["bad-type", "bad-type"]


CELLS = st.text(alphabet=';"\r\\ aé,\x00', max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_a_line_means_the_same_whatever_stands_beside_it(cells: list[tuple[str, str]]) -> None:
    lines = [ROW.replace("u006;Médecin", f"{first};{second}").encode("latin-1") for first, second in cells]
    whole, alone = parse(b"".join(lines)), [parse(line) for line in lines]
    assert whole.lines == whole.accepted + len(whole.rejected) == len(lines)
    assert whole.accepted == sum(part.accepted for part in alone)
    assert whole.events["account"].to_pylist() == [a for part in alone for a in part.events["account"].to_pylist()]


def test_another_number_of_fields_is_refused() -> None:
    assert reasons(trail("wrong_number_of_fields.csv")) == ["bad-type", "bad-type"]


def test_carriage_returns_and_a_second_header_are_no_part_of_the_data() -> None:
    result = trail("crlf_and_header_twice.csv")
    assert (result.lines, result.accepted, result.rejected) == (2, 2, ())
    assert result.events["length"].to_pylist() == [len(ROW) - 1] * 2


def test_the_hour_that_occurs_twice_is_read_as_its_first() -> None:
    result = trail("twice_two_o_clock.csv")
    assert [str(at)[11:16] for at in result.events["at"].to_pylist()] == ["23:59", "00:30", "02:00"]
    assert reasons(result) == ["bad-time"]


def test_bytes_of_another_encoding_are_refused_line_by_line() -> None:
    result = parse(ROW.encode("latin-1") + ROW.encode(), DOSSIER.replace('"latin-1"', '"utf-8"'))
    assert reasons(result) == ["not-utf8"]
    assert result.accepted == 1


def test_the_header_of_the_file_decides_the_order() -> None:
    mapping = read_mapping(DOSSIER)
    names = list(mapping.dialect.columns)
    data = (";".join(reversed(names)) + "\n" + ";".join(reversed(ROW.strip().split(";"))) + "\n").encode("latin-1")
    (row,) = parse(data, header=header_of(data, mapping.dialect)).events.to_pylist()
    assert (row["account"], row["address"]) == ("u006", "10.1.2.24")


def test_a_header_without_a_mapped_column_stops() -> None:
    with pytest.raises(Usage, match="no column Utilisateur"):
        CsvParser(read_mapping(DOSSIER), "Date/Heure;Qui;Profil;Action;IPP;Poste;Adresse IP;Résultat")


def test_names_must_come_from_somewhere() -> None:
    lines = [line for line in DOSSIER.splitlines() if not line.startswith("columns = ")]
    with pytest.raises(Usage, match="names of the CSV's columns"):
        CsvParser(read_mapping("\n".join(lines)))


def test_several_patients_in_one_value() -> None:
    toml = DOSSIER.replace('column = "IPP"', 'separator = ","\ncolumn = "IPP"')
    result = parse(ROW.replace("P167142", "P100001, P100002").encode("latin-1"), toml)
    assert result.events["row"].to_pylist() == [0, 1]
    assert result.identities["value"].to_pylist() == ["P100001", "P100002"]


def test_an_unknown_action_is_no_act_and_an_empty_account_nobody() -> None:
    data = ROW.replace("CONSULTATION DOSSIER", "VEILLE") + ROW.replace("u006", "").replace("P167142", "")
    assert reasons(parse(data.encode("latin-1"))) == ["not-an-audit-event", "nobody"]


def test_a_line_over_the_limit_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.collect.mapped.MAX_LINE_BYTES", 200)
    result = parse((ROW + ROW.replace("Médecin", "x" * 200) + "x" * 300 + "\n").encode("latin-1"))
    assert reasons(result) == ["too-long", "too-long"]
    assert result.accepted == 1


def test_only_the_header_gives_no_rows() -> None:
    header = (TRAILS / "crlf_and_header_twice.csv").read_bytes().split(b"\n")[0] + b"\n"
    result = parse(header)
    assert (result.lines, result.events.num_rows) == (0, 0)
