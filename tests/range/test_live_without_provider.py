"""A service whose provider does not answer lets nobody in, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from range.conftest import Made
from tocsin_range.live.loopback import Server, serving
from tocsin_range.live.probe import probe_service
from tocsin_range.live.process import free_port
from tocsin_range.live.services import Desk, Service, Settings
from tocsin_range.live.trail import FILE
from tocsin_range.live.wire import bearer, call


@pytest.fixture
def service(made: Made, tmp_path: Path) -> Iterator[Service]:
    one = Service(
        Settings(
            key="placement",
            region="neustrie",
            region_folder=str(made.root),
            trail_folder=str(tmp_path),
            port=free_port(),
            issuer=f"http://127.0.0.1:{free_port()}",
            client_id="placement-neustrie",
            client_secret="secret",
            admin_secret="admin",
            account_system="https://provider.example",
            accounts={"a": {"system": "https://other.example", "value": "A"}},
        )
    )
    with serving(Server(type("Desk", (Desk,), {"service": one}), one.settings.port)):
        yield one
    one.trail.close()


def test_nobody_is_let_in(service: Service, tmp_path: Path) -> None:
    answer = call("GET", f"{service.url}/patients/7000001", headers=bearer("a token"))
    assert answer.status == 503
    assert "7000001" not in answer.text
    assert (tmp_path / FILE).read_bytes() == b""


def test_whether_a_token_would_be_served_is_not_known(service: Service) -> None:
    assert probe_service(service.url, "admin", "a", "a token") == "unknown"
    assert probe_service(service.url, "admin", "a") == "dead"  # nothing was ever given: nothing to ask about
    assert probe_service(service.url, "guessed", "a") == "unknown"


def test_a_code_that_was_not_asked_for_is_refused(service: Service) -> None:
    assert call("GET", f"{service.url}/callback?state=made-up&code=stolen").status == 401


def test_the_account_in_the_trail_is_the_one_of_the_region(service: Service) -> None:
    assert service.account("a").name == "https://other.example|A"
    assert service.account("b").name == "https://provider.example|b"
    assert service.subject("https://other.example|A") == "a"
    assert service.subject("https://provider.example|b") == "b"


@pytest.mark.parametrize("path", ["/", "/healthz", "/patients/../admin", "/admin/probe", "/fhir/Patient"])
def test_what_anybody_may_ask_names_nobody(service: Service, path: str) -> None:
    assert call("GET", service.url + path).status in (200, 401, 404)
