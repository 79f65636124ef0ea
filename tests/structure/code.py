"""The source as a syntax tree: what the structure tests ask of it. Nothing here imports what it looks at."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOCSIN = ROOT / "src/tocsin"
ROOMS = (
    "collect", "ledger", "door", "store", "explain", "detect", "exam", "scope", "triage", "contain", "share", "declare",
    "notify", "acts",
)  # fmt: skip


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path
    """Below the root that was asked for: `detect/judge.py`."""
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        """First folder of the path; "" for a file at the root."""
        return self.path.parts[0] if len(self.path.parts) > 1 else ""

    def imported(self) -> set[str]:
        """Dotted names of what it imports: modules, and `module.name` for `from module import name`."""
        return {name for _, name in self._bindings()}

    def used(self) -> Iterator[tuple[str, int]]:
        """(dotted name, line) of every imported thing it mentions, as far as it is followed: `os.environ.get`."""
        names: dict[str, str] = {}
        for local, name in self._bindings():
            names[local] = name
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                dotted = _dotted(node)
                if dotted and dotted[0] in names:
                    yield ".".join([names[dotted[0]], *dotted[1:]]), node.lineno
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", node.lineno

    def _bindings(self) -> Iterator[tuple[str, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.asname or alias.name.split(".")[0], alias.name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"

    def public(self) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
        """Classes and functions that others may use, with their names: not those of private classes or of functions."""
        yield from _public(self.tree, "")


def modules(root: Path = TOCSIN) -> list[Module]:
    """Every Python file below a folder, by path."""
    found = []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text("utf-8")
        found.append(Module(path.relative_to(root), ast.parse(text), len(text.splitlines())))
    return found


def within(name: str, parents: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these or stands below one of them."""
    return any(name == parent or name.startswith(parent + ".") for parent in parents)


def repository_files(root: Path = ROOT) -> list[Path]:
    """The files that belong to the project: what git tracks, or everything where there is no git (a fake tree)."""
    if (root / ".git").exists():
        told = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True)
        return [root / name for name in told.stdout.split("\0") if name and (root / name).is_file()]
    return sorted(path for path in root.rglob("*") if path.is_file())


def text_of(path: Path) -> str:
    """The text of a file; "" if it is not text."""
    data = path.read_bytes()
    return "" if b"\0" in data[:4096] else data.decode("utf-8", "replace")


def write_tree(root: Path, files: dict[str, str]) -> Path:
    """A small fake tree, for the tests that see to it that a violation is noticed."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def _dotted(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return [*before, node.attr] if before else None
    return None


def _public(
    node: ast.Module | ast.ClassDef, before: str
) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            yield before + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from _public(child, f"{before}{child.name}.")
