"""What a trail lets Tocsin watch, and what it lets the scope vouch for: service by service, with the reason.

Two things decide: what the mapping declares as not recorded, and how much of each column is filled in the events
themselves. A declaration is believed before a sample: that no export was seen does not mean that exports are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.collect.mapping import NOT_RECORDED, Mapping
from tocsin.model.event import ACTIONS, CATEGORY_OF, ELEMENTS, OUTCOMES, QUERY_KINDS, codes_of

FAMILIES: Final = ("strangers", "pace", "sweep", "sign-in", "honey", "export", "sharing", "token")
"""Families of detectors, by what they watch."""

CLAIMS: Final = ("opened", "listed", "exported", "refused", "elements", "contact")
"""What the scope of an incident may vouch for: who was opened, listed, exported; which acts were refused; which data,
and contact data among them, were shown."""

MOST: Final = 0.95
"""Share from which a column counts as filled: the rest are machines' and damaged lines."""

SOME: Final = 0.05
"""Share under which a column counts as never filled."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One family of detectors, or one claim of the scope, on one service."""

    service: str
    """Name in the trail; empty where the events name none."""
    subject: str
    """One of FAMILIES or CLAIMS."""
    verdict: str
    """`yes`, `partly` or `no`."""
    reason: str
    """Why, in a few words that a health-data officer can read; never a name from the trail."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the events of one service hold; shares are 0 to 1, of the rows named."""

    events: int
    declared: frozenset[str]
    """Words of NOT_RECORDED."""
    account: float
    """Of all rows."""
    opened: int
    """Rows that read."""
    opened_named: float
    """Of rows that read: those that name a patient."""
    listed_named: int
    """Rows that list a patient."""
    searches: int
    """Rows that search or list."""
    query: float
    """Of rows that search or list: those that say by what."""
    pages: int
    """Rows with a page."""
    numbered: float
    """Of rows that name a patient: those with a numeric local id."""
    sign_ins: int
    exports: int
    failures: int
    network: float
    addresses: int
    """Different addresses."""
    device: float
    token: float
    elements: float
    """Of rows that show a patient: those that say which elements."""
    elements_mapped: bool
    """Whether nothing of `elements` is assumed: the mapping says them for every act that shows a patient."""
    contact: bool
    """Whether any row shows a contact element."""
    counted: float
    """Of searches: those with a number of patients."""


def watchable(mapping: Mapping | None, events: pa.Table) -> list[Watch]:
    """Judge each service of some events (schema EVENT), by name; families first, then claims.

    `mapping` is None for a FHIR trail, which declares nothing: there the filled shares decide alone.
    """
    codes, services = _services(events)
    return [
        watch
        for place in sorted(range(len(services)), key=lambda i: services[i])
        for watch in _watches(services[place], _facts(events, codes == place, mapping))
    ]


def _services(events: pa.Table) -> tuple[np.ndarray, list[str]]:
    column = events["service"].cast(pa.string()).fill_null("").combine_chunks().dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column.indices.to_numpy(zero_copy_only=False), column.dictionary.to_pylist()


def _watches(service: str, facts: Facts) -> list[Watch]:
    return [Watch(service, subject, *judge(facts)) for subject, judge in JUDGES.items()]


