"""The ground: what one detector adds to the weight of an alert, in numbers. Words are made of it when it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OTHERS: Final = "others"
"""A ground of this name: the day's detectors that saw nothing unusual, together."""
EARLIER: Final = "earlier"
"""A ground of this name: what earlier days of the account weigh."""
HUMAN: Final = "human"
"""A ground of this name: a person said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One part of an alert's weight. Those of an alert add up to its weight; their factors multiply."""

    of: str
    """Name of the detector, or one of OTHERS, EARLIER, HUMAN."""
    family: str = ""
    """One of FAMILIES; empty for OTHERS and EARLIER."""
    what: str = ""
    """Of HUMAN: the decision, one of `model.decision.WHAT`."""
    n: int = 0
    """What it counted; of detectors that tell things apart, a code."""
    before: int = 0
    """How many of `n` were not counted in this session."""
    nats: int = 0
    """What it adds to the weight, micro-nats; below 0 where it speaks for the owner."""
    spared: int = 0
    """What it would add besides, were it not that the owner's own days reached as much before; micro-nats."""
    one_in: float = 0.0
    """One honest account-day in so many reaches as much; 0: not said."""
    role: str = ""
    """Role of the accounts it is compared with; "" for all."""
    age: str = ""
    """Age of their accounts, one of `detect.nulls.AGES`."""

    @property
    def told(self) -> bool:
        """Whether it is a reason of its own: something happened, and it weighs against the owner."""
        return self.of not in (OTHERS, EARLIER) and (self.nats > 0 or self.of == HUMAN)
