"""Tell: whom an incident concerns, and the letter to each.

(1) the persons whom the thief, or perhaps the thief, saw; those who have a letter already are left out
(2) identifiers from the vault (reason, name, receipt), names and addresses from the identity server: kept nowhere
(3) a letter to each who can be reached, checked against what the law asks; the others wait for a human
(4) as an act: planned, approved by who asks, written, read back
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tocsin import log, wiring
from tocsin.acts.hold import Hold
from tocsin.acts.run import Runner
from tocsin.config import Settings
from tocsin.door.addressees import addressees
from tocsin.errors import Conflict, ConnectorFailed, Usage
from tocsin.main.establish import picture
from tocsin.main.inspect import Reading
from tocsin.main.press import BY, KIND, Heard, Lot, Press
from tocsin.main.typeset import plain
from tocsin.model.act import UNFINISHED, Act, Standing, act_id
from tocsin.model.addressee import QUEUE, Addressee, Queued
from tocsin.model.picture import Picture
from tocsin.notify.compose import Occasion, compose, reference_of, tells_of_care
from tocsin.notify.concerned import TOLD, Concerned, concerned_of
from tocsin.notify.letter import Letter, Measures, Sender
from tocsin.notify.lint import lint

PLANNED: Final = "letters"
"""Kind of document in the cases: the persons of a lot (references), and what is told to them."""
WRITTEN: Final = "letters-written"
"""Kind of document in the cases: who of a lot has a letter (references)."""

_SPECIMEN: Final = Addressee(
    name="Prénom NOM", lines=("Prénom NOM", "1 RUE DE L EXEMPLE", "00000 VILLE"), minor=False, language="fr"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What the steps share."""

    settings: Settings
    cases: Any
    picture: Picture
    occasion: Occasion
    key: bytes
    folder: Path


def notify(
    settings: Settings,
    incident: str,
    *,
    who: str | None,
    reason: str | None,
    write: bool,
    out: Path | None,
    now: datetime,
    heard: Heard = lambda what, done, total: None,
) -> dict[str, Any]:
    """Say who is to be told of an incident; with `write`, write the letters.

    Without `who` and `reason` no identity is asked for, and nobody can say who can be reached. Raises `Usage` for a
    letter that may not leave as it is.
    """
    if write and not (who and reason):
        raise Usage(
            "letters need a name and a reason", advice="Add --who NAME --reason TEXT: both stand in the receipt."
        )
    case = _case(settings, incident, out, now)
    pending = _unfinished(case)
    everybody = concerned_of(case.picture.exposures)
    told_already = _with_a_letter(case)
    people = _planned(case, pending[0]) if pending else [one for one in everybody if one.person not in told_already]
    result: dict[str, Any] = {
        "incident": case.picture.incident.id,
        "persons": _by(everybody),
        "already": sum(one.person in told_already for one in everybody),
        "letters": None,
        "queue": None,
        "minors": None,
        "languages": None,
        "wrong": [],
        "specimen": {by: _specimen(case, by, everybody) for by in TOLD if _by(everybody)[by]},
        "written": None,
    }
    if not (who and reason):
        result["wrong"] = _wrong(case, [(one, _SPECIMEN) for one in everybody])
        return result
    found = _addressees(case, people, who=who, reason=reason, now=now)
    reached = [(one, to) for one in people if isinstance(to := found[one.person], Addressee)]
    queue = [(one, to) for one in people if isinstance(to := found[one.person], Queued)]
    result |= {
        "letters": _by(one for one, _ in reached),
        "queue": dict(sorted(Counter(to.reason for _, to in queue).items())),
        "queue_why": {reason: QUEUE[reason] for reason in sorted({to.reason for _, to in queue})},
        "minors": sum(to.minor for _, to in reached),
        "languages": dict(sorted(Counter(to.language for _, to in reached if to.language not in ("", "fr")).items())),
        "wrong": _wrong(case, reached or [(one, _SPECIMEN) for one in people]),
    }
    if write and reached:
        if result["wrong"]:
            raise Usage(
                f"the letters may not leave as they are: {'; '.join(result['wrong'])}",
                done="No letter was written.",
                advice="Fill in [organisation] in tocsin.toml; `tocsin notify` without --write shows a specimen.",
            )
        result["written"] = _write(case, reached, queue, who=who, pending=pending, now=now, heard=heard)
    return result


# -- (1) ---------------------------------------------------------------------------------------------------------------


