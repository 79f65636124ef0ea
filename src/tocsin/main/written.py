"""An answer as JSON, piece by piece: what may be long is never held as text, nor as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from typing import Any, Final

_MARGIN: Final = "\n  "
"""Of an item of a list in the topmost object."""


def json_of(told: Any) -> Iterator[str]:
    """The text of `json.dumps(told, ensure_ascii=False, indent=1, default=str)` and a line feed.

    In the topmost object a value may also be iterable without being a list: its items are made and written one by one.
    """
    if isinstance(told, dict) and told:
        yield "{"
        for number, (key, value) in enumerate(told.items()):
            yield f"{',' if number else ''}\n {encode_basestring(key)}: "
            if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict | list | tuple | set):
                yield from _items(value)
            else:
                yield _text(value, "\n ")
        yield "\n}\n"
    else:
        yield _text(told, "\n") + "\n"


def _items(values: Iterable[Any]) -> Iterator[str]:
    mark = "["
    for value in values:
        yield mark + _MARGIN + _text(value, _MARGIN)
        mark = ","
    yield "[]" if mark == "[" else "\n ]"


def _text(value: Any, margin: str) -> str:
    """`margin`: a line feed and what stands before the line on which the value begins."""
    if isinstance(value, str):
        return encode_basestring(value)
    inner = margin + " "
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return _within("{}", [f"{encode_basestring(key)}: {_text(one, inner)}" for key, one in value.items()], margin)
    if isinstance(value, list | tuple):
        return _within("[]", [_text(one, inner) for one in value], margin)
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).replace("\n", margin)


def _within(brackets: str, parts: list[str], margin: str) -> str:
    inner = margin + " "
    return f"{brackets[0]}{inner}{f',{inner}'.join(parts)}{margin}{brackets[1]}" if parts else brackets
