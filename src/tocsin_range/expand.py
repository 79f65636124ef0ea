"""From touches to acts: what a patient met leaves in a trail."""

import numpy as np

from tocsin_range import acts, places
from tocsin_range.acts import PURPOSE, RESOURCE, blank
from tocsin_range.arrays import Ints, Records
from tocsin_range.pools import Pool
from tocsin_range.region import KIND
from tocsin_range.roles import ROLE, ROLES
from tocsin_range.services import SERVICES
from tocsin_range.sessions import Sessions, naming, with_new_machine
from tocsin_range.streams import mix, stream
from tocsin_range.touches import Touches
from tocsin_range.world import World

_SHOWN = [[RESOURCE[name] for name in service.shows.split()] for service in SERVICES]
_SHOWN_COUNT = np.array([len(shown) for shown in _SHOWN], dtype=np.int64)
_SHOWN_TABLE = np.array([(shown + [0] * 4)[:4] for shown in _SHOWN], dtype=np.int64)
_FINDS_PEOPLE = np.array(["Patient" in service.shows.split() for service in SERVICES])
_OFFICE_ROLES = ("secretary", "admissions", "identity", "manager")
_CLINICAL = np.array([name not in ("Patient", "RelatedPerson") for name in acts.RESOURCES])


def acts_of_touches(world: World, sessions: Sessions, touches: Touches, rng: np.random.Generator) -> Records:
    """Searches, reads and writes of all touches."""
    role = world.staff.role[sessions.account[touches.session]]
    service = sessions.service[touches.session]
    searched = (rng.random(len(role)) < np.array([item.searches for item in ROLES])[role]) & _FINDS_PEOPLE[service]
    written = rng.random(len(role)) < np.array([item.writes for item in ROLES])[role]
    reads = 1 + (rng.random(len(role)) < 0.13) + (rng.random(len(role)) < 0.04)
    return np.concatenate(
        [
            _searches(world, sessions, touches, np.flatnonzero(searched), rng),
            _reads(world, sessions, touches, np.repeat(np.arange(len(role)), reads), rng),
            _writes(world, sessions, touches, np.flatnonzero(written), rng),
        ]
    )


def rows_of(world: World, sessions: Sessions, session: Ints, at: Ints, kind: int) -> Records:
    """Acts of one kind in the given sessions, each its own request."""
    rows = blank(len(session))
    rows["at"] = at
    rows["kind"] = kind
    for column in ("account", "service", "device", "address"):
        rows[column] = getattr(sessions, column)[session]
    rows["session"] = sessions.ident[session]
    rows["opened"] = sessions.start[session]
    rows["assurance"] = world.staff.assurance[sessions.account[session]]
    role = world.staff.role[sessions.account[session]]
    office = np.isin(role, [ROLE[key] for key in _OFFICE_ROLES])
    rows["purpose"] = np.where(office, PURPOSE["PATADMIN"], PURPOSE["TREAT"])
    urgent = world.region.unit_kind[world.staff.unit[sessions.account[session]]] == KIND["emergency"]
    rows["purpose"][urgent & ~office] = PURPOSE["ETREAT"]
    rows["purpose"][role == ROLE["robot"]] = PURPOSE["HOPERAT"]
    rows["request"] = _numbers(rows, at)
    return rows


def _numbers(rows: Records, at: Ints) -> Ints:
    return (
        mix(rows["session"] + at * 1_000 + np.arange(len(rows)) + (rows["kind"].astype(np.int64) << 50)) >> np.uint64(1)
    ).astype(np.int64)


def resources(service: Ints, rng: np.random.Generator) -> Ints:
    """A FHIR type that each service shows, the first ones more often."""
    place = (rng.random(len(service)) ** 1.5 * _SHOWN_COUNT[service]).astype(np.int64)
    return _SHOWN_TABLE[service, place]


def _reads(world: World, sessions: Sessions, touches: Touches, which: Ints, rng: np.random.Generator) -> Records:
    order = np.arange(len(which)) - np.searchsorted(which, which)
    at = touches.at[which] + order * rng.integers(2_500, 9_000, len(which))
    rows = rows_of(world, sessions, touches.session[which], at, acts.READ)
    rows["patient"] = touches.patient[which]
    rows["resource"] = resources(rows["service"], rng)
    asks = _CLINICAL[rows["resource"]] & (rng.random(len(rows)) < 0.15)
    rows["kind"][asks] = acts.QUERY
    rows["outcome"][rng.random(len(rows)) < 0.004] = 4
    return rows


def _writes(world: World, sessions: Sessions, touches: Touches, which: Ints, rng: np.random.Generator) -> Records:
    at = touches.at[which] + rng.integers(7_000, 30_000, len(which))
    rows = rows_of(world, sessions, touches.session[which], at, acts.CREATE)
    rows["patient"] = touches.patient[which]
    rows["resource"] = resources(rows["service"], rng)
    people = rows["resource"] == RESOURCE["Patient"]
    rows["kind"][people | (rng.random(len(rows)) < 0.3)] = acts.UPDATE
    printed = rng.random(len(rows)) < 0.01
    rows["kind"][printed] = acts.EXPORT
    return rows


