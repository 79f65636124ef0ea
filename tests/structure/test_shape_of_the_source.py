"""What makes the source readable by somebody who comes to it in five years."""

from __future__ import annotations

import ast
from pathlib import Path

from structure.code import TOCSIN, modules, write_tree

NAMELESS = ("utils", "util", "helpers", "helper", "common", "misc")
LONGEST = 400


def nameless(root: Path) -> list[str]:
    """Modules and folders whose name says nothing."""
    return [str(module.path) for module in modules(root) if set(module.path.with_suffix("").parts) & set(NAMELESS)]


def too_long(root: Path) -> list[str]:
    """Files of more than LONGEST lines."""
    return [f"{module.path} {module.lines}" for module in modules(root) if module.lines > LONGEST]


def undocumented(root: Path) -> list[str]:
    """Public classes and functions, and modules with code, that do not say what they are."""
    found = []
    for module in modules(root):
        if module.tree.body and not ast.get_docstring(module.tree):
            found.append(str(module.path))
        found += [f"{module.path} {name}" for name, node in module.public() if not ast.get_docstring(node)]
    return found


def test_no_module_is_named_for_nothing() -> None:
    """Promise: a module is named for what it does; `utils` is where things go that nobody finds again."""
    assert nameless(TOCSIN) == []


def test_a_nameless_module_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"door/utils.py": "", "common/x.py": "", "door/vault.py": ""})
    assert nameless(tree) == ["common/x.py", "door/utils.py"]


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    """Promise: no module knows everything. The longest files of the source stand in the failure."""
    assert too_long(TOCSIN) == []


def test_a_long_file_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"a.py": "x = 1\n" * LONGEST, "b.py": "x = 1\n" * (LONGEST + 1)})
    assert too_long(tree) == ["b.py 401"]


def test_everything_public_says_what_it_is() -> None:
    """Promise: what a reader may call says what it gives, in its unit, and what it raises."""
    assert undocumented(TOCSIN) == []


def test_a_missing_docstring_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path,
        {
            "__init__.py": "",
            "a.py": "def f():\n    pass\n",
            "b.py": '"""B."""\n\nclass C:\n    """C."""\n\n    def g(self):\n        def inner():\n            pass\n',
            "c.py": '"""C."""\n\nclass _Private:\n    def h(self):\n        pass\n',
        },
    )
    assert undocumented(tree) == ["a.py", "a.py f", "b.py C.g"]
