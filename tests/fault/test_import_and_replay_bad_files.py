"""Files and folders as they come: too long, too deep, cut off, bombs, not there, not ours to read."""

from __future__ import annotations

import ctypes
import gzip
import os
import resource
import time
import zlib
from pathlib import Path

import pytest
import zstandard

from story.commands import Home, sentence, stop
from story.lines import GOOD

BOTH = pytest.mark.parametrize("command", ["import", "replay"])
LIBC = ctypes.CDLL(None)
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
GOOD_BYTES = b"\n".join(GOOD) + b"\n"
GIB = 1 << 30


def folder_with(home: Home, **files: bytes) -> Path:
    """A folder of a trail; two underscores stand for a full stop."""
    folder = home.root / "trail"
    folder.mkdir()
    for name, data in files.items():
        (folder / name.replace("__", ".").replace("_", "-")).write_bytes(data)
    return folder


def within(gib: int) -> dict:
    """A process that may use so much address space and no more, so that a bomb kills it and not the machine."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (gib * GIB, gib * GIB))

    return {"preexec_fn": limit}


@BOTH
def test_a_line_of_100_mb_is_one_rejected_line(home: Home, command: str) -> None:
    folder = folder_with(home)
    with (folder / "AuditEvent.ndjson").open("wb") as out:
        out.write(GOOD[0] + b'\n{"resourceType":"AuditEvent","x":"')
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n' + GOOD[1])
    told = home.told(command, folder, **within(3))
    assert (told["lines"], told["events"], told["rejected_by_reason"]) == (3, 2, {"too-long": 1})


def gzip_bomb(path: Path, gib: int) -> None:
    """So many GiB of zeros without a line end, between two good lines, in some MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with path.open("wb") as out:
        out.write(packer.compress(GOOD[0] + b"\n"))
        one = bytes(1 << 24)
        for _ in range(gib * 64):
            out.write(packer.compress(one))
        out.write(packer.compress(b"\n" + GOOD[1] + b"\n") + packer.flush())


def zstd_bomb(path: Path, gib: int) -> None:
    """The same for zstd, in some hundred KB."""
    with path.open("wb") as out, zstandard.ZstdCompressor(level=1).stream_writer(out, closefd=False) as packer:
        packer.write(GOOD[0] + b"\n")
        one = bytes(1 << 24)
        for _ in range(gib * 64):
            packer.write(one)
        packer.write(b"\n" + GOOD[1] + b"\n")


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two folders, a bomb of 3 GiB in each."""
    made = {}
    for ending, write in (("gz", gzip_bomb), ("zst", zstd_bomb)):
        made[ending] = tmp_path_factory.mktemp(ending)
        write(made[ending] / f"AuditEvent.ndjson.{ending}", 3)
    return made


@pytest.mark.parametrize(("command", "ending"), [("import", "gz"), ("replay", "zst")])
def test_a_bomb_costs_time_and_no_memory(home: Home, bombs: dict[str, Path], command: str, ending: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    told = home.told(command, bombs[ending], **within(3))
    assert (told["lines"], told["events"], told["rejected_by_reason"]) == (3, 2, {"too-long": 1})
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, GIB // 1024)
    assert sum(path.stat().st_size for path in home.state.rglob("*") if path.is_file()) < 2_000_000


@BOTH
@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_file_that_is_cut_off_gives_its_good_part(home: Home, command: str, ending: str) -> None:
    lines = b"".join(GOOD_BYTES.replace(b"portal", os.urandom(8).hex().encode()) for _ in range(200))
    packed = gzip.compress(lines) if ending == "gz" else zstandard.ZstdCompressor().compress(lines)
    folder = folder_with(home, **{f"AuditEvent_1__ndjson__{ending}": packed[: len(packed) // 2]})
    (folder / "AuditEvent-2.ndjson").write_bytes(GOOD_BYTES)
    ran = home.run(command, folder, "--json", "-", code=3)
    assert len(GOOD) < ran.told["events"] < 201 * len(GOOD)
    assert ran.told["rejected"] == 0
    assert "ends too early" in sentence(ran)


def test_the_whole_file_sent_again_adds_the_rest(home: Home) -> None:
    lines = b"".join(GOOD_BYTES.replace(b"portal", b"%032d" % i) for i in range(200))
    packed = gzip.compress(lines)
    folder = folder_with(home, AuditEvent__ndjson__gz=packed[: len(packed) // 2])
    first = home.told("import", folder, code=3)
    (folder / "AuditEvent.ndjson.gz").write_bytes(packed)
    second = home.told("import", folder)
    assert first["events"] + second["events"] == 200 * len(GOOD)
    assert second["duplicates"] == first["events"]


@BOTH
@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_file_that_is_not_what_its_name_says(home: Home, command: str, ending: str) -> None:
    folder = folder_with(home, AuditEvent_1__ndjson=GOOD_BYTES)
    (folder / f"AuditEvent-2.ndjson.{ending}").write_bytes(b"this is not compressed\n")
    assert home.told(command, folder, code=3)["events"] == len(GOOD)


@BOTH
def test_a_missing_folder(home: Home, command: str) -> None:
    assert "does not exist" in sentence(home.run(command, home.root / "nowhere", code=3))
    assert not home.state.exists()


@BOTH
def test_an_empty_folder(home: Home, command: str) -> None:
    assert "holds no trail" in sentence(home.run(command, folder_with(home), code=3))
    assert not home.state.exists()


@BOTH
def test_a_folder_of_nothing_that_is_read(home: Home, command: str) -> None:
    folder = folder_with(home, Observation__ndjson=b"{}\n", notes__txt=b"")
    assert "holds no trail" in sentence(home.run(command, folder, code=3))


def without_privilege() -> None:
    """In the child: root like anybody else, who may read only what its bits allow (PR_CAPBSET_DROP, until exec)."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        LIBC.prctl(24, capability, 0, 0, 0)


