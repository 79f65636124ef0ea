"""The import contract of `pyproject.toml`, tried on small trees: `make check` runs it on the real one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from structure.code import ROOMS, ROOT, write_tree

FOLDERS = (*ROOMS, "main", "model")
STORE = (
    "cases",
    "duckdb",
    "engine",
    "files",
    "form",
    "interface",
    "layout",
    "memory",
    "merge",
    "parquet",
    "period",
    "shape",
    "where",
)


def broken(tmp_path: Path, **imports: str) -> list[str]:
    """Names of the contracts that a tree breaks in which these modules (`__` for `.`) import these."""
    files = {f"tocsin/{folder}/__init__.py": "" for folder in FOLDERS}
    files |= {f"tocsin/{folder}/a.py": "" for folder in FOLDERS}
    files |= {f"tocsin/store/{name}.py": "" for name in STORE}
    files |= {f"tocsin/{name}.py": "" for name in ("__init__", "errors", "log", "cli", "wiring", "config")}
    files |= {"tocsin_range/__init__.py": "", "tocsin_range/make.py": ""}
    files |= {
        "tocsin/store/engine.py": "import duckdb, sqlalchemy\n",
        "tocsin/door/b.py": "import cryptography.exceptions\n",
    }
    files |= {module.replace("__", "/") + ".py": f"import {name}\n" for module, name in imports.items()}
    tree = write_tree(tmp_path, files)
    shutil.copy(ROOT / "pyproject.toml", tree)
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert "Contracts:" in told.stdout, told.stdout + told.stderr
    return [one["id"] for one in contracts if f"{one['name']} BROKEN" in told.stdout]


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    """Promise: `main` is the only place where rooms meet, and rooms may know what every store promises."""
    assert (
        broken(
            tmp_path,
            tocsin__cli="tocsin.main.a",
            tocsin__main__a="tocsin.detect.a, tocsin.door.a, tocsin.config, tocsin.wiring",
            tocsin__scope__a="tocsin.store.interface, tocsin.model.a",
            tocsin__model__a="tocsin.errors",
        )
        == []
    )


@pytest.mark.parametrize(
    ("module", "name", "contract"),
    [
        ("tocsin__collect__a", "tocsin.door.a", "layers"),
        ("tocsin__exam__a", "tocsin.detect.a", "layers"),
        ("tocsin__explain__a", "tocsin.main.a", "layers"),
        ("tocsin__model__a", "tocsin.ledger.a", "layers"),
        ("tocsin__scope__a", "tocsin.store.duckdb", "layers"),
        ("tocsin__newroom__a", "tocsin.errors", "layers"),
        ("tocsin__store__interface", "tocsin.store.duckdb", "store-interface"),
        ("tocsin_range__make", "tocsin.errors", "strangers"),
        ("tocsin__detect__a", "duckdb", "databases"),
        ("tocsin__ledger__a", "cryptography.exceptions", "ciphers"),
    ],
)
def test_what_is_not_allowed_is_noticed(tmp_path: Path, module: str, name: str, contract: str) -> None:
    (tmp_path / "tocsin/newroom").mkdir(parents=True)
    if "newroom" in module:
        (tmp_path / "tocsin/newroom/__init__.py").touch()
    assert broken(tmp_path, **{module: name}) == [contract]
