"""Crews: several accounts and one hand, in one region or in several.

Source: "une dizaine d'accès au maximum" in three regions (Ministry of Health, September 2025); LANL red team, public:
701 of 749 events came from one host, over up to 45 accounts a day.
"""

import numpy as np

from tocsin_range import places
from tocsin_range.arrays import Records
from tocsin_range.days import Day
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
