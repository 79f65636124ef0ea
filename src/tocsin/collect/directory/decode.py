"""One line -> one resource, or the reason why not.

The typed decoder is the ordinary way. Where it refuses a line that is JSON, the line is read once more without types
and every part that fits is kept: one maker's `"identifier": {}` costs that field, not the resource.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.inspect import BoolType, IntType, ListType, NoneType, StrType, StructType, Type, UnionType, type_info

from tocsin.collect.directory.resources import AnyResource, Resource

_TYPED: Final = msgspec.json.Decoder(AnyResource)
_UNTYPED: Final = msgspec.json.Decoder()
_SHAPES: Final[dict[str, Type]] = {
    str(shape.tag): shape
    for shape in type_info(AnyResource).types  # type: ignore[attr-defined]  # a union
}


class Refused(ValueError):
    """Why a line is not a resource. `reason` is one of REJECTIONS, or empty: a resource that carries no fact."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Unfit(ValueError):
    """A value does not fit a shape."""


_PLAIN: Final[dict[type[Type], type]] = {StrType: str, IntType: int, BoolType: bool}


def resource_of(line: bytes) -> Resource:
    """The resource on a line that is valid UTF-8. Raises `Refused`."""
    try:
        return _TYPED.decode(line)
    except msgspec.ValidationError:
        return _salvaged(line)
    except RecursionError as error:
        raise Refused("too-deep") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused("not-json") from error


def _salvaged(line: bytes) -> Resource:
    try:
        found = _UNTYPED.decode(line)
    except RecursionError as error:
        raise Refused("too-deep") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused("not-json") from error
    kind = found.get("resourceType") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind == "AuditEvent":  # an event in a directory's file would be lost unseen
        raise Refused("bad-type")
    if kind not in _SHAPES:
        raise Refused("")
    return _fitted(found, _SHAPES[kind])


def _fitted(value: Any, shape: Type) -> Any:
    """What of a JSON value fits a shape. Raises `_Unfit` if nothing does."""
    match shape:
        case UnionType():
            return _first_fit(value, shape.types)
        case StructType() if isinstance(value, dict):
            return shape.cls(**_fields(value, shape))
        case ListType():
            return _items(value if isinstance(value, list) else [value], shape.item_type)
        case StrType() if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        case NoneType() if value is None:
            return None
    plain = _PLAIN.get(type(shape))
    if plain is None or type(value) is not plain:
        raise _Unfit
    return value


def _first_fit(value: Any, shapes: tuple[Type, ...]) -> Any:
    for shape in shapes:
        try:
            return _fitted(value, shape)
        except _Unfit:
            continue
    raise _Unfit


def _fields(value: dict[str, Any], shape: StructType) -> dict[str, Any]:
    kept = {}
    for field in shape.fields:
        if field.encode_name in value:
            try:
                kept[field.name] = _fitted(value[field.encode_name], field.type)
            except _Unfit:
                continue
    return kept


def _items(values: list[Any], shape: Type) -> list[Any]:
    kept = []
    for value in values:
        try:
            kept.append(_fitted(value, shape))
        except _Unfit:
            continue
    return kept
