"""What a rule becomes in SQL: its values are parameters, whatever they hold."""

from __future__ import annotations

from tocsin.model.condition import ANY_RUN, Every, Not, Says, Some
from tocsin.store.where import Where

EVIL = "'); DROP TABLE events; --"


def test_no_value_of_a_rule_stands_in_the_query() -> None:
    condition = Every(
        (
            Says("service", "is", EVIL),
            Not(Says("client", "like", (EVIL, ANY_RUN))),
            Says("account", "matches", EVIL),
            Some((Says("role", "is", EVIL), Says("role", "is", "nurse"))),
            Says("page", ">", 5),
        )
    )
    where = Where(condition, lambda column: [])
    assert EVIL not in where.text
    assert "DROP" not in where.text
    assert len(where.parameters) == 6
    assert set(where.parameters) == {f"p{i}" for i in range(6)}


def test_the_letters_that_mean_something_to_like_are_escaped() -> None:
    where = Where(Says("client", "like", ("50%_\\", ANY_RUN)), lambda column: [])
    assert where.parameters == {"p0": "50\\%\\_\\\\%"}


def test_addresses_are_looked_up_once_and_only_where_a_network_is_tested() -> None:
    asked: list[str] = []

    def values(column: str) -> list[str]:
        asked.append(column)
        return ["10.0.0.7", "203.0.113.9", "a.host"]

    where = Where(Says("address", "within", "10.0.0.0/8"), values)
    assert (asked, where.parameters) == (["address"], {"p0": ["10.0.0.7"]})
    Where(Says("service", "is", "beds"), values)
    assert asked == ["address"]
