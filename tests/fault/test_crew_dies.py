"""A process that reads beside is killed, or can hardly be started: a sentence and no traceback, nothing half-kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.config import Settings
from tocsin.errors import TocsinError
from tocsin.main import crew, facts, parsing
from tocsin.main.crew import Crew
from tocsin.main.intake import files_of
from tocsin.main.region import Region
from tocsin.model.block import Block, Parsed, References

NOW = datetime(2025, 9, 1, tzinfo=UTC)
BLOCK = Block(b"a line\n", 1, 0)


def dies(_: None, block: Block) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return len(block.data)


def lives(_: None, block: Block) -> int:
    return len(block.data)


class Mortal:
    """A parser that does not survive its first block."""

    def parse(self, block: Block, *, source: str, references: References) -> Parsed:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


def test_a_dead_process_is_told_in_a_sentence() -> None:
    with Crew[None, int](1, None) as one:
        list(one.send(dies, BLOCK))
        with pytest.raises(TocsinError, match=r"ended from outside.*workers = 1"):
            list(one.rest())


def test_whoever_goes_on_hears_it_again() -> None:
    with Crew[None, int](1, None) as one:
        list(one.send(dies, BLOCK))
        for _ in range(2):
            with pytest.raises(TocsinError, match="ended from outside"):
                one.ask(lives)


def test_an_import_whose_parser_is_killed_keeps_what_was_kept_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parsing, "ALONE_BYTES", 0)
    monkeypatch.setattr(facts, "ALONE_BYTES", 0)
    settings = Settings(state=tmp_path / "state", workers=2)
    before, after = tmp_path / "before.ndjson", tmp_path / "after.ndjson"
    before.write_bytes(b'{"resourceType":"AuditEvent"}\n')
    after.write_bytes(b'{"resourceType":"AuditEvent","id":"other"}\n')
    with Region.open(settings, now=NOW) as region:
        region.accept(files_of(before), source="s", now=NOW)
        with pytest.raises(TocsinError, match="what was kept before is safe"):
            region.accept(files_of(after), source="s", now=NOW, parser=Mortal())
        assert (region.ledger.last_batch, region.folded) == (1, 1)
        assert region.accept(files_of(after), source="s", now=NOW).batch == 2


def test_a_long_folder_for_temporary_files_is_no_obstacle(tmp_path: Path) -> None:
    """A fork server's socket would have too long a name there; in a process of its own, since the folder is fixed."""
    far = tmp_path / ("far" * 30)
    far.mkdir()
    assert len(os.fsencode(far)) > crew.SOCKET_FOLDER_BYTES
    told = (
        "from tocsin.main.crew import Crew\n"
        "from tests_beside import lives\n"
        "from tocsin.model.block import Block\n"
        "if __name__ == '__main__':\n"
        "    with Crew(2, None) as one:\n"
        "        print(*one.send(lives, Block(b'four', 1, 0)), *one.rest())\n"
    )
    (tmp_path / "tests_beside.py").write_text("def lives(_, block):\n    return len(block.data)\n")
    script = tmp_path / "script.py"
    script.write_text(told)
    ran = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "TMPDIR": str(far), "PYTHONPATH": os.pathsep.join([*filter(None, sys.path)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("4\n", "")
