"""Acts of one account in a few words, as rows: what the examples in the detectors' docstrings are written in.

    stranger | expected | known | lists | searches | fails | changes      what is done, and with whom
        stranger  opens a patient whom nothing explains
        expected  opens a new patient whom something explains
        known     opens a patient of the account's own past
        lists     a patient whom nothing explains is shown in a list
        searches  a search that was not made before
        fails     a sign-in that is refused
        changes   how the account signs in is changed
    before it   `session two`: in another session
    after it    `again` (the same patient or search as the act before) · `of UNIT` · `no N` (local number) · `page N`
                `honey` · `declared` · `new-network`, `new-device`, `new-client`, `new-assurance`, `new-service`
                `pooled N` · `at PLACE` (device) · `newcomer` (the account's first day, late in the trail)
                `unplaced` (in no unit), `unknown` (in no directory), `held` (by another account), `struck-off`
                `cohort N` (sign-ups of others)
                `after N s` · `next day`

A new detector that looks at something else adds a word here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tocsin.detect.view import Carry, Detector, View
from tocsin.model.event import ACTIONS, REASONS
from tocsin.model.explained import (
    HELD,
    NEW_ASSURANCE,
    NEW_CLIENT,
    NEW_COUNTRY,
    NEW_DEVICE,
    NEW_NETWORK,
    NEW_SERVICE,
    NEW_TO_ALL,
    NOWHERE,
    STRUCK_OFF,
    UNKNOWN,
    Explained,
)
from tocsin.model.rows import Rows, key_of

SECOND = 1_000_000
MORNING = 20_000 * 86_400 * SECOND + 8 * 3600 * SECOND
"""08:00:00 UTC of a day: no clock window ends in the next hour."""
NOVELTY = {
    "new-network": NEW_NETWORK,
    "new-device": NEW_DEVICE,
    "new-client": NEW_CLIENT,
    "new-assurance": NEW_ASSURANCE,
    "new-service": NEW_SERVICE,
    "new-to-all": NEW_TO_ALL,
    "new-country": NEW_COUNTRY,
}
VOUCHED = {"unplaced": NOWHERE, "unknown": UNKNOWN, "held": HELD, "struck-off": STRUCK_OFF}


@dataclass
class Act:
    """One row."""

    do: str
    session: int = 0
    again: bool = False
    unit: str = ""
    number: int = -1
    page: int = 0
    honey: bool = False
    declared: bool = False
    novelty: int = 0
    pooled: int = 0
    targeted: int = 0
    paced: int = 0
    place: str = ""
    newcomer: bool = False
    unplaced: int = 0
    cohort: int = 0
    after_s: float = 0.5


def act_of(text: str) -> Act:
    """An act of its words. Raises `ValueError` for a word that is none."""
    words = text.split()
    session = 0
    if words[0] == "session":
        session, words = 1 + ("two", "three").index(words[1]), words[2:]
    act = Act(words.pop(0), session)
    if act.do not in ("stranger", "expected", "known", "lists", "searches", "fails", "changes"):
        raise ValueError(f"no such act: {text!r}; see tests/spec/acts.py")
    while words:
        word = words.pop(0)
        if word in ("again", "honey", "declared", "newcomer"):
            setattr(act, word, True)
        elif word in NOVELTY:
            act.novelty |= NOVELTY[word]
        elif word in VOUCHED:
            act.unplaced = VOUCHED[word]
        elif word == "at":
            act.place = words.pop(0)
        elif word == "of":
            act.unit = words.pop(0)
        elif word in ("no", "page", "pooled", "targeted", "paced", "cohort"):
            setattr(act, {"no": "number"}.get(word, word), int(words.pop(0)))
        elif word == "after":
            act.after_s, _ = float(words.pop(0)), words.pop(0)
        elif word == "next":
            act.after_s, _ = 86_400.0, words.pop(0)
        else:
            raise ValueError(f"no such word: {word!r} in {text!r}; see tests/spec/acts.py")
    return act


@dataclass
class Drawn:
    """Acts as a batch in session order, and how to put what is counted back into the order of the acts."""

    acts: list[Act]
    order: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.order = np.argsort([act.session for act in self.acts], kind="stable")

    def view(self) -> View:
        """What a detector sees."""
        acts = [self.acts[place] for place in self.order]
        at = np.cumsum([act.after_s for act in self.acts]) * SECOND
        at = (MORNING + at.astype(np.int64))[self.order]
        n = len(acts)
        who = self._who()[self.order]
        opens = np.array([act.do in ("stranger", "expected", "known") for act in acts])
        fresh = np.array([act.do in ("stranger", "expected") and not act.again for act in acts])
        listed = np.array([act.do == "lists" and not act.again for act in acts])
        explained_by = {"stranger": 0, "lists": 0, "expected": REASONS.index("appointment")}
        reason = np.array([explained_by.get(act.do, REASONS.index("own-past")) for act in acts], np.int8)
        searches = np.array([act.do == "searches" for act in acts])
        fails = np.array([act.do == "fails" for act in acts])
        changes = np.array([act.do == "changes" for act in acts])
        nobody = searches | fails | changes
        zeros = np.zeros(n, np.uint64)
        session = np.array([act.session for act in acts])
        first = np.flatnonzero(np.r_[True, session[1:] != session[:-1]])
        rows = Rows(
            event_hi=zeros,
            event_lo=np.arange(n).astype(np.uint64),
            at=at,
            account=np.zeros(n, np.int32),
            service=np.zeros(n, np.int32),
            client=zeros,
            network=zeros,
            device=np.array([key_of(act.place) if act.place else 0 for act in acts], np.uint64),
            assurance=np.zeros(n, np.uint8),
            action=np.select(
                [opens, searches, fails, changes],
                [ACTIONS.index(action) for action in ("read", "search", "sign-in", "credential")],
                ACTIONS.index("list"),
            ).astype(np.int8),
            outcome=fails.astype(np.int8),
            patient=np.where(nobody, 0, who).astype(np.uint64),
            query_kind=np.zeros(n, np.int8),
            query_hash=np.where(searches, who, 0).astype(np.uint64),
            page=np.array([act.page for act in acts], np.int32),
            id_low=np.array([act.number for act in acts], np.int16),
            country=np.zeros(n, np.uint16),
        )
        unit = [key_of(act.unit) if act.unit else int(one) for act, one in zip(acts, who, strict=True)]
        explained = Explained(
            reason=np.where(nobody, REASONS.index("no-patient"), reason).astype(np.int8),
            fresh=fresh,
            fresh_listed=listed,
            unit=np.where(fresh & (reason == 0), np.array(unit, np.uint64), 0).astype(np.uint64),
            ward=np.zeros(n, np.uint64),
            novelty=np.array([act.novelty for act in acts], np.uint8),
            unsettled=np.array([act.novelty for act in acts], np.uint8),
            age_days=np.array([0 if act.newcomer else 30 for act in acts], np.int32),
            declared=np.array([act.declared for act in acts]),
            newcomer=np.array([act.newcomer for act in acts]),
            unplaced=np.array([act.unplaced for act in acts], np.int8),
        )
        return View(
            rows=rows,
            explained=explained,
            seg=np.searchsorted(first, np.arange(n), side="right") - 1,
            first=first,
            last=np.r_[first[1:] - 1, n - 1],
            session=session.astype(np.uint64) + np.uint64(1),
            goes_on=np.zeros(len(first), bool),
            account_order=np.argsort(self.order),
            account_seg=np.zeros(n, np.int64),
            marked=np.array([act.honey for act in acts]),
            pooled=np.array([(act.pooled, act.targeted, act.paced) for act in acts], np.int64).reshape(-1, 3),
            cohort=np.array([act.cohort for act in acts], np.int64),
        )

    def counted(self, detector: Detector) -> list[int]:
        """What a detector counts after each act, in the order of the acts."""
        view = self.view()
        sessions = len(view.first)
        carry = Carry(
            session={name: np.zeros(sessions, np.int64) for name in detector.session_state},
            account={name: np.zeros(1, np.int64) for name in detector.account_state},
            met=lambda keys: np.zeros(len(keys), bool),
            meet=[],
        )
        counts = np.empty(len(self.acts), np.int64)
        counts[self.order] = detector.count(view, carry)
        return counts.tolist()

    def _who(self) -> np.ndarray:
        """A key for the patient (or the search) of each act; `again` is that of the act before."""
        keys: list[int] = []
        for act in self.acts:
            keys.append(keys[-1] if act.again else 1_000 + len(keys))
        return np.array(keys, np.uint64)
