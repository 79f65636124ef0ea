"""The desk: who calls back the owner of an account that stands on `ask`, and enters how it went.

There is no guard yet that asks for a second factor by itself; here a desk does it, a few seconds after the alert. The
thief cannot answer the owner's telephone; an owner can.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from tocsin.config import Settings
from tocsin.main.decide import decide
from tocsin.main.inspect import Reading
from tocsin.main.tables import alert_id

CALLS_BACK_S: Final = 5.0
"""A quick desk. With a slower one a thief has that much longer, at one record every half second here."""


class Desk:
    """The desk of one region. `look` is called over and over."""

    def __init__(self, settings: Settings, stolen: Collection[str], *, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._stolen = stolen
        self._now = now
        self._done = {alert_id(alert) for alert in Reading(settings).alerts()}
        self.called: list[tuple[str, str]] = []
        """(account, how it went)."""

    def look(self) -> None:
        """Call the owners whose alert is old enough."""
        due = self._now() - timedelta(seconds=CALLS_BACK_S)
        for alert in Reading(self._settings).alerts():
            name = alert_id(alert)
            if name in self._done or alert.at > due.timestamp() * 1_000_000:
                continue
            self._done.add(name)
            if alert.account in {account for account, _ in self.called}:
                continue
            what = "challenge-failed" if alert.account in self._stolen else "challenge-passed"
            self.called.append((alert.account, what))
            told = decide(
                self._settings, what, name, who="desk", why="called back on the known number", now=self._now()
            )
            self._done.update(one["alert"] for one in told["alerts"])
