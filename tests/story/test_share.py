"""Two regions tell one another of a thief, without a name; and refuse what was forged, replayed or is stale."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from story.commands import Home, sentence, trail_lines
from tocsin import wiring
from tocsin.config import Sharing, settings
from tocsin.errors import SourceUnreadable, Usage
from tocsin.main import link
from tocsin.main.establish import incidents
from tocsin.main.inspect import Reading
from tocsin.share.signing import public_of, sign
from tocsin.share.stix import bundle_of, read_bundle
from unit.share.bundles import AT, HOUR, SEED, indicators

CANARIES = ("Zyxwavutsrel", "Quorvanixe", "269054958815780", "Canari-du-Journal", "0639982211")
SHARED = AT + 2 * HOUR
NOW = datetime.fromtimestamp((AT + 24 * HOUR) / 1e6, UTC)
"""A day after the indicators of these tests."""


def planted(source: Path, folder: Path, account: str) -> Path:
    """The region's folder again, with canaries in every text of the thief's lines."""
    folder.mkdir()
    for path in source.glob("*.ndjson"):
        if not path.name.startswith("AuditEvent"):
            (folder / path.name).symlink_to(path)
    value = account.rpartition("|")[2].encode()
    lines = [_canary(line) if value in line else line for line in trail_lines(source)]
    (folder / "AuditEvent.ndjson").write_bytes(b"\n".join(lines))
    return folder


def _canary(line: bytes) -> bytes:
    told = json.loads(line)
    told["outcomeDesc"] = "Canari-du-Journal"
    for agent in told["agent"]:
        agent["name"] = "Quorvanixe Zyxwavutsrel"
    for entity in told.get("entity", ()):
        entity["name"] = "Zyxwavutsrel 269054958815780 0639982211"
    return json.dumps(told, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, region: Any) -> dict[str, tuple[Home, str]]:
    """Two homes, each with a key of its own, that the same thief visited; and the incident in each."""
    source = region("bulk-11")
    truth = json.loads((source / "truth.json").read_text("utf-8"))
    account = truth["thefts"][0]["account"]
    folder = planted(source, tmp_path_factory.mktemp("planted") / "region", account)
    made = {}
    for name in ("neustrie", "austrasie"):
        home = Home(tmp_path_factory.mktemp(name))
        (home.root / "tocsin.toml").write_text(f'region = "{name}"\n', "utf-8")
        home.run("import", folder, "--quiet")
        own = settings({"TOCSIN_STATE": str(home.state)})
        found = incidents(Reading(own), wiring.cases(own), datetime.now(UTC))
        made[name] = home, next(one.id for one in found if account in one.accounts)
    for name, (home, _) in made.items():
        other, _ = made["austrasie" if name == "neustrie" else "neustrie"]
        key = other.told("share", "--key")
        text = f'region = "{name}"\n[share.trusted]\n{key["region"]} = "{key["key"]}"\n'
        (home.root / "tocsin.toml").write_text(text, "utf-8")
    return made


def names_of(folder: Path) -> set[str]:
    """Every name, number and address of people and accounts that a region's folder holds."""
    found: set[str] = set()
    for kind in ("Patient", "Practitioner", "PractitionerRole", "Organization", "HealthcareService"):
        for path in folder.glob(f"{kind}.ndjson"):
            for line in path.read_text("utf-8").splitlines():
                found |= set(_texts(json.loads(line)))
    return {text for text in found if len(text) > 5 and not text.startswith(("http", "urn:", "20", "19"))}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, inner in value.items() if key not in _WORDS for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


_WORDS = (
    "resourceType",
    "use",
    "system",
    "gender",
    "type",
    "lastUpdated",
    "code",
    "specialty",
    "category",
    "birthDate",
)


