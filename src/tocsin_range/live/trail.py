"""What a live service writes of each act: AuditEvents of the same contract as the range's bulk trail.

The file is the truth: lines are appended and fsynced before the act is answered. If a collector is named, each line
is also POSTed to it, by a thread of its own that tries again until it is taken; the act never waits for it.
"""

import hashlib
import http.client
import os
import queue
import secrets
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tocsin_range import acts, balp
from tocsin_range.recipe import offset_hours
from tocsin_range.services import Service

FILE = "AuditEvent-live.ndjson"
_PURPOSE = balp.PURPOSES[acts.PURPOSE["TREAT"]]
_SLOWEST_RETRY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as the trail names it."""

    system: str
    value: str
    rpps: str = ""
    """Passed on as a second id, where the provider does so."""
    assurance: int = 1
    """Level of assurance of its sign-ins, 1 to 4; a password alone is 1."""

    @property
    def name(self) -> str:
        """`system|value`."""
        return f"{self.system}|{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """From where and with what somebody acts."""

    address: str
    device: str


def token_id(token: str) -> str:
    """The id by which the trail names an access token: no token can be made from it."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


class Trail:
    """The trail of one service. Safe for threads."""

    def __init__(
        self, folder: Path, service: Service, region: str, *, collector: str = "", shift: timedelta = timedelta(0)
    ) -> None:
        """`collector` is the base that takes `POST /AuditEvent`; `shift` is added to the clock in all that is told."""
        folder.mkdir(parents=True, exist_ok=True)
        self.service = service
        self.url = f"https://{service.key}.{region}.example/fhir"
        self.shift = shift
        self._file = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        self._lock = threading.Lock()
        self._post = _Post(collector) if collector else None

    def tell(
        self,
        kind: int,
        account: Account,
        caller: Caller,
        *,
        token: str = "",
        patients: Sequence[str] = (),
        query: str = "",
        request: str = "",
        outcome: int = 0,
    ) -> None:
        """Write an act: one line, or one a patient for a list of results. Returns when it is on disk."""
        at = _instant(datetime.now(UTC) + self.shift, zulu=self.service.zulu)
        lines = [self._line(kind, account, caller, at, token, patient, query, request, outcome) for patient in patients]
        if not lines:
            lines = [self._line(kind, account, caller, at, token, "", query, request, outcome)]
        with self._lock:
            _append(self._file, ("\n".join(lines) + "\n").encode())
            if self._post is not None:
                self._post.put(lines)

    def close(self) -> None:
        """Give the collector a second for what it has not taken, then stop."""
        if self._post is not None:
            self._post.close()
        os.close(self._file)

    def _line(
        self,
        kind: int,
        account: Account,
        caller: Caller,
        at: str,
        token: str,
        patient: str,
        query: str,
        request: str,
        outcome: int,
    ) -> str:
        agents = balp.agents(
            self.service,
            kind,
            user=balp.who(account.system, account.value),
            other=balp.other_id(account.rpps) if account.rpps else "",
            token=token,
            device=caller.device,
            address=caller.address,
            url=self.url,
            assurance=account.assurance,
            purpose=_PURPOSE,
        )
        entities = balp.entities(
            self.service,
            kind,
            patient=balp.patient_reference(patient) if patient else "",
            query=query,
            resource=f"Patient/{patient}",
            request=request,
        )
        return balp.event(
            secrets.token_hex(8),
            at,
            at,
            kind,
            outcome,
            plain=self.service.telling == "plain",
            agents=agents,
            source=balp.source(self.service.key, self.service.key),
            entities=entities,
        )


class _Post:
    """Sends lines to a collector, in order, each until it is taken or refused for good."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "", parts.port
        self._path = parts.path.rstrip("/") + "/AuditEvent"
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._waiting.put(line)

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(1.0)
        self._stop.set()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=5)
        while (line := self._waiting.get()) is not None and not self._stop.is_set():
            wait_s = 0.05
            while not self._taken(connection, line.encode()) and not self._stop.wait(wait_s):
                wait_s = min(2 * wait_s, _SLOWEST_RETRY_S)
        connection.close()

    def _taken(self, connection: http.client.HTTPConnection, line: bytes) -> bool:
        try:
            connection.request("POST", self._path, line, {"Content-Type": "application/fhir+json"})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        if 400 <= response.status < 500 and response.status not in (408, 425, 429):
            sys.stderr.write(f"the collector refuses a line for good: {response.status}\n")
            return True
        return response.status < 300


def _append(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
    os.fsync(file)


def _instant(now: datetime, *, zulu: bool) -> str:
    """A FHIR instant in milliseconds, in the service's own notation."""
    hours = 0 if zulu else offset_hours(int(now.timestamp() * 1000))
    local = (now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}"
    return local + ("Z" if zulu else f"+{hours:02d}:00")