def _case(settings: Settings, incident: str, out: Path | None, now: datetime) -> _Case:
    reading = Reading(settings)
    cases = wiring.cases(settings)
    found = picture(reading, cases, incident, now)
    folder = out or settings.state / "documents" / found.incident.id / "letters"
    return _Case(
        settings=settings,
        cases=cases,
        picture=found,
        occasion=Occasion(
            sender=_sender(settings),
            measures=_measures(found),
            vouched=frozenset(claim.subject for claim in found.claims if claim.vouched),
            zone=settings.zone,
            date=now.astimezone(ZoneInfo(settings.zone)).date(),
        ),
        key=wiring.region_references(settings).key,
        folder=folder.resolve(),
    )


def _sender(settings: Settings) -> Sender:
    own = settings.organisation
    return Sender(
        name=own.name,
        street=own.address,
        locality=" ".join(one for one in (own.postcode, own.city) if one),
        city=own.city,
        help_line=own.help_line,
        help_hours=own.help_hours,
        website=own.website,
        dpo_name=own.dpo_name,
        dpo_email=own.dpo_email,
        dpo_phone=own.dpo_phone,
    )


def _measures(found: Picture) -> Measures:
    """What the journal of acts proves about each account."""
    blocked, dead, begun = set(), set(), set()
    for account in found.incident.accounts:
        mine = [one for one in found.acts if one.act.target == account]
        cuts = {one.state for one in mine if one.act.kind == "suspend-account"}
        probes = {one.state for one in mine if one.act.kind == "prove-dead"}
        if cuts & {"proven", "undoing", "undone"}:
            blocked.add(account)
        if cuts == {"proven"} and probes == {"proven"}:
            dead.add(account)
        if cuts & {"approved", "begun", "applied", "unproven", "failed"}:
            begun.add(account)
    return Measures(accounts=len(found.incident.accounts), blocked=len(blocked), dead=len(dead), begun=len(begun))


def _names(case: _Case) -> tuple[str, ...]:
    return (case.picture.incident.id, *case.picture.incident.absorbed)


def _with_a_letter(case: _Case) -> frozenset[bytes]:
    return frozenset(
        bytes.fromhex(one)
        for _, _, told in case.cases.kept(WRITTEN)
        if told["incident"] in _names(case)
        for one in told["persons"]
    )


def _unfinished(case: _Case) -> list[Standing]:
    """Lots that were begun and are not proven: they are carried on with before anything new."""
    return [one for one in case.picture.acts if one.act.kind == KIND and one.state in UNFINISHED]


def _planned(case: _Case, standing: Standing) -> list[Concerned]:
    """Whom a lot was planned for, as it was known then."""
    for name, _, told in case.cases.kept(PLANNED):
        if name == standing.act.id:
            return [_concerned(one) for one in told["persons"]]
    raise Conflict(f"{standing.act.id} has no plan", advice="Take it back: tocsin undo.")


def _by(people: Iterable[Concerned]) -> dict[str, int]:
    counted = Counter(one.by for one in people)
    return {by: counted[by] for by in TOLD}


# -- (2) ---------------------------------------------------------------------------------------------------------------


def _addressees(
    case: _Case, people: Sequence[Concerned], *, who: str, reason: str, now: datetime
) -> dict[bytes, Addressee | Queued]:
    if not people:
        return {}
    found = addressees(
        {one.person: one.records for one in people},
        vault=wiring.vault(case.settings, wiring.region_references(case.settings)),
        source=wiring.identities(case.settings),
        reason=f"letters of {case.picture.incident.id}: {reason}",
        who=who,
        now=now,
        today=case.occasion.date,
    )
    return {one.person: _fit_to_print(one, found[one.person]) for one in people}


def _fit_to_print(one: Concerned, found: Addressee | Queued) -> Addressee | Queued:
    """A name that the font would not show as it is waits for a human; so does a minor's letter about care."""
    if isinstance(found, Queued):
        return found
    if any(plain(line) != line for line in (found.name, *found.lines)):
        return Queued("name-unfit")
    if found.minor and tells_of_care(one.elements):
        return Queued("minor-care")
    return found


# -- (3) ---------------------------------------------------------------------------------------------------------------


def _letter(case: _Case, one: Concerned, to: Addressee) -> Letter:
    reference = reference_of(case.picture.incident.id, one.person, key=case.key)
    return compose(one, to, case.occasion, reference=reference)


def _wrong(case: _Case, reached: Sequence[tuple[Concerned, Addressee]]) -> list[str]:
    """What is wrong with the letters: one of each kind is looked at, for the others differ in names and dates only."""
    kinds = {(one.by, one.certainty, one.effect, one.elements, to.minor): (one, to) for one, to in reached}
    found = (
        lint(_letter(case, one, to), identity_lines=2 if to.minor else 1, website=case.occasion.sender.website)
        for one, to in kinds.values()
    )
    return list(dict.fromkeys(problem for problems in found for problem in problems))


