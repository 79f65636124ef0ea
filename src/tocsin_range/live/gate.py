"""The door of a live service: people sign in through the provider, and every request asks the provider again.

Nothing is cached: a token that the provider no longer knows is refused at the next request. What the provider says is
all that the gate knows: an account disabled there is refused here only once its tokens are gone too.
"""

import base64
import hashlib
import http.client
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tocsin_range.live.again import asked_again
from tocsin_range.live.trail import token_id
from tocsin_range.live.wire import Answer, basic, call

KEPT = 10_000
"""Sign-ins under way, and tokens shown as Bearer, that are remembered at most."""


class ProviderDown(Exception):
    """The provider gave no answer: nobody can be let in, and nothing is known of anybody."""


class NotSignedIn(Exception):
    """The provider did not vouch for whoever came back from it."""


@dataclass(slots=True)
class Session:
    """One browser signed in at this service."""

    sid: str
    subject: str
    access: str
    refresh: str
    expires: float
    """When the access token ends, on the monotonic clock, in seconds."""
    lifetime_s: float
    ended: bool = False
    """It was refused once. It is kept so that the trail can say whose further attempts these are."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Gate:
    """Sessions of one service, and the provider behind it. Safe for threads."""

    def __init__(self, issuer: str, client_id: str, secret: str, redirect_uri: str) -> None:
        """`client_id` and `secret` are those of the service at the provider."""
        self.issuer = issuer
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._headers = basic(client_id, secret)
        self._sessions: dict[str, Session] = {}
        self._under_way: OrderedDict[str, str] = OrderedDict()
        self._shown: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self) -> str:
        """Where a browser goes to sign in."""
        state, verifier = secrets.token_urlsafe(18), secrets.token_urlsafe(48)
        with self._lock:
            _keep(self._under_way, state, verifier)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid profile",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.issuer}/oauth/authorize?{urlencode(asked)}"

    def finish(self, state: str, code: str) -> Session:
        """The session of a browser that comes back with a code.

        Raises `NotSignedIn` if the state is not ours or the provider does not take the code, `ProviderDown` without
        its answer.
        """
        with self._lock:
            verifier = self._under_way.pop(state, None)
        if verifier is None:
            raise NotSignedIn("the state is none of ours")
        wanted = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        answer = asked_again(lambda: self._ask("/oauth/token", wanted))
        if answer.status != 200:
            raise NotSignedIn(f"the provider answered {answer.status}")
        session = self._session(answer)
        with self._lock:
            self._sessions[session.sid] = session
        return session

    def session(self, sid: str) -> Session | None:
        """The session of a cookie, its token renewed where it is in the last third of its life."""
        session = self._sessions.get(sid)
        if session is not None and not session.ended and session.expires - time.monotonic() < session.lifetime_s / 3:
            with session.lock:
                self._renew(session)
        return session

    def end(self, sid: str) -> Session | None:
        """Forget a session; gives what it was."""
        with self._lock:
            return self._sessions.pop(sid, None)

    def subject_of(self, token: str) -> str | None:
        """Who the provider says holds this token now, or nobody. Raises `ProviderDown`."""
        told = self._ask("/oauth/introspect", {"token": token})
        if told.status >= 500:
            raise ProviderDown(f"introspection answered {told.status}")
        said = told.json() if told.status == 200 else {}
        return said.get("sub") if said.get("active") else None

    def remember(self, token: str, subject: str) -> None:
        """Keep a token that was shown as Bearer, so that a probe can ask about it."""
        with self._lock:
            _keep(self._shown, token, subject)

    def owner_of(self, token: str) -> str | None:
        """Whose token this was when it was last shown as Bearer and worked."""
        with self._lock:
            return self._shown.get(token)

    def serves(self, subject: str, token: str = "") -> bool:
        """Whether any session or token of the account would be served now. Raises `ProviderDown`.

        `token` is one more to try: a token, or the id by which the trail names it.
        """
        with self._lock:
            sessions = [one for one in self._sessions.values() if one.subject == subject and not one.ended]
            held = {session.access for session in sessions}
            held |= {shown for shown, owner in self._shown.items() if owner == subject}
            known = {token_id(one): one for one in (*held, *self._shown)}
        if token:
            held.add(known.get(token.rpartition(":")[2], token))
        return any(self.subject_of(one) == subject for one in held)

    def _renew(self, session: Session) -> None:
        if session.expires - time.monotonic() >= session.lifetime_s / 3:
            return  # another request has just done it
        answer = self._ask("/oauth/token", {"grant_type": "refresh_token", "refresh_token": session.refresh})
        if answer.status == 200:
            fresh = self._session(answer)
            session.access, session.refresh, session.expires = fresh.access, fresh.refresh, fresh.expires

    def _session(self, answer: Answer) -> Session:
        told = answer.json()
        access, lifetime_s = told["access_token"], float(told["expires_in"])
        subject = self.subject_of(access)
        if subject is None:
            raise NotSignedIn("the provider does not know its own token")
        ends = time.monotonic() + lifetime_s
        return Session(secrets.token_urlsafe(24), subject, access, told.get("refresh_token", ""), ends, lifetime_s)

    def _ask(self, path: str, form: dict[str, str]) -> Answer:
        try:
            return call("POST", self.issuer + path, headers=self._headers, form=form)
        except (OSError, http.client.HTTPException) as error:
            raise ProviderDown(type(error).__name__) from error


def _keep(items: OrderedDict[str, str], key: str, value: str) -> None:
    items[key] = value
    items.move_to_end(key)
    while len(items) > KEPT:
        items.popitem(last=False)
