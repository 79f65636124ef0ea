"""The addressee: what the printer needs of one person. It comes through the door for a letter and is kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUEUE: Final = {
    "unknown": "the vault knows no identifier of this record",
    "not-found": "the identity server knows nobody by this identifier",
    "several": "the identity server knows several records by this identifier, and none is said to stand for the others",
    "replaced": "the record was replaced by another that the identity server does not give",
    "doubtful": "the identity is provisional, doubtful or fictitious",
    "protected": "the identity or the address is under protection",
    "deceased": "the person has died",
    "birth-unknown": "whether the person is of age cannot be told",
    "name-missing": "the record has no name",
    "name-unfit": "the name holds signs that the post does not read",
    "name-too-long": "the name does not fit into 38 letters",
    "no-address": "the record has no postal address in force",
    "address-unfit": "the address does not fit the lines of the post (NF Z10-011)",
    "minor-care": "a minor, and data about care was seen: who may be told is for a person to decide (CSP L1111-5)",
}
"""Why a person gets no letter by machine, and waits for a human."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Addressee:
    """Whom a letter is for. Neither errors nor logs can show it: it has no `repr` of its own content."""

    name: str
    """Given name and name, as the person uses them."""
    lines: tuple[str, ...]
    """Postal lines, at most seven, each of at most 38 letters (NF Z10-011)."""
    minor: bool
    """Under 18: the letter is addressed to the holders of parental authority (Code civil, art. 371-1)."""
    language: str
    """Preferred language, a two-letter code; "" if the record gives none."""

    def __repr__(self) -> str:
        return "Addressee(behind the door)"


@dataclass(frozen=True, slots=True)
class Queued:
    """A person who waits for a human, and why."""

    reason: str
    """One of QUEUE."""
