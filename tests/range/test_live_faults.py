"""A provider that fails on purpose fails as its name says."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin_range.live import FaultyProvider
from tocsin_range.live.faults import Mode
from tocsin_range.live.loopback import Handler, Server, serving
from tocsin_range.live.probe import probe_provider, probe_service
from tocsin_range.live.process import Child, DidNotStart, free_port
from tocsin_range.live.wire import Answer, call

DISABLE = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
DROPPED = (ConnectionError, http.client.HTTPException)


class _Upstream(Handler):
    account: dict[str, Any]

    def do_GET(self) -> None:
        self.answer(200, self.account)

    def do_PATCH(self) -> None:
        self.account["active"] = json.loads(self.body())["Operations"][0]["value"]
        self.answer(200, self.account)


@pytest.fixture
def account() -> dict[str, Any]:
    return {"userName": "a", "active": True}


@pytest.fixture
def upstream(account: dict[str, Any]) -> Iterator[str]:
    with serving(Server(type("Upstream", (_Upstream,), {"account": account}))) as server:
        yield server.url


def disable(faulty: FaultyProvider) -> Answer:
    return call("PATCH", f"{faulty.scim_url}/Users/a", as_json=DISABLE)


def read(faulty: FaultyProvider) -> Any:
    return call("GET", f"{faulty.scim_url}/Users/a").json()


def test_none_passes_everything_on(upstream: str, account: dict[str, Any]) -> None:
    with FaultyProvider(upstream) as faulty:
        assert disable(faulty).json()["active"] is False
        assert read(faulty) == account
        assert faulty.patches == 1


def test_down_answers_nothing(upstream: str, account: dict[str, Any]) -> None:
    with FaultyProvider(upstream, "down") as faulty:
        with pytest.raises(DROPPED):
            disable(faulty)
        with pytest.raises(DROPPED):
            read(faulty)
    assert account["active"] is True


def test_slow_answers_late_and_does_it(upstream: str, account: dict[str, Any]) -> None:
    with FaultyProvider(upstream, "slow", seconds=0.3) as faulty:
        began = time.monotonic()
        assert disable(faulty).status == 200
        assert time.monotonic() - began >= 0.3
    assert account["active"] is False


def test_half_does_it_and_does_not_answer(upstream: str, account: dict[str, Any]) -> None:
    with FaultyProvider(upstream, "half") as faulty:
        with pytest.raises(DROPPED):
            disable(faulty)
        assert account["active"] is False
        assert read(faulty)["active"] is False


def test_a_liar_says_yes_and_does_nothing(upstream: str, account: dict[str, Any]) -> None:
    with FaultyProvider(upstream, "liar") as faulty:
        answer = disable(faulty)
        assert answer.status == 200
        assert answer.json()["active"] is False
        assert read(faulty)["active"] is True


def test_refuse_says_no(upstream: str, account: dict[str, Any]) -> None:
    with FaultyProvider(upstream, "refuse") as faulty:
        assert disable(faulty).status == 403
    assert account["active"] is True


def test_the_mode_may_change_while_it_runs(upstream: str) -> None:
    with FaultyProvider(upstream, "refuse") as faulty:
        modes: tuple[tuple[Mode, int], ...] = (("refuse", 403), ("none", 200), ("liar", 200))
        for mode, status in modes:
            faulty.mode = mode
            assert disable(faulty).status == status


def test_what_cannot_be_reached_is_neither_dead_nor_alive() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert probe_service(nowhere, "secret", "a") == "unknown"
    assert probe_provider(nowhere, "client:secret", "a") == "unknown"


def test_a_child_whose_parent_lets_go_ends_by_itself(tmp_path: Path) -> None:
    waits = "import sys; from tocsin_range.live.process import told_to_stop as told; told().wait(); print('ended')"
    child = Child([sys.executable, "-c", waits], log=tmp_path / "log")
    os.kill(child.pid, 0)
    assert child._process.stdin is not None
    child._process.stdin.close()
    child._process.wait(20)
    assert (tmp_path / "log").read_text(encoding="utf-8") == "ended\n"


def test_a_child_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    with (
        Child([sys.executable, "-c", "print('because')"], log=tmp_path / "log") as child,
        pytest.raises(DidNotStart, match="log"),
    ):
        child.wait_for_port(free_port(), 20)
    assert "because" in (tmp_path / "log").read_text(encoding="utf-8")
