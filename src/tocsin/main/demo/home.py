"""A region's home in the demo: its tocsin.toml, its past imported and learned from, its server."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tocsin.config import Settings, bare_environment, settings
from tocsin.errors import TocsinError
from tocsin.main import link

_READY_S: Final = 60.0


def write_home(root: Path, name: str, live: Mapping[str, Any]) -> Path:
    """The region's `tocsin.toml`: what its operator would have written."""
    services = live["regions"][name]["services"]
    identity = services["identity-server"]
    followed = [key + "=" + one["trail_folder"] for key, one in services.items()]
    admin = _secret(root / "identities.secret", identity["admin_secret"])
    lines = [
        f'region = "{name}"',
        f'state = "{root}/state"',
        "",
        "[organisation]",
        f'name = "GRADeS de {name.capitalize()} (fictif)"',
        'siren = "999000001"',
        'sector = "Santé"',
        'contact_name = "Camille Exemple"',
        'contact_role = "RSSI"',
        f'contact_email = "rssi@{name}.example"',
        'contact_phone = "01 99 00 00 01"',
        'dpo_name = "Dominique Exemple"',
        f'dpo_email = "dpo@{name}.example"',
        'dpo_phone = "01 99 00 00 02"',
        'help_line = "01 99 00 00 03"',
        'help_hours = "du lundi au vendredi, de 9 h à 18 h"',
        'address = "1 rue de l\'Exemple"',
        'postcode = "99000"',
        f'city = "{name.capitalize()}"',
        "",
        *means_of(root, name, live),
        "",
        "[identities]",
        f"url = {json.dumps(identity['fhir_url'])}",
        f'secret_file = "{admin}"',
        "",
        "[serve]",
        f'listen = "127.0.0.1:{free_port()}"',
        f"follow = {json.dumps(followed)}",
        "checkpoint_s = 5.0",
        "",
    ]
    path = root / "tocsin.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def means_of(root: Path, name: str, live: Mapping[str, Any]) -> list[str]:
    """Lines of `tocsin.toml`: what a region cuts with and asks, its secrets in files below `root`."""
    provider, region = live["provider"], live["regions"][name]
    secret = _secret(root / "provider.secret", provider["tocsin_client"]["secret"])
    held = sorted({one["account"].rpartition("|")[0] for one in region["accounts"]})
    systems = f"accounts = {json.dumps(held)}"
    probes = [
        ("", f"[probes.{key}]", f"command = {json.dumps(one['probe'])}", systems)
        for key, one in region["services"].items()
    ]
    return [
        "[connectors.provider]",
        'kind = "scim"',
        f"url = {json.dumps(provider['scim_url'])}",
        f"token_url = {json.dumps(provider['token_endpoint'])}",
        f"client_id = {json.dumps(provider['tocsin_client']['client_id'])}",
        f'secret_file = "{secret}"',
        systems,
        'person = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"',
        "",
        "[connectors.tokens]",
        'kind = "command"',
        'does = ["delete-tokens"]',
        systems,
        f"command = {json.dumps(provider['delete_tokens'])}",
        "timeout_s = 60",
        "",
        "[probes.provider]",
        f"command = {json.dumps(provider['probe'])}",
        "timeout_s = 60",
        'asks = "account"',
        systems,
        *(line for lines in probes for line in lines),
        "",
        "[contain]",
        'pre_approved = ["end-sessions", "suspend"]',
        "retry_s = 1.0",
    ]


def exchange_keys(homes: Sequence[tuple[Path, Settings]]) -> None:
    """Each region is given the public keys of the others: whose bundles it believes."""
    keys = [link.key(told) for _, told in homes]
    for root, told in homes:
        others = [f'{one["region"]} = "{one["key"]}"' for one in keys if one["region"] != told.region]
        with (root / "tocsin.toml").open("a", encoding="utf-8") as file:
            file.write("\n".join(["[share.trusted]", *others, ""]))


def home_settings(path: Path) -> Settings:
    """The settings of such a file."""
    return settings({}, file=path)


@contextmanager
def served(path: Path, told: Settings) -> Iterator[None]:
    """The region's server, up inside the `with`."""
    log = path.with_name("serve.log")
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "tocsin", "serve"], stdout=out, stderr=out, cwd=path.parent, env=bare_environment()
        ) as process,
    ):
        try:
            _ready(process, told, log)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: subprocess.Popen[bytes], told: Settings, log: Path) -> None:
    host, _, port = told.serve.listen.rpartition(":")
    for _ in range(int(_READY_S * 10)):
        if process.poll() is not None:
            break
        with socket.socket() as asked:
            asked.settimeout(0.5)
            if asked.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise TocsinError("a region's server did not start", advice=log.read_text("utf-8", "replace").strip()[-300:])


def _secret(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    return path.resolve()


def free_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