def _specimen(case: _Case, by: str, people: Sequence[Concerned]) -> dict[str, Any]:
    """The letter as most people of a kind would get it, to a person who does not exist."""
    mine = [one for one in people if one.by == by]
    usual = Counter((one.certainty, one.effect, one.elements) for one in mine).most_common(1)[0][0]
    one = next(one for one in mine if (one.certainty, one.effect, one.elements) == usual)
    return compose(one, _SPECIMEN, case.occasion, reference="L-000000000000").data()


# -- (4) ---------------------------------------------------------------------------------------------------------------


def _write(
    case: _Case,
    reached: Sequence[tuple[Concerned, Addressee]],
    queue: Sequence[tuple[Concerned, Queued]],
    *,
    who: str,
    pending: Sequence[Standing],
    now: datetime,
    heard: Heard,
) -> dict[str, Any]:
    at = int(now.timestamp() * 1_000_000)
    if pending:
        act = pending[0].act
        made_on = _planned_on(case, act)
    else:
        act, made_on = _plan(case, [one for one, _ in reached], who=who, at=at), case.occasion.date
    case = _dated(case, made_on)
    ordered = sorted(reached, key=lambda pair: (TOLD.index(pair[0].by), _letter_key(case, pair[0])))
    lot = Lot(
        letters=[_letter(case, one, to) for one, to in ordered],
        made_on=made_on,
        author=case.occasion.sender.name,
        queue=[{"reference": one.person.hex(), "by": one.by, "why": to.reason} for one, to in queue],
        about={"incident": case.picture.incident.id, "act": act.id, "dated": made_on.isoformat()},
    )
    press = Press({act.id: lot}, done=partial(_keep_written, case, [one for one, _ in ordered], at), heard=heard)
    runner = Runner(
        case.cases,
        {(KIND, BY): press},
        now=lambda: at,
        who=who,
        hold=Hold(case.settings.state / "acts.lock", who),
    )
    runner.plan([act], approve=True)
    standing = runner.carry_out(act.id)
    log.info("letters written", patients=len(lot.letters), held=len(queue))
    if standing.state != "proven":
        raise ConnectorFailed(
            f"the letters were not read back as they should be ({standing.proof.get('how', standing.state)})",
            advice="Run the same command again: it carries on where it stopped.",
        )
    return {
        "act": act.id,
        "folder": act.arguments["folder"],
        "letters": standing.proof["letters"],
        "pages": standing.proof["pages"],
        "manifest_sha256": standing.proof["manifest_sha256"],
        "queue": len(queue),
    }


def _plan(case: _Case, people: Sequence[Concerned], *, who: str, at: int) -> Act:
    """An act for these persons, written down with them before it is planned."""
    incident = case.picture.incident.id
    number = 1 + sum(told["incident"] in _names(case) for _, _, told in case.cases.kept(WRITTEN))
    document = {
        "incident": incident,
        "date": case.occasion.date.isoformat(),
        "persons": [_told(one) for one in people],
    }
    digest = hashlib.blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=4).hexdigest()
    target = f"lot-{number} {digest}"  # other persons or another day: another act
    act = Act(
        id=act_id(incident, KIND, BY, target),
        incident=incident,
        kind=KIND,
        by=BY,
        target=target,
        arguments={"folder": str(case.folder / f"lot-{number}"), "persons": str(len(people))},
        asked_by=who,
        why="GDPR art. 34: the persons concerned are told",
    )
    case.cases.keep(PLANNED, act.id, document, at=at)
    return act


def _planned_on(case: _Case, act: Act) -> date:
    return next(date.fromisoformat(told["date"]) for name, _, told in case.cases.kept(PLANNED) if name == act.id)


def _dated(case: _Case, made_on: date) -> _Case:
    return replace(case, occasion=replace(case.occasion, date=made_on))


def _letter_key(case: _Case, one: Concerned) -> str:
    """The order of letters: by reference, which says nothing of anybody."""
    return reference_of(case.picture.incident.id, one.person, key=case.key)


def _keep_written(case: _Case, people: Sequence[Concerned], at: int, act: str) -> None:
    persons = [one.person.hex() for one in people]
    case.cases.keep(WRITTEN, act, {"incident": case.picture.incident.id, "persons": persons}, at=at)


def _told(one: Concerned) -> dict[str, Any]:
    return {**asdict(one), "person": one.person.hex(), "records": [record.hex() for record in one.records]}


def _concerned(told: Mapping[str, Any]) -> Concerned:
    return Concerned(
        **{
            **told,
            "person": bytes.fromhex(told["person"]),
            "records": tuple(bytes.fromhex(one) for one in told["records"]),
        }
    )
