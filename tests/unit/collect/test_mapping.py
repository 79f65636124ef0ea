"""A mapping is read strictly: every error names the key and what to write instead."""

from __future__ import annotations

import re

import pytest

from tocsin.collect.mapping import NOT_RECORDED, read_mapping, undeclared
from tocsin.errors import Usage

NGINX = """
format = "nginx"
[service]
name = "portal"
[time]
column = "time"
format = "iso"
[account]
column = "user"
[patient]
system = "Patient"
[[path]]
match = "^/patients/(?P<patient>[0-9]+)$"
method = "get"
action = "read"
[columns]
path = "uri"
method = "method"
status = "status"
[records]
not_recorded = ["sign-ins", "searches", "query-text", "pages", "list-results", "elements", "exports", "writes",
                "network", "device", "client", "token", "request"]
"""

CSV = """
format = "csv"
[csv]
delimiter = ";"
columns = ["quand", "qui", "quoi", "ipp"]
[service]
name = "dossier"
[time]
column = "quand"
format = "%d/%m/%Y %H:%M"
timezone = "Europe/Paris"
[account]
column = "qui"
[patient]
column = "ipp"
system = "urn:ipp"
[action]
column = "quoi"
[action.values]
" LECTURE " = "read"
[records]
not_recorded = ["sign-ins", "failures", "searches", "query-text", "pages", "list-results", "elements", "exports",
                "writes", "network", "device", "client", "token", "request"]
"""


def test_an_nginx_mapping_is_read() -> None:
    mapping = read_mapping(NGINX)
    assert mapping.paths[0].methods == ("GET",)
    assert mapping.patient.system == "Patient"
    assert mapping.columns_read() == ("time", "user", "uri", "method", "status")


def test_values_of_a_column_are_compared_folded() -> None:
    assert read_mapping(CSV).action.values == {"lecture": "read"}


def test_nginx_variables_are_known_as_formats_of_time() -> None:
    assert read_mapping(NGINX.replace('"iso"', '"$time_iso8601"')).time.format == "iso"
    assert read_mapping(NGINX.replace('"iso"', '"$msec"')).time.format == "epoch-s"
    assert read_mapping(NGINX.replace('"iso"', '"$time_local"')).time.format == "%d/%b/%Y:%H:%M:%S %z"


def test_columns_of_a_file_without_names_are_numbers() -> None:
    numbered = CSV.replace('columns = ["quand", "qui", "quoi", "ipp"]', "header = false\nfields = 4")
    for name, number in (("quand", 1), ("qui", 2), ("quoi", 3), ("ipp", 4)):
        numbered = numbered.replace(f'column = "{name}"', f"column = {number}")
    mapping = read_mapping(numbered)
    assert mapping.dialect.columns == ("1", "2", "3", "4")
    assert mapping.patient.column == "4"


