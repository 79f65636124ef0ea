"""The picture: all that is known of one incident at one time. Documents are made of it and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from tocsin.model.act import Entry, Standing
from tocsin.model.coverage import Claim, Coverage
from tocsin.model.decision import Decision
from tocsin.model.exposure import EXPOSURE, Count, Sums
from tocsin.model.incident import Incident

PICTURED = EXPOSURE.append(pa.field("person", pa.binary(EXPOSURE.field("patient").type.byte_width), nullable=False))
"""EXPOSURE, and the person whose record it is, as the directory says by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instants:
    """Five instants that law keeps apart, microseconds UTC; None: not known."""

    started: int
    """First act of a session that is the thief's. What came before, the trail does not show."""
    ended: int | None
    """Last act of a session that is the thief's; None while it may go on."""
    last_seen: int
    """Likewise, whether or not it goes on."""
    possible_from: int
    """First act of a session that may be the thief's; at most `started`."""
    possible_until: int
    """Last act of a session that may be the thief's; at least `last_seen`."""
    detected: int
    """The first alert."""
    processor_told: int | None = None
    """When a processor told the controller."""
    aware: int | None = None
    """When the controller became aware: only a person says so, and only from here the 72 hours run."""
    aware_who: str = ""
    """Who said so."""
    aware_evidence: str = ""
    """Id of the decision or entry that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline."""

    at: int
    """Microseconds UTC."""
    kind: str
    """`act-of-thief` | `alert` | `act` | `decision` | `declaration` | `rule`."""
    what: str
    """A rung, an act's kind and state, a decision, a rule: a word that each document has its own sentence for."""
    account: str = ""
    """The account it is about, as the trail names it; empty: none. Never logged."""
    words: str = ""
    """What was told then: reasons in English, why, who."""
    fr: str = ""
    """Of an alert, an act or a rule: the same in French."""
    weight: int = 0
    """Of an alert, micro-nats; not a probability."""
    one_in: float = 0.0
    """Of an alert: one account-week in so many is as heavy."""
    evidence: tuple[str, ...] = ()
    """Ids that prove it: alert, event, act, journal line, decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPicture:
    """One account of the incident."""

    account: str
    """As the trail names it. Never logged."""
    professionals: tuple[str, ...]
    """Whose it is, as the trail says."""
    episodes: tuple[str, ...]
    rung: str
    """Highest rung it reached."""
    weight: int
    """Largest weight, micro-nats; not a probability."""
    one_in: float
    """Rarity of that weight: one account-week in so many."""
    measured: bool
    stratum: str
    calibration: str
    alert: str
    """Name of the alert that carries them."""
    began: int
    ended: int
    """First and last act of the thief's sessions, microseconds UTC."""
    possible_from: int
    possible_until: int
    """First and last act of sessions that may be the thief's."""
    networks: tuple[str, ...]
    addresses: tuple[str, ...]
    devices: tuple[int, ...]
    services: tuple[str, ...]
    """What the thief's sessions show, or the doubtful ones where none is surely his. See `tocsin.triage.traces`."""
    sessions: tuple[int, int]
    """How many sessions are the thief's, how many doubtful."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One incident, whole."""

    incident: Incident
    region: str
    """Name of the region."""
    made_at: int
    """Microseconds UTC."""
    accounts: tuple[AccountPicture, ...]
    """In the order of `incident.accounts`."""
    exposures: pa.Table
    """Schema PICTURED, of all episodes."""
    counts: Sums
    """Persons and records of `exposures`."""
    elements: tuple[Count, ...]
    """Persons by element, certainty and by whom, in the order of the vocabularies."""
    unnamed: pa.Table
    """Schema UNNAMED, of all episodes."""
    sessions: pa.Table
    """Schema SCOPED_SESSION, of all episodes."""
    acts: tuple[Standing, ...]
    journal: tuple[Entry, ...]
    decisions: tuple[Decision, ...]
    coverage: Coverage
    claims: tuple[Claim, ...]
    instants: Instants
    timeline: tuple[Moment, ...]
    """By time."""
    declarations: tuple[tuple[str, int], ...] = field(default=())
    """(name, when) of drafts made for this incident."""

    @property
    def standing(self) -> str:
        """`thief` if a session of it is the thief's, else `unsure` if one may be, else `cleared`: people said so."""
        thief, unsure = (sum(account.sessions[place] for account in self.accounts) for place in (0, 1))
        return "thief" if thief else "unsure" if unsure else "cleared"
