"""The accelerator over a fictitious region's trail: what the ordinary parser gives, and nearly every line taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.collect.formats import fhir, skeleton
from tocsin.collect.transports.files import read_blocks, trail_files
from tocsin.model.block import Block
from unit.collect.fhir_trails import REFERENCES

MAKE = "import sys; from tocsin_range.cli import main; sys.exit(main())"


@pytest.mark.parametrize("compress", ["none", "zst"])
def test_a_regions_trail_agrees(tmp_path: Path, compress: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "region"
    arguments = ["make", str(folder), "--days", "1", "--accounts", "200", "--compress", compress, "--quiet"]
    subprocess.run([sys.executable, "-c", MAKE, *arguments], check=True, capture_output=True)
    ordinary: list[bytes] = []
    read_line = skeleton.read_line
    monkeypatch.setattr(skeleton, "read_line", lambda line, utf8: ordinary.append(line) or read_line(line, utf8=utf8))
    parser = skeleton.FhirParser()
    agreed(folder, parser)
    ordinary.clear()
    lines = agreed(folder, parser)
    assert lines > 1000
    assert len(ordinary) < lines / 20


def agreed(folder: Path, parser: skeleton.FhirParser) -> int:
    """Both parsers over every block; returns how many lines there were."""
    lines = 0
    for file in trail_files(folder)["AuditEvent"]:
        for read in read_blocks(file, block_bytes=1 << 20):
            block = Block(read.data, 0, read.offset)
            found = parser.parse(block, source="replay", references=REFERENCES)
            expected = fhir.parse(block, source="replay", references=REFERENCES)
            assert found.events.equals(expected.events)
            assert found.identities.equals(expected.identities)
            assert (found.rejected, found.lines) == (expected.rejected, expected.lines)
            lines += found.lines
    return lines
