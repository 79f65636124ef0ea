"""A rule means the same to DuckDB, with parameters in a WHERE, and to the referee, row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parity.strategies import ACCOUNTS, MOMENTS, PATIENTS, PROFESSIONALS, periods, pieces_of, whole_row
from tocsin.detect.rules.reading import read_rule
from tocsin.detect.rules.regex import not_read
from tocsin.model.condition import FIELDS, Condition, Field, folded
from tocsin.model.event import ACTIONS, ELEMENTS, OUTCOMES, QUERY_KINDS, REASONS
from tocsin.model.hit import Wanted
from tocsin.store.duckdb import DuckDBQuestions
from tocsin.store.interface import Questions
from tocsin.store.memory import MemoryParts, MemoryQuestions
from tocsin.store.parquet import ParquetParts

LETTERS = "aAbéÉİΣσ%_*?\\$' \n"
TEXTS = ("a", "Ab", "éB", "É b", "a%b", "a_b", "A*b", "a?", "a\\b", "", "İa", "ΣΑΣ", "a$\n", "' OR 1=1 --", "aab\n")
"""What the trail says where rules look: what matters to a LIKE, to a regular expression, to a text in quotes."""
ADDRESSES = ("10.0.0.7", "10.255.0.1", "203.0.113.9", "2001:db8::1", "2001:DB8:0::2", "::ffff:10.0.0.9", "a.host", "")
NETWORKS = ("10.0.0.0/8", "10.0.0.0/24", "203.0.113.9/32", "2001:db8::/32", "0.0.0.0/0", "::/0")
ROLES = {("dr.ferrand", "99000000001"): "nurse", ("dr.ferrand", None): "GP", ("Zoé", None): "é", (None, None): ""}
PIECES = (
    "a",
    "b",
    "é",
    ".",
    "^",
    "$",
    r"\$",
    "[ab$]",
    "[^a]",
    r"\d",
    r"\w",
    r"\b",
    r"\\",
    "(?:a|b)",
    "(b|)",
    "*",
    "+?",
)
PIECES += ("{2}", "{0,2}", "|", "?", "%", "\n", r"\n", "]", "{")

_text = st.sampled_from(TEXTS)
_ROW = st.fixed_dictionaries(
    {
        "line": st.integers(0, 3),
        "row": st.integers(0, 1),
        "at": st.sampled_from(MOMENTS),
        "batch": st.integers(1, 2),
        "service": st.none() | _text,
        "client": st.none() | _text,
        "purpose": st.none() | _text,
        "query_head": st.none() | _text,
        "account": st.none() | st.sampled_from(ACCOUNTS),
        "professional": st.none() | st.sampled_from(PROFESSIONALS),
        "address": st.none() | st.sampled_from(ADDRESSES),
        "network": st.none() | st.sampled_from(NETWORKS),
        "action": st.sampled_from(ACTIONS),
        "outcome": st.sampled_from(OUTCOMES),
        "query_kind": st.sampled_from(QUERY_KINDS),
        "explained_by": st.sampled_from(REASONS),
        "patient": st.none() | st.sampled_from(PATIENTS),
        "patients": st.none() | st.sampled_from((0, 1, 7, 2**31 - 1)),
        "query_length": st.sampled_from((0, 1, 3, 65_535)),
        "page": st.integers(0, 3),
        "id_low": st.sampled_from((-1, 0, 7)),
        "assurance": st.integers(0, 4),
        "device": st.sampled_from((0, 7, 2**64 - 1)),
        "token": st.sampled_from((0, 7, 2**64 - 1)),
        "query_hash": st.sampled_from((0, 7)),
        "request": st.sampled_from((0, 7)),
        "elements": st.sampled_from((0, 1, 6, 2**15 - 1)),
    }
)
_NUMBERS = st.sampled_from((-1, 0, 1, 2, 3, 7, 9, 12, 23))


@st.composite
def _item(draw: st.DrawFn) -> tuple[str, Any]:
    """One line of a detection."""
    name = draw(st.sampled_from(sorted(FIELDS)))
    field = FIELDS[name]
    modifier = draw(st.sampled_from(_modifiers(name, field)))
    if modifier == "exists":
        return f"{name}|exists", draw(st.booleans())
    one = _value(name, field, modifier)
    values = (
        draw(one if modifier else one | st.none())
        if draw(st.booleans())
        else draw(st.lists(one, min_size=1, max_size=3))
    )
    both = field.kind in ("text", "set") and draw(st.booleans())
    assume(not (both and not isinstance(values, list)))
    return "|".join([name, *([modifier] if modifier else []), *(["all"] if both else [])]), values


def _modifiers(name: str, field: Field) -> tuple[str, ...]:
    more = {"text": ("contains", "startswith", "endswith", "re"), "number": ("gt", "gte", "lt", "lte")}
    return ("", "", "exists", *more.get(field.kind, ()), *(("cidr",) if name == "address" else ()))


def _value(name: str, field: Field, modifier: str) -> st.SearchStrategy[Any]:
    if modifier == "cidr":
        return st.sampled_from(NETWORKS)
    if modifier == "re":
        return st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join).filter(_alike)
    if field.kind == "word":
        return st.sampled_from(field.words) | st.sampled_from(field.words).map(lambda word: word[:2] + "*")
    if field.kind == "set":
        return st.sampled_from(ELEMENTS)
    if field.kind == "flag":
        return st.booleans()
    if field.kind == "number":
        return _NUMBERS
    if field.kind == "key":
        return st.sampled_from(("1", "7", str(2**64 - 1)))
    known = {"account": ACCOUNTS, "address": ADDRESSES, "role": ("nurse", "GP", "gp"), "network": NETWORKS}
    return _text | st.text(LETTERS, max_size=4) | st.sampled_from(known.get(name, TEXTS))


def _alike(pattern: str) -> bool:
    return not not_read(pattern)


_SEARCH = st.lists(_item(), min_size=1, max_size=3).map(dict)
_CONDITIONS = (
    "one", "not one", "one and two", "one or not two", "not (one and two) or three", "1 of t*", "all of them",
    "not 1 of them", "one and not all of t*",
)  # fmt: skip


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@st.composite
def _rules(draw: st.DrawFn) -> str:
    searches = {name: draw(_SEARCH | st.lists(_SEARCH, min_size=1, max_size=2)) for name in ("one", "two", "three")}
    told = {
        "title": "t",
        "description": "d",
        "id": "5d4f2a9e-0c0b-4b6e-9a3b-0a6a4b1f5b11",
        "level": "low",
        "logsource": {"product": "tocsin", "category": "access"},
        "detection": {**searches, "condition": draw(st.sampled_from(_CONDITIONS))},
    }
    return yaml.dump(told, Dumper=_Plain, allow_unicode=True, sort_keys=False)


@contextmanager
def _both(rows: list[dict[str, Any]]) -> Iterator[tuple[Questions, Questions]]:
    with tempfile.TemporaryDirectory() as folder:
        parquet, memory = ParquetParts(Path(folder), durable=False), MemoryParts()
        for piece in pieces_of(rows):
            for parts in (parquet, memory):
                parts.write("events", piece.table, day=piece.day, batch=piece.batch)
        yield DuckDBQuestions(parquet, memory_mb=200, threads=1), MemoryQuestions(memory)


def _asked(questions: Questions, condition: Condition, zone: str, period: dict[str, Any]) -> list[dict[str, Any]]:
    found = questions.matches(
        condition,
        zone=zone,
        role_of=lambda account, professional: ROLES.get((account, professional)),
        honey=[PATIENTS[0]],
        **period,
    )
    return found.to_pylist()


_TRAIL = st.lists(
    _ROW.map(whole_row),
    min_size=1,
    max_size=14,
    unique_by=lambda row: (row["event_id"], row["row"], row["batch"]),
)


@settings(max_examples=300, deadline=None)
@given(text=_rules(), rows=_TRAIL, period=periods(), zone=st.sampled_from(("Europe/Paris", "America/Cayenne")))
def test_two_engines_one_meaning(text: str, rows: list[dict[str, Any]], period: dict[str, Any], zone: str) -> None:
    condition = read_rule("generated", text).condition
    with _both(rows) as (duck, referee):
        assert _asked(duck, condition, zone, period) == _asked(referee, condition, zone, period)


_BATCHES = st.none() | st.tuples(st.integers(0, 2), st.integers(0, 3))


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(_rules(), min_size=1, max_size=3),
    rows=_TRAIL,
    period=periods(),
    accounts=st.none() | st.lists(st.sampled_from(ACCOUNTS), max_size=2),
    batches=_BATCHES,
    limit=st.none() | st.integers(0, 3),
)
def test_hits_are_the_same_whichever_engine_looks(
    texts: list[str],
    rows: list[dict[str, Any]],
    period: dict[str, Any],
    accounts: list[str] | None,
    batches: tuple[int, int] | None,
    limit: int | None,
) -> None:
    """Several rules in one look, of some accounts or batches: each hit once, and counted."""
    wanted = _wanted(texts)
    of: dict[str, Any] = {**period, "accounts": accounts, "batches": batches}
    with _both(rows) as (duck, referee):
        hits = [engine.hits(wanted, limit=limit, **of).to_pylist() for engine in (duck, referee)]
        assert hits[0] == hits[1]
        counted = [engine.hits_by(wanted, **of).to_pylist() for engine in (duck, referee)]
        assert counted[0] == counted[1]
        assert len(hits[0]) <= sum(one["events"] for one in counted[0])


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(_rules(), min_size=1, max_size=3), rows=_TRAIL, data=st.data())
def test_hits_are_the_same_whatever_the_batches(
    texts: list[str], rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    """All at once, or batch by batch as they come: each hit once and none missing. No event is in two batches."""
    batch_of: dict[bytes, int] = {}
    for row in rows:
        batch_of.setdefault(row["event_id"], data.draw(st.integers(1, 4)))
    told = {(row["event_id"], row["row"]): {**row, "batch": batch_of[row["event_id"]]} for row in rows}
    wanted = _wanted(texts)
    with _both(list(told.values())) as (duck, _):
        whole = duck.hits(wanted).to_pylist()
        pieces = [hit for n in range(4) for hit in duck.hits(wanted, batches=(n, n + 1)).to_pylist()]
    assert sorted(pieces, key=str) == sorted(whole, key=str)


def _wanted(texts: list[str]) -> Wanted:
    conditions = {f"r{number}": read_rule("generated", text).condition for number, text in enumerate(texts)}
    role_of = lambda account, professional: ROLES.get((account, professional))  # noqa: E731
    return Wanted(conditions, "Europe/Paris", role_of, [PATIENTS[0]])


@settings(max_examples=60, deadline=None)
@given(text=_rules(), rows=_TRAIL)
def test_a_rule_or_its_opposite_and_never_both(text: str, rows: list[dict[str, Any]]) -> None:
    """Promise: a field that the trail did not give makes no row disappear from a rule and from its negation alike."""
    opposite = yaml.safe_load(text)
    opposite["detection"]["condition"] = f"not ({opposite['detection']['condition']})"
    said = read_rule("generated", text).condition
    denied = read_rule("generated", yaml.dump(opposite, Dumper=_Plain, allow_unicode=True)).condition
    one_each = list({row["event_id"]: {**row, "row": 0, "batch": 1} for row in rows}.values())
    with _both(one_each) as (duck, _):
        counts = [sum(row["events"] for row in _asked(duck, one, "Europe/Paris", {})) for one in (said, denied)]
        assert sum(counts) == len(one_each)


@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6))
def test_case_is_folded_alike(text: str) -> None:
    import duckdb

    with duckdb.connect(":memory:") as engine:
        row = engine.execute("SELECT lower($text)", {"text": text}).fetchone()
    assert row == (folded(text),)
