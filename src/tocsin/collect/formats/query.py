"""A raw request, read once at the door: what it selects by, how long, on which page. The text goes no further."""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, unquote_plus

import msgspec

from tocsin.collect.formats.names import ELEMENTS_OF_RESOURCE, IN_RECORD, PATIENT
from tocsin.model.event import QUERY_KINDS

DEFAULT_PAGE_SIZE: Final = 20
"""Entries of a page where the query gives an offset and no `_count`. From: HAPI FHIR's default."""

FORMS_REMEMBERED: Final = 1024
MAX_REMEMBERED: Final = 256
"""Letters of the names of a query's parameters up to which they are remembered."""

_PARAMETERS: Final = {
    "name": "name family given phonetic",
    "birth": "birthdate birth-date birthdatetime",
    "identifier": "identifier ins nir ipp",
    "patient": "patient subject _id",
    "page": "_page page _getpages _getpagesoffset _offset _count _pageid _bundletype _pagetoken _page_token "
    "_continuation _cursor ct",
    "shaping": "_format _pretty _elements _summary _sort _include _revinclude _total _contained",  # selects nothing
}
_KIND_OF: Final = {word: kind for kind, listed in _PARAMETERS.items() for word in listed.split()}
"""Parameter, without modifier and chain, in lower case -> what it is for; `other` if it is not here."""

_KIND_CODE: Final = {kind: i for i, kind in enumerate(QUERY_KINDS)}
_METHOD: Final = re.compile(r"^(GET|POST|HEAD|PUT|DELETE|PATCH|OPTIONS)\s+(\S+)", re.IGNORECASE)
_OPERATION: Final = re.compile(r"\$[A-Za-z][A-Za-z0-9-]*")


