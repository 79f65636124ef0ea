"""Clusters of paths: what varies becomes a capture or a hole, what stays is spelt out, the frequent comes first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from tocsin.collect.guess_words import (
    PATIENT_WORDS,
    STATIC,
    TECHNICAL,
    action_of_word,
    elements_of_words,
    kind_of_parameter,
    plain,
)
from tocsin.collect.paths import segments_of, split_target

NUMBER, UUID, TOKEN = "[0-9]+", "[0-9A-Fa-f-]{36}", "[^/]+"

MANY_SIBLINGS: Final = 8
"""More different words than this at one place of a path are values (names, logins), not parts of the path."""

MOST_CLUSTERS: Final = 40
"""Patterns drafted at most: the rest is seldom, and shows as `not-an-audit-event` until somebody maps it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Requests that differ only in what varies."""

    method: str
    pattern: str
    """Regular expression of the decoded path."""
    action: str | None
    """None: seems no act upon data."""
    elements: tuple[str, ...]
    seen: int
    """Lines of the sample."""
    why: str
    sure: bool
    literal: int
    """Segments that are spelt out: the more, the earlier the pattern must stand."""


@dataclass(frozen=True, slots=True)
class Paths:
    """What the requests of a sample look like."""

    clusters: list[Cluster]
    parameters: dict[str, tuple[str, ...]]
    """Kind of query -> parameter names seen."""
    left_out: int
    """Clusters beyond MOST_CLUSTERS."""


def cluster(requests: list[tuple[str, str]]) -> Paths:
    """Draft patterns from (method, path with or without query) pairs."""
    split = [(method.upper(), *split_target(target)) for method, target in requests]
    busy = _busy_places([path for _, path, _ in split])
    names: Counter[str] = Counter()
    groups: Counter[tuple[str, tuple[str, ...]]] = Counter()
    asked: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for method, path, query in split:
        key = (method, _shape(path, busy))
        groups[key] += 1
        parameters = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        names.update(parameters)
        asked.setdefault(key, set()).update(parameters)
    clusters = _merge_static([_cluster(*key, seen, asked[key]) for key, seen in groups.items()])
    clusters.sort(key=lambda c: (c.action is None, -c.literal, -c.seen, c.pattern, c.method))
    kept = sorted(clusters, key=lambda c: (-c.seen, c.pattern, c.method))[:MOST_CLUSTERS]
    return Paths([c for c in clusters if c in kept], _parameters(names), len(clusters) - len(kept))


def _parameters(names: Counter[str]) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, list[str]] = {}
    for name in sorted(names):
        kind = kind_of_parameter(name)
        if kind is not None:
            kinds.setdefault(kind, []).append(name)
    return {kind: tuple(found) for kind, found in sorted(kinds.items())}


def _hole(segment: str) -> str | None:
    """The pattern of a segment that varies by its look; None for a word."""
    if segment.isdigit():
        return NUMBER
    if re.fullmatch(UUID, segment) and segment.count("-") == 4:
        return UUID
    digits = sum(c.isdigit() for c in segment)
    if (digits >= 3 and digits * 2 >= len(segment)) or (len(segment) >= 16 and digits >= 2):
        return TOKEN
    return TOKEN if "@" in segment else None


def _shape(path: str, busy: set[tuple[str, ...]]) -> tuple[str, ...]:
    """A path with a pattern in place of each segment that varies; words are `=word`."""
    out: list[str] = []
    for segment in segments_of(path):
        hole = _hole(segment)
        if hole is None and ((*out, "*") in busy or (out and _is_search(out[-1]))):
            hole = TOKEN
        out.append(hole or f"={segment}")
    return tuple(out)


def _is_search(part: str) -> bool:
    """Whether what follows this part of a path may be what was searched for: a name must not enter the draft."""
    return part[0] == "=" and action_of_word(part) == "search"


def _busy_places(paths: list[str]) -> set[tuple[str, ...]]:
    """Prefixes under which more words stand than a path has parts: prefix + `*`."""
    below: dict[tuple[str, ...], set[str]] = {}
    for path in paths:
        prefix: list[str] = []
        for segment in segments_of(path):
            hole = _hole(segment)
            if hole is None and "." not in segment:
                below.setdefault((*prefix, "*"), set()).add(segment)
            prefix.append(hole or f"={segment}")
    return {place for place, words in below.items() if len(words) > MANY_SIBLINGS and len(place) > 1}


def _cluster(method: str, shape: tuple[str, ...], seen: int, asked: set[str]) -> Cluster:
    words = [part[1:] for part in shape if part[0] == "="]
    pattern, patient = _pattern(shape)
    action, why, sure = _action(method, shape, words, asked, patient)
    elements = elements_of_words(words) if action in ("read", "export", "write") else ()
    return Cluster(method, pattern, action, elements, seen, why, sure, len(words))


def _pattern(shape: tuple[str, ...]) -> tuple[str, bool]:
    """The regular expression of a shape, and whether it captures a patient."""
    place = _patient_place(shape)
    parts = []
    for i, part in enumerate(shape):
        if part[0] == "=":
            parts.append(re.escape(part[1:]).replace("\\-", "-"))
        elif i == place:
            parts.append(f"(?P<patient>{part})")
        elif i and plain(shape[i - 1]) == "page" and part == NUMBER:
            parts.append(f"(?P<page>{part})")
        elif i and _is_search(shape[i - 1]) and part == TOKEN and i == len(shape) - 1:
            parts.append(f"(?P<name>{part})")
        else:
            parts.append(part)
    return f"^/{'/'.join(parts)}$", place is not None


def _patient_place(shape: tuple[str, ...]) -> int | None:
    """Where the patient's number stands: the first hole after a word for a patient."""
    for i, part in enumerate(shape):
        if part[0] != "=" and i and shape[i - 1][0] == "=" and plain(shape[i - 1]) in PATIENT_WORDS.split():
            return i
    return None