@BOTH
@pytest.mark.parametrize("forbidden", ["folder", "file", "facts"])
def test_what_may_not_be_read_is_said(home: Home, command: str, forbidden: str) -> None:
    folder = folder_with(home, AuditEvent__ndjson=GOOD_BYTES, Patient__ndjson=b"{}\n")
    names = {"folder": folder, "file": folder / "AuditEvent.ndjson", "facts": folder / "Patient.ndjson"}
    names[forbidden].chmod(0)
    ran = home.run(command, folder, code=3, preexec_fn=without_privilege)
    names[forbidden].chmod(0o700)
    assert "may not be read" in sentence(ran)
    assert home.told(command, folder)["events"] == len(GOOD)


@BOTH
def test_a_file_that_vanishes_while_it_is_read(home: Home, command: str) -> None:
    """A pipe keeps the command busy with the first file until the second is gone."""
    folder = folder_with(home, AuditEvent_2__ndjson=GOOD_BYTES)
    (folder / "AuditEvent-1.ndjson").write_bytes((b"x" * 1000 + b"\n") * 60_000)
    process = home.start(command, folder, "--quiet")
    try:
        wait_until_read(process.pid, folder / "AuditEvent-1.ndjson")
        (folder / "AuditEvent-2.ndjson").unlink()
        _, err = process.communicate(timeout=120)
    finally:
        stop(process)
        process.wait()
    assert process.returncode == 3
    assert "does not exist" in err
    assert "Traceback" not in err


def wait_until_read(pid: int, path: Path) -> None:
    """Until a process has this file open."""
    for _ in range(3000):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                if link.readlink() == path:
                    return
            except OSError:
                continue
        time.sleep(0.01)
    raise AssertionError("the file was never opened")


@BOTH
def test_links_are_followed_to_files_and_not_in_circles(home: Home, command: str) -> None:
    folder = folder_with(home)
    (home.root / "elsewhere").write_bytes(GOOD_BYTES)
    (folder / "AuditEvent-1.ndjson").symlink_to(home.root / "elsewhere")
    (folder / "AuditEvent-2.ndjson").symlink_to(folder / "AuditEvent-2.ndjson")
    (folder / "AuditEvent-3.ndjson").symlink_to(home.root / "nowhere")
    (folder / "AuditEvent-4.ndjson").symlink_to("/dev/zero")
    (folder / "Patient.ndjson").symlink_to(folder)
    assert home.told(command, folder)["events"] == len(GOOD)