class Query(NamedTuple):
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
        return binascii.a2b_base64(compact + "=" * (-len(compact) % 4), strict_mode=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def query_of(text: str) -> Query:
    """Read a request line (with or without method, headers and body), a bare query string, or a cleaned description."""
    body = ""
    if "\n" in text:
        head, _, body = text.replace("\r\n", "\n").partition("\n\n")
        text = head.partition("\n")[0]
    path, pairs = _path_and_pairs(text.strip())
    if body:
        pairs += _pairs_of_body(body.strip())
    if not path and not pairs:
        return NO_QUERY
    segments = [segment for segment in path.split("/") if segment]
    operation = segments[-1] if "$" in path and _OPERATION.fullmatch(segments[-1]) else None
    compartment, resource = _resources(segments)
    form = _form(pairs)
    kind = "patient" if compartment else form.kind
    sought = _sought(form, pairs) if kind != "patient" else ""
    letters = len(sought) if sought.isalnum() else sum(map(str.isalnum, sought))
    return Query(
        _KIND_CODE[kind],
        min(letters, 65535),
        _head(sought) if letters else None,
        _page(pairs, form) if form.pages else 0,
        _canonical(segments, pairs, form),
        kind == "patient" or resource in IN_RECORD,
        resource,
        operation,
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
    return unquote(path) if "%" in path else path, _pairs_of(query.split(" ", 1)[0] if request else query)


def _pairs_of(query: str) -> list[tuple[str, str]]:
    """`a=b&c=d` as pairs, unquoted."""
    if "%" not in query and "+" not in query:
        return [part.partition("=")[::2] for part in query.split("&") if part]
    pairs = []
    for part in query.split("&"):
        if part:
            key, _, value = part.partition("=")
            pairs.append((unquote_plus(key), unquote_plus(value)) if "%" in part or "+" in part else (key, value))
    return pairs


def _pairs_of_body(body: str) -> list[tuple[str, str]]:
    if body.startswith("{"):
        try:
            return list(_pairs_of_json(msgspec.json.decode(body.encode())))
        except (msgspec.DecodeError, RecursionError):
            return []
    return _pairs_of(body) if "=" in body else []


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
    elif isinstance(node, str) and (
        key in ("family", "given", "identifier=") or key.lower() in _PARAMETERS["birth"].split()
    ):
        yield key.rstrip("=").lower(), node


def _resources(segments: list[str]) -> tuple[bool, str | None]:
    """Whether the path stands inside one patient's record, and the type of the resources it asks for."""
    for i, kind in enumerate(segments):
        if kind in ELEMENTS_OF_RESOURCE:
            return _within(kind, segments[i + 1 :])
    return False, None


def _within(kind: str, rest: list[str]) -> tuple[bool, str | None]:
    if not rest:
        return False, kind
    instance = not rest[0].startswith(("_search", "$", "_history"))
    inner = [segment for segment in rest[1:] if segment in ELEMENTS_OF_RESOURCE]
    return kind == PATIENT and instance, inner[0] if kind == PATIENT and inner else kind


def _bare(key: str) -> str:
    """`subject:Patient.family:exact` -> `family`."""
    if "." in key or ":" in key:
        key = key.rpartition(".")[2].partition(":")[0]
    return key.lower()


class _Form(NamedTuple):
    """What the names of a query's parameters tell; positions are among the parameters."""

    kind: str
    """Of QUERY_KINDS; `patient` whatever else is asked."""
    sought: int
    """Position of what is searched for; -1 if nothing is."""
    pages: int
    """The page, if no number tells it; 0 if nothing pages."""
    number: int
    """Position of the page's number; -1 if there is none."""
    offset: int
    """Position of the offset of its first entry."""
    entries: int
    """Position of how many entries a page has."""
    kept: tuple[int, ...]
    """Positions of those that do not page, ordered by their names."""
    repeated: bool
    """Whether two of those have the same name."""


def _form(pairs: list[tuple[str, str]]) -> _Form:
    """Queries have few forms: those with short names are remembered. Values, which may name patients, are not."""
    keys = tuple([key for key, _ in pairs])
    return _form_of(keys) if sum(map(len, keys)) <= MAX_REMEMBERED else _form_of.__wrapped__(keys)


@lru_cache(FORMS_REMEMBERED)
def _form_of(keys: tuple[str, ...]) -> _Form:
    named = [_bare(key) for key in keys]
    kinds = [_KIND_OF.get(name, "other") for name in named]
    pages = {name: i for i, (name, kind) in enumerate(zip(named, kinds, strict=True)) if kind == "page"}
    kept = sorted((i for i, kind in enumerate(kinds) if kind != "page"), key=keys.__getitem__)
    kind, sought = _selection(named, kinds)
    # A token that is no number stands for a later page: the first is asked for without one.
    untold = 0 if not pages else 1 if pages.keys() <= {"_count", "_bundletype"} else 2
    number = pages.get("_page", pages.get("page", -1))
    offset = pages.get("_getpagesoffset", pages.get("_offset", -1))
    repeated = len({keys[i] for i in kept}) < len(kept)
    return _Form(kind, sought, untold, number, offset, pages.get("_count", -1), tuple(kept), repeated)


def _selection(named: list[str], kinds: list[str]) -> tuple[str, int]:
    """The kind of a query and the position of what is searched for."""
    found = {kind: i for i, kind in reversed([*enumerate(kinds)])}  # the first of each kind
    if "patient" in found:
        return "patient", -1
    if "family" in named:  # it says more than a given name
        found["name"] = named.index("family")
    for kind in ("identifier", "name", "birth", "other"):
        if kind in found:
            return kind, found[kind]
    return ("page" if "page" in found else "none" if not kinds else "other"), -1


def _sought(form: _Form, pairs: list[tuple[str, str]]) -> str:
    if form.sought < 0:
        return ""
    value = pairs[form.sought][1]
    return value.rpartition("|")[2] if form.kind == "identifier" else value


def _head(text: str) -> str | None:
    """At most three letters, without accents, in upper case."""
    if text[:3].isalpha() and text.isascii():
        return text[:3].upper()
    folded = (text[:64] if text.isascii() else unicodedata.normalize("NFKD", text[:64])).upper()
    return "".join(filter(str.isalpha, folded))[:3] or None


def _page(pairs: list[tuple[str, str]], form: _Form) -> int:
    number = _number_at(pairs, form.number)
    if number is not None:
        return max(number, 1)
    offset = _number_at(pairs, form.offset)
    if offset is not None:
        return offset // (_number_at(pairs, form.entries) or DEFAULT_PAGE_SIZE) + 1
    return form.pages


def _number_at(pairs: list[tuple[str, str]], place: int) -> int | None:
    if place < 0:
        return None
    text = pairs[place][1]
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None


def _canonical(segments: list[str], pairs: list[tuple[str, str]], form: _Form) -> str:
    kept = [pairs[i] for i in form.kept]
    if form.repeated:
        kept.sort()
    path = "/".join([segment for segment in segments if segment != "_search"])
    return path + "?" + "&".join(["=".join(pair) for pair in kept])
