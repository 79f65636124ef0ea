"""Sweeps: going through a register in its own order, by letters, numbers or pages, or taking it in one piece.

Source: enumeration is the first thing that application security teaches to look for (OWASP API Security Top 10 2023,
API1 and API6); sorted queries, neighbouring numbers and deep pages are its traces.
"""

import numpy as np

from tocsin_range.arrays import Ints, Records
from tocsin_range.days import Day
from tocsin_range.names import SURNAMES
from tocsin_range.patients import FIRST_ID
from tocsin_range.services import SERVICE, SERVICES
from tocsin_range.thieves.heist import Heist, find_and_read
from tocsin_range.world import World

PAGE = 20


def prefixes(heist: Heist, day: Day) -> list[Records]:
    """Searches AB, AD, AL ... in the order of the alphabet; one person in eight of those listed is opened."""
    hands = heist.hands(day, heist.accounts[0], 13.6)
    hands.sign_in()
    heads = sorted({name[:2].upper() for name in SURNAMES})
    for head in heads[: min(len(heads), 40)]:
        listed = _named(heist.world, head)[:PAGE]
        hands.search(f"Patient?family={head}&_count={PAGE}", listed)
        hands.wait(9)
        for patient in listed[::8].tolist():
            find_and_read(hands, patient, pause=4)
    return [hands.done()]


def _named(world: World, head: str) -> Ints:
    families = np.array([name[:2].upper() == head for name in SURNAMES])
    ordered = world.patients.by_name
    return ordered[families[world.patients.family[ordered]]]


def sequential(heist: Heist, day: Day) -> list[Records]:
    """Opens the next number, and the next, in a service that names patients by number if the account has one."""
    account = heist.accounts[0]
    numbered = [rank for rank in heist.world.staff.services[account].tolist() if rank >= 0 and SERVICES[rank].local_ids]
    hands = heist.hands(day, account, 12.1, service=numbered[0] if numbered else None)
    hands.sign_in()
    count = min(250, len(heist.loot))
    first = int(heist.rng.integers(len(heist.world.patients) - count))
    for patient in range(first, first + count):
        find_and_read(hands, patient, pause=3)
    return [hands.done()]


def paging(heist: Heist, day: Day) -> list[Records]:
    """Turns the pages of a hospital's work list to the end, without a pause to read."""
    world = heist.world
    account = heist.accounts[0]
    house = int(world.region.unit_house[world.staff.unit[account]])
    if not world.region.hospital_share[house]:
        house = 0
    pool = day.pools["house"]
    everybody = np.unique(pool.patients[pool.first[house] : pool.first[house + 1]])[: 30 * PAGE]
    hands = heist.hands(day, account, 15.4)
    hands.sign_in()
    for page in range(0, len(everybody), PAGE):
        text = f"Encounter?service-provider.partof=Organization/h{house}&_count={PAGE}&_getpagesoffset={page}"
        hands.search(text, everybody[page : page + PAGE], "Encounter")
        hands.wait(3)
    return [hands.done()]


def export(heist: Heist, day: Day) -> list[Records]:
    """One search, then the export button: a hundred and fifty people in one piece."""
    hands = heist.hands(day, heist.accounts[0], 16.2)
    hands.sign_in()
    taken = heist.next_loot(150)
    hands.search("Patient?_count=150&_sort=-_lastUpdated", taken[:PAGE])
    hands.wait(20)
    hands.export(taken)
    return [hands.done()]


def pivot(heist: Heist, day: Day) -> list[Records]:
    """From the placement service to the identity server, where the account has never been.

    Source: placement was among the services of September 2025; a single sign-on carries the thief across.
    """
    account = heist.accounts[0]
    habitual = heist.world.staff.services[account].tolist()
    fresh = [key for key in ("identity-server", "consent", "social-support") if SERVICE[key] not in habitual]
    first = heist.hands(day, account, 10.6, service=SERVICE["placement"])
    first.sign_in()
    for patient in heist.next_loot(3).tolist():
        find_and_read(first, patient, pause=25)
    onward = heist.hands(day, account, 10.75, service=SERVICE[fresh[0]])
    onward.sign_in()
    for patient in heist.next_loot(200).tolist():
        onward.search(f"Patient?identifier={FIRST_ID + patient}", np.array([patient]))
        onward.wait(2)
        find_and_read(onward, patient, pause=8)
    return [first.done(), onward.done()]
