"""Small real services to attack: teleconsultation, identity server, placement.

    python -m tocsin_range.live service --settings settings.json

| request | who may | answer |
|---|---|---|
| `GET /login`, `GET /callback` | anybody | through the provider and back, then a cookie |
| `GET /logout` | cookie | the session ends |
| `GET /me` | cookie or Bearer | `{"account": "system|value"}` |
| `GET /patients?family=&birthdate=&_offset=&_count=` | cookie or Bearer | names: `{"total", "patients", "next"}` |
| `GET /patients/ID` | cookie or Bearer | what the service holds of somebody |
| `GET /admin/probe?account=&token=` | the administrative secret | `{"state": "alive" or "dead" or "unknown"}` |
| `/fhir/Patient...` (identity server) | the administrative secret | FHIR: read, search by identifier |

Every request of a person asks the provider whether the token still lives; if not, it is 401, and the trail holds the
refused act. The trail is written before the answer. The FHIR door of the identity server leaves no line in the trail:
who goes through it keeps receipts of their own.
"""

import ipaddress
import json
import re
import secrets
import sys
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tocsin_range import acts
from tocsin_range.live import people
from tocsin_range.live.gate import Gate, NotSignedIn, ProviderDown
from tocsin_range.live.loopback import Handler, Server, serving
from tocsin_range.live.people import People
from tocsin_range.live.process import told_to_stop
from tocsin_range.live.trail import Account, Caller, Trail, token_id
from tocsin_range.services import SERVICE, SERVICES

KEYS = ("teleconsultation", "identity-server", "placement")
PAGE, LONGEST_PAGE = 20, 100
REFUSED = 4
"""`outcome` of an act that was refused: minor failure, the request's own fault."""
_PATIENT = re.compile(r"/patients/([0-9A-Za-z.-]{1,64})")
_FHIR = re.compile(r"/fhir/Patient(?:/(?P<id>[0-9A-Za-z.-]{1,64}))?")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a service is started with."""

    key: str
    region: str
    region_folder: str
    trail_folder: str
    port: int
    issuer: str
    client_id: str
    client_secret: str
    admin_secret: str
    account_system: str
    """System of accounts that `accounts` does not know."""
    accounts: dict[str, dict[str, Any]]
    """User name at the provider -> system, value, rpps, assurance of the account in the trail."""
    collector: str = ""
    shift_s: float = 0.0


class Service:
    """One service: its people, its gate, its trail."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalogue = SERVICES[SERVICE[settings.key]]
        self.people = People(Path(settings.region_folder))
        self.url = f"http://127.0.0.1:{settings.port}"
        self.gate = Gate(settings.issuer, settings.client_id, settings.client_secret, f"{self.url}/callback")
        self.cookie = f"{settings.key}-{settings.region}"
        self.trail = Trail(
            Path(settings.trail_folder),
            self.catalogue,
            settings.region,
            collector=settings.collector,
            shift=timedelta(seconds=settings.shift_s),
        )

    def account(self, subject: str) -> Account:
        """The account in the trail of somebody at the provider."""
        known = self.settings.accounts.get(subject)
        return Account(**known) if known else Account(system=self.settings.account_system, value=subject)

    def subject(self, account: str) -> str:
        """The user name at the provider of an account as the trail names it."""
        for subject in self.settings.accounts:
            if self.account(subject).name == account:
                return subject
        return account.rpartition("|")[2]


