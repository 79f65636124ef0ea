"""How long a cut takes at a real provider: journal -> SCIM PATCH -> read back; tokens and proofs timed apart.

    make bench-contain          (or: python -m benchmarks.contain.cuts [--cuts 200] [--proofs 20])

The provider is Canaille in a process of its own, on the same machine. A cut is timed as the actor does it: from the
alert handed to it until the account was read back inactive and that is in the journal (five lines, on the disk before
the next step). Writes a table and `results/cuts.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.speed.machine import told as machine
from tocsin.config import Settings
from tocsin.config.sections import Connector, Containment, Probe
from tocsin.main.actor import Actor
from tocsin_range.live import Provider, User

RESULTS = Path(__file__).parent / "results" / "cuts.json"
EMPLOYEE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"
SYSTEM = "https://idp.example"
BESIDE = 20
"""Cuts made while tokens are deleted and services asked behind."""


def now() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--proofs", type=int, default=20)
    options = parser.parse_args()
    before = machine()
    count = options.cuts + options.proofs + BESIDE
    users = [
        User(user_name=f"u{n}", password=f"p{n}", name=f"Aude Testu{n}", external_id=f"99{n:09d}") for n in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder) / "provider", users) as provider:
        root = Path(folder)
        names = [f"{SYSTEM}|{user.user_name}" for user in users]
        cuts = cut(settings_of(provider, root / "alone", proofs=False), names[: options.cuts])
        proofs, beside = prove(
            settings_of(provider, root / "whole", proofs=True),
            names[options.cuts : options.cuts + options.proofs],
            names[options.cuts + options.proofs :],
        )
    told = {
        "machine": {**before, "load_after": os.getloadavg()[0]},
        "provider": "Canaille 0.3.6, one process, SQLite, the same machine",
        "accounts_at_the_provider": count,
        "rows": [*cuts, *beside, *proofs],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")
    show(told)


def settings_of(provider: Provider, folder: Path, *, proofs: bool) -> Settings:
    """Connectors of the provider; with `proofs`, its deletion of tokens and its probe too."""
    folder.mkdir(mode=0o700)
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(provider.tocsin_client.secret)
    connectors = {
        "idp": Connector(
            kind="scim",
            url=provider.scim_url,
            token_url=provider.token_endpoint,
            client_id=provider.tocsin_client.client_id,
            secret_file=secret,
            person=EMPLOYEE if proofs else "",
        )
    }
    if proofs:
        connectors["tokens"] = Connector(
            kind="command", does=("delete-tokens",), command=tuple(provider.delete_tokens_command()), timeout_s=60
        )
    return Settings(
        state=folder / "state",
        connectors=connectors,
        probes={"provider": Probe(command=tuple(provider.probe_command()), timeout_s=60)} if proofs else {},
        contain=Containment(pre_approved=("suspend",)),
    )


def alert(account: str) -> dict[str, Any]:
    """As the judge hands it over."""
    return {"account": account, "rung": "suspend", "at": now(), "episode": f"EP-{account.rpartition('u')[2]:0>12}"}


def cut(settings: Settings, names: list[str]) -> list[dict[str, Any]]:
    """Cuts, nothing beside them."""
    actor = Actor(settings, now=now)
    actor.warm()
    took = [timed(actor, name) for name in names]
    actor.settle(600)
    actor.close()
    journal = details(actor)
    steps = [
        row(f"  of it: {words}", [one[key] for one in journal if key in one])
        for words, key in (("snapshot", "before_ms"), ("SCIM PATCH", "apply_ms"), ("read back", "verify_ms"))
    ]
    return [row("alert -> journal -> PATCH -> read back", took), *steps]


def prove(settings: Settings, names: list[str], others: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Tokens and proofs of some cuts, and cuts made meanwhile."""
    actor = Actor(settings, now=now)
    actor.warm()
    actor.alerts([alert(name) for name in names])
    beside = [timed(actor, name) for name in others]
    while not actor.settle(600):
        pass
    actor.close()
    by_kind: dict[str, list[float]] = {"delete-tokens": [], "prove-dead": []}
    kinds = {standing.act.id: standing.act.kind for standing in actor.cases.acts()}
    for entry in actor.cases.journal():
        key = {"delete-tokens": "apply_ms", "prove-dead": "verify_ms"}.get(kinds[entry.act], "")
        if key in entry.detail:
            by_kind[kinds[entry.act]].append(entry.detail[key])
    states = {standing.state for standing in actor.cases.acts()}
    assert states == {"proven", "applied"}, states
    return [
        row("deleting tokens (the provider's command)", by_kind["delete-tokens"]),
        row("proof (the provider's probe)", by_kind["prove-dead"]),
    ], [row("the same, tokens and proofs of others behind", beside)]


def timed(actor: Actor, name: str) -> float:
    """Milliseconds from the alert until the account was read back inactive."""
    began = time.perf_counter()
    told = actor.alerts([alert(name)])
    took = (time.perf_counter() - began) * 1000
    assert next(act for act in told if act["kind"] == "suspend-account")["state"] == "proven", told
    return took


def details(actor: Actor) -> list[dict[str, Any]]:
    """What the journal says of each step."""
    return [dict(entry.detail) for entry in actor.cases.journal()]


def row(what: str, took: list[float]) -> dict[str, Any]:
    """Percentiles in milliseconds (nearest rank)."""
    ordered = sorted(took)

    def at(share: float) -> float:
        return round(ordered[max(0, -(-int(share * 100 * len(ordered)) // 100) - 1)], 1)

    return {"what": what, "n": len(took), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": round(ordered[-1], 1)}


def show(told: dict[str, Any]) -> None:
    """A table."""
    print(f"{'':46} {'n':>4} {'p50':>8} {'p99':>8} {'max':>8}   (ms)")
    for one in told["rows"]:
        print(f"{one['what']:46} {one['n']:4} {one['p50_ms']:8} {one['p99_ms']:8} {one['max_ms']:8}")
    here = told["machine"]
    print(
        f"{here['processor']}, {here['cores_used']} cores, load {here['load_before']:.1f} -> {here['load_after']:.1f}"
    )


if __name__ == "__main__":
    main()