def _facts(events: pa.Table, mine: np.ndarray, mapping: Mapping | None) -> Facts:
    events = events.filter(pa.array(mine))
    action = codes_of(events["action"], ACTIONS)
    success = codes_of(events["outcome"], OUTCOMES) == OUTCOMES.index("success")
    read, listed, search, export, sign_in = (
        action == ACTIONS.index(word) for word in ("read", "list", "search", "export", "sign-in")
    )
    named, elements = _filled(events, "patient"), events["elements"].to_numpy()
    asked = codes_of(events["query_kind"], QUERY_KINDS) != QUERY_KINDS.index("none")
    contact = sum(1 << i for i, element in enumerate(ELEMENTS) if CATEGORY_OF[element] == "contact")
    shown = success & (read | listed | export)
    return Facts(
        events=len(action),
        declared=frozenset(mapping.not_recorded if mapping is not None else ()),
        account=_share(_filled(events, "account")),
        opened=int(read.sum()),
        opened_named=_share(named, read),
        listed_named=int((listed & named).sum()),
        searches=int((search | listed).sum()),
        query=_share(asked, search | listed),
        pages=int((events["page"].to_numpy() > 0).sum()),
        numbered=_share(events["id_low"].to_numpy() >= 0, named),
        sign_ins=int(sign_in.sum()),
        exports=int(export.sum()),
        failures=int((~success).sum()),
        network=_share(_filled(events, "network")),
        addresses=len(events["address"].cast(pa.string()).drop_null().unique()),
        device=_share(events["device"].to_numpy() != 0),
        token=_share(events["token"].to_numpy() != 0),
        elements=_share(elements != 0, shown),
        elements_mapped=mapping is None or _elements_mapped(mapping),
        contact=bool((elements & contact).any()),
        counted=_share(_filled(events, "patients"), search),
    )


def _elements_mapped(mapping: Mapping) -> bool:
    """Whether every act that shows a patient has its elements in the mapping."""
    by_path = [(path.action, bool(path.elements)) for path in mapping.paths]
    by_value = [(word, False) for word in (*mapping.action.values.values(), mapping.action.otherwise)]
    return all(
        said or action in mapping.shown.by_action
        for action, said in (*by_path, *by_value)
        if action in ("read", "list", "export")
    )


def _filled(events: pa.Table, column: str) -> np.ndarray:
    return events[column].is_valid().to_numpy()


def _share(true: np.ndarray, among: np.ndarray | None = None) -> float:
    rows = true if among is None else true[among]
    return float(rows.mean()) if len(rows) else 0.0


# Judgements -----------------------------------------------------------------------------------------------------

Verdict = tuple[str, str]


def _percent(share: float) -> str:
    return f"{int(share * 100)} %"


def _declares(*words: str) -> str:
    return "declared: " + "; ".join(NOT_RECORDED[word] for word in words)


def _graded(share: float, what: str) -> Verdict:
    """Yes, partly or no by the share of rows that say something."""
    if share >= MOST:
        return "yes", f"{what} in {_percent(share)} of the rows"
    if share >= SOME:
        return "partly", f"{what} in {_percent(share)} of the rows only"
    return "no", f"{what} in hardly any row"


def _opened(facts: Facts) -> Verdict:
    if "patients" in facts.declared:
        return "no", _declares("patients")
    if not facts.opened:
        return "no", "no read in these events"
    return _graded(facts.opened_named, "the patient who is opened is named")


def _strangers(facts: Facts) -> Verdict:
    if facts.account < SOME:
        return "no", "the account is in hardly any row"
    return _opened(facts)


def _pace(facts: Facts) -> Verdict:
    if facts.account < SOME:
        return "no", "the account is in hardly any row"
    verdict, reason = _opened(facts)
    if verdict == "yes":
        return verdict, "accounts and the patients they open are counted"
    if facts.opened or facts.searches:
        return "partly", f"acts are counted, not patients ({reason})"
    return "no", "neither reads nor searches in these events"


def _sweep(facts: Facts) -> Verdict:
    if "searches" in facts.declared and "list-results" in facts.declared:
        return _next_numbers(facts, _declares("searches"))
    if not facts.searches:
        return _next_numbers(facts, "no search in these events")
    absent = []
    if "query-text" in facts.declared or facts.query < SOME:
        absent.append("what was searched for is not recorded")
    if not facts.listed_named or "list-results" in facts.declared:
        absent.append("who was shown is not recorded")
    if "pages" in facts.declared or not facts.pages:
        absent.append("no page numbers")
    if not absent:
        return "yes", "searches, their pages and their results are recorded"
    if len(absent) == 3:
        return _next_numbers(facts, "; ".join(absent))
    return "partly", "; ".join(absent)


