"""A raw request, read once at the door: what it selects by, how long, on which page. The text goes no further."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

import msgspec

from tocsin.collect.formats.names import ELEMENTS_OF_RESOURCE, IN_RECORD, PATIENT
from tocsin.model.event import QUERY_KINDS

DEFAULT_PAGE_SIZE: Final = 20
"""Entries of a page where the query gives an offset and no `_count`. From: HAPI FHIR's default."""

_NAME: Final = frozenset({"name", "family", "given", "phonetic"})
_BIRTH: Final = frozenset({"birthdate", "birth-date", "birthdatetime"})
_IDENTIFIER: Final = frozenset({"identifier", "ins", "nir", "ipp"})
_PATIENT: Final = frozenset({"patient", "subject", "_id"})
_PAGE: Final = frozenset(
    {"_page", "page", "_getpages", "_getpagesoffset", "_offset", "_count", "_pageid", "_bundletype", "_pagetoken",
     "_page_token", "_continuation", "_cursor", "ct"}
)  # fmt: skip
_SHAPING: Final = frozenset(
    {"_format", "_pretty", "_elements", "_summary", "_sort", "_include", "_revinclude", "_total", "_contained"}
)
"""Parameters that say how to answer and select nothing."""

_METHOD: Final = re.compile(r"^(GET|POST|HEAD|PUT|DELETE|PATCH|OPTIONS)\s+(\S+)", re.IGNORECASE)
_OPERATION: Final = re.compile(r"\$[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Query:
    """What is kept of a request."""

    kind: int
    """Position in QUERY_KINDS."""
    length: int
    """Letters and digits of what was searched for, at most 65535."""
    head: str | None
    """At most three folded letters of it."""
    page: int
    """1, 2, ...; 0 if not paged."""
    canonical: str
    """Path and sorted parameters without the page: for the keyed hash, nowhere else."""
    inside: bool
    """It selects inside one patient's record, or shows clinical resources: who is found is opened, not listed."""
    resource: str | None
    """The resource type of the path that has elements, if any; in a compartment, that of the resources asked for."""
    operation: str | None
    """`$everything`, `$match`, ... if the path ends with one."""


NO_QUERY: Final = Query(0, 0, None, 0, "", False, None, None)


def text_of_base64(text: str) -> str:
    """The raw request of `entity.query`; a text that is no base64 is taken as it stands."""
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def query_of(text: str) -> Query:
    """Read a request line (with or without method, headers and body), a bare query string, or a cleaned description."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    path, pairs = _path_and_pairs(head.split("\n", 1)[0].strip())
    pairs += _pairs_of_body(body.strip())
    if not path and not pairs:
        return NO_QUERY
    segments = [segment for segment in path.split("/") if segment]
    operation = segments[-1] if segments and _OPERATION.fullmatch(segments[-1]) else None
    compartment, resource = _resources(segments)
    kind, sought = _selection(pairs, compartment)
    return Query(
        kind=QUERY_KINDS.index(kind),
        length=min(sum(letter.isalnum() for letter in sought), 65535),
        head=_head(sought),
        page=_page(pairs),
        canonical=_canonical(segments, pairs),
        inside=kind == "patient" or resource in IN_RECORD,
        resource=resource,
        operation=operation,
    )


def _path_and_pairs(line: str) -> tuple[str, list[tuple[str, str]]]:
    request = _METHOD.match(line)
    target = request[2] if request else line
    path, mark, query = target.partition("?")
    if not mark and not request and "=" in path and "/" not in path.partition("=")[0]:
        path, query = "", path
    elif not mark and not request and re.search(r"\s", path):
        return "", []  # prose, not a request
    if "://" in path:
        path = path.split("://", 1)[1].partition("/")[2]
    return unquote(path), parse_qsl(query.split(" ", 1)[0] if request else query, keep_blank_values=True)


def _pairs_of_body(body: str) -> list[tuple[str, str]]:
    if body.startswith("{"):
        try:
            return list(_pairs_of_json(msgspec.json.decode(body.encode())))
        except (msgspec.DecodeError, RecursionError):
            return []
    return parse_qsl(body, keep_blank_values=True) if "=" in body else []


def _pairs_of_json(node: object, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """The searched values of a `$match` body: every `family`, `given`, `birthDate` and `identifier` in it."""
    if depth > 12:
        return
    if isinstance(node, dict):
        for inner, value in node.items():
            named = key == "identifier" and inner == "value"
            yield from _pairs_of_json(value, "identifier=" if named else inner, depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _pairs_of_json(value, key, depth + 1)
    elif isinstance(node, str) and (key in ("family", "given", "identifier=") or key.lower() in _BIRTH):
        yield key.rstrip("=").lower(), node


def _resources(segments: list[str]) -> tuple[bool, str | None]:
    """Whether the path stands inside one patient's record, and the type of the resources it asks for."""
    typed = [(i, segment) for i, segment in enumerate(segments) if segment in ELEMENTS_OF_RESOURCE]
    if not typed:
        return False, None
    first, kind = typed[0]
    rest = segments[first + 1 :]
    instance = bool(rest) and not rest[0].startswith(("_search", "$", "_history"))
    inner = [segment for segment in rest[1:] if segment in ELEMENTS_OF_RESOURCE]
    return kind == PATIENT and instance, inner[0] if kind == PATIENT and inner else kind


def _bare(key: str) -> str:
    """`subject:Patient.family:exact` -> `family`."""
    return key.rpartition(".")[2].partition(":")[0].lower()


def _selection(pairs: list[tuple[str, str]], compartment: bool) -> tuple[str, str]:
    """The kind of a query and the text that was searched for."""
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(_kind_of_parameter(key), value)
    for key, value in pairs:  # a family name says more than a given one
        if _bare(key) == "family":
            found["name"] = value
            break
    if compartment or "patient" in found:
        return "patient", ""
    for kind in ("identifier", "name", "birth", "other"):
        if kind in found:
            return kind, found[kind].rpartition("|")[2] if kind == "identifier" else found[kind]
    return ("page" if "page" in found else "none" if not pairs else "other"), ""


def _kind_of_parameter(key: str) -> str:
    bare = _bare(key)
    for kind, keys in (("name", _NAME), ("birth", _BIRTH), ("identifier", _IDENTIFIER), ("patient", _PATIENT)):
        if bare in keys:
            return kind
    if bare in _PAGE:
        return "page"
    return "shaping" if bare in _SHAPING else "other"


def _head(text: str) -> str | None:
    """At most three letters, without accents, in upper case."""
    folded = unicodedata.normalize("NFKD", text[:64]).upper()
    return "".join(letter for letter in folded if letter.isalpha())[:3] or None


def _page(pairs: list[tuple[str, str]]) -> int:
    values = {_bare(key): value for key, value in pairs}
    number = _number(values.get("_page", values.get("page")))
    if number is not None:
        return max(number, 1)
    offset = _number(values.get("_getpagesoffset", values.get("_offset")))
    if offset is not None:
        return offset // (_number(values.get("_count")) or DEFAULT_PAGE_SIZE) + 1
    paged = values.keys() & _PAGE
    # A token that is no number stands for a later page: the first is asked for without one.
    return 0 if not paged else 1 if paged <= {"_count", "_bundletype"} else 2


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None


def _canonical(segments: list[str], pairs: list[tuple[str, str]]) -> str:
    kept = sorted((key, value) for key, value in pairs if _bare(key) not in _PAGE)
    path = "/".join(segment for segment in segments if segment != "_search")
    return path + "?" + "&".join(f"{key}={value}" for key, value in kept)
