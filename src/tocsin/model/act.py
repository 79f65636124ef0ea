"""The act: an effect outside, as data. Planned, shown, approved, journalled, done, proven, undone.

planned -> approved -> begun -> applied -> proven
    |                     |        |-> unproven: asked again later
    `-> refused           `-> failed: tried again later
begun, applied, proven, unproven, failed -> undoing -> undone
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

State = Literal[
    "planned",  # shown, waits for approval
    "approved",  # by a person or beforehand
    "refused",  # by a person
    "begun",  # what was there before is noted; the effect may have happened
    "applied",  # the other side said yes
    "proven",  # read back: it is so
    "unproven",  # read back: it is not so, or nobody can say; asked again
    "failed",  # the other side said no, or nothing; tried again
    "undoing",  # being taken back
    "undone",  # taken back, and read back
]

STATES: Final[tuple[State, ...]] = get_args(State)
UNFINISHED: Final[tuple[State, ...]] = ("approved", "begun", "applied", "unproven", "failed", "undoing")
"""What `tocsin resume` takes up again when it is due."""
NEVER: Final = 1 << 62
"""`Standing.next_at` of what is `applied` where nothing can be read back: others prove it."""

KINDS: Final[Mapping[str, bool]] = {
    "suspend-account": True,  # the account is inactive at the provider
    "delete-tokens": False,  # every token of the account is deleted at the provider: nothing revives a session
    "prove-dead": False,  # a service is asked whether it still serves the account: no effect
    "print-letters": False,  # letters leave the door, with a receipt
    "publish-indicators": False,  # a bundle for other regions is written
}
"""Kind -> whether it can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is to be done, to what, for whom and why."""

    id: str
    """`ACT-` and 12 hexadecimal digits; see `act_id`."""
    incident: str
    """`Incident.id`."""
    kind: str
    """One of KINDS."""
    by: str
    """Name of the connector or probe that carries it out."""
    target: str
    """The account as the provider names it, or what else it is about. Never logged."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """What the connector needs beside; no identity of a patient."""
    asked_by: str
    """A person, or `ladder` where the rung was approved beforehand."""
    why: str
    """In words: a rung, a verdict, a request."""


def act_id(incident: str, kind: str, by: str, target: str, *, rung: str = "", round: int = 0) -> str:
    """The same plan made twice gives the same acts, so that nothing is done twice.

    `rung`: what asks for it, where two rungs ask for the same: tokens deleted when sessions were ended must be deleted
    again when the account is suspended. `round`: how often a person took it back, or asked for it again.
    """
    told = "\x1f".join((incident, kind, by, target, str(round), *([rung] if rung else [])))
    return f"ACT-{hashlib.blake2b(told.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An act and where it stands, as the journal says."""

    act: Act
    state: State
    attempts: int
    """How often it was begun."""
    since: int
    """When it came into this state, microseconds UTC."""
    next_at: int
    """When it is due again, microseconds UTC; 0: at once."""
    before: Mapping[str, Any]
    """What was there before it was begun: what an undo restores."""
    proof: Mapping[str, Any]
    """What was read back last: `state` is `dead`, `alive` or `unknown` for an account; and how it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal. Each holds the hash of the line before it."""

    number: int
    """1, 2, ..."""
    at: int
    """Microseconds UTC."""
    incident: str
    act: str
    """`Act.id`."""
    state: State
    """The state it came into."""
    who: str
    """The person or process."""
    detail: Mapping[str, Any]
    """What was found or said; no identity of a patient, no secret."""
    hash: str
    """BLAKE2b-256 of the hash before and this line."""
