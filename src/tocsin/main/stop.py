"""Stop: an account is cut wherever it is held, proven dead where it can be, and given back exactly as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tocsin.acts.undo import would
from tocsin.config import Settings
from tocsin.contain.ladder import ACTS_OF
from tocsin.contain.plan import Plan
from tocsin.errors import Conflict, StoreUnavailable, Usage
from tocsin.main.cutter import Cutter, act_data
from tocsin.main.inspect import Reading
from tocsin.main.present import present
from tocsin.main.study import MERGED
from tocsin.main.tables import alert_id
from tocsin.model.act import NEVER, UNFINISHED, Standing
from tocsin.model.alert import RUNGS
from tocsin.model.incident import incident_id
from tocsin.scope import episodes

Clock = Callable[[], int]
"""Microseconds UTC."""
CUTS = frozenset(kind for kinds in ACTS_OF.values() for kind in kinds)
"""Kinds of act that are about an account. Letters and indicators are none: what is out stays out."""
OUT = ("applied", "proven")
"""States in which a letter or a bundle has left."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be contained."""

    incident: str
    accounts: tuple[str, ...]
    """As the trail names them."""
    episodes: tuple[str, ...] = ()


def contain(
    settings: Settings,
    about: str,
    *,
    rung: str = "suspend",
    who: str,
    why: str = "",
    approve: bool = False,
    dry_run: bool = False,
    now: Clock,
) -> dict[str, Any]:
    """Plan what `rung` asks for, for an incident or an account and every account of the person; show it, and do it
    if it is approved, by `approve` or beforehand in the settings.

    `about`: an incident, an episode, an alert, or an account (`system|value`; its value alone where an alert is on
    it). Raises `Usage` for what makes no sense, `Conflict` if another process carries out acts.
    """
    if rung not in RUNGS:
        raise Usage(f"unknown rung '{rung}'", advice=f"The rungs are {', '.join(RUNGS)}.")
    _check(about, who)
    cutter = Cutter(settings, now=now, who=who)
    subject = subject_of(settings, cutter.cases, about)
    persons = [cutter.person_of(account) for account in subject.accounts]
    accounts = list(dict.fromkeys(account for person in persons for account in person.accounts))
    made = cutter.planned(subject.incident, rung, accounts, asked_by=who, why=why or f"rung {rung}", again=True)
    head = _head(subject, rung, accounts, made, notes=dict.fromkeys(note for one in persons for note in one.notes))
    asked = all(person.asked for person in persons)
    if dry_run:
        return {**head, "dry_run": True, **_acts_planned(made, asked=asked)}
    approved = approve or rung in settings.contain.pre_approved
    if subject.episodes:
        cutter.cases.assign(subject.incident, subject.episodes, at=now())
    standings = cutter.runner.plan(made.acts, approve=approved)
    if approved:
        standings = cutter.carry_out(standings)
    return {**head, "dry_run": False, **told_of(standings, asked=asked)}


def undo(settings: Settings, about: str, *, who: str, why: str, dry_run: bool = False, now: Clock) -> dict[str, Any]:
    """Take back one act, or every act of an incident or of an account, newest first. What is out stays out: letters
    that are printed and indicators that are written are left as they are, and named. With `dry_run` it is only said
    what would come of each.

    Raises `Usage` if there is no such act, `Conflict` if another process carries out acts.
    """
    _check(about, who)
    if not why.strip():
        raise Usage("taking back needs a reason", advice='Add --why "she was on call": it stands in the journal.')
    present(settings)
    cutter = Cutter(settings, now=now, who=who)
    standings = [one for one in _meant(cutter, about) if one.state not in ("undone", "refused")]
    out = [one for one in standings if one.act.kind not in CUTS and one.state in OUT]
    meant = [one for one in reversed(standings) if one not in out]
    if out and not meant:
        raise Conflict(f"{_out(out)} cannot be taken back: it is out", done="Nothing was done.")
    if not meant:
        raise Conflict("everything of it is taken back already", done="Nothing was done.")
    stays = [f"{_out(out)}: out, and stays so"] if out else []
    if dry_run:
        return {"undone": False, "dry_run": True, **_would(cutter, meant), "notes": stays}
    done = [cutter.runner.undo(one.act.id, why=why) for one in meant]
    return {"undone": True, "dry_run": False, **told_of(done), "notes": [*_notes(cutter, done), *stays]}


def resume(settings: Settings, *, who: str = "resume", now: Clock) -> dict[str, Any]:
    """Carry on with every act that is unfinished and due; what is due later is told with its time."""
    present(settings)
    cutter = Cutter(settings, now=now, who=who)
    done = cutter.runner.resume()
    left = [one for one in cutter.cases.acts(states=UNFINISHED) if one.next_at < NEVER]
    return {"resumed": len(done), **told_of(done), "left": [act_data(standing) for standing in left]}


def acts(settings: Settings, incident: str | None = None) -> dict[str, Any]:
    """Every act of an incident (or of all), in the order in which they were planned, and where each stands."""
    from tocsin import wiring

    return told_of(wiring.cases(settings).acts(incident=incident))


def told_of(standings: Iterable[Standing], *, asked: bool = True) -> dict[str, Any]:
    """Acts, and which of them have not come to what they should: `sound` if there are none and every provider could be
    `asked` for the person's other accounts."""
    standings = list(standings)
    alive = [one.act.id for one in standings if one.state == "unproven" and one.proof.get("state") == "alive"]
    unknown = [one.act.id for one in standings if one.state == "unproven" and one.proof.get("state") != "alive"]
    failed = [one.act.id for one in standings if one.state in ("failed", "undoing")]
    return {
        "acts": [act_data(standing) for standing in standings],
        "alive": alive,
        "unknown": unknown,
        "failed": failed,
        "sound": asked and not (alive or unknown or failed),
    }


