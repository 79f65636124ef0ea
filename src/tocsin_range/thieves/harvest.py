"""Harvests: opening patients one after the other, fast, slow, or a few a day.

Source of the paces: the incident of September 2025 in three French regions ("tentatives échelonnées dans le temps",
ARS communiqués) and the injected streams by which CLUE-LDS detectors are measured (1/s, 1/30 s, 1/5 min, 20 a day).
"""

from tocsin_range.arrays import Records
from tocsin_range.days import Day
from tocsin_range.thieves.heist import Heist, find_and_read


def bulk(heist: Heist, day: Day) -> list[Records]:
    """One patient a second until six hundred are taken, as a script does."""
    return [_row(heist, day, hour=14.2, count=600, pause=1.0, spread=0.08)]


def medium(heist: Heist, day: Day) -> list[Records]:
    """One patient every thirty seconds, by hand."""
    return [_row(heist, day, hour=10.1, count=300, pause=30, spread=0.4)]


def slow(heist: Heist, day: Day) -> list[Records]:
    """One patient every five minutes in the owner's hours, three days long."""
    if heist.rests(day):
        return []
    return [_row(heist, day, hour=9.0, count=80, pause=300, spread=0.3)]


def twenty(heist: Heist, day: Day) -> list[Records]:
    """Twenty patients a day in the owner's hours, a week long, on a network that stays the same."""
    if heist.rests(day):
        return []
    return [_row(heist, day, hour=9.5 + day.number % 3, count=20, pause=420, spread=0.7)]


def night(heist: Heist, day: Day) -> list[Records]:
    """Two hundred patients between one and four in the morning."""
    return [_row(heist, day, hour=1.1, count=200, pause=50, spread=0.5)]


def pace(heist: Heist, day: Day) -> list[Records]:
    """As many patients a day as the owner would open, at the owner's pace, four days long."""
    if heist.rests(day):
        return []
    return [_row(heist, day, hour=9.2, count=14, pause=150, spread=0.9)]


def lists_only(heist: Heist, day: Day) -> list[Records]:
    """Searches whose answers list patients, page after page; nobody is ever opened."""
    world = heist.world
    hands = heist.hands(day, heist.accounts[0], 11.3)
    hands.sign_in()
    for page, seed in enumerate(heist.next_loot(35).tolist()):
        rank = int(world.patients.name_rank[seed])
        listed = world.patients.by_name[rank : rank + 20]
        hands.search(f"Patient?address-city={world.region.towns[page % len(world.region.towns)]}&_count=20", listed)
        hands.wait(25)
    return [hands.done()]


def _row(heist: Heist, day: Day, *, hour: float, count: int, pause: float, spread: float) -> Records:
    hands = heist.hands(day, heist.accounts[0], hour)
    hands.sign_in()
    for patient in heist.next_loot(count).tolist():
        find_and_read(hands, patient, pause=pause, spread=spread)
    return hands.done()
