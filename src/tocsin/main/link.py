"""Link: what of an incident other regions may look for, and what of theirs is found here.

(1) indicators are made of the thief's sessions only, and of counts
(2) signed, and written as an act: planned, written, read back with its signature
(3) a bundle from elsewhere is believed for its signature, kept by what was read of it, and only if it is new
(4) own incidents and bundles that share a place which honest people here do not use are a campaign
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tocsin import log, wiring
from tocsin.acts.hold import Hold
from tocsin.acts.run import Runner
from tocsin.config import Settings
from tocsin.errors import ConnectorFailed, SourceUnreadable, Usage
from tocsin.main.establish import study
from tocsin.main.inspect import Reading
from tocsin.main.present import present
from tocsin.main.publish import BY, KIND, SIGNATURE, Publisher
from tocsin.main.study import Study, pictured
from tocsin.main.tables import instant
from tocsin.model.act import Act, act_id
from tocsin.model.campaign import Bundle, Indicators, Place
from tocsin.model.incident import Incident
from tocsin.share.campaigns import campaigns_of
from tocsin.share.indicators import indicators_of
from tocsin.share.signing import canonical, is_signed, public_of, region_of
from tocsin.share.stix import AHEAD, LARGEST, VALID_DAYS, NotStix, bundle_of, read_bundle

RECEIVED: Final = "bundle"
"""Kind of document in the cases: what was read of a bundle that was believed."""
SHARED: Final = "shared"
"""Kind of document in the cases: which indicators were shared when."""
_DAY_US: Final = 86_400_000_000
_BEFORE: Final = timedelta(days=60)
"""How far before the thief an owner's networks, and those of honest accounts, are looked at."""
_UNNAMED: Final = "region"
"""What a region is called whose settings do not say."""


def share(
    settings: Settings, incident: str, *, who: str | None, out: Path | None, dry_run: bool, now: datetime
) -> dict[str, Any]:
    """An incident's indicators, signed and written; with `dry_run` only shown. Raises `Usage` if there are none, or if
    they would leave and nobody says who shares them."""
    who = (who or "").strip()
    if not who and not dry_run:
        raise Usage("sharing needs the name of who shares", advice="Add --who NAME, or look first: --dry-run.")
    _named(settings)
    reading, cases = Reading(settings), wiring.cases(settings)
    known = study(reading, cases, now)
    found = known.incident(incident)
    indicators = _indicators(reading, known, found)
    if indicators is None:
        raise Usage("no session of this incident is surely the thief's: there is nothing to share")
    data = bundle_of(indicators, shared_at=_shared_at(cases, indicators, _us(now), keep=not dry_run))
    told = {"incident": found.id, "indicators": _shown(indicators), "bytes": len(data), "written": None}
    if not dry_run:
        told["written"] = _published(settings, cases, found, data, who=who, out=out, now=now)
    return told


def key(settings: Settings) -> dict[str, Any]:
    """The region's name and public key, as others write them under [share] trusted."""
    _named(settings)
    return {"region": settings.region, "key": public_of(wiring.share_seed(settings))}


def receive(settings: Settings, path: Path, *, now: datetime) -> dict[str, Any]:
    """Take in a bundle from another region. Raises `SourceUnreadable` for one that is not believed."""
    data, signature = _read(path, LARGEST), _read(path.with_name(path.name + SIGNATURE), LARGEST)
    region = region_of(signature) or ""
    public = settings.share.trusted.get(region)
    if public is None:
        raise _refused("it is of no region that [share] trusted names")
    if not is_signed(public, region, data, signature):
        raise _refused("its signature is not that of the region it names")
    try:
        bundle = read_bundle(data)
    except NotStix as problem:
        raise _refused(str(problem)) from None
    at = _us(now)
    if bundle.indicators.region != region:
        raise _refused("it speaks for another region than the one that signed it")
    if region == settings.region:
        raise _refused("it is this region's own")
    if bundle.valid_until < at:
        raise _refused("it has expired")
    if max(bundle.modified, bundle.indicators.last_at) > at + int(AHEAD.total_seconds() * 1e6):
        raise _refused("it is of the future")
    present(settings)
    return _kept(wiring.cases(settings), bundle, at)