def _searches(world: World, sessions: Sessions, touches: Touches, which: Ints, rng: np.random.Generator) -> Records:
    """An identity search by birth date and three letters; namesakes are listed under the same request."""
    people = world.patients
    results = 1 + (rng.random(len(which)) ** 3 * 3).astype(np.int64)
    mine = np.repeat(np.arange(len(which)), results)
    order = np.arange(len(mine)) - np.searchsorted(mine, mine)
    touch = which[mine]
    at = touches.at[which] - rng.integers(3_000, 15_000, len(which))
    rows = rows_of(world, sessions, touches.session[touch], at[mine], acts.SEARCH)
    rank = people.name_rank[touches.patient[touch]] + order
    rows["patient"] = people.by_name[np.minimum(rank, len(people) - 1)]
    rows["resource"] = RESOURCE["Patient"]
    rows["request"] = rows["request"][np.searchsorted(mine, mine)]
    return rows[rank < len(people)]


def work_lists(world: World, sessions: Sessions, present: Pool, texts: list[str], rng: np.random.Generator) -> Records:
    """Some sessions begin with the list of the unit: its first page names up to ten patients."""
    unit = world.staff.unit[sessions.account]
    lists = naming(sessions) & (rng.random(len(sessions)) < 0.06) & (present.sizes(unit) > 0)
    which = np.flatnonzero(lists)
    size = np.minimum(present.sizes(unit[which]), 10)
    session = np.repeat(which, size)
    order = np.arange(len(session)) - np.searchsorted(session, session)
    at = sessions.start[session] + 5_000
    rows = rows_of(world, sessions, session, at, acts.SEARCH)
    rows["patient"] = present.patients[present.first[unit[session]] + order]
    rows["resource"] = RESOURCE["Encounter"]
    rows["request"] = rows["request"][np.searchsorted(session, session)]
    text = np.cumsum(np.diff(session, prepend=-1) != 0) - 1 + len(texts) if len(session) else session
    rows["text"] = text
    texts.extend(
        f"Encounter?service-provider=Organization/u{place}&status=in-progress&_count=10" for place in unit[which]
    )
    # Whoever stayed twice in the unit is named once.
    _, first = np.unique(session * (1 << 32) + rows["patient"], return_index=True)
    return rows[np.sort(first)]


def sign_ins(world: World, sessions: Sessions, touches: Touches, rng: np.random.Generator) -> Records:
    """Most sessions begin with a recorded sign-in, some after a mistake; a part end with a sign-out."""
    robot = world.staff.role[sessions.account] == ROLE["robot"]
    begins = np.flatnonzero((rng.random(len(sessions)) < 0.7) | robot)
    rows = rows_of(world, sessions, begins, sessions.start[begins], acts.SIGN_IN)
    slips = begins[(rng.random(len(begins)) < 0.035) & ~robot[begins]]
    slips = np.repeat(slips, rng.integers(1, 3, len(slips)))
    failed = rows_of(
        world, sessions, slips, sessions.start[slips] - rng.integers(6_000, 40_000, len(slips)), acts.SIGN_IN_FAILED
    )
    failed["outcome"] = rng.choice([4, 8], len(failed), p=[0.85, 0.15])
    last = np.full(len(sessions), 0, dtype=np.int64)
    np.maximum.at(last, touches.session, touches.at)
    ends = np.flatnonzero((last > 0) & (rng.random(len(sessions)) < 0.35))
    out = rows_of(world, sessions, ends, last[ends] + rng.integers(40_000, 400_000, len(ends)), acts.SIGN_OUT)
    return np.concatenate([rows, failed, out])


def enrolments(world: World, day: int, sessions: Sessions) -> Records:
    """Means of sign-in that people renew: most with a new machine, on it or from the old one; some for no such reason.

    How often is an assumption.
    """
    rng = stream(world.recipe.seed, world.recipe.region, "enrolments", day)
    chance, where = rng.random(len(world.staff)), rng.random(len(world.staff))
    human = world.staff.role != ROLE["robot"]
    renewed = with_new_machine(world, day)
    wanted = human & (chance < np.where(renewed, 0.5, 0.0005))
    _, first = np.unique(sessions.account, return_index=True)
    first = first[wanted[sessions.account[first]]]
    rows = rows_of(world, sessions, first, sessions.start[first] + 30_000, acts.ENROL)
    account = sessions.account[first]
    before = renewed[account] & (where[account] < 0.5)
    house = world.region.unit_house[world.staff.unit[account]]
    rows["at"] = np.where(before, np.maximum(sessions.start[first] - 900_000, world.recipe.day_ms(day)), rows["at"])
    rows["opened"] = np.where(before, rows["at"], rows["opened"])
    rows["session"] = np.where(before, rows["session"] ^ 1, rows["session"])
    rows["device"] = np.where(before, world.staff.machine[account], rows["device"])
    rows["address"] = np.where(before, places.site(house, world.staff.machine[account]), rows["address"])
    return rows
