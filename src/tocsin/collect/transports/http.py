"""The HTTP door: FHIR AuditEvents on loopback, acknowledged when their bytes are committed.

    POST /AuditEvent            one AuditEvent (application/fhir+json), or many (application/fhir+ndjson)
    POST /                      a Bundle (`batch` or `transaction`) of AuditEvents
    POST /SOURCE[/AuditEvent]   the same from a source of that name; by default it is `http`
    GET  /health                up, or too far behind to take more

201 or 200: on disk and committed. 400: kept, and not understood (or, of a transaction, nothing kept). 401, 408, 413,
415: not kept. 503: not kept, come again. No answer says what was posted.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.collect.transports import forms
from tocsin.collect.transports.delivery import Answer, Busy, Delivery, Take
from tocsin.collect.transports.outcome import bundle, outcome, refusal, written
from tocsin.errors import DiskFull, Usage
from tocsin.model.block import MAX_LINE_BYTES

SOURCE: Final = "http"
"""Source of what is posted without one."""
BODY_BYTES: Final = 4 * MAX_LINE_BYTES
"""Largest Bundle or NDJSON; one resource is a line, and no larger than a line."""
IN_HAND_BYTES: Final = 8 * MAX_LINE_BYTES
"""What all senders together may have under way: bounds memory."""
BODY_S: Final = 30.0
"""Seconds in which a body must have come whole."""
CONNECTIONS: Final = 256
RETRY_S: Final = "1"

_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

Check = Callable[[bytes], tuple[tuple[int, str], ...]]
"""Lines -> (line, reason) of those that cannot be understood."""


class _Refused(Exception):
    """An answer instead of taking something."""

    def __init__(self, status: int, code: str, words: str, **headers: str) -> None:
        self.response = _response(status, written(refusal(code, words)), **headers)


class HttpDoor:
    """Listens until it is closed."""

    def __init__(
        self,
        listen: str,
        *,
        secret: bytes,
        take: Take,
        check: Check,
        ticks: Callable[[], float],
        body_s: float = BODY_S,
    ) -> None:
        """`listen`: loopback address and port (0: any free one). Raises `Usage` if it cannot be listened on.

        `secret`: the bearer token senders must show; empty: none. `check` looks at the entries of a transaction first.
        """
        self._secret = secret
        self._take = take
        self._check = check
        self._ticks = ticks
        self._body_s = body_s
        self._in_hand = 0
        self._socket = _bound(listen)
        self.address = "{}:{}".format(*self._socket.getsockname()[:2])
        """Address and port it listens on."""
        app = Starlette(
            routes=[
                Route("/health", self._health, methods=["GET"]),
                Route("/{path:path}", self._post, methods=["POST"]),
            ]
        )
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",  # what it logs of a request is the sender's text
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; what was taken is answered first."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    async def _health(self, _: Request) -> Response:
        return _response(200, b'{"status":"up"}')

    async def _post(self, request: Request) -> Response:
        try:
            self._known(request)
            source, is_resource = _path(request.path_params["path"])
            posted = await self._read(request, is_resource)
            return await self._taken(source, posted, is_resource)
        except _Refused as refused:
            return refused.response
        except ClientDisconnect:
            return _response(400, b"")

    def _known(self, request: Request) -> None:
        told = request.headers.get("authorization", "").encode("latin-1")
        if self._secret and not hmac.compare_digest(told, b"Bearer " + self._secret):
            raise _Refused(401, "login", "a bearer token is needed", WWW_Authenticate="Bearer")

    async def _read(self, request: Request, is_resource: bool) -> forms.Posted:
        kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
        kind = kind.strip()
        many = kind in forms.LINES_TYPES
        if (not many and kind not in forms.RESOURCE_TYPES) or "content-encoding" in request.headers:
            raise _Refused(
                415, "not-supported", "expected application/fhir+json or application/fhir+ndjson, not packed"
            )
        if "charset" in parameters and "utf-8" not in parameters and "utf8" not in parameters:
            raise _Refused(415, "not-supported", "expected UTF-8")
        limit = MAX_LINE_BYTES if is_resource and not many else BODY_BYTES
        body = await self._body(request, limit)
        if not body.strip():
            raise _Refused(400, "structure", "the body is empty")
        if many:
            return forms.lines(body)
        return forms.resource(body) if is_resource else forms.bundle(body)

    async def _body(self, request: Request, limit: int) -> bytes:
        told = request.headers.get("content-length", "0")
        if told.isdigit() and int(told) > limit:
            raise _Refused(413, "too-long", f"at most {limit} bytes", Connection="close")
        pieces: list[bytes] = []
        length = 0
        try:
            async with asyncio.timeout(self._body_s):
                async for piece in request.stream():
                    length += len(piece)
                    self._in_hand += len(piece)
                    pieces.append(piece)
                    if length > limit:
                        raise _Refused(413, "too-long", f"at most {limit} bytes", Connection="close")
                    if self._in_hand > IN_HAND_BYTES:
                        raise _busy()
        except TimeoutError:
            raise _Refused(408, "timeout", "the body did not come in time", Connection="close") from None
        finally:
            self._in_hand -= length
        return b"".join(pieces)

    async def _taken(self, source: str, posted: forms.Posted, is_resource: bool) -> Response:
        if posted.bundle == "transaction" and (bad := self._check(posted.data)):
            line, reason = bad[0]
            raise _Refused(400, "processing", f"nothing was kept: entry {line + 1} of the transaction is {reason}")
        if not posted.entries:
            return _response(200, written(bundle(Answer(), 0, kind=posted.bundle)))
        answer = await self._delivered(source, posted.data)
        if answer.error is not None:
            full = isinstance(answer.error, DiskFull)
            raise _Refused(507 if full else 503, "no-store", "not kept; come again", Retry_After=RETRY_S)
        if posted.bundle:
            return _response(200, written(bundle(answer, posted.entries, kind=posted.bundle)))
        done = 201 if is_resource and posted.entries == 1 else 200
        return _response(400 if answer.refused else done, written(outcome(answer)))

    async def _delivered(self, source: str, data: bytes) -> Answer:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Answer] = loop.create_future()

        def heard(answer: Answer) -> None:
            if not waiting.done():
                waiting.set_result(answer)

        def told(answer: Answer) -> None:
            loop.call_soon_threadsafe(heard, answer)

        try:
            self._take(Delivery(source, data, self._ticks(), answer=told))
        except Busy:
            raise _busy() from None
        return await waiting


def _busy() -> _Refused:
    return _Refused(503, "throttled", "too far behind; come again", Retry_After=RETRY_S)


def _path(path: str) -> tuple[str, bool]:
    """(source, whether a resource is expected, not a Bundle). Raises a 404."""
    steps = [step for step in path.split("/") if step]
    is_resource = bool(steps) and steps[-1] == "AuditEvent"
    names = steps[:-1] if is_resource else steps
    if len(names) > 1 or not all(_SOURCE.fullmatch(name) for name in names):
        raise _Refused(404, "not-found", "expected /AuditEvent, /, /SOURCE/AuditEvent or /SOURCE")
    return names[0] if names else SOURCE, is_resource


def _response(status: int, body: bytes, **headers: str) -> Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, told, media_type="application/fhir+json")


def _bound(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        loopback = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
        number = int(port)
    except ValueError:
        raise Usage("'serve.listen' is not an address and a port", advice="Example: 127.0.0.1:8740.") from None
    if not loopback:
        raise Usage("'serve.listen' is not a loopback address", advice="Put a TLS proxy in front of 127.0.0.1.")
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, number))
        made.listen(CONNECTIONS)
    except OSError as problem:
        made.close()
        raise Usage(
            f"port {number} cannot be listened on ({problem.strerror})", advice="Set another with --listen."
        ) from None
    return made