def listing(settings: Settings, *, now: datetime) -> dict[str, Any]:
    """Bundles that were received, and campaigns with their reasons."""
    reading, cases = Reading(settings), wiring.cases(settings)
    bundles = _newest(cases)
    if not bundles:
        return {"bundles": [], "campaigns": []}
    known = study(reading, cases, now)
    own = {}
    for incident in known.incidents:
        indicators = _indicators(reading, known, incident)
        if indicators is not None:
            own[incident.id] = indicators
    networks = sorted({place.value for one in own.values() for place in one.networks})
    since = min((_at(one.first_at) for one in own.values()), default=now) - _BEFORE
    honest = _honest(reading, known, networks, since)
    campaigns = campaigns_of(own, bundles, honest=honest, now=_us(now))
    return {
        "bundles": [
            {**_shown(one.indicators), "id": one.id, "valid_until": instant(one.valid_until)} for one in bundles
        ],
        "campaigns": [asdict(one) for one in campaigns],
    }


# -- (1) ---------------------------------------------------------------------------------------------------------------


def _indicators(reading: Reading, known: Study, incident: Incident) -> Indicators | None:
    names = [episode.id for episode in incident.episodes]
    verdicts = pa.concat_tables([known.verdicts[name] for name in names]).unify_dictionaries()
    by = verdicts["by"].cast(pa.string())
    theirs = verdicts.filter(pc.equal(by, "thief"))
    if not len(theirs):
        return None
    first = _at(pc.min(theirs["started"].cast(pa.int64())).as_py())
    rows = reading.questions.accesses_of(list(incident.accounts), since=first - _BEFORE)
    doubtful = verdicts.filter(pc.not_equal(by, "owner"))["session"].combine_chunks()
    stolen = rows.filter(pc.is_in(rows["session"], theirs["session"].combine_chunks()))
    owned = rows.filter(pc.invert(pc.is_in(rows["session"], doubtful)))
    networks = sorted({one for one in stolen["network"].cast(pa.string()).to_pylist() if one})
    exposures = pictured([known.harvests[name].exposures for name in names], known.persons)
    persons = {word: _persons(exposures, word) for word in ("thief", "unsure")}
    taken = exposures.filter(pc.equal(exposures["by"].cast(pa.string()), "thief"))["elements"].to_pylist()
    elements = 0
    for bits in taken:
        elements |= bits
    services = reading.staff().categories_of_service
    return indicators_of(
        stolen,
        region=reading.settings.region,
        campaign=_campaign(reading.settings, incident.id),
        owners={one for one in owned["network"].cast(pa.string()).to_pylist() if one},
        honest=_honest(reading, known, networks, first - _BEFORE),
        categories={name: categories.split() for name, categories in services.items()},
        elements=elements,
        accounts=len(set(stolen["account"].cast(pa.string()).to_pylist())),
        patients=len(persons["thief"]),
        doubtful=len(persons["unsure"] - persons["thief"]),
    )


def _persons(exposures: pa.Table, by: str) -> set[bytes]:
    return set(exposures.filter(pc.equal(exposures["by"].cast(pa.string()), by))["person"].to_pylist())


def _campaign(settings: Settings, incident: str) -> str:
    """The incident's name among regions. `Incident.id` stays at home: whoever has a list of accounts can try it."""
    seed = wiring.share_seed(settings)
    return hashlib.blake2b(incident.encode(), digest_size=16, key=seed, person=b"tocsin.campaign").hexdigest()


def _honest(reading: Reading, known: Study, networks: list[str], since: datetime) -> dict[str, int]:
    """Network -> accounts in no incident that came from there."""
    if not networks:
        return {}
    doubtful = {account for incident in known.incidents for account in incident.accounts}
    origins = reading.questions.accounts_from(networks=networks, since=since)
    told = zip(*(origins[name].cast(pa.string()).to_pylist() for name in ("account", "network")), strict=True)
    found: dict[str, int] = {}
    for account, network in set(told):
        if account not in doubtful:
            found[network] = found.get(network, 0) + 1
    return found


def _shown(indicators: Indicators) -> dict[str, Any]:
    return {
        **asdict(indicators),
        "first_at": instant(indicators.first_at),
        "last_at": instant(indicators.last_at),
        "networks": [place.value for place in indicators.networks],
        "addresses": [place.value for place in indicators.addresses],
    }


# -- (2) ---------------------------------------------------------------------------------------------------------------


