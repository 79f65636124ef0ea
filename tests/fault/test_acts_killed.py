"""kill -9 of a real `tocsin contain` at the moment its provider is asked: `tocsin resume` finishes it, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from unit.contain.scim_server import Server, user

ACCOUNT = "https://idp.test|dupont"


class Deadly:
    """A SCIM server on the loopback that kills its client at a request: before it does what was asked, or after."""

    def __init__(self) -> None:
        self.scim = Server(users=[user("dupont"), user("martin")])
        self.victim: subprocess.Popen[bytes] | None = None
        self.at = ("", 0)
        """(method, how many of it first): where the victim dies; nowhere if there is none."""
        self.after = False
        self.patches = 0
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def aim(self, method: str, number: int, *, after: bool) -> None:
        self.at, self.after, self._seen = (method, number), after, {}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        with self._lock:
            seen = self._seen[request.method] = self._seen.get(request.method, 0) + 1
            dies = self.at == (request.method, seen)
            if dies and not self.after:
                self._kill()
                return httpx2.Response(503)
            self.patches += request.method == "PATCH"
            told = self.scim(request)
            if dies:
                self._kill()
            return told

    def _kill(self) -> None:
        self.at = ("", 0)
        assert self.victim is not None
        os.kill(self.victim.pid, signal.SIGKILL)


@pytest.fixture
def deadly() -> Iterator[Deadly]:
    made = Deadly()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = f"http://{self.headers['Host']}{self.path}"
            told = made.answer(httpx2.Request(self.command, url, headers=dict(self.headers), content=body))
            try:
                self.send_response(told.status_code)
                self.send_header("Content-Type", "application/scim+json")
                self.send_header("Content-Length", str(len(told.content)))
                self.end_headers()
                self.wfile.write(told.content)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = do_PATCH = any

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


class Operator:
    """Somebody at a terminal, whose command may be killed."""

    def __init__(self, folder: Path, deadly: Any) -> None:
        self.folder, self.deadly = folder, deadly
        secret = folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text("s3cret")
        root = f"http://127.0.0.1:{deadly.port}"
        (folder / "tocsin.toml").write_text(
            f'state = "{folder / "state"}"\n'
            f'[connectors.idp]\nkind = "scim"\nurl = "{root}/scim"\ntoken_url = "{root}/token"\n'
            f'client_id = "tocsin"\nsecret_file = "{secret}"\n'
            "[contain]\nretry_s = 0.05\n"
        )

    def types(self, *arguments: str) -> int:
        argv = [sys.executable, "-m", "tocsin", *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.deadly.victim = subprocess.Popen(argv, cwd=self.folder, **quiet)  # type: ignore[call-overload]
        return self.deadly.victim.wait(120)

    def acts(self) -> list[dict[str, Any]]:
        argv = [sys.executable, "-m", "tocsin", "resume", "--json", "told.json", "--quiet"]
        code = subprocess.run(argv, cwd=self.folder, check=False, timeout=120).returncode
        told = json.loads((self.folder / "told.json").read_text())
        assert code == (0 if told["sound"] else 8)
        assert told["left"] == []
        return told["acts"]


@pytest.fixture
def operator(tmp_path: Path, deadly: Deadly) -> Operator:
    return Operator(tmp_path, deadly)


# Requests of a cut: POST token; GET what the provider can; GET list, snapshot; PATCH; GET read back.
POINTS = [("GET", 2, False), ("PATCH", 1, False), ("PATCH", 1, True), ("GET", 3, False), ("GET", 3, True)]


@pytest.mark.parametrize(("method", "number", "after"), POINTS)
def test_a_cut_is_done_once(operator: Operator, deadly: Deadly, method: str, number: int, after: bool) -> None:
    deadly.aim(method, number, after=after)
    assert operator.types("contain", ACCOUNT, "--who", "A. Garde", "--approve") == -signal.SIGKILL
    (done,) = operator.acts()
    assert done["state"] == "proven"
    assert deadly.patches == 1
    assert [one["active"] for one in deadly.scim.users] == [False, True]


@pytest.mark.parametrize("after", [False, True])
def test_an_undo_is_done_once(operator: Operator, deadly: Deadly, after: bool) -> None:
    assert operator.types("contain", ACCOUNT, "--who", "A. Garde", "--approve") == 0
    deadly.aim("PATCH", 1, after=after)
    assert operator.types("undo", ACCOUNT, "--who", "A. Garde", "--why", "false alarm") == -signal.SIGKILL
    (done,) = operator.acts()
    assert done["state"] == "undone"
    assert deadly.patches == 2
    assert [one["active"] for one in deadly.scim.users] == [True, True]
