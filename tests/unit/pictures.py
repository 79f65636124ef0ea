"""The picture of a drawn incident, for the tests of documents."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tocsin.model.act import Act, Entry, Standing
from tocsin.model.exposure import SCOPED_SESSION, UNNAMED
from tocsin.model.picture import AccountPicture, Instants, Moment, Picture
from tocsin.scope.claims import claims_of
from tocsin.triage import Crowd, grouped, links_of
from tocsin.triage.tally import counts_of, sums_of
from unit.scope.test_claims import coverage, exposures
from unit.triage.drawn import DAY, trace

HOUR = DAY // 24
START = 20_000 * DAY  # 2024-10-04
EXPOSED = (
    *[("thief", "opened", "name")] * 6, ("thief", "listed", "ins"), ("unsure", "opened", "clinical"),
    ("unsure", "possible", "document"), ("owner", "opened", "name"),
)  # fmt: skip


def picture(
    *, account: str = "sso|dupont", words: str = "strangers: 9", exposed: Any = EXPOSED, **changed: Any
) -> Picture:
    """An incident of two accounts; what is changed replaces what is drawn."""
    day = START // DAY
    traces = [trace(account, day, devices=[7], networks=["203.0.113.0/24"]), trace("sso|martin", day + 1, devices=[7])]
    links = links_of(traces, Crowd())
    (incident,) = grouped([one.episode for one in traces], links, {})
    table, found = exposures(*exposed), coverage(counted=None)
    told: dict[str, Any] = {
        "incident": incident,
        "region": "neustrie",
        "made_at": START + 30 * HOUR,
        "accounts": tuple(_account(name) for name in incident.accounts),
        "exposures": table,
        "counts": sums_of(table),
        "elements": counts_of(table),
        "unnamed": UNNAMED.empty_table(),
        "sessions": SCOPED_SESSION.empty_table(),
        "acts": (_standing(account, incident.id),),
        "journal": (_entry(incident.id),),
        "decisions": (),
        "coverage": found,
        "claims": claims_of(table, UNNAMED.empty_table(), found),
        "instants": instants(),
        "timeline": (
            Moment(at=START, kind="act-of-thief", what="first", account=account, evidence=("ab" * 16,)),
            Moment(at=START + 60, kind="alert", what="suspend", account=account, words=words, weight=9_000_000,
                   one_in=12_400.0, evidence=("A-1",)),
            Moment(at=START + HOUR, kind="act", what="suspend-account proven", account=account, evidence=("ACT-1",)),
            Moment(at=START + 2 * HOUR, kind="decision", what="true", account=account, words="x", evidence=("D-1",)),
        ),
        **changed,
    }  # fmt: skip
    return Picture(**told)


def instants(**changed: Any) -> Instants:
    told: dict[str, Any] = {
        "started": START, "ended": None, "last_seen": START + 20 * HOUR, "possible_from": START - 5 * HOUR,
        "possible_until": START + 21 * HOUR, "detected": START + 60, **changed,
    }  # fmt: skip
    return Instants(**told)


def unnamed(by: str, acts: int) -> pa.Table:
    row = {"episode": ["EP-1"], "by": [by], "action": ["search"], "acts": [acts], "patients": [0]}
    return pa.table(row).cast(UNNAMED)


def _account(name: str) -> AccountPicture:
    return AccountPicture(
        account=name, professionals=("99700000001",), episodes=("EP-1",), rung="suspend", weight=9_000_000,
        one_in=12_400.0, measured=True, stratum="nurse", calibration="ad83926d", alert="A-1", began=START,
        ended=START + HOUR, possible_from=START, possible_until=START + HOUR, networks=("203.0.113.0/24",),
        addresses=("203.0.113.7",), devices=(7,), services=("lab",), sessions=(1, 0),
    )  # fmt: skip


def _entry(incident: str) -> Entry:
    return Entry(
        number=1, at=START + HOUR, incident=incident, act="ACT-1", state="proven", who="x", detail={}, hash=""
    )  # fmt: skip


def _standing(account: str, incident: str) -> Standing:
    act = Act(
        id="ACT-1", incident=incident, kind="suspend-account", by="idp", target=account, asked_by="x", why="suspend"
    )  # fmt: skip
    at = START + HOUR
    return Standing(act=act, state="proven", attempts=1, since=at, next_at=0, before={}, proof={"state": "dead"})