def _next_numbers(facts: Facts, why: str) -> Verdict:
    """Without searches, a sweep shows only where patients are opened in the order of their numbers."""
    if facts.opened and facts.opened_named >= SOME and facts.numbered >= SOME:
        return "partly", f"only as patients opened number after number ({why})"
    return "no", why


def _place(facts: Facts) -> tuple[list[str], list[str]]:
    """What tells where a client is, and what is missing of it."""
    there, missing = [], []
    for word, share in (("network", facts.network), ("device", facts.device)):
        if word in facts.declared or share < SOME:
            missing.append(f"no {word}")
        elif word == "network" and facts.addresses == 1 and facts.events >= 100:
            missing.append("one address for everybody: probably the proxy's")
        else:
            there.append(word)
    return there, missing


def _sign_in(facts: Facts) -> Verdict:
    there, missing = _place(facts)
    if not there:
        return "no", "; ".join(missing)
    if "sign-ins" in facts.declared or not facts.sign_ins:
        missing.append("no sign-ins: a new place is seen at the first act")
    if "failures" in facts.declared:
        missing.append("no failed attempts")
    return ("partly", "; ".join(missing)) if missing else ("yes", "sign-ins with their network and device")


def _honey(facts: Facts) -> Verdict:
    verdict, reason = _opened(facts)
    if verdict == "no":
        return verdict, reason
    if "list-results" in facts.declared or not facts.listed_named:
        return "partly", "a mark that is opened is seen, one that is only listed is not"
    return verdict, reason


def _export(facts: Facts) -> Verdict:
    if "exports" in facts.declared:
        return "no", _declares("exports")
    if not facts.exports:
        return "partly", "none in these events: check on the service that an export leaves a line"
    return "yes", "exports are recorded"


def _sharing(facts: Facts) -> Verdict:
    there, missing = _place(facts)
    if not there:
        return "no", "; ".join(missing)
    return ("partly", "; ".join(missing)) if missing else ("yes", "network and device join accounts")


def _token(facts: Facts) -> Verdict:
    if "token" in facts.declared:
        return "no", _declares("token")
    verdict, reason = _graded(facts.token, "the token")
    if verdict == "yes" and not _place(facts)[0]:
        return "partly", "tokens, but neither network nor device to see one in two places"
    return verdict, reason


def _listed(facts: Facts) -> Verdict:
    if "list-results" in facts.declared:
        if facts.counted >= SOME:
            return "partly", "how many were listed is known, not who"
        return "no", _declares("list-results")
    if facts.listed_named:
        return "yes", "who was listed is named"
    return "no", "no row names who was listed"


def _refused(facts: Facts) -> Verdict:
    if "failures" in facts.declared:
        return "no", _declares("failures") + "; an act that failed counts as exposure"
    return "yes", "a failed act is told apart: it exposed nothing"


def _elements(facts: Facts) -> Verdict:
    if "elements" in facts.declared:
        return "no", _declares("elements") + "; what a patient record shows is assumed"
    if not facts.elements_mapped:
        return "partly", "the mapping leaves some acts out; there, what a patient record shows is assumed"
    return _graded(facts.elements, "what was shown is said")


def _contact(facts: Facts) -> Verdict:
    verdict, reason = _elements(facts)
    if verdict == "yes" and not facts.contact:
        return "yes", "no row shows contact data"
    return verdict, reason


JUDGES: Final[dict[str, Callable[[Facts], Verdict]]] = {
    "strangers": _strangers,
    "pace": _pace,
    "sweep": _sweep,
    "sign-in": _sign_in,
    "honey": _honey,
    "export": _export,
    "sharing": _sharing,
    "token": _token,
    "opened": _opened,
    "listed": _listed,
    "exported": _export,
    "refused": _refused,
    "elements": _elements,
    "contact": _contact,
}
"""FAMILIES, then CLAIMS, each with its judge."""