class Desk(Handler):
    """One request to a service."""

    service: Service

    def do_GET(self) -> None:
        """Everything but the search of the FHIR door."""
        fixed = {
            "/": self._home,
            "/login": lambda: self.answer(302, Location=self.service.gate.begin()),
            "/callback": self._callback,
            "/logout": self._logout,
            "/me": self._me,
            "/patients": self._search,
            "/admin/probe": self._probe,
        }
        try:
            if (known := fixed.get(self.route)) is not None:
                known()
            elif match := _PATIENT.fullmatch(self.route):
                self._open(match[1])
            elif match := _FHIR.fullmatch(self.route):
                self._fhir(match["id"] or "", self.asked())
            else:
                self.answer(404, {"error": "there is nothing here"})
        except ProviderDown:
            self.answer(503, {"error": "the identity provider does not answer: nobody is let in"})

    def do_POST(self) -> None:
        """FHIR search, its parameters in the body."""
        form = self.form()
        if self.route == "/fhir/Patient/_search":
            self._fhir("", form)
        else:
            self.answer(404, {"error": "there is nothing here"})

    # --- sign-in and sign-out

    def _home(self) -> None:
        self.answer(200, {"service": self.service.catalogue.title, "login": "/login"})

    def _callback(self) -> None:
        asked = self.asked()
        try:
            session = self.service.gate.finish(asked.get("state", ""), asked.get("code", ""))
        except NotSignedIn as error:
            self.answer(401, {"error": str(error)})
            return
        self._tell(acts.SIGN_IN, session.subject, session.access)
        cookie = f"{self.service.cookie}={session.sid}; HttpOnly; SameSite=Lax; Path=/"
        self.answer(302, Location="/", Set_Cookie=cookie)

    def _logout(self) -> None:
        session = self.service.gate.end(self._sid())
        if session is not None:
            self._tell(acts.SIGN_OUT, session.subject, session.access)
        self.answer(200, {"signed out": session is not None})

    # --- what people do

    def _me(self) -> None:
        if holder := self._holder(None):
            self.answer(200, {"account": self.service.account(holder[0]).name})

    def _search(self) -> None:
        asked = self.asked()
        offset, count = _number(asked.get("_offset"), 0), min(_number(asked.get("_count"), PAGE), LONGEST_PAGE)
        query = f"Patient?{urlsplit(self.path).query}"
        request = secrets.token_hex(8)
        holder = self._holder(acts.SEARCH, query=query, request=request)
        if holder is None:
            return
        family, birth = asked.get("family", ""), asked.get("birthdate", "")
        if not (family or birth):
            self.answer(400, {"error": "a search needs a name or a birth date"})
            return
        found = self.service.people.search(family, birth, offset=offset, count=count)
        ids = [one["id"] for one in found.patients]
        self._tell(acts.SEARCH, *holder, patients=ids, query=query, request=request)
        more = offset + len(ids) if offset + len(ids) < found.total else None
        rows = [people.listed(one) for one in found.patients]
        self.answer(200, {"total": found.total, "patients": rows, "next": more}, X_Request_Id=request)

    def _open(self, ident: str) -> None:
        patient = self.service.people.get(ident)
        request = secrets.token_hex(8)
        holder = self._holder(acts.READ, patients=[ident] if patient else [], request=request)
        if holder is None:
            return
        if patient is None:
            self.answer(404, {"error": "no such patient"})
            return
        self._tell(acts.READ, *holder, patients=[ident], request=request)
        self.answer(200, people.opened(patient, self.service.catalogue), X_Request_Id=request)

    # --- administration

    def _probe(self) -> None:
        if not self._is_admin():
            return
        asked = self.asked()
        subject = self.service.subject(asked.get("account", ""))
        try:
            state = "alive" if self.service.gate.serves(subject, asked.get("token", "")) else "dead"
        except ProviderDown:
            state = "unknown"
        self.answer(200, {"state": state})

    def _fhir(self, ident: str, asked: dict[str, str]) -> None:
        if self.service.catalogue.key != "identity-server":
            self.answer(404, {"error": "there is nothing here"})
        elif self._is_admin():
            fhir = "application/fhir+json"
            if ident:
                patient = self.service.people.get(ident)
                missing = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}
                self.answer(200 if patient else 404, patient or missing, kind=fhir)
            else:
                self.answer(200, self._bundle(asked), kind=fhir)

    def _bundle(self, asked: dict[str, str]) -> dict[str, Any]:
        found = []
        for wanted in asked.get("identifier", "").split(",") if asked.get("identifier") else ():
            system, _, value = wanted.rpartition("|")
            found.append(self.service.people.numbered(system, value))
        found += [self.service.people.get(ident) for ident in asked.get("_id", "").split(",")]
        entries = [{"fullUrl": f"{self.service.url}/fhir/Patient/{one['id']}", "resource": one} for one in found if one]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

    def _is_admin(self) -> bool:
        sent = self.headers.get("Authorization", "")
        if secrets.compare_digest(sent.encode(), f"Bearer {self.service.settings.admin_secret}".encode()):
            return True
        self.answer(401, {"error": "this needs the administrative secret"})
        return False

    # --- who asks

    def _holder(
        self, kind: int | None, *, patients: list[str] | None = None, query: str = "", request: str = ""
    ) -> tuple[str, str] | None:
        """Subject and token of whoever asks, if the provider vouches for them now.

        Otherwise the refusal is answered, and told in the trail if it is known whose session it was.
        """
        gate = self.service.gate
        session = gate.session(self._sid())
        token = session.access if session else self.headers.get("Authorization", "").partition("Bearer ")[2]
        subject = gate.subject_of(token) if token and not (session and session.ended) else None
        if subject is not None:
            if session is None:
                gate.remember(token, subject)
            return subject, token
        if session is not None:
            session.ended = True  # what was refused once is not served again, whatever the provider says later
        known = session.subject if session is not None else gate.owner_of(token)
        if known is not None and kind is not None:
            told = patients if kind == acts.READ else ()
            self._tell(kind, known, token, patients=told or (), query=query, request=request, outcome=REFUSED)
        self.answer(401, {"error": "sign in"}, WWW_Authenticate="Bearer")
        return None

    def _tell(self, kind: int, subject: str, token: str, **more: Any) -> None:
        self.service.trail.tell(kind, self.service.account(subject), self._caller(), token=token_id(token), **more)

    def _caller(self) -> Caller:
        """The first address of X-Forwarded-For, as behind a reverse proxy, and the machine or the browser."""
        forwarded = self.headers.get("X-Forwarded-For", "").partition(",")[0].strip()
        try:
            address = str(ipaddress.ip_address(forwarded))
        except ValueError:
            address = self.client_address[0]
        device = self.headers.get("X-Device") or self.headers.get("User-Agent") or "unknown"
        return Caller(address=address, device=re.sub(r"[^\w .:/()-]", "", device)[:64])

    def _sid(self) -> str:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(self.service.cookie)
        except CookieError:
            return ""
        return cookie.value if cookie is not None else ""


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else default


def run(path: Path) -> None:
    """Serve until SIGTERM, or until whoever started this lets go of standard input."""
    service = Service(Settings(**json.loads(path.read_text(encoding="utf-8"))))
    stop = told_to_stop()
    handler = type("Desk", (Desk,), {"service": service})
    with serving(Server(handler, service.settings.port)):
        sys.stdout.write(f"{service.catalogue.key}: {len(service.people):,} patients, {service.url}\n")
        sys.stdout.flush()
        stop.wait()
    service.trail.close()
