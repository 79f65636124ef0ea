"""Entries: ways to come by an account or a session, each with the traces that it leaves before the first patient.

Sources: MITRE ATT&CK T1110.003 (password spraying), T1621 (multi-factor request generation), T1557 (adversary in the
middle), T1550.001 (application access token), T1078 (valid accounts); CISA alert AA23-320A on help-desk and fatigue.
"""

import numpy as np

from tocsin_range import acts
from tocsin_range.arrays import MINUTE_MS, Ints, Records
from tocsin_range.days import Day
from tocsin_range.scene import Hands, free_account, usual_machine
from tocsin_range.services import SERVICES
from tocsin_range.staff import WHOLE_TIME
from tocsin_range.thieves.heist import Heist, find_and_read, owner_rows
from tocsin_range.world import Contract


def stolen_token(heist: Heist, day: Day) -> list[Records]:
    """The owner's own token, machine name and address, used while the owner goes on working."""
    rows = _busiest_session(heist, day)
    if heist.done or rows is None:
        return []
    heist.done = True
    hands = _in_session(heist, day, rows[0], int(rows["at"][0]) + 4 * MINUTE_MS)
    for patient in heist.next_loot(90).tolist():
        find_and_read(hands, patient, pause=12)
    return [hands.done()]


def kiosk(heist: Heist, day: Day) -> list[Records]:
    """Somebody sits down at a shared machine where the last user is still signed in: no new sign-in, same token."""
    rows = _busiest_session(heist, day)
    if heist.done or rows is None:
        return []
    heist.done = True
    hands = _in_session(heist, day, rows[0], int(rows["at"][-1]) + 6 * MINUTE_MS)
    for patient in heist.next_loot(30).tolist():
        find_and_read(hands, patient, pause=22, spread=0.5)
    return [hands.done()]


def _busiest_session(heist: Heist, day: Day) -> Records | None:
    """The acts of the owner's longest session that was not signed out, in a service that shows patients.

    If the owner stays away to the end, the thief makes do with somebody else of that role who is at work.
    """
    rows = _open_sessions(heist, day, heist.accounts[0])
    if not len(rows) and day.number == min(heist.last_day, heist.world.recipe.days - 1) and not heist.done:
        heist.accounts = [_someone_at_work(heist, day)]
        rows = _open_sessions(heist, day, heist.accounts[0])
    if not len(rows):
        return None
    sessions, counts = np.unique(rows["session"], return_counts=True)
    return rows[rows["session"] == sessions[np.argmax(counts)]]


def _open_sessions(heist: Heist, day: Day, account: int) -> Records:
    rows = owner_rows(heist, day, account)
    rows = rows[np.array([bool(SERVICES[rank].shows) for rank in rows["service"].tolist()], dtype=np.bool_)]
    return rows[~np.isin(rows["session"], rows["session"][rows["kind"] == acts.SIGN_OUT])]


def _someone_at_work(heist: Heist, day: Day) -> int:
    staff = heist.world.staff
    around = np.unique(day.acts["account"][day.acts["kind"] == acts.READ]).astype(np.int64)
    around = around[~staff.taken[around] & np.isin(around, staff.of_role(*heist.attack.roles))]
    for account in heist.rng.permutation(around).tolist():
        if len(_open_sessions(heist, day, account)):
            staff.taken[account] = True
            return int(account)
    return heist.accounts[0]


def _in_session(heist: Heist, day: Day, row: np.void, at: int) -> Hands:
    hands = heist.hands(
        day,
        heist.accounts[0],
        0.0,
        service=int(row["service"]),
        device=int(row["device"]),
        address=int(row["address"]),
    )
    hands.clock, hands.session, hands.opened = at, int(row["session"]), int(row["opened"])
    hands.assurance, hands.purpose = int(row["assurance"]), int(row["purpose"])
    return hands


def phishing(heist: Heist, day: Day) -> list[Records]:
    """A relayed sign-in at nine, a second factor enrolled two minutes later, then the thief's own machine."""
    account = heist.accounts[0]
    _, device, _ = usual_machine(heist.world, account, -1)
    relay = heist.hands(day, account, 9.1, device=device, tool="relay")
    relay.sign_in()
    relay.wait(110)
    relay.enrol()
    own = heist.hands(day, account, 9.25)
    own.sign_in()
    for patient in heist.next_loot(150).tolist():
        find_and_read(own, patient, pause=15)
    return [relay.done(), own.done()]


