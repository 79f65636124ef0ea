"""Queue: whom the analyst looks at this week, as `detect.queue` says; why, and what was answered already."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.config import Settings
from tocsin.detect.queue import Queue, queue_of
from tocsin.errors import Usage
from tocsin.main.exceptions import in_force
from tocsin.main.inspect import Reading
from tocsin.main.saved import state_path, weekly_in
from tocsin.main.tables import alert_id, instant
from tocsin.main.verdicts import MONDAY, Said, account_weeks, verdicts
from tocsin.model.alert import RUNGS, Alert
from tocsin.model.evidence import MICRONATS
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.scope import episodes

_EPOCH: Final = date(1970, 1, 1)
_WEEK_US: Final = 7 * MICROSECONDS_A_DAY
_SHOWN: Final = 3
"""Sessions shown of an account, the heaviest."""
PROMISE: Final = (
    "Of the accounts on this queue at most {fdr:.0%} are expected to be in their owner's hands, whatever the accounts "
    "have to do with one another, if the bets are fair; {check}."
)
LADDER: Final = (
    "The ladder promises something else: that an honest account climbs in no more than its budget of weeks. It judges "
    "each account alone and acts at once; how many of those who climbed are thieves it does not say."
)


def queue(settings: Settings, *, week: str | None = None, fdr: float = 0.1) -> dict[str, Any]:
    """The queue of a week (`2026-W48`; by default the latest), as plain data. Raises `Usage`."""
    if not 0 < fdr < 1:
        raise Usage("--fdr is a share between 0 and 1", advice="0.1: one in ten on the queue may be honest.")
    reading = Reading(settings)
    weekly, names = weekly_in(state_path(settings))
    if not weekly.weeks:
        raise Usage("nothing has been bet on yet", advice="Import a trail first: tocsin import PATH.")
    number = max(weekly.weeks) if week is None else week_number(week)
    if number not in weekly.weeks:
        known = ", ".join(week_name(held) for held in sorted(weekly.weeks))
        raise Usage("nothing is remembered of this week", advice=f"Remembered: {known}.")
    alerts, decisions = reading.alerts(), reading.decisions()
    said = verdicts(decisions, alerts, episodes(alerts, settings.rungs()))
    numbers = {name: place for place, name in enumerate(names)}
    found = queue_of(
        weekly,
        number,
        fdr=fdr,
        stolen=account_weeks(said, numbers.get, stolen=True),
        owners=account_weeks(said, numbers.get, stolen=False),
    )
    monday = _EPOCH + timedelta(days=MONDAY + 7 * number)
    entries = [
        _entry(found, place, names, [a for a in alerts if _week_of(a) == number], said, number)
        for place in range(found.length)
    ]
    for entry, at in zip(entries, found.peak_at.tolist(), strict=False):
        entry["exceptions"] = in_force(decisions, entry["account"], at)
    _show_sessions(reading, entries, number)
    return {
        "week": week_name(number),
        "from": monday.isoformat(),
        "until": (monday + timedelta(days=7)).isoformat(),
        "fdr": fdr,
        "accounts": len(found.accounts),
        "line": round(found.line, 3),
        "past": {
            "account_weeks": found.past,
            "set_aside": found.set_aside,
            "mean": round(found.mean, 6),
            "allowed": round(found.allowed, 6),
            "calibration": weekly.weeks[number].calibration,
        },
        "promise": PROMISE.format(fdr=fdr, check=_check(found)),
        "ladder": LADDER,
        "queue": entries,
    }


def week_number(name: str) -> int:
    """`2026-W48` -> the number of that ISO week. Raises `Usage`."""
    told = re.fullmatch(r"(\d{4})-?W(\d{2})", name)
    try:
        monday = date.fromisocalendar(int(told[1]), int(told[2]), 1) if told else None
    except ValueError:
        monday = None
    if monday is None:
        raise Usage("a week is written 2026-W48 (ISO 8601)")
    return ((monday - _EPOCH).days - MONDAY) // 7


def week_name(number: int) -> str:
    """The reverse."""
    year, week, _ = (_EPOCH + timedelta(days=MONDAY + 7 * number)).isocalendar()
    return f"{year}-W{week:02}"


def _week_of(alert: Alert) -> int:
    return (alert.at // MICROSECONDS_A_DAY - MONDAY) // 7


def _check(found: Queue) -> str:
    """What the weeks before say of it, in a sentence."""
    if not found.past:
        return "no week before was weighed on this calibration, so nothing has checked that yet"
    ratio = found.mean / found.allowed
    told = f"{found.past:,} account-weeks before came to {ratio:.2f} of what that allows"
    return told + (", so all are divided by as much" if ratio > 1 else "")


def _entry(
    found: Queue,
    place: int,
    names: list[str],
    alerts: list[Alert],
    said: dict[tuple[str, int], Said | None],
    number: int,
) -> dict[str, Any]:
    account = names[found.accounts[place]]
    theirs = [alert for alert in alerts if alert.account == account]
    key = (account, number)
    word = said.get(key)
    return {
        "account": account,
        "e_value": round(float(np.exp(found.ln_e[place] / MICRONATS)), 1),
        "at": instant(int(found.peak_at[place])),
        "rung": max((alert.rung for alert in theirs), key=RUNGS.index, default=None),
        "alerts": [alert_id(alert) for alert in theirs],
        "verdict": None if key not in said else "disputed" if word is None else "stolen" if word.stolen else "owner",
        "who": list(word.who) if word else [],
    }


def _show_sessions(reading: Reading, entries: list[dict[str, Any]], number: int) -> None:
    """Put the sessions of the week that weigh most beside each account."""
    if not entries:
        return
    table = reading.sessions()
    ended = table["ended"].cast(pa.int64())
    begin = MONDAY * MICROSECONDS_A_DAY + number * _WEEK_US
    inside = table.filter(pc.and_(pc.greater_equal(ended, begin), pc.less(ended, begin + _WEEK_US)))
    names = inside["account"].cast(pa.string())
    for entry in entries:
        theirs = inside.filter(pc.equal(names, entry["account"])).sort_by([("weight", "descending")]).slice(0, _SHOWN)
        started = theirs["started"].cast(pa.int64()).to_pylist()
        entry["sessions"] = [
            {"session": session, "started": instant(at), "weight": round(weight / MICRONATS, 3)}
            for session, at, weight in zip(
                theirs["session"].to_pylist(), started, theirs["weight"].to_pylist(), strict=True
            )
            if weight > 0
        ]
