"""The stage: three fictitious regions with a past, and live services behind a real identity provider to attack.

All of it is the range's, in processes of its own: Tocsin meets it through files and HTTP, as it would meet a real one.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2

from tocsin.errors import TocsinError, Usage

REGIONS: Final = {"neustrie": 7, "austrasie": 8, "septimanie": 9}
"""Name -> seed. No region of today bears these names."""
ACCOUNTS: Final = 150
DAYS: Final = 21
_OURS: Final = ".tocsin-demo"
"""Marks a folder as the demo's own, so that it may be replaced."""
_READY_S: Final = 90.0


def clear(folder: Path) -> None:
    """An empty folder of the demo's own. Raises `Usage` if it holds something else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _OURS).exists():
            raise Usage("the demo's folder holds something else", advice="Name another: tocsin demo --folder DIR.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _OURS).touch()


def build(folder: Path, today: date) -> dict[str, Path]:
    """Write the regions' past, `DAYS` days that end yesterday; name -> folder of the trail."""
    start = today - timedelta(days=DAYS)

    def one(name: str) -> Path:
        region = folder / name / "past"
        region.parent.mkdir(parents=True, exist_ok=True)
        arguments = (
            *("make", str(region), "--region", name, "--seed", str(REGIONS[name]), "--start", start.isoformat()),
            *("--accounts", str(ACCOUNTS), "--days", str(DAYS), "--volume", "0.5", "--attack", "none", "--quiet"),
        )
        _range("tocsin_range", *arguments)
        return region

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(REGIONS, pool.map(one, REGIONS), strict=True))


@contextmanager
def live(folder: Path, regions: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    """Provider and services, up inside the `with`; what `live.json` says of them."""
    told = [part for name, region in regions.items() for part in ("--region", f"{name}={region}")]
    command = [sys.executable, "-m", "tocsin_range.live", "up", "--folder", str(folder), *told]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _ready(process, folder / "live.json")
        finally:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: subprocess.Popen[str], path: Path) -> dict[str, Any]:
    for _ in range(int(_READY_S * 10)):
        if process.poll() is not None:
            said = process.stderr.read().strip() if process.stderr else ""
            raise TocsinError("the fictitious services did not start", advice=said[-300:])
        try:
            return dict(json.loads(path.read_text("utf-8")))
        except (FileNotFoundError, ValueError):
            time.sleep(0.1)
    raise TocsinError("the fictitious services did not answer in time", advice=f"See the logs in {path.parent}.")


@contextmanager
def thief(folder: Path, plan: Mapping[str, Any]) -> Iterator[Thief]:
    """A thief at work in one region, until the `with` ends."""
    home = folder / "thief" / str(plan["region"])
    home.mkdir(parents=True, mode=0o700)
    (home / "plan.json").write_text(json.dumps(plan, indent=1), "utf-8")
    command = [
        *(sys.executable, "-m", "tocsin_range.live", "attack", "--live", str(folder / "live" / "live.json")),
        *("--plan", str(home / "plan.json"), "--truth", str(home / "truth.json"), "--loot", str(home / "loot")),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Thief(home, process)
        finally:
            process.terminate()
            process.communicate(timeout=30)


class Thief:
    """What a thief did, as he tells it himself: the truth."""

    def __init__(self, home: Path, process: subprocess.Popen[str]) -> None:
        self._home = home
        self._process = process

    def done(self) -> bool:
        """Whether he has all he came for, or every account was refused."""
        return self._process.poll() is not None

    def truth(self) -> dict[str, Any]:
        """What was taken so far: see `tocsin_range.live.thief`."""
        try:
            return dict(json.loads((self._home / "truth.json").read_text("utf-8")))
        except FileNotFoundError:
            return {"thefts": [], "opened": 0}

    def tries_everything(self) -> dict[str, dict[str, Any]]:
        """Account -> what still works of all he holds of it: password, sessions, tokens."""
        found = {}
        for loot in sorted((self._home / "loot").glob("*.json")):
            found[loot.stem] = json.loads(_range("tocsin_range.live", "try", "--loot", str(loot)))
        return found


def tries_again(folder: Path, region: str, account: str) -> dict[str, str]:
    """What still works of what the thief held of an account."""
    loot = folder / "thief" / region / "loot" / f"{account.rpartition('|')[2]}.json"
    return dict(json.loads(_range("tocsin_range.live", "try", "--loot", str(loot))))


def new_password(folder: Path, live: Mapping[str, Any], region: str, account: str) -> None:
    """The provider's desk gives the owner a new password: the old one is a thief's."""
    path = folder / "live" / "live.json"
    told = json.loads(path.read_text("utf-8"))
    owner = next(one for one in told["regions"][region]["accounts"] if one["account"] == account)
    owner["password"] = secrets.token_urlsafe(9)
    provider = live["provider"]
    client = provider["tocsin_client"]
    with httpx2.Client(timeout=30) as web:
        got = web.post(
            provider["token_endpoint"],
            data={"grant_type": "client_credentials"},
            auth=(client["client_id"], client["secret"]),
        )
        change = {"op": "replace", "path": "password", "value": owner["password"]}
        done = web.patch(
            f"{provider['scim_url']}/Users/{owner['user_name']}",
            json={"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [change]},
            headers={"Authorization": f"Bearer {got.json()['access_token']}", "Content-Type": "application/scim+json"},
        )
    if done.status_code >= 300:
        raise TocsinError(f"the provider gave no new password (HTTP {done.status_code})")
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")


def works(folder: Path, region: str, account: str, *, acts: int) -> dict[str, Any]:
    """An owner's ordinary work, live."""
    path = folder / "live" / "live.json"
    arguments = ("--live", str(path), "--region", region, "--account", account, "--acts", str(acts), "--pace", "0.2")
    return dict(json.loads(_range("tocsin_range.live", "work", *arguments)))


def _range(module: str, *arguments: str) -> str:
    """Run one of the range's commands; its standard output."""
    made = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    if made.returncode:
        raise TocsinError("the fictitious region could not do its part", advice=made.stderr.strip()[-300:])
    return made.stdout


def names_of(accounts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Account as the trail names it -> user name at the provider."""
    return {str(one["account"]): str(one["user_name"]) for one in accounts}