def test_two_regions_find_one_thief(two: dict[str, tuple[Home, str]], region: Any) -> None:
    home, incident = two["neustrie"]
    there, mine = two["austrasie"]

    look = home.told("share", incident, "--dry-run")
    assert look["written"] is None
    assert look["indicators"]["addresses"]
    assert not (home.state / "documents").exists()

    assert "needs the name of who shares" in sentence(home.run("share", incident, code=2))
    assert not (home.state / "documents").exists()

    written = home.told("share", incident, "--who", "Claire Bertin")["written"]
    data = Path(written["file"]).read_bytes()
    assert home.told("share", incident, "--who", "Claire Bertin")["written"] == written, (
        "the same incident is the same bundle"
    )
    assert stat.S_IMODE((home.state / "share-key").stat().st_mode) == 0o600

    # nothing in it is anybody's
    text = data.decode()
    own = {
        account.rpartition("|")[2]
        for account in (json.loads((region("bulk-11") / "truth.json").read_text())["thefts"][0]["accounts"])
    }
    # as a word of its own: six digits of a number stand by chance within some of a bundle's random ids
    whole = (*CANARIES, *own, incident, *names_of(region("bulk-11")))
    assert not [one for one in whole if re.search(rf"(?<![^\W_]){re.escape(one)}(?![^\W_])", text)]

    told = there.told("share", "--import", written["file"])
    assert told["new"]
    assert told["region"] == "neustrie"
    assert not there.told("share", "--import", written["file"])["new"], "a replay is nothing new"
    listed = there.told("share", "--list")
    (campaign,) = [one for one in listed["campaigns"] if one["incident"] == mine]
    assert campaign["matches"][0]["kind"] == "address"
    assert campaign["overlap_h"] >= 0
    assert "address" in there.run("share", "--list").out

    # forged: a bundle that was changed on its way, and one without signature
    forged = there.root / "forged.json"
    forged.write_bytes(data.replace(b'"patients":', b'"patients":1', 1))
    forged.with_name("forged.json.sig").write_bytes(Path(written["signature"]).read_bytes())
    assert "signature is not that" in sentence(there.run("share", "--import", forged, code=3))
    forged.with_name("forged.json.sig").unlink()
    assert "cannot be read" in sentence(there.run("share", "--import", forged, code=3))
    assert "no region" in sentence(home.run("share", "--import", written["file"], code=3)), "one's own is not news"


def signed(
    path: Path,
    told: Any = None,
    *,
    seed: bytes = SEED,
    region: str = "neustrie",
    data: bytes | None = None,
    shared_at: int = SHARED,
) -> Path:
    content = data if data is not None else bundle_of(told or indicators(), shared_at=shared_at)
    path.write_bytes(content)
    path.with_name(path.name + ".sig").write_bytes(sign(seed, region, content))
    return path


OWN = replace(indicators(), region="austrasie")


@pytest.fixture
def here(tmp_path: Path) -> Any:
    made = replace(
        settings({"TOCSIN_STATE": str(tmp_path / "state")}),
        region="austrasie",
        share=Sharing(trusted={"neustrie": public_of(SEED), "austrasie": public_of(bytes(32))}),
    )
    made.state.mkdir()
    return made


def test_a_bundle_is_taken_once_and_an_older_one_never(here: Any, tmp_path: Path) -> None:
    newer = replace(indicators(), patients=400)
    assert link.receive(here, signed(tmp_path / "a", indicators()), now=NOW)["new"]
    assert link.receive(here, signed(tmp_path / "b", newer, shared_at=SHARED + HOUR), now=NOW)["new"]
    for path in ("a", "b"):
        assert not link.receive(here, tmp_path / path, now=NOW)["new"]
    kept = wiring.cases(here).kept("bundle")
    assert len(kept) == 2
    assert [one.indicators.patients for one in link._newest(wiring.cases(here))] == [400]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda path: signed(path, seed=bytes(31) + b"x"), "signature"),
        (lambda path: signed(path, region="aquitaine"), "no region"),
        (lambda path: signed(path, replace(indicators(), region="aquitaine")), "another region"),
        (lambda path: signed(path, OWN, region="austrasie", seed=bytes(32)), "own"),
        (lambda path: signed(path, data=b"{}"), "no STIX bundle"),
        (lambda path: signed(path, data=b" " * (5 * 1024 * 1024 + 1)), "larger"),
        (lambda path: signed(path, shared_at=SHARED + 72 * HOUR), "future"),
    ],
)  # fmt: skip
def test_what_is_not_believed(made: Any, why: str, here: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=why):
        link.receive(here, made(tmp_path / "bundle.json"), now=NOW)
    assert wiring.cases(here).kept("bundle") == []


def test_a_bundle_that_was_good_expires(here: Any, tmp_path: Path) -> None:
    path = signed(tmp_path / "bundle.json")
    until = datetime.fromtimestamp(read_bundle(path.read_bytes()).valid_until / 1e6, UTC)
    assert link.receive(here, path, now=until - timedelta(hours=1))["new"]
    with pytest.raises(SourceUnreadable, match="expired"):
        link.receive(here, path, now=until + timedelta(hours=1))


def test_a_region_without_a_name_signs_nothing(here: Any) -> None:
    with pytest.raises(Usage, match="no name"):
        link.key(replace(here, region="region"))
