"""The range is a stranger: it imports nothing of Tocsin, reads no clock, and lists nothing without a title."""

from __future__ import annotations

import ast
from pathlib import Path

import tocsin_range
from tocsin_range.lookalikes import LOOKALIKES
from tocsin_range.services import SERVICES
from tocsin_range.thieves import ATTACKS

ROOT = Path(tocsin_range.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_it_imports_nothing_of_tocsin() -> None:
    for path in MODULES:
        assert not [name for name in imported(path) if name.split(".")[0] == "tocsin"], path


def test_chance_has_one_source_and_the_clock_only_times_the_command() -> None:
    for path in MODULES:
        if path.parent.name == "live":
            continue  # real servers live in real time, and their secrets are drawn by `secrets`
        text = path.read_text(encoding="utf-8")
        assert "random" not in imported(path)
        assert "default_rng" not in text or path.name == "streams.py"
        assert "hash(" not in text
        if "time" in imported(path):
            assert path.name == "cli.py"


def test_registers_are_complete() -> None:
    assert len(SERVICES) == 43
    assert len({service.key for service in SERVICES}) == 43
    assert len(LOOKALIKES) == 12
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 25
    assert all(item.title for item in (*SERVICES, *LOOKALIKES, *ATTACKS))


def test_every_family_of_thieves_names_its_source() -> None:
    for path in sorted((ROOT / "thieves").glob("*.py")):
        if path.name not in ("__init__.py", "heist.py"):
            assert "Source" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""), path
