"""What a health-data officer asks after a stolen account, and the answers, in tables that can be read aloud.

Each table is a trail; each promise is asked of every store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from parity.strategies import event_id_of, pieces_of, whole_row
from tocsin.model.event import bits_of, elements_of
from tocsin.store.duckdb import DuckDBQuestions
from tocsin.store.interface import Parts, Questions
from tocsin.store.memory import MemoryParts, MemoryQuestions
from tocsin.store.parquet import ParquetParts

TRAIL = """
day   time    account      action   outcome         patient  shown                  service    network  request
14    08:59   dr.ferrand   sign-in  success         -        -                      portail    cabinet  0
14    09:00   dr.ferrand   read     success         anna     name,birth,clinical    labo       cabinet  1
14    23:58   dr.ferrand   sign-in  failed-request  -        -                      portail    hotel    0
14    23:59   dr.ferrand   sign-in  success         -        -                      portail    hotel    0
15    00:00   dr.ferrand   list     success         bruno    name,telephone         annuaire   hotel    2
15    00:00   dr.ferrand   list     success         chloé    name,telephone         annuaire   hotel    2
15    00:01   dr.ferrand   read     success         bruno    postal-address         annuaire   hotel    3
15    00:02   dr.ferrand   read     failed-request  david    name,clinical          labo       hotel    4
15    00:03   ide.martin   read     success         anna     name                   labo       hotel    5
15    09:00   ide.martin   read     success         chloé    name                   labo       service  6
"""

PATIENTS = {name: bytes([1]) + name.encode().ljust(16, b".") for name in ("anna", "bruno", "chloé", "david")}
NAMES = {reference: name for name, reference in PATIENTS.items()}
MIDNIGHT = datetime(2025, 9, 15, tzinfo=UTC)


def rows_of(drawn: str) -> list[dict[str, Any]]:
    head, *lines = drawn.strip().splitlines()
    names = head.split()
    return [_row(n, dict(zip(names, line.split(), strict=True))) for n, line in enumerate(lines)]


def _row(line: int, told: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: told[name] for name in ("account", "action", "outcome", "service", "network")}
    row |= {
        "line": line,
        "at": at(f"{told['day']} {told['time']}"),
        "batch": 1 + line % 2,
        "request": int(told["request"]),
    }
    row["patient"] = PATIENTS.get(told["patient"])
    row["elements"] = _bits(told["shown"])
    row["explained_by"] = "no-patient" if row["patient"] is None else "unexplained"
    return whole_row(row)


def _bits(shown: str) -> int:
    return 0 if shown == "-" else bits_of(*shown.split(","))


def at(told: str) -> datetime:
    return datetime.strptime(f"2025-09-{told} +0000", "%Y-%m-%d %H:%M %z")


def memory(_: Path) -> tuple[Parts, Callable[[], Questions]]:
    parts = MemoryParts()
    return parts, lambda: MemoryQuestions(parts)


def parquet(root: Path) -> tuple[Parts, Callable[[], Questions]]:
    parts = ParquetParts(root)
    return parts, lambda: DuckDBQuestions(parts)


def months(root: Path) -> tuple[Parts, Callable[[], Questions]]:
    parts = ParquetParts(root)

    def merged() -> Questions:
        parts.compact("events", before=date(2025, 10, 1))
        return DuckDBQuestions(parts)

    return parts, merged


@pytest.fixture(params=[memory, parquet, months])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Questions:
    parts, questions = request.param(tmp_path)
    for piece in pieces_of(rows_of(TRAIL)):
        parts.write("events", piece.table, day=piece.day, batch=piece.batch)
    return questions()


def drawn(table: pa.Table, *names: str) -> list[str]:
    """Some columns of a table, a line a row, as a person would write them."""
    return [" ".join(_word(name, row[name]) for name in names) for row in table.to_pylist()]


def _word(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "patient":
        return NAMES[value]
    if name == "elements":
        return ",".join(elements_of(value)) or "nothing"
    if isinstance(value, datetime):
        return f"{value:%d %H:%M}"
    return str(value)


def test_whose_data_did_the_account_reach_that_night(ask: Questions) -> None:
    """A failed read is counted, and exposes nothing; a place in a list is shown, and not opened."""
    reached = ask.patients_of(["dr.ferrand"], since=at("14 23:00"))
    assert drawn(reached, "patient", "events", "shown", "opened", "elements") == [
        "bruno 2 2 1 name,telephone,postal-address",
        "chloé 1 1 0 name,telephone",
        "david 1 0 0 nothing",
    ]


def test_the_end_of_a_period_is_not_in_it(ask: Questions) -> None:
    before = ask.accesses_of(["dr.ferrand"], until=MIDNIGHT)
    after = ask.accesses_of(["dr.ferrand"], since=MIDNIGHT)
    assert drawn(before, "at")[-1] == "14 23:59"
    assert drawn(after, "at")[0] == "15 00:00"
    assert before.num_rows + after.num_rows == 8


def test_who_was_in_a_patient_s_record(ask: Questions) -> None:
    assert drawn(ask.accesses_to([PATIENTS["anna"]]), "at", "account", "network") == [
        "14 09:00 dr.ferrand cabinet",
        "15 00:03 ide.martin hotel",
    ]


def test_who_else_came_from_the_thief_s_network(ask: Questions) -> None:
    assert drawn(ask.accounts_from(networks=["hotel"]), "account", "first_at", "last_at", "events", "failed") == [
        "dr.ferrand 14 23:58 15 00:02 6 2",
        "ide.martin 15 00:03 15 00:03 1 0",
    ]


def test_a_device_that_the_trail_does_not_name_is_not_shared(ask: Questions) -> None:
    assert ask.accounts_from(devices=[0]).num_rows == 0


def test_from_where_an_account_came(ask: Questions) -> None:
    assert drawn(ask.origins_of(["dr.ferrand"]), "network", "first_at", "events") == [
        "cabinet 14 08:59 2",
        "hotel 14 23:58 6",
    ]


def test_since_when_an_account_is_known(ask: Questions) -> None:
    assert drawn(ask.seen(["dr.ferrand", "nobody"]), "account", "first_at", "last_at", "events") == [
        "dr.ferrand 14 08:59 15 00:02 8"
    ]


def test_how_much_an_account_did_each_day(ask: Questions) -> None:
    days = ask.days_of(["dr.ferrand"])
    assert drawn(days, "day", "service", "events", "failed", "patients_named") == [
        "2025-09-14 labo 1 0 1",
        "2025-09-14 portail 3 1 0",
        "2025-09-15 annuaire 3 0 2",
        "2025-09-15 labo 1 1 1",
    ]


def test_how_many_accesses_were_to_be_expected(ask: Questions) -> None:
    assert drawn(ask.explanations_of(["dr.ferrand"]), "explained_by", "events", "patients_named") == [
        "no-patient 3 0",
        "unexplained 5 4",
    ]


def test_what_each_service_told_hour_by_hour(ask: Questions) -> None:
    """An hour in which a service was silent has no row: coverage must say whether it should have one."""
    hours = ask.services_by_hour(since=at("14 23:00"))
    assert drawn(hours, "service", "hour", "events", "failed", "accounts", "patients_named") == [
        "annuaire 15 00:00 3 0 1 2",
        "labo 15 00:00 2 1 2 2",
        "labo 15 09:00 1 0 1 1",
        "portail 14 23:00 2 1 1 0",
    ]


def test_rows_of_one_result_belong_together(ask: Questions) -> None:
    assert drawn(ask.requests([2, 0]), "patient") == ["bruno", "chloé"]


def test_the_original_line_of_an_event_can_be_found(ask: Questions) -> None:
    found = ask.event(event_id_of(at("15 00:01"), 6))
    assert drawn(found, "patient", "segment", "offset", "length") == ["bruno 3 6000 900"]


def test_a_name_that_is_a_piece_of_sql_is_a_name(ask: Questions) -> None:
    assert ask.accesses_of(["' OR 1=1 --"]).num_rows == 0


def test_a_time_without_a_zone_is_refused(ask: Questions) -> None:
    with pytest.raises(ValueError, match="zone"):
        ask.accesses_of(["dr.ferrand"], since=datetime(2025, 9, 14))  # noqa: DTZ001


def test_an_empty_store_answers_with_nothing(tmp_path: Path) -> None:
    for questions in (MemoryQuestions(MemoryParts()), DuckDBQuestions(ParquetParts(tmp_path))):
        assert questions.patients_of(["dr.ferrand"]).num_rows == 0
        assert questions.rejections().num_rows == 0
        assert questions.count("alerts") == 0


def test_how_many_lines_were_refused_and_why(tmp_path: Path) -> None:
    refused = pa.table(
        {
            "reason": ["not-json", "no-time", "not-json"],
            "stream": ["labo"] * 3,
            "segment": [1, 1, 1],
            "offset": [0, 10, 30],
            "length": [9, 19, 11],
            "batch": [1, 1, 1],
        }
    )
    for make in (memory, parquet):
        parts, questions = make(tmp_path)
        parts.write("rejected", refused, day=None, batch=1)
        assert drawn(questions().rejections(), "stream", "reason", "lines", "bytes") == [
            "labo no-time 1 19",
            "labo not-json 2 20",
        ]
