"""Declared context as FHIR lines: rosters, tasks and their cohorts."""

from collections.abc import Iterator

from tocsin_range.facts_out import instant, resource
from tocsin_range.patients import FIRST_ID
from tocsin_range.world import World


def schedules(world: World) -> Iterator[str]:
    """`Schedule`: who is on call, where and when."""
    for rank, duty in enumerate(world.duties):
        actors = [f"Practitioner/pr{account}" for account in duty.accounts]
        yield resource(
            "Schedule",
            f"sc{rank}",
            instant(duty.known),
            active=True,
            serviceType=[{"text": duty.title}],
            actor=[{"reference": actor} for actor in (*actors, f"Organization/u{duty.unit}")],
            planningHorizon={"start": instant(duty.start), "end": instant(duty.end)},
        )


def tasks(world: World) -> Iterator[str]:
    """`Task`: declared context; its owners are people, or an account when the directory does not know it."""
    for rank, declared in enumerate(world.declared):
        for part, owner in enumerate(declared.owners):
            rest: dict[str, object] = {}
            if declared.cohort is not None:
                rest["for"] = {"reference": f"Group/gr{rank}"}
            yield resource(
                "Task",
                f"ta{rank}-{part}",
                instant(declared.known),
                status="in-progress",
                intent="order",
                code={"coding": [{"code": declared.code}], "text": declared.title},
                owner=_owner(world, owner),
                executionPeriod={"start": instant(declared.start), "end": instant(declared.end)},
                **rest,
            )


def _owner(world: World, account: int) -> dict[str, object]:
    if world.staff.directory[account]:
        return {"reference": f"Practitioner/pr{account}"}
    return {"identifier": {"system": world.staff.issuer[account], "value": world.staff.login[account]}}


def groups(world: World) -> Iterator[str]:
    """`Group`: the cohorts of declared tasks."""
    for rank, declared in enumerate(world.declared):
        if declared.cohort is not None:
            members = [
                {"entity": {"reference": f"Patient/{FIRST_ID + patient}"}} for patient in declared.cohort.tolist()
            ]
            yield resource(
                "Group",
                f"gr{rank}",
                instant(declared.known),
                type="person",
                actual=True,
                name=declared.title,
                quantity=len(members),
                member=members,
            )
