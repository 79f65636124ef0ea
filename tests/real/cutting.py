"""Settings of a region that cuts at the real provider, or at a proxy in front of it that fails on purpose."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from live import REGION
from tocsin.config import Settings
from tocsin.config.sections import Connector, Containment, Probe

Live = dict[str, Any]
RETRY_S = 600
"""Longer than anything here takes, so that what failed is due when a test says so."""
EMPLOYEE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"


class Clock:
    """The time, microseconds UTC, which a test may let pass."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us

    def pass_s(self, seconds: float) -> None:
        self.ahead_us += int(seconds * 1e6)


def settings_of(live: Live, folder: Path, *, faulty: Any = None, probes: bool = True, **keys: Any) -> Settings:
    """Connectors and probes as an operator would write them."""
    told = live["provider"]
    secret = folder / "idp-secret"
    secret.touch(mode=0o600)
    secret.write_text(told["tocsin_client"]["secret"] + "\n")
    services = live["regions"][REGION]["services"]
    return Settings(
        state=folder / "state",
        connectors={
            "idp": Connector(
                kind="scim",
                url=faulty.scim_url if faulty else told["scim_url"],
                token_url=faulty.token_endpoint if faulty else told["token_endpoint"],
                client_id=told["tocsin_client"]["client_id"],
                secret_file=secret,
                person=EMPLOYEE,
                timeout_s=keys.pop("timeout_s", 10.0),
            ),
            "idp-tokens": Connector(
                kind="command", does=("delete-tokens",), command=tuple(told["delete_tokens"]), timeout_s=60.0
            ),
        },
        probes={name: Probe(command=tuple(one["probe"]), timeout_s=60.0) for name, one in services.items()}
        if probes
        else {},
        contain=Containment(retry_s=RETRY_S, **keys),
    )


def as_toml(settings: Settings) -> str:
    """The same as a file."""
    lines = [f"state = {json.dumps(str(settings.state))}"]
    for table, told in (("connectors", settings.connectors), ("probes", settings.probes)):
        for name, one in told.items():
            lines.append(f"[{table}.{name}]")
            for key in one.__slots__:  # type: ignore[attr-defined]
                value = getattr(one, key)
                if value is not None and value != ():
                    lines.append(f"{key} = {json.dumps(value if not isinstance(value, Path) else str(value))}")
    lines += ["[contain]", f"pre_approved = {json.dumps(settings.contain.pre_approved)}"]
    return "\n".join(lines) + "\n"
