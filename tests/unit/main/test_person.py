"""Every account of a person, and nobody else's."""

from __future__ import annotations

import pyarrow as pa

from tocsin.errors import ConnectorFailed
from tocsin.main.person import MOST, Person, person_of

A, B, C = "idp|a", "idp|b", "idp|c"


class Trail:
    """Whom the trail names on which account."""

    def __init__(self, **named: str) -> None:
        self.pairs = [(f"idp|{account}", name) for account, names in named.items() for name in names.split()]

    def professionals_of(self, accounts: list[str]) -> pa.Table:
        return pa.table({"professional": [name for account, name in self.pairs if account in accounts]})

    def accounts_of(self, professionals: list[str]) -> pa.Table:
        return pa.table({"account": pa.array([a for a, name in self.pairs if name in professionals], pa.string())})


class Directory:
    """A provider that knows persons."""

    def __init__(self, down: bool = False, **persons: str) -> None:
        self.down = down
        self.persons = persons

    def person_of(self, value: str) -> str:
        return self.persons.get(value, "")

    def accounts_of(self, person: str) -> list[str]:
        if self.down:
            raise ConnectorFailed("the provider cannot be reached")
        return [account for account, name in self.persons.items() if name == person and person]


def found(account: str, trail: Trail | None = None, *directories: Directory) -> Person:
    return person_of(account, questions=trail, directories=directories)


def test_without_anything_it_is_the_account_alone() -> None:
    assert found(A) == Person((A,), ())
    assert found(A, Trail()) == Person((A,), ())


def test_the_trail_tells_the_others() -> None:
    assert found(A, Trail(a="99", b="99", c="98")).accounts == (A, B)


def test_a_shared_account_is_followed_to_nobody() -> None:
    person = found(A, Trail(a="99 98", b="99", c="98"), Directory(a="99", z="99"))
    assert person.accounts == (A,)
    assert "2 professionals share" in person.notes[0]


def test_nobody_is_followed_to_a_shared_account() -> None:
    person = found(A, Trail(a="99", b="99 98", c="99"))
    assert person.accounts == (A, C)
    assert person.notes[0] == "accounts of this person that are shared with others, left alone: 1"


def test_the_provider_knows_accounts_that_the_trail_never_saw() -> None:
    assert found(A, Trail(a="99"), Directory(a="99", bis="99", z="98")).accounts == (A, "idp|bis")


def test_where_the_trail_names_nobody_the_provider_says_whose_it_is() -> None:
    assert found(A, None, Directory(a="99", bis="99")).accounts == (A, "idp|bis")
    assert found(A, None, Directory(bis="99")).accounts == (A,)
    assert found("a", None, Directory(a="99", bis="99")).accounts == ("a", "bis")


def test_a_provider_that_is_down_is_named_and_stops_nothing() -> None:
    person = found(A, Trail(a="99", b="99"), Directory(down=True))
    assert person.accounts == (A, B)
    assert "could not be asked for" in person.notes[0]


def test_an_identifier_that_a_hospital_shares_cuts_no_hospital() -> None:
    placeholder = {f"u{n}": "0" for n in range(MOST)}
    person = found(A, None, Directory(a="0", **placeholder))
    assert person.accounts == (A,)
    assert "no person has so many" in person.notes[0]
