"""Another process's view of the cuts: when the journal says an account is read back inactive; and whether it is."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tocsin_range.live.again import asked_again
from tocsin_range.live.wire import basic, bearer, call

LOOK_S = 0.002
"""The journal is looked at so often: what is measured is late by as much, at most."""
_READ_BACK = (
    "SELECT journal.number, acts.target FROM journal JOIN acts ON acts.id = journal.act"
    " WHERE journal.number > ? AND journal.state = 'proven' AND acts.kind = 'suspend-account' ORDER BY journal.number"
)


class Journal:
    """Reads the journal of acts as it grows, until the `with` ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.stands: dict[str, float] = {}
        """Account -> when it first stood in the journal as read back inactive (seconds of the monotonic clock)."""

    def __enter__(self) -> Journal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        file = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        last, version = 0, -1
        while not self._stop.wait(LOOK_S):
            (now_version,) = file.execute("PRAGMA data_version").fetchone()
            if now_version == version:
                continue
            version = now_version
            for number, account in file.execute(_READ_BACK, (last,)).fetchall():
                self.stands.setdefault(account, time.monotonic())
                last = number
        file.close()


class Asking:
    """Asks the provider about each account that the journal says is cut, as it says so, until the `with` ends."""

    def __init__(self, provider: Mapping[str, Any], journal: Journal) -> None:
        client = provider["tocsin_client"]
        form = {"grant_type": "client_credentials"}
        as_client = basic(client["client_id"], client["secret"])
        given = asked_again(lambda: call("POST", provider["token_endpoint"], headers=as_client, form=form))
        self._with_token = bearer(given.json()["access_token"])
        self._users = f"{provider['scim_url']}/Users/"
        self._journal = journal
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.active: dict[str, bool] = {}
        """Account -> whether the provider says that it is active."""

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._ask()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._ask()

    def _ask(self) -> None:
        for account in [account for account in list(self._journal.stands) if account not in self.active]:
            answer = call("GET", self._users + quote(account.rpartition("|")[2]), headers=self._with_token)
            self.active[account] = answer.json()["active"]
