"""The same arguments make the same folder, byte for byte; an attack disturbs nobody else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tocsin_range.make import make
from tocsin_range.recipe import Recipe

SMALL = Recipe(accounts=60, days=4, lookalikes=("vaccination", "surge", "locum"))


def digests(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(root.iterdir())}


def lines(root: Path) -> set[bytes]:
    return {line for path in root.glob("AuditEvent*") for line in path.read_bytes().splitlines()}


def test_twice_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    for name, hash_seed in (("a", "1"), ("b", "2")):
        program = "from tocsin_range.cli import main; main()"
        command = [sys.executable, "-c", program, "make", str(tmp_path / name), "--accounts", "60"]
        command += ["--days", "4", "--attack", "bulk,spraying", "--lookalike", "surge,locum", "--quiet"]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_or_region_is_another_region(tmp_path: Path) -> None:
    for name, recipe in (("a", SMALL), ("b", replace(SMALL, seed=8)), ("c", replace(SMALL, region="septimanie"))):
        make(recipe, tmp_path / name)
    assert not lines(tmp_path / "a") & lines(tmp_path / "b")
    assert not lines(tmp_path / "a") & lines(tmp_path / "c")


def test_an_attack_adds_lines_and_changes_none(tmp_path: Path) -> None:
    quiet = make(replace(SMALL, attacks=()), tmp_path / "quiet")
    robbed = make(replace(SMALL, attacks=(("bulk", 3), ("own-units", 2))), tmp_path / "robbed")
    assert lines(tmp_path / "quiet") < lines(tmp_path / "robbed")
    assert (quiet.thefts, robbed.thefts) == (0, 2)


def test_compressed_or_in_order_the_lines_are_the_same(tmp_path: Path) -> None:
    make(SMALL, tmp_path / "plain", shuffle=False)
    for form in ("gz", "zst"):
        make(SMALL, tmp_path / form, compress=form)
        again = make(SMALL, tmp_path / f"{form}-again", compress=form)
        assert digests(tmp_path / form) == digests(tmp_path / f"{form}-again")
        assert again.lines == len(lines(tmp_path / "plain"))
