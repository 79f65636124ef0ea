"""Organization -> units; HealthcareService -> services; Location -> no fact of its own: it leads to a unit."""

from __future__ import annotations

from tocsin.collect.directory.catalogue import Catalogue, Version
from tocsin.collect.directory.draft import KIND, Draft
from tocsin.collect.directory.resources import HealthcareService, Location, Organization
from tocsin.collect.directory.symbols import LOCATION, NOTHING, ORGANIZATION

_UNIT = KIND["unit"]
_SERVICE = KIND["service"]


def organization(resource: Organization, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row if it is part of another: `unit` is part of the top of the chain."""
    own = draft.symbols.thing("Organization", resource.id)
    if own == NOTHING:
        return
    above = draft.place(resource.partOf)
    catalogue.part_of.say(own, version, above)
    for identifier in resource.identifier:
        borne = draft.symbols.identifier(identifier, ORGANIZATION)
        if borne != NOTHING:
            catalogue.bearer.say(borne, version, own)
    if above != NOTHING:
        draft.row(_UNIT, draft.known(), who=(NOTHING, own, NOTHING))


def healthcare_service(resource: HealthcareService, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """One row for each name that the trail may give the service; `code`: the data categories it holds."""
    names = [i.value for i in resource.identifier if i.value] or [name for name in (resource.name,) if name]
    own = draft.symbols.thing("HealthcareService", resource.id)
    if own != NOTHING and names:
        catalogue.services.say(own, version, names[0])
    held = [coding.code for concept in resource.characteristic for coding in concept.coding if coding.code]
    code = draft.code(" ".join(dict.fromkeys(held)))
    known, provider = draft.known(), draft.place(resource.providedBy)
    for name in dict.fromkeys(names):
        draft.row(_SERVICE, known, who=(NOTHING, provider, draft.named_service(name)), code=code)


def location(resource: Location, draft: Draft, catalogue: Catalogue, version: Version) -> None:
    """Kept to lead an appointment or a schedule to a unit."""
    own = draft.symbols.thing("Location", resource.id)
    if own != NOTHING:
        above = draft.symbols.of(resource.partOf, LOCATION)
        catalogue.locations.say(own, version, (draft.place(resource.managingOrganization), above))
