"""The letter as data: what a template sets and the lint reads. Nothing in it is markup."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The controller that writes, as `[organisation]` says; what is empty there is empty here."""

    name: str = ""
    street: str = ""
    locality: str = ""
    """Postcode and city."""
    city: str = ""
    help_line: str = ""
    help_hours: str = ""
    website: str = ""
    dpo_name: str = ""
    dpo_email: str = ""
    dpo_phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was done about the accounts, as the journal of acts proves."""

    accounts: int
    """Accounts of the incident."""
    blocked: int
    """Of these, read back as inactive at the provider, then or now."""
    dead: int
    """Of these, blocked, and every service that could be asked says that it serves the account no more."""
    begun: int
    """Of these, being cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading and what stands below it."""

    key: str
    """What it answers: see `lint.REQUIRED`."""
    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    """A list, after the paragraphs."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letter:
    """One letter to one person. It has no `repr` of its content: nothing of it ends in a log."""

    reference: str
    """`L-` and 12 hexadecimal digits: what the person may quote on the telephone; says nothing by itself."""
    title: str
    sender: tuple[str, ...]
    """Lines at the top left, outside the window of the envelope."""
    lines: tuple[str, ...]
    """Postal lines, in the window."""
    place_and_date: str
    mark: str
    """The reference, in words."""
    opening: str
    blocks: tuple[Block, ...]
    closing: tuple[str, ...]
    page_words: tuple[str, str] = field(default=("page", "sur"))
    language: str = "fr"

    def __repr__(self) -> str:
        return f"Letter({self.reference})"

    def data(self) -> dict[str, Any]:
        """As the template reads it."""
        return asdict(self)
