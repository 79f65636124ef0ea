"""Where rules stand: those that ship with Tocsin, and a region's own folder. An own rule replaces its namesake."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from tocsin import wiring
from tocsin.config import Settings
from tocsin.errors import Usage
from tocsin.model.rule import LEVELS, Rule

RULE: Final = ".yml"
TESTS: Final = ".test.yml"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A rule with the text of its tests."""

    rule: Rule
    tests: str | None
    own: bool


@dataclass(slots=True)
class Shelf:
    """Rules by name, and why files were refused."""

    rules: dict[str, Shelved] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def every(self) -> list[Shelved]:
        """The gravest first, then by name."""
        return sorted(self.rules.values(), key=lambda one: (-LEVELS.index(one.rule.level), one.rule.name))


def read_shelf(settings: Settings) -> Shelf:
    """The shipped rules and the region's; a switch without a rule is refused. Raises `Usage` for a folder not there."""
    shelf = Shelf()
    _put(shelf, resources.files("tocsin").joinpath("rules"), own=False)
    if settings.rules.folder is not None:
        _put(shelf, _folder(settings.rules.folder, "rules.folder"), own=True)
    for name in settings.rules.on:
        if name not in shelf.rules and name not in shelf.refused:
            shelf.refused[name] = f"'rules.on' names a rule that is not there: {name}"
    return shelf


def read_wanted(settings: Settings) -> tuple[list[Rule], list[str]]:
    """The rules that are switched on, and of each that cannot be read why. One that is wrong stops no other."""
    shelf, unread = Shelf(), []
    try:
        _put(shelf, resources.files("tocsin").joinpath("rules"), own=False)
        if settings.rules.folder is not None:
            _put(shelf, _folder(settings.rules.folder, "rules.folder"), own=True)
    except Usage as problem:  # the extra is not installed, or the region's folder is not there
        unread.append(str(problem))
    rules = []
    for name in dict.fromkeys(settings.rules.on):
        if name in shelf.rules:
            rules.append(shelf.rules[name].rule)
        elif name in shelf.refused:
            unread.append(shelf.refused[name])
        elif shelf.rules:
            unread.append(f"'rules.on' names a rule that is not there: {name}")
    return rules, unread


def read_folder(path: Path) -> Shelf:
    """The rules of a folder, or of one file. Raises `Usage` if there is neither."""
    shelf = Shelf()
    if path.is_file():
        _put_one(shelf, path, path.parent, own=True)
    else:
        _put(shelf, _folder(path, "PATH"), own=True)
    return shelf


def _folder(path: Path, what: str) -> Path:
    if not path.is_dir():
        raise Usage(f"'{what}' is no folder of rules", advice="Rules are files NAME.yml.")
    return path


def _put(shelf: Shelf, folder: Traversable, *, own: bool) -> None:
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(RULE) and not file.name.endswith(TESTS) and not file.name.startswith("."):
            _put_one(shelf, file, folder, own=own)


def _put_one(shelf: Shelf, file: Traversable, folder: Traversable, *, own: bool) -> None:
    name = file.name.removesuffix(RULE)
    read_rule = wiring.sigma()
    try:
        rule = read_rule(name, _text(file))
        beside = folder.joinpath(name + TESTS)
        tests = _text(beside) if beside.is_file() else None
    except Usage as problem:
        shelf.rules.pop(name, None)
        shelf.refused[name] = str(problem)
        return
    same = next((one.rule.name for one in shelf.rules.values() if one.rule.id == rule.id and one.rule.name != name), "")
    if same:
        shelf.refused[name] = f"rule '{name}': it has the id of '{same}'. Give it one of its own."
        return
    shelf.rules[name] = Shelved(rule, tests, own)


def _text(file: Traversable) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Usage(f"{file.name} cannot be read ({type(problem).__name__})") from None
