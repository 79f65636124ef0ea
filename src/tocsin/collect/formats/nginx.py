"""Access logs as JSON lines: nginx `log_format ... escape=json`, and what other proxies write alike.

What a client may write freely (its user agent, its path) must not make its line unreadable, or a thief would hide
behind one odd byte: bytes that are no UTF-8 are read as U+FFFD, and the `\\xHH` of nginx's default escaping is read
although it is no JSON. The line's own bytes stay what they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.collect.formats.fhir import too_deep
from tocsin.collect.mapped import Cut, lines_of, parsed
from tocsin.collect.mapping import Mapping
from tocsin.model.block import Block, Parsed, References

_ESCAPE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
_Value = str | int | float | bool | None


class NginxParser:
    """Reads blocks of JSON lines under a mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._names = mapping.columns_read()
        fields: list[tuple[str, Any, Any]] = [(f"f{i}", _Value, None) for i in range(len(self._names))]
        renamed = {f"f{i}": name for i, name in enumerate(self._names)}
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Line", fields, rename=renamed, gc=False))

    def parse(self, block: Block, *, source: str, references: References) -> Parsed:
        """Rows of a block. Refused: what is no JSON object, what has a list where a text is wanted, and what
        `mapped` refuses."""
        lines = lines_of(block)
        refused: dict[int, str] = {}
        rows: list[Any] = []
        where: list[int] = []
        decode = self._decoder.decode
        readable = _is_utf8(block.data)
        for i, text in enumerate(lines.texts):
            try:
                rows.append(decode(text if readable or _is_utf8(text) else _repaired(text)))
            except (msgspec.DecodeError, RecursionError):
                row, reason = _second_try(decode, text)
                if reason:
                    refused[i] = reason
                    continue
                rows.append(row)
            where.append(i)
        cut = Cut(np.array(where, np.int64), self._columns(rows))
        return parsed(self._mapping, block, lines, cut, refused, source=source, references=references)

    def _columns(self, rows: list[Any]) -> dict[str, pa.Array]:
        values = zip(*map(msgspec.structs.astuple, rows), strict=True) if rows else [()] * len(self._names)
        return {name: _texts(column) for name, column in zip(self._names, values, strict=True)}


def _texts(column: tuple[_Value, ...]) -> pa.Array:
    """Texts of a column; numbers as JSON writes them."""
    kinds = set(map(type, column))
    if kinds <= {str, type(None)}:
        return pa.array(column, pa.string())
    if kinds <= {int, type(None)}:
        try:
            return pa.array(column, pa.int64()).cast(pa.string())
        except OverflowError:
            pass
    return pa.array([value if value is None else _text(value) for value in column], pa.string())


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _repaired(line: bytes) -> bytes:
    return _ESCAPE.sub(rb"\1\\u00\2", line.decode("utf-8", "replace").encode())


def _second_try(decode: Callable[[bytes], Any], line: bytes) -> tuple[Any, str]:
    """The row of a line whose escapes were repaired, or why there is none."""
    try:
        return decode(_repaired(line)), ""
    except RecursionError:
        return None, "too-deep"
    except msgspec.ValidationError as error:
        reason = "bad-type" if " - at `$" in str(error) else "not-an-audit-event"
    except msgspec.DecodeError:
        reason = "not-json"
    return None, "too-deep" if too_deep(line) else reason