MISTAKES = [
    # what is written            instead of                     the key named          what to write
    ('format = "apache"', 'format = "nginx"', r"format:", "Write one of nginx, csv."),
    ("", 'format = "nginx"\n', r"format: is missing", 'Write format = "nginx"'),
    ("[servcie]", "[service]", r"\[service\]: one of name and column", 'Write name = "portal"'),
    ('nom = "x"', 'name = "portal"', r"\[service\] nom: no such key", "column, name"),
    ('name = "portal"\nlabel = "x"', 'name = "portal"', r"\[service\] label: no such key", "Keys here: column, name."),
    ('fromat = "iso"', 'format = "iso"', r"\[time\] format: is missing", "%d/%m/%Y %H:%M:%S"),
    ('format = "%H:%M"', 'format = "iso"', r"\[time\] format: .* day and the hour", '"epoch-s"'),
    ('format = "%d/%m/%Y %H:%M"', 'format = "iso"', r"\[time\] timezone: times without a zone", "Europe/Paris"),
    ('format = "epoch-s"\ntimezone = "UTC"', 'format = "iso"', r"\[time\] timezone: .*carry", "Remove timezone."),
    ('format = "iso"\ntimezone = "Paris"', 'format = "iso"', r"\[time\] timezone: no such zone", "IANA"),
    ("", '[account]\ncolumn = "user"\n', r"\[account\] column: is missing", "remote_user"),
    ("", '[patient]\nsystem = "Patient"\n', r"\[patient\] system: is missing", 'system = "Patient"'),
    ('match = "^/(patients"', 'match = "^/patients/(?P<patient>[0-9]+)$"', r"\[path 1\] match: .*compile", "regular"),
    ("(?P<ipp>[0-9]+)", "(?P<patient>[0-9]+)", r"\[path 1\] match: no such capture as ipp", "one of patient, page"),
    ('action = "open"', 'action = "read"', r'\[path 1\] action: "open" is not', "Write"),
    ('action = "read"\nignore = true', 'action = "read"', r"\[path 1\] action: an action or ignore", "ignore = true"),
    ('elements = ["phone"]\naction = "read"', 'action = "read"', r"\[path 1\] elements", '"telephone"'),
    ("", 'path = "uri"\n', r"\[columns\] path: is missing", 'Write path = "request_uri".'),
    ("", 'method = "method"\n', r"\[columns\] method: is missing", "request_method"),
    ("statut = 1", 'status = "status"', r"\[columns\] statut: no such key", "Write status."),
    ("status = true", 'status = "status"', r"\[columns\] status: the name of a column", 'status = "name"'),
    ('"sign-in", ', '"sign-ins", ', r'not_recorded: "sign-in"', 'Write "sign-ins".'),
    ("", '"network", "device", ', r"not_recorded: neither mapped nor declared absent: network, device", '"network"'),
    ('status = "status"\ntoken = "sid"', 'status = "status"', r"not_recorded: token has a column", "Remove"),
    ("[csv]\n[columns]", "[columns]", r"\[csv\]: an nginx trail", 'format = "csv"'),
    ("name = portal", 'name = "portal"', r"the file: is not TOML", "quotes"),
    ('status = "status"\n[outcome]\ncolumn = "s"\n[outcome.values]\nKO = "failed-request"', 'status = "status"',
     r"\[outcome\] column: \[columns\] status", "Keep one"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "instead_of", "names", "advice"), MISTAKES)
def test_a_mistake_is_named_with_what_to_write(written: str, instead_of: str, names: str, advice: str) -> None:
    assert instead_of in NGINX
    with pytest.raises(Usage) as caught:
        read_mapping(NGINX.replace(instead_of, written, 1))
    assert re.search(names, caught.value.failed), caught.value.failed
    assert advice in caught.value.advice or advice in caught.value.failed


CSV_MISTAKES = [
    ('delimiter = "ab"', 'delimiter = ";"', r"\[csv\] delimiter", "one ASCII"),
    ("delimiter = '\"'", 'delimiter = ";"', r"\[csv\] quote: is also the delimiter", "quote"),
    ('encoding = "utf-16"', 'delimiter = ";"', r"\[csv\] encoding", "Write"),
    ('"quand", "quand", "quoi", "ipp"', '"quand", "qui", "quoi", "ipp"', r"\[csv\] columns: a name", "own"),
    ('"quand", "qui", "quoi", "nip"', '"quand", "qui", "quoi", "ipp"', r'\[csv\] columns: has no "ipp"', "nip"),
    ('header = false\n', 'columns = ["quand", "qui", "quoi", "ipp"]\n', r"\[csv\] fields", "fields = 12"),
    ("[action.valeurs]", "[action.values]", r"\[action\]", "values"),
    ("", '[action]\ncolumn = "quoi"\n', r"\[action\] column: is missing", "Name the column"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "instead_of", "names", "advice"), CSV_MISTAKES)
def test_a_mistake_in_a_dialect_is_named(written: str, instead_of: str, names: str, advice: str) -> None:
    assert instead_of in CSV
    with pytest.raises(Usage) as caught:
        read_mapping(CSV.replace(instead_of, written, 1))
    assert re.search(names, caught.value.failed), caught.value.failed
    assert advice in str(caught.value)


def test_what_is_neither_mapped_nor_declared_can_be_pasted() -> None:
    """The advice of the error is the line to write."""
    body = CSV.partition("[records]")[0]
    with pytest.raises(Usage) as caught:
        read_mapping(body)
    line = re.search(r"not_recorded = \[[^\]]*\]", caught.value.advice)
    assert line is not None
    assert read_mapping(f"{body}[records]\n{line[0]}\n").not_recorded == undeclared(body)


def test_every_word_of_not_recorded_is_asked_for() -> None:
    assert set(undeclared(CSV.partition("[records]")[0])) == set(NOT_RECORDED) - {"patients"}