def _action(
    method: str, shape: tuple[str, ...], words: list[str], asked: set[str], patient: bool
) -> tuple[str | None, str, bool]:
    """What such a request does, why it seems so, and whether that is sure."""
    last = words[-1] if words else ""
    if last.rpartition(".")[2].lower() in STATIC.split() and "." in last:
        return None, "a file of the pages", True
    if plain(last) in TECHNICAL.split():
        return None, "asked by machines", True
    told = next((a for a in map(action_of_word, reversed(words)) if a in ("sign-in", "sign-out", "export")), None)
    if told is not None:
        return told, f'"{last}" in the path', False
    if any(action_of_word(word) == "search" for word in words):
        return "search", "a search in the path", not patient
    if method in ("POST", "PUT", "PATCH", "DELETE"):
        return "write", f"{method} changes something", False
    kinds = {kind_of_parameter(name) for name in asked}
    if patient or "patient" in kinds:
        return "read", "one patient's record", patient
    if kinds & {"name", "birth", "identifier", "page"}:
        return "search", "selects by a name, a birth date, a number or a page", True
    if any(plain(word) == "admin" for word in words):
        return "admin", '"admin" in the path', False
    if any(part[0] != "=" for part in shape):
        return None, "a number that may be a patient's: if so, name it (?P<patient>...)", False
    return None, "no patient and no search in it", False


def _merge_static(clusters: list[Cluster]) -> list[Cluster]:
    """One pattern a folder for the files of the pages: never by their ending alone, which an attacker may append."""
    out, folders = [], Counter[tuple[str, str]]()
    for one in clusters:
        if one.why != "a file of the pages" or one.pattern.count("/") < 2:
            out.append(one)
        else:
            folders[one.method, one.pattern.split("/")[1]] += one.seen
    return out + [
        Cluster(method, rf"^/{folder}/.*\.[a-z0-9]+$", None, (), seen, "files of the pages", True, 1)
        for (method, folder), seen in sorted(folders.items())
    ]
