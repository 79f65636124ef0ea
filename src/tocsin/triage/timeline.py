"""The timeline: the thief's first and last act, alerts, acts, decisions and drafts, in the order of time (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tocsin.model.act import Entry, Standing
from tocsin.model.alert import Alert
from tocsin.model.decision import Decision
from tocsin.model.incident import Incident
from tocsin.model.picture import Instants, Moment
from tocsin.triage.traces import Trace


def timeline_of(
    incident: Incident,
    traces: Sequence[Trace],
    *,
    name_of: Callable[[Alert], str],
    acts: Iterable[Standing],
    journal: Iterable[Entry],
    decisions: Iterable[Decision],
    drafts: Iterable[tuple[str, int]],
) -> tuple[Moment, ...]:
    """Every moment with the ids that prove it. `name_of`: the name of an alert; `drafts`: (name, when)."""
    act_of = {standing.act.id: standing.act for standing in acts}
    found = [moment for trace in traces for moment in _of_trace(trace)]
    for episode in incident.episodes:
        for alert in episode.alerts:
            words = "; ".join(alert.reasons[:3])
            evidence = (name_of(alert), *alert.events[:3])
            told = _moment(alert.at, "alert", alert.rung, alert.account, words, *evidence)
            found.append(replace(told, weight=alert.weight, one_in=max(alert.one_in, 1.0)))
    for entry in journal:
        act = act_of.get(entry.act)
        what = f"{act.kind} {entry.state}" if act else entry.state
        target, why = (act.target, f"{act.why}, {entry.who}") if act else ("", entry.who)
        found.append(_moment(entry.at, "act", what, target, why, entry.act, f"J-{entry.number}"))
    for one in decisions:
        words = ", ".join(word for word in (one.who, one.why) if word)
        found.append(_moment(one.at, "decision", one.what, one.account, words, decision_name(one)))
    found += [_moment(at, "declaration", "draft", "", name, name) for name, at in drafts]
    return tuple(sorted(found, key=lambda one: (one.at, _ORDER.index(one.kind), one.evidence)))


def decision_name(decision: Decision) -> str:
    """The name of a decision in documents: when it was taken, and by which of its kind."""
    return f"D-{decision.at % 10**12:x}-{decision.what}"


def instants_of(traces: Sequence[Trace], detected: int, acts: Iterable[Standing], aware: Moment | None) -> Instants:
    """The five instants. The end is known only where every account is cut and the cut was read back."""
    last = max(trace.sure_ended for trace in traces)
    cut = {one.act.target for one in acts if one.act.kind == "suspend-account" and one.state == "proven"}
    over = {trace.episode.account for trace in traces} <= cut
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


_ORDER = ("act-of-thief", "alert", "decision", "act", "declaration")


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
