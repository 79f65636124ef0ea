"""The timeline: the thief's first and last act, alerts, acts, decisions and drafts, in the order of time (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from tocsin.model import french
from tocsin.model.act import Act, Entry, Standing
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision, exception_id
from tocsin.model.incident import Incident
from tocsin.model.picture import Instants, Moment
from tocsin.triage.traces import Trace

_SECOND_US: Final = 1_000_000


def timeline_of(
    incident: Incident,
    traces: Sequence[Trace],
    *,
    name_of: Callable[[Alert], str],
    why: Callable[[Alert], Mapping[str, str]],
    acts: Iterable[Standing],
    journal: Iterable[Entry],
    decisions: Iterable[Decision],
    drafts: Iterable[tuple[str, int]],
    hits: Iterable[Moment] = (),
) -> tuple[Moment, ...]:
    """Every moment with the ids that prove it. `name_of`: the name of an alert; `why`: its reasons, in
    French (fr) and English (en); `drafts`: (name, when); `hits`: what rules matched, as moments."""
    act_of = {standing.act.id: standing.act for standing in acts}
    found = [moment for trace in traces for moment in _of_trace(trace)]
    for episode in incident.episodes:
        for alert in episode.alerts:
            said = why(alert)
            evidence = (name_of(alert), *alert.events[:3])
            told = _moment(alert.at, "alert", alert.rung, alert.account, said["en"], *evidence)
            found.append(replace(told, fr=said["fr"], weight=alert.weight, one_in=max(alert.one_in, 1.0)))
    found += _of_journal(journal, act_of)
    for one in decisions:
        words = ", ".join(word for word in (one.who, one.why, *_span(one)) if word)
        names = (decision_name(one), exception_id(one)) if one.caps else (decision_name(one),)
        found.append(_moment(one.at, "decision", one.what, one.account, words, *names))
    found += [_moment(at, "declaration", "draft", "", name, name) for name, at in drafts]
    found += hits
    return tuple(sorted(found, key=lambda one: (one.at, _ORDER.index(one.kind), one.evidence)))


_STEPS: Final = ("approved", "begun")
"""What is in the journal so that a stop costs nothing, and tells a reader nothing."""


_FOLLOWS: Final = {"approved": "planned", "proven": "applied", "undone": "undoing"}
"""State -> the one before it, which is not told where both came in the same second: nobody waited."""


def _of_journal(journal: Iterable[Entry], act_of: Mapping[str, Act]) -> list[Moment]:
    """Acts, told once for each state they came into; those of one kind, account and second together."""
    told: dict[tuple[str, str], Entry] = {}
    lines = list(journal)
    at_once = {(entry.act, _FOLLOWS[entry.state], entry.at // _SECOND_US) for entry in lines if entry.state in _FOLLOWS}
    for entry in lines:
        if entry.state not in _STEPS and (entry.act, entry.state, entry.at // _SECOND_US) not in at_once:
            told.setdefault((entry.act, entry.state), entry)
    together: dict[tuple[object, ...], list[Entry]] = {}
    for entry in told.values():
        act = act_of.get(entry.act)
        about = (act.kind, act.target, act.why) if act else ("", "", "")
        together.setdefault((*about, entry.state, entry.who, entry.at // _SECOND_US), []).append(entry)
    found = []
    for (kind, target, why, state, who, _), entries in together.items():
        count = f" ({len(entries)})" if len(entries) > 1 else ""
        what = " ".join(str(word) for word in (kind, state) if word)
        words = ", ".join(str(word) for word in (why, who) if word)
        evidence = [name for entry in entries for name in (entry.act, f"J-{entry.number}")]
        moment = _moment(entries[0].at, "act", what, str(target), words + count, *evidence)
        found.append(replace(moment, fr=french.asked(str(why), str(who)) + count))
    return found


def _span(decision: Decision) -> tuple[str, ...]:
    """Of an exception, from when to when, and for what: read alike in every language."""
    if not decision.caps:
        return ()
    since, until = (datetime.fromtimestamp(at / 1e6, UTC).date().isoformat() for at in (decision.at, decision.until))
    return (f"{since}/{until}", *(f"{name} ≤ {count}" for name, count in decision.caps))


def decision_name(decision: Decision) -> str:
    """The name of a decision in documents: when it was taken, and by which of its kind."""
    return f"D-{decision.at % 10**12:x}-{decision.what}"


def instants_of(
    traces: Sequence[Trace],
    detected: int,
    *,
    acts: Iterable[Standing],
    journal: Iterable[Entry],
    aware: Moment | None,
) -> Instants:
    """The five instants. The end is known only where every account is cut and the cut was read back; one that was cut
    and proven, and given back since, has not begun again before the thief is seen on it after that."""
    last = max(trace.sure_ended for trace in traces)
    cuts = {one.act.id: one for one in acts if one.act.kind == "suspend-account"}
    proven = {entry.act for entry in journal if entry.state == "proven"}
    cut = {one.act.target for one in cuts.values() if one.state == "proven"}
    back = {one.act.target: one.since for name, one in cuts.items() if one.state == "undone" and name in proven}
    over = all(
        trace.episode.account in cut or trace.sure_ended <= back.get(trace.episode.account, -1) for trace in traces
    )
    return Instants(
        started=min(trace.sure_began for trace in traces),
        possible_from=min(trace.began for trace in traces),
        ended=last if over else None,
        last_seen=last,
        possible_until=max(trace.ended for trace in traces),
        detected=detected,
        aware=aware.at if aware else None,
        aware_who=aware.words if aware else "",
        aware_evidence=aware.evidence[0] if aware else "",
    )


_ORDER = ("act-of-thief", "alert", "decision", "act", "declaration", "rule")


def _of_trace(trace: Trace) -> list[Moment]:
    account = trace.episode.account
    if not trace.first_event:
        return []
    found = [
        _moment(trace.sure_began, "act-of-thief", "first", account, "", trace.sure_first_event),
        _moment(trace.sure_ended, "act-of-thief", "last", account, "", trace.sure_last_event),
    ]
    if trace.began < trace.sure_began:
        found.append(_moment(trace.began, "act-of-thief", "possible-first", account, "", trace.first_event))
    if trace.ended > trace.sure_ended:
        found.append(_moment(trace.ended, "act-of-thief", "possible-last", account, "", trace.last_event))
    return found


def _moment(at: int, kind: str, what: str, account: str, words: str, *evidence: str) -> Moment:
    return Moment(at=at, kind=kind, what=what, account=account, words=words, evidence=evidence)
