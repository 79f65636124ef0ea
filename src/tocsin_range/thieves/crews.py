"""Crews: several accounts and one hand, in one region or in several.

Source: "une dizaine d'accès au maximum" in three regions (Ministry of Health, September 2025); LANL red team, public:
701 of 749 events came from one host, over up to 45 accounts a day.
"""

import numpy as np

from tocsin_range import places
from tocsin_range.arrays import Ints, Records
from tocsin_range.days import Day
from tocsin_range.scene import free_account
from tocsin_range.thieves.heist import Heist, find_and_read


def shared(heist: Heist, day: Day) -> list[Records]:
    """Ten accounts share the load from one machine: some forty patients each over two days, no two the same."""
    parts = []
    for rank, account in enumerate(heist.accounts):
        hands = heist.hands(day, account, 9.0 + 0.8 * rank)
        hands.sign_in()
        for patient in heist.next_loot(20).tolist():
            find_and_read(hands, patient, pause=70, spread=0.5)
        parts.append(hands.done())
    return parts


def rotation(heist: Heist, day: Day) -> list[Records]:
    """A few patients with each of two accounts, from a machine and a network that other regions see as well."""
    same_everywhere = np.array([2025_09])
    device = int(places.device(places.COMPUTER, same_everywhere)[0])
    address = int(places.hosting(same_everywhere)[0])
    parts = []
    for rank, account in enumerate(heist.accounts):
        hands = heist.hands(day, account, 11.0 + 2.5 * rank, device=device, address=address)
        hands.sign_in()
        for patient in heist.next_loot(25).tolist():
            find_and_read(hands, patient, pause=45, spread=0.5)
        parts.append(hands.done())
    return parts


def take_scattered(heist: Heist) -> list[int]:
    """As any crew; but they stay free for who tries passwords, so that others do what they would without this crew.

    In a large region each such crew has accounts apart from those of the next ones.
    """
    staff = heist.world.staff
    crew = min(heist.attack.accounts, max(2, len(staff) // 20))
    apart = np.clip(len(staff) // 100, 1, 12)
    others = (np.arange(len(staff)) % apart != heist.number % apart) & ~staff.taken
    staff.taken |= others
    accounts = [free_account(heist.world, heist.rng, *heist.attack.roles) for _ in range(crew)]
    staff.taken[accounts] = False
    staff.taken &= ~others
    return accounts


def scattered(heist: Heist, day: Day) -> list[Records]:
    """Six accounts, each from a machine and a relay of its own, go through the patients of one unit by one script."""
    if not heist.taken:
        heist.loot = heist.rng.permutation(_of_one_unit(heist, day))
    parts = []
    for rank, account in enumerate(heist.accounts):
        hands = heist.hands(day, account, 9.5 + 0.4 * rank, tool=f"-{rank}")
        hands.sign_in()
        for patient in heist.next_loot(15).tolist():
            find_and_read(hands, patient, pause=90, spread=0.06)
        parts.append(hands.done())
    return parts


def _of_one_unit(heist: Heist, day: Day) -> Ints:
    """Who lies, or lay in the last month, in one of the five units that have seen the most."""
    pools = (day.pools["present"], day.pools["recent"])
    sizes = np.sum([np.diff(pool.first) for pool in pools], axis=0)
    unit = int(heist.rng.choice(np.argsort(-sizes, kind="stable")[:5]))
    theirs = [pool.patients[pool.first[unit] : pool.first[unit + 1]] for pool in pools]
    return np.unique(np.concatenate(theirs))
