"""HTTP servers of the range: threads on the loopback, quiet, with answers that end where they say."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LARGEST = 1 << 20
"""Bytes of a request's body that are read at most."""


class Handler(BaseHTTPRequestHandler):
    """One request; subclasses give `do_GET` and its like."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Headers and body are two writes: without this the second waits for the client's acknowledgement (40 ms)."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what was asked may name a patient."""

    @property
    def route(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    def asked(self) -> dict[str, str]:
        """Parameters of the query, the first of each name."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def body(self) -> bytes:
        """The request's body; a longer one than LARGEST closes the connection after it."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
        return self.rfile.read(min(length, LARGEST))

    def form(self) -> dict[str, str]:
        """The body as a form, the first of each name."""
        return {name: values[0] for name, values in parse_qs(self.body().decode("utf-8", "replace")).items()}

    def answer(self, status: int, content: object = None, *, kind: str = "application/json", **headers: str) -> None:
        """Send JSON, or nothing; `Set_Cookie="..."` becomes the header Set-Cookie."""
        data = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        self.send(
            status, data, {"Content-Type": kind, **{key.replace("_", "-"): text for key, text in headers.items()}}
        )

    def send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        """Send bytes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1; port 0 is one that is free."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[Handler], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error; any other stands in the log, without what was asked."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve in a thread of this process while the `with` lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
