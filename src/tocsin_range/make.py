"""Making a region: draw the world, let the look-alikes and the thieves in, live the days, write it all down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tocsin_range import care_out, context_out, facts_out, patients_out
from tocsin_range.arrays import Records
from tocsin_range.days import Day, honest_day
from tocsin_range.fhir import Scribe
from tocsin_range.folder import Folder
from tocsin_range.lookalikes import LOOKALIKE
from tocsin_range.lookalikes.part import Part, part_of
from tocsin_range.recipe import Recipe
from tocsin_range.scene import part_rng
from tocsin_range.thieves import ATTACK
from tocsin_range.thieves.heist import Heist, heist_of
from tocsin_range.truth import Truth
from tocsin_range.world import World, world_of

LINES_AN_ACCOUNT_DAY = 21
"""Measured on a region of 2,000 accounts; only the number of files rests on it."""
CHUNK = 20_000
Progress = Callable[[str, float], None]
"""Called with what is being done and the part of the whole that is done."""


class FolderNotEmpty(Exception):
    """The folder holds files already."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    lines: int
    thefts: int
    lookalikes: int
    accounts: int
    patients: int


def make(
    recipe: Recipe,
    root: Path,
    *,
    shuffle: bool = True,
    compress: str = "none",
    force: bool = False,
    progress: Progress = lambda what, part: None,
) -> Made:
    """Write the folder of a region, with `truth.json` and `marks.txt` beside the trail.

    Raises `FolderNotEmpty` unless `root` is new, empty, or `force` is given,
    which deletes the files of an earlier range.
    """
    _make_ready(root, force)
    progress("world", 0.0)
    world = world_of(recipe)
    parts = [part_of(LOOKALIKE[name], world) for name in recipe.lookalikes]
    heists = heists_of(recipe, world)
    folder = Folder(root, seed=recipe.seed, shuffle=shuffle, compress=compress)
    truth = Truth(world, heists, parts)
    _write_facts(world, folder)
    folder.open("AuditEvent", recipe.days * LINES_AN_ACCOUNT_DAY * len(world.staff))
    scribe = Scribe(world)
    for number in range(recipe.days):
        day = whole_day(world, number, parts, heists)
        for rows in np.array_split(day.acts, len(day.acts) // CHUNK + 1):
            lines, idents = scribe.lines(rows, day.texts)
            truth.see(rows, scribe.owners(rows), idents)
            folder.write("AuditEvent", lines)
        progress("days", 0.05 + 0.85 * (number + 1) / recipe.days)
    folder.close()
    (root / "marks.txt").write_text("".join(f"{mark}\n" for mark in patients_out.marks(world)), encoding="utf-8")
    (root / "truth.json").write_text(truth.as_json() + "\n", encoding="utf-8")
    progress("done", 1.0)
    return Made(truth.lines, len(heists), len(parts), len(world.staff), len(world.patients))


def heists_of(recipe: Recipe, world: World) -> list[Heist]:
    """Lay each attack on its days: as asked, else drawn among those after the learning period."""
    heists = []
    for number, (name, asked) in enumerate(recipe.attacks):
        attack = ATTACK[name]
        rng = part_rng(world, name, number)
        first = asked - 1 if asked is not None else _draw_day(recipe, attack.days, attack.works_weekends, rng)
        heists.append(heist_of(attack, number, world, rng, min(max(first, 0), recipe.days - 1)))
    return heists


def _draw_day(recipe: Recipe, length: int, weekends: bool, rng: np.random.Generator) -> int:
    begin = recipe.first_attack_day()
    fine = list(range(begin, max(begin + 1, recipe.days - length + 1)))
    weekdays = [day for day in fine if (recipe.start.weekday() + day) % 7 < 5]
    return int(rng.choice(fine if weekends or not weekdays else weekdays))


def whole_day(world: World, number: int, parts: list[Part], heists: list[Heist]) -> Day:
    """The honest day, then what look-alikes and thieves add to it, in the order of time."""
    day = honest_day(world, number)
    added: list[Records] = []
    for part in parts:
        if part.lookalike.act is not None and part.first_day <= number <= part.last_day:
            added += part.lookalike.act(part, day)
    for heist in heists:
        if heist.first_day <= number <= heist.last_day:
            added += heist.attack.act(heist, day)
    rows = np.concatenate([_employed(world, day), *added])
    rows = _silenced(day, rows, heists)
    day.acts = rows[np.argsort(rows["at"], kind="stable")]
    return day


def _employed(world: World, day: Day) -> Records:
    """The honest acts without those of accounts that have left or not yet come; the others stay as they are."""
    staff = world.staff
    employed = (day.number >= staff.first_day) & (day.number <= staff.last_day)
    return day.acts[employed[day.acts["account"]]]


def _silenced(day: Day, rows: Records, heists: list[Heist]) -> Records:
    """Take out what a silent service does not record; the truth keeps what thieves opened meanwhile."""
    for service, begin, finish in day.silences:
        lost = (rows["service"] == service) & (rows["at"] >= begin) & (rows["at"] < finish)
        for row in rows[lost & (rows["theft"] >= 0) & (rows["patient"] >= 0)]:
            heists[int(row["theft"])].unrecorded.append((int(row["patient"]), int(row["at"])))
        rows = rows[~lost]
    return rows


def _write_facts(world: World, folder: Folder) -> None:
    people, accounts = len(world.patients), len(world.staff)
    kinds: tuple[tuple[str, Callable[[World], Iterator[str]], int], ...] = (
        ("HealthcareService", facts_out.catalogue, 1),
        ("Organization", facts_out.organizations, 1),
        ("Practitioner", facts_out.practitioners, accounts),
        ("PractitionerRole", facts_out.roles, accounts),
        ("Encounter", care_out.encounters, len(world.stays.patient)),
        ("Appointment", care_out.appointments, len(world.appointments.patient)),
        ("ServiceRequest", care_out.service_requests, len(world.requests.patient)),
        ("CareTeam", care_out.care_teams, people // 2),
        ("Schedule", context_out.schedules, 1),
        ("Task", context_out.tasks, 1),
        ("Group", context_out.groups, 1),
        ("Patient", patients_out.patients, people),
    )
    for kind, lines, expected in kinds:
        folder.open(kind, expected)
        for chunk in _chunks(lines(world)):
            folder.write(kind, chunk)


def _chunks(lines: Iterator[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


_OURS = ("*.ndjson", "*.ndjson.gz", "*.ndjson.zst", "*.part", "marks.txt", "truth.json")
"""What the range writes; `force` deletes nothing else."""


def _make_ready(root: Path, force: bool) -> None:
    if root.exists() and not root.is_dir():
        raise FolderNotEmpty(f"{root} is a file: name a folder.")
    there = sorted(root.iterdir()) if root.exists() else []
    if there and not force:
        raise FolderNotEmpty(f"{root} is not empty: name another folder, or add --force to replace what it holds.")
    foreign = [path.name for path in there if not path.is_file() or not any(path.match(form) for form in _OURS)]
    if foreign:
        raise FolderNotEmpty(f"{root} holds {foreign[0]}, which the range did not write: name another folder.")
    for path in there:
        path.unlink()
    root.mkdir(parents=True, exist_ok=True)
