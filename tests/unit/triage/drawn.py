"""Episodes and traces as the tests of triage draw them."""

from __future__ import annotations

from typing import Any

from tocsin.model.alert import Alert
from tocsin.model.episode import Episode, episode_id
from tocsin.model.ground import Ground
from tocsin.triage import Trace

DAY = 86_400_000_000


def alert(account: str, at: int, rung: str = "ask") -> Alert:
    return Alert(
        account=account, at=at, rung=rung, weight=6_000_000, one_in=400.0, measured=True, stratum="", calibration="c",
        session=1, grounds=(Ground(of="strangers", family="content", n=9, nats=6_000_000),), events=("00" * 16,),
    )  # fmt: skip


def episode(account: str, day: float = 0.0) -> Episode:
    at = int(day * DAY)
    return Episode(id=episode_id(account, at), account=account, alerts=(alert(account, at),), opened_at=at)


def trace(account: str, day: float = 0.0, *, lasts: float = 0.1, **shown: Any) -> Trace:
    """`networks=["n"]` stands for a thief's session there, `networks={"n": "unsure"}` for a doubtful one."""
    began, ended = int(day * DAY), int((day + lasts) * DAY)
    for column in ("networks", "devices"):
        if isinstance(shown.get(column), list):
            shown[column] = dict.fromkeys(shown[column], "thief")
    for column in ("patients", "professionals"):
        shown[column] = frozenset(shown.get(column, ()))
    return Trace(episode=episode(account, day), began=began, ended=ended, sure_began=began, sure_ended=ended, **shown)


def persons(*numbers: int) -> list[bytes]:
    return [number.to_bytes(17, "big") for number in numbers]