@BOTH
def test_a_pipe_is_not_waited_for(home: Home, command: str) -> None:
    folder = folder_with(home, AuditEvent_1__ndjson=GOOD_BYTES)
    os.mkfifo(folder / "AuditEvent-2.ndjson")
    assert home.told(command, folder)["events"] == len(GOOD)


@BOTH
def test_one_file_will_do(home: Home, command: str) -> None:
    folder = folder_with(home, trail_of_monday__ndjson=GOOD_BYTES)
    assert home.told(command, folder / "trail-of-monday.ndjson")["events"] == len(GOOD)


HOSTILE = {
    "unknown key": "colour = 'red'",
    "wrong type": "workers = 'many'",
    "a number that is a truth": "memory_mb = true",
    "none of it": "workers = 0",
    "a state that is no path": "state = 7",
    "no time zone": "zone = 'Atlantis/Poseidonis'",
    "a zone that leads out": "zone = '../../etc/passwd'",
    "no budget": "[ladder.ask]\nbudget = 0",
    "a budget of all": "[ladder.ask]\nbudget = 1",
    "a budget that is no number": "[ladder.ask]\nbudget = nan",
    "a rung of no length": "[ladder.suspend]\nhours = 0",
    "a rung without end": "[ladder.suspend]\nhours = inf",
    "a truth for a budget": "[ladder.ask]\nhours = true",
    "a rung nobody knows": "[ladder.arrest]\nbudget = 0.1",
    "a key of a rung nobody knows": "[ladder.ask]\nbugdet = 0.1",
    "a list for a ladder": "ladder = [1]",
    "an explanation nobody knows": "[explanations]\nmagic = false",
    "a key of an explanation nobody knows": "[explanations.stay]\nbevor = 3",
    "no answer to whether it counts": "[explanations]\nown-past = 'no'",
    "a margin of what has none": "[explanations.own-past]\nafter = 3",
    "a margin of a hundred years": "[explanations.stay]\nafter = 36500",
    "one of your own without words": "[explanations.mine]\nkind = 'referral'",
    "one of your own on no fact": "[explanations.mine]\nkind = 'magic'\nfr = 'un'\nen = 'one'",
    "one of your own with a taken name": "[explanations.no-patient]\nkind = 'referral'\nfr = 'un'\nen = 'one'",
    "not TOML": "workers = = 2",
    "not UTF-8": "zone = '\udcff'",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_settings_that_make_no_sense_are_refused(home: Home, what: str) -> None:
    (home.root / "tocsin.toml").write_bytes(HOSTILE[what].encode("utf-8", "surrogateescape"))
    folder = folder_with(home, AuditEvent__ndjson=GOOD_BYTES)
    assert sentence(home.run("import", folder, code=2))
    assert not home.state.exists()


def test_a_slip_in_the_settings_does_not_stop_a_region_for_ever(home: Home) -> None:
    folder = folder_with(home, AuditEvent__ndjson=GOOD_BYTES)
    home.run("import", folder)
    (home.root / "tocsin.toml").write_text("[explanations]\nown-pasd = false", "utf-8")
    assert sentence(home.run("rebuild", code=2))
    (home.root / "tocsin.toml").write_text("[explanations]\nown-past = false", "utf-8")
    home.run("rebuild")
    (home.root / "tocsin.toml").unlink()
    assert home.told("import", folder)["batch"] == 0


def test_a_settings_file_that_is_named_must_be_there(home: Home) -> None:
    assert sentence(home.run("alerts", env={"TOCSIN_CONFIG": str(home.root / "nowhere.toml")}, code=2))


@pytest.mark.parametrize("data", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused(home: Home, data: bytes) -> None:
    folder = folder_with(home, AuditEvent__ndjson=GOOD_BYTES)
    (home.root / "key").write_bytes(data)
    assert "32" in sentence(home.run("replay", folder, "--key", home.root / "key", code=2))
    assert "32" in sentence(home.run("import", folder, env={"TOCSIN_KEY_FILE": str(home.root / "key")}, code=2))
