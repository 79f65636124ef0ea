"""A TOML table -> a frozen dataclass, by its annotations; every mistake is named with its key."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from tocsin.errors import Usage

T = TypeVar("T")


def read_table(cls: type[T], told: object, where: str) -> T:
    """The dataclass `cls` from a table found at `where` ("contain", "connectors.idp").

    Fields may be text, whole numbers, numbers, booleans, paths or lists of text; one without a default must be there.
    Raises `Usage` that names the key, what is expected and what is known.
    """
    if not isinstance(told, dict):
        raise Usage(f"'{where}' is not a table", advice=f"Write it as [{where}] with keys below.")
    hints = get_type_hints(cls)
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    for key in told:
        if key not in known:
            raise Usage(f"unknown setting '{where}.{key}'", advice=f"Known: {', '.join(sorted(known))}.")
    made: dict[str, Any] = {}
    for name, field in known.items():
        if name in told:
            made[name] = _value(hints[name], told[name], f"{where}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise Usage(f"'{where}.{name}' is missing")
    return cls(**made)


def read_tables(cls: type[T], told: object, where: str) -> dict[str, T]:
    """A table of tables: name -> dataclass."""
    if not isinstance(told, dict):
        raise Usage(f"'{where}' is not a table of tables", advice=f"Write [{where}.NAME] with keys below.")
    return {name: read_table(cls, one, f"{where}.{name}") for name, one in told.items()}


def _value(hint: Any, value: object, key: str) -> Any:
    if hint is str:
        return _of(str, value, key, "text")
    if hint is bool:
        return _of(bool, value, key, "true or false")
    if hint is int:
        return _of(int, value, key, "a whole number") if not isinstance(value, bool) else _not(key, "a whole number")
    if hint == int | None:
        return _value(int, value, key)
    if hint is float:
        number = not isinstance(value, bool) and isinstance(value, int | float)
        return float(value) if number else _not(key, "a number")  # type: ignore[arg-type]
    if hint in (Path, Path | None):
        return Path(_of(str, value, key, "a path"))
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            _not(key, "a list of texts")
        return tuple(value)  # type: ignore[arg-type]
    if hint == dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            _not(key, "a table of texts")
        return value
    raise TypeError(f"no setting can be a {hint}")


def _of(kind: type, value: object, key: str, words: str) -> Any:
    return value if isinstance(value, kind) else _not(key, words)


def _not(key: str, words: str) -> Any:
    raise Usage(f"'{key}' is not {words}")
