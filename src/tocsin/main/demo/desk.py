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
from tocsin.model.alert import Alert

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

    def waits(self) -> bool:
        """Whether somebody is still to be called back."""
        return bool(self._new())

    def look(self) -> None:
        """Call the owners whose alert is old enough."""
        due = (self._now() - timedelta(seconds=CALLS_BACK_S)).timestamp() * 1_000_000
        for alert in [alert for alert in self._new() if alert.at <= due]:
            name = alert_id(alert)
            self._done.add(name)
            if alert.account in {account for account, _ in self.called}:
                continue  # called for an earlier one of these
            what = "challenge-failed" if alert.account in self._stolen else "challenge-passed"
            self.called.append((alert.account, what))
            told = decide(self._settings, what, name, who="accueil", why="rappel au numéro connu", now=self._now())
            self._done.update(one["alert"] for one in told["alerts"])

    def _new(self) -> list[Alert]:
        """Alerts on accounts whose owner has not been called."""
        called = {account for account, _ in self.called}
        alerts = Reading(self._settings).alerts()
        return [one for one in alerts if alert_id(one) not in self._done and one.account not in called]
