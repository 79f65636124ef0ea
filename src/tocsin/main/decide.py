"""Decide: what a person says of an alert, an account or single lines flows back in, as Tocsin's own trail."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tocsin import wiring
from tocsin.config import Settings
from tocsin.errors import Usage
from tocsin.main import exceptions
from tocsin.main.beside import writing
from tocsin.main.inspect import Reading
from tocsin.main.saved import state_path, weekly_in
from tocsin.main.study import study
from tocsin.main.tables import alert_id, instant
from tocsin.model.alert import Alert
from tocsin.model.decision import SOMEBODY_ELSE, THE_OWNER, WHAT, Decision, exception_id
from tocsin.model.rows import MICROSECONDS_A_DAY
from tocsin.scope import episodes, sessions_by

_EVENT_HEX: Final = 32


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision is about."""

    account: str
    name: str
    """The alert, episode or account as the person named it."""
    alerts: tuple[Alert, ...]
    """Of the account, oldest first."""


def decide(
    settings: Settings,
    what: str,
    about: str,
    *,
    who: str,
    why: str,
    sessions: Iterable[int] = (),
    events: Iterable[str] = (),
    detectors: Iterable[str] = (),
    until: datetime | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
    now: datetime,
) -> dict[str, Any]:
    """Record a decision and let it flow into explain, judge and scope.

    `about`: an alert, an episode, an incident (for `aware`), an exception (for `withdrawn`) or an account; `at`: when
    it was taken, by default now; `detectors`: those that an `expected` is about, by default all that counted.
    Raises `Usage` for what makes no sense, before anything is written.
    """
    reading = Reading(settings)
    lines, named, only = tuple(events), tuple(sessions), tuple(detectors)
    _check(what, who, why, until, at, only, now)
    taken_at = round((at or now).timestamp() * 1_000_000)
    subject = _subject(reading, what, about, now)
    if what in ("mine", "not-mine") and not lines and not named:
        named = tuple(one["session"] for one in in_doubt(settings, about))
        if not named:
            raise Usage("no session of this account is in doubt", advice="Name them: --session, --event.")
    decision = Decision(
        what=what,
        account=subject.account,
        about=subject.name,
        sessions=named,
        events=lines,
        days=_days(reading, subject, named, lines) if what != "aware" else (),
        at=taken_at,
        who=who.strip(),
        why=why.strip(),
    )
    if what == "expected":
        end = exceptions.ends_at(until, at or now)
        alerted = [one.at for one in _alerts_named(reading, subject)]
        caps = exceptions.caps_of(reading, subject.account, named, at or now, only, alerted=alerted)
        decision = replace(decision, until=round(end.timestamp() * 1_000_000), caps=caps)
    opposed = _opposed(reading, decision)
    batch, alerts = 0, []
    if not dry_run:
        known = {alert_id(alert) for alert in reading.alerts()}
        with writing(settings, now=now) as region:
            batch = region.put_decision(decision, now=now)
        alerts = [alert for alert in Reading(settings).alerts() if alert_id(alert) not in known]
    return {
        "decision": {**asdict(decision), "at": instant(decision.at)},
        "exception": exceptions.exceptions_of([decision], decision.at)[0].data() if decision.caps else None,
        "recorded": not dry_run,
        "batch": batch,
        "alerts": [{"alert": alert_id(alert), "rung": alert.rung, "at": instant(alert.at)} for alert in alerts],
        "opposed": [{"what": one.what, "who": one.who, "at": instant(one.at)} for one in opposed],
        "next": _next(decision, opposed),
    }


def in_doubt(settings: Settings, about: str) -> list[dict[str, Any]]:
    """Sessions of an account's episodes that are not surely the owner's: what an owner is asked about.

    Each with `session`, `started` (microseconds UTC), `by` and `reason`. Raises `Usage` if nothing has this name.
    """
    reading = Reading(settings)
    found: dict[int, dict[str, Any]] = {}
    for table in _scoped(reading, subject_of(reading, about)):
        theirs = table.filter(pc.not_equal(table["by"].cast(pa.string()), "owner"))
        started = theirs["started"].cast(pa.int64()).to_pylist()
        for row, at in zip(theirs.select(["session", "by", "reason"]).to_pylist(), started, strict=True):
            found[row["session"]] = {**row, "started": at}
    return sorted(found.values(), key=lambda row: (row["started"], row["session"]))


def subject_of(reading: Reading, about: str) -> Subject:
    """The account that an alert's, an episode's or its own name means. Raises `Usage`."""
    if not about.strip():
        raise Usage("nothing is named", advice="Name an alert, an episode or an account.")
    alerts = reading.alerts()
    meant = [alert for alert in alerts if about in (alert.account, alert.account.rpartition("|")[2])]
    meant = meant or [alert for alert in alerts if alert_id(alert).startswith(about)]
    if not meant:
        meant = [a for one in episodes(alerts, reading.settings.rungs()) if one.id == about for a in one.alerts]
    accounts = {alert.account for alert in meant} or _without_alert(reading, about)
    if len(accounts) != 1:
        what = "no alert, episode or account has" if not accounts else f"{len(accounts)} accounts have"
        raise Usage(f"{what} this name", advice="`tocsin alerts` and `tocsin incident` list them; say it in full.")
    account = accounts.pop()
    return Subject(account, about, tuple(alert for alert in alerts if alert.account == account))


