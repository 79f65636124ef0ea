"""The accounts of one person: a thief who holds one is kept from the others too, and nobody else is cut for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tocsin.errors import ConnectorFailed

MOST: Final = 8
"""An identifier that more accounts share is no person's: a placeholder in a directory must not cut a hospital."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whose an account is."""

    accounts: tuple[str, ...]
    """The account itself first."""
    notes: tuple[str, ...]
    """What was left alone and why, and what could not be asked; names no account."""
    asked: bool = True
    """Whether every provider could be asked for other accounts."""


def person_of(account: str, *, questions: Any | None, directories: Iterable[Any]) -> Person:
    """Every account of the professional at work on `account`: by the trail, and by what providers know.

    An account on which several professionals are at work is shared: it is followed to nobody, and nobody's other
    accounts are followed to it. `questions`: of the store, or None where there is no trail; `directories`: connectors
    with `accounts_of` and `person_of`.
    """
    directories = list(directories)
    notes: list[str] = []
    names = _professionals(account, questions)
    if len(names) > 1:
        return Person((account,), (f"{len(names)} professionals share this account: their others are left alone",))
    accounts, asked = {account: None}, True
    for name in names:
        found = questions.accounts_of([name])["account"].to_pylist() if questions is not None else []
        alone = [other for other in found if other == account or len(_professionals(other, questions)) == 1]
        if len(alone) < len(found):
            notes.append(f"accounts of this person that are shared with others, left alone: {len(found) - len(alone)}")
        accounts |= dict.fromkeys(alone)
    for directory in directories:
        try:
            accounts |= dict.fromkeys(_at(directory, account, names, set(accounts)))
        except ConnectorFailed as problem:
            notes.append(
                f"other accounts of this person could not be asked for, {problem.failed}: give the command again"
            )
            asked = False
    if len(accounts) > MOST:
        return Person((account,), (*notes, f"{len(accounts)} accounts bear this identifier: no person has so many"))
    return Person(tuple(accounts), tuple(notes), asked)


def _professionals(account: str, questions: Any | None) -> list[str]:
    return questions.professionals_of([account])["professional"].to_pylist() if questions is not None else []


def _at(directory: Any, account: str, names: list[str], known: set[str]) -> list[str]:
    """Accounts at a provider, told in the system of the account itself where they are new."""
    system, _, value = account.rpartition("|")
    values = {one.rpartition("|")[2] for one in known}
    identifiers = names or [directory.person_of(value)]
    found = [other for name in identifiers for other in directory.accounts_of(name)]
    return [f"{system}|{other}" if system else other for other in found if other not in values]
