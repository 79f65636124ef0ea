"""Rules: what a region wants to be shown of single events. One function per command.

A rule changes nothing that is judged. It is listed, tested, counted on the region's own past; and one that is switched
on has hits: see `main.hits`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.config import Settings
from tocsin.errors import StoreUnavailable, Usage
from tocsin.main.decide import subject_of
from tocsin.main.hits import counts_lately, honey_of, looked_up, rule_data, sums, switched_on
from tocsin.main.inspect import Reading
from tocsin.main.intake import Progress, unheard
from tocsin.main.shelved_rules import Shelf, Shelved, read_folder, read_shelf
from tocsin.model.rule import LEVELS, Rule

TOP: Final = 3
"""Services that are named of each rule."""
LATELY_DAYS: Final = 7
"""Days of which a list says how often each rule that is on matched."""


def listed(settings: Settings) -> dict[str, Any]:
    """Every rule, shipped and own, with what it says of itself; what is no rule, with the reason.

    Of a rule that is on, and where there is a trail: its hits of the trail's last days.
    """
    shelf = read_shelf(settings)
    on = [one.rule for one in shelf.every() if one.rule.name in settings.rules.on]
    lately = None
    if on and (settings.state / "derived").is_dir():
        lately = counts_lately(Reading(settings), on, LATELY_DAYS)
    return {
        "rules": [_entry(one, settings, lately) for one in shelf.every()],
        "refused": _refused(shelf),
        "lately_days": LATELY_DAYS,
    }


def hits(
    settings: Settings,
    names: Iterable[str],
    *,
    since: datetime | None,
    until: datetime | None,
    account: str | None,
    limit: int,
) -> dict[str, Any]:
    """What rules matched, newest first, at most `limit`: by default the rules that are on. No patient is in it."""
    if limit < 1:
        raise Usage("--limit is less than 1")
    wanted = tuple(names)
    on = switched_on(settings)
    if not wanted and not settings.rules.on:
        raise Usage("no rule is switched on", advice='Write [rules] on = ["NAME"] in tocsin.toml, or name one here.')
    chosen = {rule.name: rule for rule in _chosen(read_shelf(settings), wanted)} if wanted else dict(on.rules)
    reading = Reading(settings)
    only = None if account is None else [subject_of(reading, account).account]
    asked = looked_up(chosen.values(), settings, reading.parts)
    counts = sums(reading.questions.hits_by(asked, since=since, until=until, accounts=only))
    found = reading.questions.hits(asked, since=since, until=until, accounts=only, limit=limit).to_pylist()
    gravest = sorted(chosen.values(), key=lambda rule: (-LEVELS.index(rule.level), rule.name))
    return {
        "hits": [
            {
                "rule": one["rule"],
                "level": chosen[one["rule"]].level,
                "at": one["at"].isoformat().replace("+00:00", "Z"),
                "account": one["account"],
                "service": one["service"],
                "event": one["event_id"].hex(),
            }
            for one in found
        ],
        "total": sum(counts.values()),
        "rules": [
            {**rule_data(rule), "on": rule.name in settings.rules.on, "hits": counts.get(rule.name, 0)}
            for rule in gravest
        ],
        "unread": [] if wanted else list(on.unread),
    }


def tested(settings: Settings, path: Path | None) -> dict[str, Any]:
    """Each rule against the events beside it; a rule that is not read, or has no test, fails."""
    shelf = read_shelf(settings) if path is None else read_folder(path)
    zone = ZoneInfo(settings.zone)
    told = [_tested(one, zone) for one in shelf.every()]
    told += [{"rule": name, "tests": 0, "failed": [], "refused": why} for name, why in shelf.refused.items()]
    if not told:
        raise Usage("there is no rule here", advice="A rule is a file NAME.yml, its tests a file NAME.test.yml beside.")
    sound = all(not one["refused"] and not one["failed"] for one in told)
    return {"rules": sorted(told, key=lambda one: one["rule"]), "sound": sound}


def backtest(
    settings: Settings,
    names: Iterable[str],
    *,
    since: datetime | None,
    until: datetime | None,
    progress: Progress = unheard,
) -> dict[str, Any]:
    """How often each rule would have matched, UTC day by day, on what is kept here. No patient is in the answer."""
    chosen = _chosen(read_shelf(settings), names)
    reading = Reading(settings)
    days = [day for day in reading.parts.days("events") if _within(day, since, until)]
    if not days:
        raise StoreUnavailable("there are no events in this period", advice="Import a trail first: tocsin import PATH.")
    role_of, honey = looked_up((), settings, reading.parts).role_of, honey_of(settings, reading.parts)
    told = []
    for i, rule in enumerate(chosen):
        progress("rules", i, len(chosen))
        found = reading.questions.matches(
            rule.condition, zone=settings.zone, role_of=role_of, honey=honey, since=since, until=until
        )
        told.append({"rule": rule.name, "title": rule.title, "level": rule.level, **_counted(found, days)})
    progress("rules", len(chosen), len(chosen))
    return {
        "since": days[0].isoformat(),
        "until": (days[-1] + timedelta(days=1)).isoformat(),
        "days": len(days),
        "honey": len(honey),
        "rules": told,
    }


def _entry(shelved: Shelved, settings: Settings, lately: dict[str, int] | None) -> dict[str, Any]:
    rule = shelved.rule
    is_on = rule.name in settings.rules.on
    return {
        "rule": rule.name,
        "id": rule.id,
        "title": {"en": rule.title, "fr": rule.title_fr},
        "description": {"en": rule.description, "fr": rule.description_fr},
        "level": rule.level,
        "falsepositives": list(rule.falsepositives),
        "references": list(rule.references),
        "from": "region" if shelved.own else "tocsin",
        "on": is_on,
        "lately": lately.get(rule.name, 0) if is_on and lately is not None else None,
        "tests": shelved.tests is not None,
    }


def _refused(shelf: Shelf) -> list[dict[str, str]]:
    return [{"rule": name, "why": why} for name, why in sorted(shelf.refused.items())]


def _tested(shelved: Shelved, zone: ZoneInfo) -> dict[str, Any]:
    from tocsin.detect.rules.examples import ENDING, read_examples

    rule = shelved.rule
    if shelved.tests is None:
        why = f"rule '{rule.name}': it has no tests; write {rule.name}{ENDING} beside it."
        return {"rule": rule.name, "tests": 0, "failed": [], "refused": why}
    try:
        examples = read_examples(rule.name, shelved.tests, zone=zone)
    except Usage as problem:
        return {"rule": rule.name, "tests": 0, "failed": [], "refused": str(problem)}
    failed = [
        {"line": one.line, "why": one.why, "wanted": "match" if one.matches else "no-match"}
        for one in examples
        if not one.passes(rule, zone=zone)
    ]
    return {"rule": rule.name, "tests": len(examples), "failed": failed, "refused": ""}


def _chosen(shelf: Shelf, names: Iterable[str]) -> list[Rule]:
    """The rules that were named, by name or id; every one, if none was."""
    wanted = list(names)
    if not wanted:
        if shelf.refused:
            raise Usage(next(iter(shelf.refused.values())), advice="`tocsin rules list` shows every rule.")
        return [one.rule for one in shelf.every()]
    found = []
    for name in wanted:
        if name in shelf.refused:
            raise Usage(shelf.refused[name])
        same = [one.rule for one in shelf.every() if name in (one.rule.name, one.rule.id)]
        if not same:
            raise Usage(f"there is no rule '{name}'", advice="`tocsin rules list` shows every rule.")
        found += same
    return list({rule.name: rule for rule in found}.values())


def _within(day: date, since: datetime | None, until: datetime | None) -> bool:
    """Whether any moment of a UTC day lies in the period."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (since is None or start + timedelta(days=1) > since) and (until is None or start < until)


def _counted(found: pa.Table, days: list[date]) -> dict[str, Any]:
    """MATCHES summed up; a day of the trail without a match counts as 0."""
    by_day = dict.fromkeys(days, 0)
    for one in found.group_by("day").aggregate([("events", "sum")]).to_pylist():
        by_day[one["day"]] = one["events_sum"]
    services = found.group_by("service").aggregate([("events", "sum")]).to_pylist()
    services.sort(key=lambda one: (-one["events_sum"], one["service"] or ""))
    counts = list(by_day.values())
    busiest = max(by_day, key=lambda day: (by_day[day], -day.toordinal()))
    last = found.filter(pc.equal(found["day"], pa.scalar(busiest)))
    return {
        "matches": sum(counts),
        "per_day": {"min": min(counts), "median": median(counts), "max": max(counts)},
        "busiest": busiest.isoformat() if sum(counts) else None,
        "accounts": len(pc.unique(found["account"].cast(pa.string()).drop_null())),
        "services": [{"service": one["service"] or "", "matches": one["events_sum"]} for one in services[:TOP]],
        "example": last["example"][0].as_py().hex() if last.num_rows else None,
        "days": [{"day": day.isoformat(), "matches": count} for day, count in by_day.items()],
    }
