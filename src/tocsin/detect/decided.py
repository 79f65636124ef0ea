"""What a person decided, taken up by the judge: the family *human*.

    challenge-failed, true            -> `suspend`, at once: a failed challenge needs no second family
    challenge-passed, false, expected -> the account stands on no rung, its statistic begins anew
    expected                          -> an exception: until its end such counts of content are no evidence
    withdrawn, true, challenge-failed -> the exception ends
    not-mine, mine, aware             -> nothing here: scope, explain and the clock of the declarations read them

A decision has its place in the accepted order, as a row has: a rebuild meets it there again.
"""

from __future__ import annotations

import numpy as np

from tocsin.detect.days import today
from tocsin.detect.judge import Judge
from tocsin.detect.registry import NAMES
from tocsin.detect.weight import CONTENT, bins
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.decision import Decision
from tocsin.model.ground import EARLIER, HUMAN, Ground
from tocsin.model.rows import MICROSECONDS_A_DAY

CLEARING = ("challenge-passed", "false", "expected")
"""The owner was at work: no alert stands any more."""
_SUSPEND = 1 + RUNGS.index("suspend")
_SUSPENDING = ("challenge-failed", "true")


def decide(judge: Judge, decision: Decision) -> list[Alert]:
    """Take up a decision; the alert it leads to, if it does. An account that no row has named yet gives none."""
    account = judge.accounts.numbers.get(decision.account)
    if account is None or account >= len(judge.state.standing):
        return []
    if decision.what in _SUSPENDING:
        return _suspend(judge, account, decision)
    if decision.what in CLEARING:
        _clear(judge, account, decision)
    if decision.what == "expected":
        judge.state.expect(account, _reached(decision), decision.until)
    if decision.what == "withdrawn":
        judge.state.expect(account, _reached(decision), 0)
    return []


def _suspend(judge: Judge, account: int, decision: Decision) -> list[Alert]:
    """Put the account on the highest rung, if it does not stand there."""
    state, rung = judge.state, judge.ladder.rungs[_SUSPEND - 1]
    state.expect(account, np.full(CONTENT, -1), 0)
    if state.standing[account] == _SUSPEND and state.until[account] > decision.at:
        return []
    state.standing[account] = _SUSPEND
    state.until[account] = decision.at + rung.duration_us
    last = (int(state.until[account]) - 1) // MICROSECONDS_A_DAY
    judge.stood.update((account, day) for day in range(decision.at // MICROSECONDS_A_DAY, last + 1))
    theirs = state.open.take(state.open.account == account)
    weight = int(state.ln_r1[account] + state.today[account])
    one_in, measured, stratum = judge.ladder.rarity(weight, judge.roles[account], judge.homes[account])
    return [
        Alert(
            account=decision.account,
            at=decision.at,
            rung=rung.name,
            weight=weight,
            one_in=one_in,
            measured=measured,
            stratum=stratum,
            calibration=judge.line_of(account, _SUSPEND).calibration,
            session=int(theirs.id[theirs.last_at.argmax()]) if len(theirs) else 0,
            grounds=(
                Ground(of=HUMAN, family="human", what=decision.what),
                *((Ground(of=EARLIER, nats=weight),) if weight else ()),
            ),
            events=decision.events[:10],
            families=("human",),
        )
    ]


def _clear(judge: Judge, account: int, decision: Decision) -> None:
    """The owner was at work: no rung, no statistic, and the days from the eve of the decision on count as hers."""
    eve = decision.at // MICROSECONDS_A_DAY - 1
    so_far = today(judge.state, of=account)
    judge.state.learn_own(so_far.account, so_far.counts, so_far.age)
    judge.restart(account, decision.at)
    judge.stood = {(number, day) for number, day in judge.stood if number != account or day < eve}


def _reached(decision: Decision) -> np.ndarray:
    """The bin of own history that each content detector's expected count lies in; -1 where nothing is expected."""
    up_to = dict(decision.caps)
    return np.array([int(bins(np.array(up_to[name]))) if name in up_to else -1 for name in NAMES[:CONTENT]], np.int64)
