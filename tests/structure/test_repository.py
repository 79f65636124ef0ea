"""What holds for every file of the project, whatever its kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from structure.code import ROOT, repository_files, text_of, write_tree

# The words are put together here, so that this file does not hold them itself.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"), ("python" + "hosted", "org"), ("npm" + "js", "org"), ("ana" + "conda", "org"),
        ("crates" + "", "io"), ("golang", "org"), ("hugging" + "face", "co"),
    )
]  # fmt: skip
REGISTRY = re.compile("|".join(re.escape(host) for host in HOSTS))
PRIVATE = re.compile(r"(?<![\w./-])/" + r"work(?![\w-])|(?<![\w-])" + "shar" + r"ed/(?=[a-zA-Z.])")
PAGE = re.compile(r"(?<![\w/:.-])(?:\.{1,2}/)*[\w-]+(?:/[\w-]+)*\.md\b")
LICENCE = "LICENSE"


def naming(root: Path, pattern: re.Pattern[str]) -> list[str]:
    """Places in the project's text files that match."""
    found = []
    for path in repository_files(root):
        text = text_of(path)
        if pattern.search(text):
            found += [
                f"{path.relative_to(root)}:{number}"
                for number, line in enumerate(text.splitlines(), 1)
                if pattern.search(line)
            ]
    return found


def missing_pages(root: Path) -> list[str]:
    """Pages (`*.md`) that a file of the project names and that are not there."""
    files = repository_files(root)
    known = ["/" + path.relative_to(root).as_posix() for path in files]
    found = []
    for path in files:
        if path.name == LICENCE or path == Path(__file__):
            continue
        for page in dict.fromkeys(PAGE.findall(text_of(path))):
            ending = "/" + page.replace("../", "").replace("./", "")
            if not any(one.endswith(ending) for one in known):
                found.append(f"{path.relative_to(root)} {page}")
    return found


def without_reason(pyproject: str) -> list[str]:
    """Dependencies whose line has no comment."""
    found, inside = [], False
    for line in pyproject.splitlines():
        if re.match(r"(dependencies|[a-z]+) = \[$", line):
            inside = line.startswith("dependencies") or "dev = [" in line
        elif line.startswith("]"):
            inside = False
        elif inside and line.strip().startswith('"') and not re.search(r'",?\s+# \S', line):
            found.append(line.strip())
    return found


def loose(lock: str) -> list[str]:
    """Requirements of a lock that are not pinned with a hash, and lines that hold a URL or name an index."""
    joined = re.sub(r"\\\n\s*", " ", lock)
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [line.split()[0] for line in lines if "==" not in line or "--hash=sha256:" not in line]
    return found + [line.split()[0] for line in lock.splitlines() if "://" in line or line.startswith("--")]


def test_no_file_names_a_package_registry() -> None:
    """Promise: where packages come from is the operator's choice (a mirror, a disk); the project sets no host."""
    assert naming(ROOT, REGISTRY) == []


def test_no_file_names_the_place_it_was_written_in() -> None:
    """Promise: a clone stands by itself; nothing refers to the writers' machines or private notes."""
    assert naming(ROOT, PRIVATE) == []


@pytest.mark.parametrize(
    ("line", "noticed"),
    [
        (f"see https://{HOSTS[0]}/simple", True),
        ("open /" + "work/main", True),
        ("../shar" + "ed/facts", True),
        ("the workshop, docs/workings.txt, /workspace", False),
        ("shar" + "ed/ing is not a path of ours", True),
        ("accounts that are shared / lent", False),
    ],
)
def test_a_private_or_foreign_place_is_noticed(tmp_path: Path, line: str, noticed: bool) -> None:
    tree = write_tree(tmp_path, {"docs/page.md": f"# Page\n\n{line}\n", "clean.txt": "nothing\n"})
    found = naming(tree, REGISTRY) + naming(tree, PRIVATE)
    assert found == (["docs/page.md:3"] if noticed else [])


def test_each_page_that_is_named_exists() -> None:
    """Promise: a docstring or a page that sends the reader somewhere sends them to something."""
    assert missing_pages(ROOT) == []


def test_a_missing_page_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path,
        {
            "docs/here.md": "[there](explanation/there.md), [root](../README.md), [gone](gone.md)\n",
            "docs/explanation/there.md": "",
            "README.md": "docs/here.md https://example.org/elsewhere.md\n",
            "src/a.py": "# Source: docs/nowhere.md\n",
        },
    )
    assert missing_pages(tree) == ["docs/here.md gone.md", "src/a.py docs/nowhere.md"]


def test_each_dependency_has_its_reason() -> None:
    """Promise: few dependencies, each with the reason beside it."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert without_reason(text) == []


def test_a_dependency_without_reason_is_noticed() -> None:
    text = 'dependencies = [\n  "a>=1",  # because\n  "b>=2",\n]\nclassifiers = [\n  "x",\n]\ndev = [\n  "c",\n]\n'
    assert without_reason(text) == ['"b>=2",', '"c",']


def test_the_lock_is_pinned_by_hash_and_names_no_place() -> None:
    """Promise: what is installed is what was tested, wherever it is fetched from."""
    for lock in ("requirements.lock", "provider/requirements.lock"):
        assert loose((ROOT / lock).read_text("utf-8")) == []


def test_a_loose_lock_is_noticed() -> None:
    text = "# by uv\na==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\nb==2\nc @ https://x.example/c.whl\n"
    assert loose(text) == ["b==2", "c", "c"]
    assert loose("--index-url https://x.example\na==1 --hash=sha256:00\n") == ["--index-url", "--index-url"]
