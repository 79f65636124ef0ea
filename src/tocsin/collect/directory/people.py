"""Practitioner -> aliases, and who was struck off; PractitionerRole -> roles."""

from __future__ import annotations

from tocsin.collect.directory.catalogue import Catalogue, Version, rpps_of
from tocsin.collect.directory.draft import KIND, Draft, ended
from tocsin.collect.directory.resources import Identifier, Practitioner, PractitionerRole, code_of
from tocsin.collect.directory.symbols import NOTHING, PRACTITIONER

_ALIAS = KIND["alias"]
_ROLE = KIND["role"]
_STRUCK_OFF = KIND["struck-off"]


def practitioner(resource: Practitioner, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """Every name under which a trail may know this professional's account, one row each."""
    symbols = draft.symbols
    own = symbols.thing("Practitioner", resource.id)
    borne = [(i, s) for i in resource.identifier if (s := symbols.identifier(i, PRACTITIONER)) != NOTHING]
    rpps = next((found for i, _ in borne if (found := rpps_of(i.system, i.value))), None)
    if own != NOTHING:
        for _, symbol in borne:
            catalogue.bearer.say(symbol, version, own)
        if rpps:
            catalogue.rpps.say(own, version, rpps)
    actor = own if own != NOTHING else next((s for i, s in borne if rpps_of(i.system, i.value)), NOTHING)
    if actor == NOTHING:
        return
    known = draft.known()
    for name in _names(resource, rpps, [i for i, _ in borne]):
        draft.row(_ALIAS, known, who=(actor, NOTHING, NOTHING), code=draft.code(name))
    if resource.active is False:
        draft.row(_STRUCK_OFF, known, who=(actor, NOTHING, NOTHING))


def _names(resource: Practitioner, rpps: str | None, identifiers: list[Identifier]) -> list[str]:
    """A bare value is a name only where it is national, or where the directory itself gives it no system: local
    numbers of two houses collide."""
    names = [f"Practitioner/{resource.id}"] if resource.id else []
    names += [f"{i.system}|{i.value}" if i.system else str(i.value) for i in identifiers]
    names += [rpps, f"8{rpps}"] if rpps else []
    return list(dict.fromkeys(names))


def practitioner_role(resource: PractitionerRole, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row: who works where, as what, until when. The first code names the role, else the first specialty."""
    who = draft.who(resource.practitioner)[0]
    organization = draft.place(resource.organization)
    own = draft.symbols.thing("PractitionerRole", resource.id)
    if own != NOTHING:
        catalogue.roles.say(own, version, (who, organization))
    if who == NOTHING:
        return
    known = draft.known()
    starts, ends = draft.period(resource.period)
    ends = ended(ends, known, over=resource.active is False)
    code = draft.code(code_of(resource.code) or code_of(resource.specialty))
    draft.row(_ROLE, known, who=(who, organization, NOTHING), code=code, starts=starts, ends=ends)