def spraying(heist: Heist, day: Day) -> list[Records]:
    """Two passwords tried on many accounts from one address, two minutes apart; the last one yields."""
    world = heist.world
    local = np.flatnonzero(~world.staff.national & ~world.staff.taken)
    tried = heist.rng.choice(local, min(60, len(local) // 2), replace=False).tolist()
    parts = []
    for rank, account in enumerate(tried):
        hands = heist.hands(day, account, 5.0 + rank / 30)
        hands.fail()
        hands.wait(20)
        hands.fail()
        parts.append(hands.done())
    hands = heist.hands(day, heist.accounts[0], 5.0 + len(tried) / 30)
    hands.fail()
    hands.wait(30)
    hands.sign_in()
    for patient in heist.next_loot(120).tolist():
        find_and_read(hands, patient, pause=20)
    return [*parts, hands.done()]


def fatigue(heist: Heist, day: Day) -> list[Records]:
    """Seven requests on the owner's telephone late in the evening; six refused, the seventh accepted."""
    hands = heist.hands(day, heist.accounts[0], 22.9)
    for _ in range(6):
        hands.fail()
        hands.wait(150)
    hands.sign_in()
    for patient in heist.next_loot(100).tolist():
        find_and_read(hands, patient, pause=18)
    return [hands.done()]


def dormant(heist: Heist, day: Day) -> list[Records]:
    """An account that nobody has used for weeks opens eighty patients."""
    hands = heist.hands(day, heist.accounts[0], 10.8)
    hands.sign_in()
    for patient in heist.next_loot(80).tolist():
        find_and_read(hands, patient, pause=35, spread=0.5)
    return [hands.done()]


def take_dormant(heist: Heist) -> list[int]:
    """The owner left early in the trail; the account was never closed."""
    account = free_account(heist.world, heist.rng, "physician", "gp", "nurse")
    heist.world.staff.last_day[account] = heist.first_day // 3
    return [account]


def forged(heist: Heist, day: Day) -> list[Records]:
    """A professional who does not exist, registered two days before: no colleagues, no unit, no past."""
    hands = heist.hands(day, heist.accounts[0], 14.1)
    hands.sign_in()
    for patient in heist.next_loot(70).tolist():
        find_and_read(hands, patient, pause=30, spread=0.5)
    return [hands.done()]


def take_forged(heist: Heist) -> list[int]:
    """An account that has never worked, known to the directory since the day before yesterday, in no unit."""
    world = heist.world
    account = free_account(world, heist.rng, "physician", "gp")
    world.staff.first_day[account] = WHOLE_TIME
    known = world.recipe.day_ms(heist.first_day) - 40 * 60 * MINUTE_MS
    world.contracts[account] = Contract(account=account, units=(), start=known, end=None, known=known)
    return [account]


def service_account(heist: Heist, day: Day) -> list[Records]:
    """A robot's secret used in the afternoon from elsewhere, at a patient every 0.7 seconds."""
    account = heist.accounts[0]
    device = int(heist.world.staff.machine[account])
    hands = heist.hands(day, account, 15.0, device=device)
    hands.sign_in()
    for patient in heist.next_loot(500).tolist():
        find_and_read(hands, patient, pause=0.7, spread=0.05)
    return [hands.done()]


def take_robot(heist: Heist) -> list[int]:
    """A service account; nobody works with it by hand."""
    robots = heist.world.staff.of_role("robot")
    free: Ints = robots[~heist.world.staff.taken[robots]]
    account = int(heist.rng.choice(free if len(free) else robots))
    heist.world.staff.taken[account] = True
    return [account]


def suppression(heist: Heist, day: Day) -> list[Records]:
    """Ten minutes into the harvest the service's trail falls silent for three hours, for everybody.

    Source: MITRE ATT&CK T1562.008 (disable or modify cloud logs).
    """
    account = heist.accounts[0]
    hands = heist.hands(day, account, 13.0)
    begin = hands.clock + 10 * MINUTE_MS
    hands.sign_in()
    for patient in heist.next_loot(200).tolist():
        find_and_read(hands, patient, pause=12)
    day.silences.append((hands.service, begin, begin + 180 * MINUTE_MS))
    return [hands.done()]