def _incident(reading: Reading, name: str, now: datetime) -> Subject:
    """What awareness is about: an incident that there is, so that no clock runs unseen. Raises `Usage`."""
    return Subject("", study(reading, wiring.cases(reading.settings), now).incident(name).id, ())


def _without_alert(reading: Reading, about: str) -> set[str]:
    """An account that no alert concerns: it may stand on the analyst's queue all the same."""
    names = weekly_in(state_path(reading.settings))[1]
    return {name for name in names if about in (name, name.rpartition("|")[2])}


def _subject(reading: Reading, what: str, about: str, now: datetime) -> Subject:
    if what == "aware":
        return _incident(reading, about, now)
    if what == "withdrawn":
        at = round(now.timestamp() * 1_000_000)
        return Subject(exceptions.named(reading.decisions(), about, at).account, about, ())
    return subject_of(reading, about)


def _alerts_named(reading: Reading, subject: Subject) -> tuple[Alert, ...]:
    """Of the subject's alerts those that its name means; none if it is the account's."""
    by_episode = {one.id: one.alerts for one in episodes(subject.alerts, reading.settings.rungs())}
    named = tuple(alert for alert in subject.alerts if alert_id(alert).startswith(subject.name))
    return by_episode.get(subject.name, named)


def _check(
    what: str,
    who: str,
    why: str,
    until: datetime | None,
    at: datetime | None,
    detectors: tuple[str, ...],
    now: datetime,
) -> None:
    if what not in WHAT:
        raise Usage(f"unknown decision '{what}'", advice=f"Known: {', '.join(WHAT)}.")
    if not who.strip():
        raise Usage("a decision needs the name of who takes it", advice="Add --who NAME.")
    if what == "expected" and not why.strip():
        raise Usage("an exception needs a reason", advice='Add --why "why it will come again".')
    if detectors and what != "expected":
        raise Usage("only `expected` is about detectors")
    if until is not None and (what != "expected" or until <= now):
        raise Usage("--until is the end of an `expected`, and lies in the future", done="Nothing was recorded.")
    if at is not None and at > now:
        raise Usage("a decision cannot be taken in the future")


def _scoped(reading: Reading, subject: Subject) -> list[pa.Table]:
    rows = reading.questions.accesses_of([subject.account])
    sessions = reading.sessions()
    theirs = sessions.filter(pc.equal(sessions["account"].cast(pa.string()), subject.account))
    return [
        sessions_by(episode, rows, theirs, decisions=reading.decisions())
        for episode in episodes(subject.alerts, reading.settings.rungs())
    ]


def _days(reading: Reading, subject: Subject, sessions: tuple[int, ...], events: tuple[str, ...]) -> tuple[int, ...]:
    """UTC days of these sessions and events. Raises `Usage` for one that is not of the account."""
    if not sessions and not events:
        return ()
    table = reading.sessions()
    of_account = table.filter(pc.equal(table["account"].cast(pa.string()), subject.account))
    starts = dict(
        zip(of_account["session"].to_pylist(), of_account["started"].cast(pa.int64()).to_pylist(), strict=True)
    )
    days: set[int] = set()
    for session in sessions:
        if session not in starts:
            raise Usage("one of the sessions is not of this account", advice="`tocsin incident` lists them.")
        days.add(starts[session] // MICROSECONDS_A_DAY)
    for event in events:
        if len(event) != _EVENT_HEX or set(event) - set("0123456789abcdef"):
            raise Usage("an event id has 32 hexadecimal digits", advice="`tocsin explain ALERT` shows them.")
        rows = reading.questions.event(bytes.fromhex(event)).to_pylist()
        if not rows or rows[0]["account"] != subject.account:
            raise Usage("one of the events is not of this account", advice="`tocsin explain ALERT` lists them.")
        days.add(int(rows[0]["at"].timestamp()) // 86_400)
    return tuple(sorted(days))


def _opposed(reading: Reading, decision: Decision) -> list[Decision]:
    """Earlier decisions of other people on the same account that say the contrary."""
    mine = SOMEBODY_ELSE if decision.what in SOMEBODY_ELSE else THE_OWNER if decision.what in THE_OWNER else ()
    other = THE_OWNER if mine is SOMEBODY_ELSE else SOMEBODY_ELSE
    return [
        one
        for one in reading.decisions()
        if mine and one.account == decision.account and one.what in other and one.who != decision.who
    ]


def _next(decision: Decision, opposed: list[Decision]) -> list[str]:
    """What a person would do now."""
    told = []
    account = shlex.quote(decision.account.rpartition("|")[2])
    if opposed:
        told.append("Somebody decided the contrary: until you agree, whom these sessions exposed stays `unsure`.")
    if decision.what in ("challenge-failed", "true"):
        told.append(f"Cut the account: tocsin contain {account} --rung suspend --who NAME")
    if decision.what in ("challenge-passed", "false", "expected"):
        told.append(f"Give the account back if it was cut: tocsin undo {account} --who NAME --why TEXT")
    if decision.what == "expected":
        told.append(f"It ends by itself; before that: tocsin decide withdrawn {exception_id(decision)} --who NAME")
        told.append("A campaign, a roster, a contract: declare it in the directory, and it explains the patients too.")
    if decision.what in ("mine", "not-mine"):
        told.append("See whose data is exposed now: tocsin scope")
    if decision.what == "aware":
        told.append(f"The 72 hours run: tocsin declare {decision.about}")
    return told
