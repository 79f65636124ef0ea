"""Acts -> AuditEvent lines, written by `balp.py`; some services write plain R4.

Lines are put together from ready-made fragments: a region makes millions of them.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tocsin_range import acts, balp
from tocsin_range.acts import RESOURCES
from tocsin_range.arrays import HOUR_MS, Ints, Records
from tocsin_range.balp import SIGNS
from tocsin_range.identifiers import RPPS
from tocsin_range.names import SURNAMES
from tocsin_range.patients import FIRST_ID
from tocsin_range.places import address_name, device_name
from tocsin_range.recipe import offset_hours
from tocsin_range.services import SERVICES
from tocsin_range.streams import mix
from tocsin_range.world import World

TOKEN_MS = 120_000
"""An access token of the national provider lives two minutes. From: ANS, securisation-transport 1.2.0."""


@lru_cache(maxsize=1 << 16)
def _device(code: int) -> str:
    return device_name(code)


@lru_cache(maxsize=1 << 16)
def _address(code: int) -> str:
    return address_name(code)


class Scribe:
    """Writes the acts of a world as lines; the lines of a day depend on the day alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.users = [self._user(account) for account in range(len(world.staff))]
        self.sources = [balp.source(service.key, service.key) for service in SERVICES]
        self.urls = [f"https://{service.key}.{world.recipe.region}.example/fhir" for service in SERVICES]

    def lines(self, rows: Records, texts: list[str]) -> tuple[list[str], list[str]]:
        """Each act as a line, and its AuditEvent id; `texts` are the queries of the day."""
        salt = self.world.recipe.seed
        idents = _idents(rows, salt).tolist()
        tellings = _twice(rows)
        lines: list[str] = []
        names: list[str] = []
        lag = _lags(mix(rows["at"], salt))
        times = zip(*_times(rows, lag), strict=True)
        columns = [rows[name].tolist() for name in acts.ACT.names or ()]
        tokens = self._tokens(rows)
        for ident, twice, (at, recorded), token, row in zip(
            idents, tellings, times, tokens, zip(*columns, strict=True), strict=True
        ):
            name = f"{ident:016x}"
            lines.append(self._line(name, at, recorded, token, row, texts, client=False))
            names.append(name)
            if twice:
                name = f"{ident ^ 0x5555555555555555:016x}"
                lines.append(self._line(name, at, at, token, row, texts, client=True))
                names.append(name)
        return lines, names

    def owners(self, rows: Records) -> Ints:
        """For each line, the place of its act in `rows` (an act told twice has two lines)."""
        return np.repeat(np.arange(len(rows)), 1 + _twice(rows).astype(np.int64))

    def _line(
        self, name: str, at: str, recorded: str, token: int, row: tuple[int, ...], texts: list[str], *, client: bool
    ) -> str:
        (
            _,
            account,
            rank,
            kind,
            resource,
            patient,
            request,
            _,
            _,
            device,
            address,
            assurance,
            purpose,
            text,
            out,
            _,
        ) = row
        service = SERVICES[rank]
        user, other = self.users[account][service.bare_rpps]
        agents = balp.agents(
            service,
            kind,
            user=user,
            other=other,
            token=f"{token:016x}",
            device=_device(device),
            address=_address(address),
            url=self.urls[rank],
            assurance=assurance,
            purpose=balp.PURPOSES[purpose],
        )
        query = ""
        if kind in (acts.SEARCH, acts.QUERY):
            query = texts[text] if text >= 0 else self._query(kind, resource, patient)
        named = RESOURCES[resource]
        own = named == "Patient" and not service.local_ids
        entities = balp.entities(
            service,
            kind,
            patient=_patient(rank, patient) if patient >= 0 else "",
            query=query,
            resource=f"{named}/{FIRST_ID + patient if own else f'{request & 0xFFFFFFFF:08x}'}",
            request=f"{request:016x}",
        )
        plain = service.telling == "plain"
        source = balp.source(service.key, f"{service.key}-client") if client else self.sources[rank]
        return balp.event(name, at, recorded, kind, out, plain=plain, agents=agents, source=source, entities=entities)

    def _query(self, kind: int, resource: int, patient: int) -> str:
        """The usual request: people by birth date and three letters of the name, data by patient."""
        if kind == acts.QUERY or patient < 0:
            return f"{RESOURCES[resource]}?patient={FIRST_ID + patient}&_sort=-date&_count=20"
        people = self.world.patients
        born = np.datetime64(int(people.birth_days[patient]), "D")
        return f"Patient?birthdate={born}&family={SURNAMES[int(people.family[patient])][:3]}&_count=20"

    def _user(self, account: int) -> tuple[tuple[str, str], tuple[str, str]]:
        """The account as most services name it and as those that name by RPPS do, each with its other id."""
        staff = self.world.staff
        number = staff.rpps[account]
        other = balp.other_id(number) if number else ""
        usual = balp.who(staff.issuer[account], staff.login[account])
        if staff.national[account] and number:
            return (usual, ""), (balp.who(RPPS, number), "")
        # Half of the hospitals' providers pass the RPPS on.
        other = other if account % 2 else ""
        return (usual, other), (usual, other)

    def _tokens(self, rows: Records) -> list[int]:
        """Token ids: one a session, but one every two minutes where the national provider gives them."""
        national = self.world.staff.national[rows["account"]]
        turn = np.where(national, (rows["at"] - rows["opened"]) // TOKEN_MS, 0)
        tokens: list[int] = mix(rows["session"] + turn * 7_919, self.world.recipe.seed).tolist()
        return tokens


def _patient(rank: int, patient: int) -> str:
    if SERVICES[rank].local_ids:
        return balp.patient_number(local_number(patient))
    return balp.patient_reference(FIRST_ID + patient)


def local_number(patient: int) -> int:
    """The regional number of a patient."""
    return 300_000 + patient


def _idents(rows: Records, salt: int) -> npt.NDArray[np.uint64]:
    """Ids made from the acts themselves: an act keeps its id whoever else is in the region that day."""
    first = mix(rows["at"] + (rows["account"].astype(np.int64) << 42), salt)
    last = (rows["patient"].astype(np.int64) << 8) + rows["kind"] + (rows["resource"].astype(np.int64) << 44)
    return mix(first ^ mix(rows["request"] ^ last, salt))


def _twice(rows: Records) -> Ints:
    tells = np.array([service.twice for service in SERVICES])[rows["service"]]
    return (tells & ~np.isin(rows["kind"], SIGNS)).astype(np.int64)


def _lags(scatter: np.ndarray) -> Ints:
    """Most events are recorded at once, one in fifty minutes later, one in two hundred hours later."""
    part = (scatter % np.uint64(1000)).astype(np.int64)
    fine = (scatter >> np.uint64(20)).astype(np.int64)
    return np.where(part < 5, fine % (9 * HOUR_MS), np.where(part < 25, fine % 900_000, fine % 1_900))


def _times(rows: Records, lag: Ints) -> tuple[list[str], list[str]]:
    """When each act happened and was recorded, each service in its own notation."""
    if not len(rows):
        return [], []
    offset = offset_hours(int(rows["at"][0]))
    zulu = np.array([service.zulu for service in SERVICES])[rows["service"]]
    shift = np.where(zulu, 0, offset * HOUR_MS)
    zones = np.where(zulu, "Z", f"+{offset:02d}:00")
    at = np.char.add(np.datetime_as_string((rows["at"] + shift).astype("datetime64[ms]")), zones)
    recorded = np.char.add(np.datetime_as_string((rows["at"] + shift + lag).astype("datetime64[ms]")), zones)
    return at.tolist(), recorded.tolist()