def subject_of(settings: Settings, cases: Any, about: str) -> Subject:
    """What a person means. Raises `Usage`."""
    try:
        reading = Reading(settings)
        alerts = reading.alerts()
    except StoreUnavailable:
        alerts = []
    climbs = episodes(alerts, settings.rungs())
    given = cases.incident_of(one.id for one in climbs)
    incident = {one.id: given.get(one.id) or incident_id([one.id]) for one in climbs}
    about, *absorbed = names_of(cases, _in_full(about, (*incident.values(), *_incidents(cases))))
    meant = [one for one in climbs if about in (one.id, incident[one.id]) or incident[one.id] in absorbed]
    if not meant:
        named = [one for one in climbs if about in (one.account, one.account.rpartition("|")[2])]
        alerts_named = [alert_id(alert) for alert in alerts]
        named = named or [
            one for one in climbs if _in_full(about, alerts_named) in {alert_id(alert) for alert in one.alerts}
        ]
        if len({one.account for one in named}) > 1:
            raise Usage("several accounts have this name", advice="Say it in full: system|value.")
        meant = named[-1:]
    if meant:
        accounts = tuple(dict.fromkeys(one.account for one in meant))
        return Subject(names_of(cases, incident[meant[-1].id])[0], accounts, tuple(one.id for one in meant))
    known = tuple(dict.fromkeys(one.act.target for name in (about, *absorbed) for one in cases.acts(incident=name)))
    if known:
        return Subject(about, known)
    if "|" not in about:
        raise Usage(
            "no incident, episode, alert or account on which there is an alert has this name",
            advice="`tocsin incident` and `tocsin alerts` list them; an account without alert is named system|value.",
        )
    return Subject(incident_id([f"account {about}"]), (about,))


def names_of(cases: Any, about: str) -> tuple[str, ...]:
    """The id in force of what a person typed, then the ids of incidents that were found to be the same."""
    merged = {name: str(told["into"]) for name, _, told in cases.kept(MERGED)}

    def into(name: str) -> str:
        for _ in merged:
            name = merged.get(name, name)
        return name

    return (into(about), *(name for name in merged if into(name) == into(about)))


def _meant(cutter: Cutter, about: str) -> list[Standing]:
    if about.startswith("ACT-"):
        one = cutter.cases.act(about)
        found = [] if one is None else [one]
    else:
        everything = cutter.cases.acts()
        about = _in_full(about, _incidents(cutter.cases))
        found = [one for one in everything if one.act.incident in names_of(cutter.cases, about)]
        found = found or [one for one in everything if about in (one.act.target, one.act.target.rpartition("|")[2])]
    if not found:
        raise Usage("no act, incident or account with acts has this name", advice="`tocsin incident` lists them.")
    return found


def _in_full(about: str, names: Iterable[str]) -> str:
    """The one name of an incident or alert that begins with what a person typed; what they typed if there is none.
    Raises `Usage`."""
    told = dict.fromkeys(names)
    begins = about.startswith(("INC-", "A-")) and about not in told
    found = [name for name in told if name.startswith(about)] if begins else [about]
    if len(found) > 1:
        raise Usage(f"{len(found)} incidents or alerts begin with {about}", advice="Say the name in full.")
    return found[0] if found else about


def _incidents(cases: Any) -> list[str]:
    """Names of all incidents with acts, and of those that were found to be another one."""
    return [*(one.act.incident for one in cases.acts()), *(name for name, _, _ in cases.kept(MERGED))]


def _check(about: str, who: str) -> None:
    if not about.strip():
        raise Usage("nothing is named", advice="Name an incident, an alert or an account.")
    if not who.strip():
        raise Usage("an act needs the name of who asks for it", advice="Add --who NAME.")


def _out(standings: list[Standing]) -> str:
    return ", ".join(f"{one.act.id} ({one.act.kind})" for one in standings)


def _head(subject: Subject, rung: str, accounts: list[str], made: Plan, *, notes: Iterable[str]) -> dict[str, Any]:
    return {
        "incident": subject.incident,
        "rung": rung,
        "accounts": accounts,
        "not_enforced": made.not_enforced,
        "gaps": [{"account": gap.account, "kind": gap.kind, "words": gap.words} for gap in made.gaps],
        "notes": list(notes),
    }


def _would(cutter: Cutter, standings: list[Standing]) -> dict[str, Any]:
    """Acts as they stand, each with what taking it back would come to, in this order."""
    ids = [one.act.id for one in standings]
    words = [would(cutter.runner, one, gone=ids[:place]) for place, one in enumerate(standings)]
    told = told_of(standings)
    acts = [{**act, "would": word} for act, word in zip(told["acts"], words, strict=True)]
    return {**told, "acts": acts, "sound": True}


def _acts_planned(made: Plan, *, asked: bool) -> dict[str, Any]:
    return told_of(
        (Standing(act=act, state="planned", attempts=0, since=0, next_at=0, before={}, proof={}) for act in made.acts),
        asked=asked,
    )


def _notes(cutter: Cutter, standings: list[Standing]) -> list[str]:
    """Why nothing was to be undone, where that is so."""
    ids = {standing.act.id for standing in standings}
    told = [entry.detail.get("nothing to undo") for entry in cutter.cases.journal() if entry.act in ids]
    return list(dict.fromkeys(words for words in told if words))
