"""An import that is killed, interrupted or finds no room: nothing half-written, and the next one comes to the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Region
from story.commands import Home, copied, sentence, stop, trail_lines, with_key

ROUNDS = 12
SEED = 20250908


@pytest.fixture(scope="module")
def folder(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of a region's facts, and of its trail what the thieves did and every eighth line of the others."""
    whole = region("three-thieves")
    some = tmp_path_factory.mktemp("some") / "trail"
    copied(whole, some, only=("Practitioner*", "Organization*", "Schedule*", "marks.txt"))
    thefts = json.loads((whole / "truth.json").read_text("utf-8"))["thefts"]
    names = [account.rpartition("|")[2].encode() for theft in thefts for account in theft["accounts"]]
    lines = [line for i, line in enumerate(trail_lines(whole)) if i % 8 == 0 or any(name in line for name in names)]
    (some / "AuditEvent.ndjson").write_bytes(b"\n".join(lines))
    return some


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = with_key(Home(tmp_path_factory.mktemp("calm")))
    home.run("import", folder)
    assert home.told("alerts")["alerts"]
    return home


def assert_same(home: Home, undisturbed: Home) -> None:
    """All derived data is equal to the byte, the ledger holds the same, nothing is left over."""
    assert home.derived() == undisturbed.derived()
    assert home.told("verify") == undisturbed.told("verify")
    assert names(home) == names(undisturbed)


def names(home: Home) -> list[str]:
    """Every file and folder of the state; the vault names its parts by chance."""
    found = (path.relative_to(home.state) for path in home.state.rglob("*"))
    return sorted(str(path) for path in found if path.parts[0] != "vault")


def assert_sound(home: Home) -> None:
    """What is there verifies; before the first commit there may be nothing."""
    ran = home.run("verify", code=0) if (home.state / "ledger" / "manifest.jsonl").exists() else None
    assert ran is None or "all sound" in ran.out


def test_kill_9_at_any_moment_loses_and_leaves_nothing(folder: Path, undisturbed: Home, tmp_path: Path) -> None:
    """Three states, each killed at several seeded moments from the first instruction to after the last."""
    seeded = random.Random(SEED)
    began = time.perf_counter()
    with_key(Home(tmp_path / "timed")).run("import", folder)
    took = time.perf_counter() - began
    killed = 0
    for number in range(3):
        home = with_key(Home(tmp_path / str(number)))
        for _ in range(ROUNDS // 3):
            process = home.start("import", folder, "--quiet")
            time.sleep(took * seeded.uniform(0.15, 1.0))
            stop(process)
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
            assert_sound(home)
        told = home.told("import", folder)
        assert told["rejected"] == 0
        assert_same(home, undisturbed)
    assert killed >= ROUNDS // 2


MOMENTS = (
    "ledger/manifest.jsonl",
    "ledger/segments/00000001.seg.zst.tmp",
    "ledger/segments/00000001.seg",
    "derived/v1/facts",
    "derived/v1/events",
    "derived/v1/judge",
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_as_soon_as_a_file_appears(folder: Path, undisturbed: Home, home: Home, moment: str) -> None:
    with_key(home)
    process = home.start("import", folder, "--quiet")
    try:
        await_file(process, home.state / moment)
    finally:
        stop(process)
        process.communicate()
    assert_sound(home)
    home.run("import", folder)
    assert_same(home, undisturbed)


@pytest.mark.parametrize("moment", MOMENTS[1:5])
def test_ctrl_c_is_told_in_a_sentence_and_loses_nothing(
    folder: Path, undisturbed: Home, home: Home, moment: str
) -> None:
    with_key(home)
    process = home.start("import", folder, "--quiet")
    try:
        await_file(process, home.state / moment)
        stop(process, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        stop(process)
        process.wait()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert err.startswith("tocsin: interrupted")
    assert len(err.splitlines()) == 1
    assert_sound(home)
    home.run("import", folder)
    assert_same(home, undisturbed)


def test_ctrl_c_ends_a_replay_and_its_files(folder: Path, home: Home, tmp_path: Path) -> None:
    scratch = Path("/tmp") / f"tocsin-test-{os.getpid()}"  # short: sockets of its helpers have short names
    scratch.mkdir()
    process = home.start("replay", folder, "--quiet", env={"TMPDIR": str(scratch)})
    try:
        await_file(process, scratch / "*" / "*")
        stop(process, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        stop(process)
        process.wait()
    left = list(scratch.iterdir())
    subprocess.run(["rm", "-r", str(scratch)], check=True)
    assert process.returncode == 130, err
    assert len(err.splitlines()) == 1
    assert left == []


def await_file(process: subprocess.Popen[str], pattern: Path) -> None:
    """Until a path that matches exists, or the process has ended."""
    base = Path(pattern.anchor)
    while process.poll() is None and not next(base.glob(str(pattern.relative_to(base))), None):
        time.sleep(0.002)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that can be made small and large."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tocsin-test", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here, so no disk can be filled up")
    if made.returncode:
        pytest.skip("no file system can be mounted here (that needs root), so no disk can be filled up")
    yield place
    subprocess.run(["umount", str(place)], check=True)


ROOM = {
    "at once": lambda ledger, all_of_it: 300_000,
    "amid the ledger": lambda ledger, all_of_it: ledger // 2,
    "after the commit": lambda ledger, all_of_it: ledger + 200_000,
    "amid the derived parts": lambda ledger, all_of_it: (ledger + all_of_it) // 2,
}


@pytest.mark.parametrize("when", ROOM)
def test_a_full_disk_is_told_and_after_room_is_made_all_is_there(
    folder: Path, undisturbed: Home, tiny: Path, when: str
) -> None:
    home = with_key(Home(tiny))
    room = ROOM[when](size_of(undisturbed.state / "ledger"), size_of(undisturbed.state))
    with (tiny / "ballast").open("wb") as ballast:
        ballast.write(bytes(os.statvfs(tiny).f_bavail * os.statvfs(tiny).f_frsize - room))
    ran = home.run("import", folder, "--quiet", code=6)
    assert "full" in sentence(ran) or "Make room" in sentence(ran)
    (tiny / "ballast").unlink()
    assert_sound(home)
    home.run("import", folder)
    assert_same(home, undisturbed)


def size_of(folder: Path) -> int:
    """Bytes that a folder takes on its disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
