"""Links: why two episodes are thought to share a thief. A weak reason is none.

| link       | the two episodes share...                               | and it counts unless...                       |
|------------|--------------------------------------------------------|-----------------------------------------------|
| `device`   | a device of doubtful sessions, a thief's on one side    | others are found there: a ward's workstation  |
| `network`  | a network likewise, within NEAR_DAYS                    | others are found there: a hospital's address  |
| `patients` | persons whom the thief took, COMMON or more             | chance would give a fifth of them             |
| `account`  | the account, within SAME_DAYS                           |                                               |
| `person`   | the professional, as trail or directory say, likewise   | one professional is named for many accounts   |

*Others found there*: more than FEW other accounts, and no fewer than the doubtful ones.
A place where the owner works in quiet sessions is the owner's and joins nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from tocsin.model.incident import Link
from tocsin.triage.traces import Crowd, Trace

FEW: Final = 3
"""So many other accounts at a place may be chance. A choice; no measurement sets it."""
COMMON: Final = 5
"""So many persons in common are the least that joins two harvests. A choice."""
BEYOND_CHANCE: Final = 5.0
"""So many times what two harvests of that size would share if patients were drawn at random. A choice: patients are
not drawn at random, so the factor is well above one."""
NEAR_DAYS: Final = 30
"""A network is given to somebody else after a while."""
SAME_DAYS: Final = 14
"""As scope looks back for a thief who was there before he was seen."""
_PLACE: Final = {"device": "appareil", "network": "réseau"}
_DAY_US: Final = 86_400_000_000
_PEOPLE: Final = 4
"""A professional of more accounts than this in doubt at once is no person but a default of the trail."""


def links_of(traces: Iterable[Trace], crowd: Crowd) -> list[Link]:
    """Every link between two episodes, each pair's strongest kind first; in the order of the episodes' ids."""
    ordered = sorted(traces, key=lambda trace: trace.episode.id)
    found = [
        *_by_place(ordered, "device", {t.episode.id: t.devices for t in ordered}, crowd.on_device, within_days=None),
        *_by_place(ordered, "network", {t.episode.id: t.networks for t in ordered}, crowd.on_network, NEAR_DAYS),
        *_by_patients(ordered, crowd.patients),
        *_by_account(ordered),
        *_by_person(ordered),
    ]
    return sorted(found, key=lambda link: (link.first, link.second))  # stable: kinds stay in the order above


def _by_place(
    traces: Sequence[Trace],
    kind: str,
    places: Mapping[str, Mapping[Any, str]],
    others: Mapping[Any, int],
    within_days: int | None,
) -> Iterator[Link]:
    at: dict[Any, list[Trace]] = defaultdict(list)
    for trace in traces:
        for place in places[trace.episode.id]:
            at[place].append(trace)
    best: dict[tuple[str, str], tuple[int, bool, int]] = {}
    for place, here in at.items():
        accounts = len({trace.episode.account for trace in here})
        honest = others.get(place, 0)
        if honest > FEW and honest >= accounts:
            continue
        for first, second in combinations(here, 2):
            sides = [places[trace.episode.id][place] for trace in (first, second)]
            if "thief" not in sides or (within_days is not None and apart_days(first, second) > within_days):
                continue
            pair, told = (first.episode.id, second.episode.id), (honest, sides != ["thief", "thief"], accounts)
            best[pair] = min(best.get(pair, told), told)
    for (one, other), (honest, doubtful, accounts) in best.items():
        how = "a thief's sessions on one side, doubtful ones on the other" if doubtful else "a thief's sessions on both"
        words = f"one {kind} that {counted(accounts, 'account')} in doubt and {counted(honest, 'other')} used: {how}"
        fr = f"un même {_PLACE[kind]}, utilisé par {counted(accounts, 'compte')} en cause et {counted(honest, 'autre')}"
        fr += (
            " ; sessions du tiers d'un côté, douteuses de l'autre"
            if doubtful
            else " ; sessions du tiers des deux côtés"
        )
        yield Link(first=one, second=other, kind=kind, words=words, fr=fr)


def _by_patients(traces: Sequence[Trace], known: int) -> Iterator[Link]:
    everybody = max(known, len(frozenset().union(*(trace.patients for trace in traces))), 1)
    for first, second in combinations((trace for trace in traces if len(trace.patients) >= COMMON), 2):
        if first.episode.account == second.episode.account:
            continue  # the habit of one owner, or one thief whom `account` joins
        shared = len(first.patients & second.patients)
        chance = len(first.patients) * len(second.patients) / everybody
        if shared >= COMMON and shared >= BEYOND_CHANCE * chance:
            words = (
                f"{shared} persons taken in both, of {len(first.patients)} and {len(second.patients)}; "
                f"chance would give {chance:.1f} of {everybody} known"
            )
            fr = (
                f"{shared} personnes prises dans les deux, sur {len(first.patients)} et {len(second.patients)} ; "
                f"le hasard en donnerait {f'{chance:.1f}'.replace('.', ',')} sur {everybody} connues"
            )
            yield Link(first=first.episode.id, second=second.episode.id, kind="patients", words=words, fr=fr)


def _by_account(traces: Sequence[Trace]) -> Iterator[Link]:
    for here in _together(traces, lambda trace: [trace.episode.account]):
        for first, second in combinations(here, 2):
            if (days := apart_days(first, second)) <= SAME_DAYS:
                words, fr = f"one account, {days:.1f} days apart", f"un même compte, à {_days(days)} d'intervalle"
                yield Link(first=first.episode.id, second=second.episode.id, kind="account", words=words, fr=fr)


def _by_person(traces: Sequence[Trace]) -> Iterator[Link]:
    joined = set()
    for here in _together(traces, lambda trace: trace.professionals):
        accounts = len({trace.episode.account for trace in here})
        if not 1 < accounts <= _PEOPLE:
            continue
        for first, second in combinations(here, 2):
            pair = (first.episode.id, second.episode.id)
            if first.episode.account == second.episode.account or pair in joined:
                continue
            if (days := apart_days(first, second)) <= SAME_DAYS:
                joined.add(pair)
                words = f"{accounts} accounts of one professional, {days:.1f} days apart"
                fr = f"{accounts} comptes d'un même professionnel, à {_days(days)} d'intervalle"
                yield Link(first=pair[0], second=pair[1], kind="person", words=words, fr=fr)


def _together(traces: Sequence[Trace], keys: Any) -> list[list[Trace]]:
    at: dict[Hashable, list[Trace]] = defaultdict(list)
    for trace in traces:
        for key in sorted(keys(trace)):
            at[key].append(trace)
    return list(at.values())


def apart_days(first: Trace, second: Trace) -> float:
    """Days between the end of one and the beginning of the other; 0 if they overlap."""
    gap = max(first.began, second.began) - min(first.ended, second.ended)
    return max(gap, 0) / _DAY_US


def _days(days: float) -> str:
    return f"{days:.1f}".replace(".", ",") + " jour" + ("s" if days >= 2 else "")


def counted(number: int, word: str) -> str:
    """A number and its word: 1 account, 2 accounts."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