def _shared_at(cases: Any, indicators: Indicators, at: int, *, keep: bool) -> int:
    """When these indicators were shared first: the same ones are the same bundle until half its time is over."""
    digest = hashlib.sha256(canonical(asdict(indicators))).hexdigest()
    for _, _, told in cases.kept(SHARED):
        if told["digest"] == digest and told["shared_at"] + VALID_DAYS * _DAY_US // 2 > at:
            return told["shared_at"]
    shared_at = max(at // 1_000_000 * 1_000_000, indicators.last_at)
    if keep:
        cases.keep(SHARED, f"{digest[:16]}-{shared_at}", {"digest": digest, "shared_at": shared_at}, at=at)
    return shared_at


def _published(
    settings: Settings, cases: Any, incident: Incident, data: bytes, *, who: str, out: Path | None, now: datetime
) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    path = (out or settings.state / "documents" / incident.id / "indicators.json").resolve()
    target = f"{digest[:16]} {path}"
    act = Act(
        id=act_id(incident.id, KIND, BY, target),
        incident=incident.id,
        kind=KIND,
        by=BY,
        target=digest[:16],
        arguments={"file": str(path), "sha256": digest},
        asked_by=who,
        why="other regions are told what to look for",
    )
    publisher = Publisher(settings.region, lambda: wiring.share_seed(settings), {act.id: data})
    runner = Runner(
        cases,
        {(KIND, BY): publisher},
        now=lambda: _us(now),
        who=who,
        hold=Hold(settings.state / "acts.lock", who),
    )
    (standing,) = runner.plan([act], approve=True)
    if standing.state == "proven" and publisher.verify(act)["state"] != "done":
        publisher.apply(act)  # the same bytes, put back where they were taken away
    elif standing.state != "proven":
        standing = runner.carry_out(act.id)
    log.info("indicators written", bytes=len(data))
    if standing.state != "proven":
        raise ConnectorFailed(
            f"the indicators were not read back as they should be ({standing.proof.get('how', standing.state)})",
            advice="Run the same command again.",
        )
    return {"act": act.id, "file": str(path), "signature": str(path) + SIGNATURE, "sha256": digest}


# -- (3) ---------------------------------------------------------------------------------------------------------------


def _read(path: Path, largest: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as problem:
        raise SourceUnreadable(
            f"{path.name} cannot be read ({problem.strerror})",
            advice=f"A bundle comes as two files: NAME and NAME{SIGNATURE}.",
        ) from None
    if len(data) > largest:
        raise _refused(f"it is larger than {largest:,} bytes")
    return data


def _kept(cases: Any, bundle: Bundle, at: int) -> dict[str, Any]:
    """Keep what was read, unless it or something newer of the same incident is there."""
    mine = [one for one in _received(cases) if _same(one, bundle)]
    told = {**_shown(bundle.indicators), "id": bundle.id, "valid_until": instant(bundle.valid_until), "new": False}
    if any(one.id == bundle.id or one.modified > bundle.modified for one in mine):
        return told
    told["new"] = cases.keep(RECEIVED, bundle.id, asdict(bundle), at=at)
    return told


def _same(one: Bundle, other: Bundle) -> bool:
    return (one.indicators.region, one.indicators.campaign) == (other.indicators.region, other.indicators.campaign)


def _received(cases: Any) -> list[Bundle]:
    return [_bundle(told) for _, _, told in cases.kept(RECEIVED)]


def _newest(cases: Any) -> list[Bundle]:
    """Of the bundles of one incident elsewhere the newest."""
    newest: dict[tuple[str, str], Bundle] = {}
    for one in sorted(_received(cases), key=lambda one: (one.modified, one.id)):
        newest[one.indicators.region, one.indicators.campaign] = one
    return [newest[name] for name in sorted(newest)]


def _bundle(told: Mapping[str, Any]) -> Bundle:
    inside = told["indicators"]
    places = {name: tuple(Place(**one) for one in inside[name]) for name in ("networks", "addresses")}
    lists = {name: tuple(inside[name]) for name in ("searches", "hours", "kinds", "elements")}
    return Bundle(**{**told, "indicators": Indicators(**{**inside, **places, **lists})})


def _refused(why: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"the bundle is not believed: {why}",
        done="Nothing was kept of it.",
        advice="Ask the region that sent it, by a way you already know.",
    )


def _named(settings: Settings) -> None:
    if settings.region == _UNNAMED:
        raise Usage("this region has no name to sign with", advice='Write region = "..." in tocsin.toml.')


def _at(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _us(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
