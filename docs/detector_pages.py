"""What a detector's file says of it, taken apart: the pages are made of it, and `tests/spec` runs its examples.

The docstring of a detector's class: what it counts, in one line; then, in any order,

    Example: ACT, ACT, ... -> COUNT, COUNT, ...     (`Example NAME:` where one class makes several detectors)
    Wrongly: what makes it fire though the owner is at work

and whatever else there is to say. The docstring of its file: why, and `Source:`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tocsin.detect import registry
from tocsin.detect.view import Detector
from tocsin.main.words import entry, sentence_of, short_of
from tocsin.model.ground import Ground

RESULTS = Path(__file__).parents[1] / "benchmarks/detection/results"
HEAD = "<!-- Written by docs/generate.py from src/tocsin/{source} and main/words.toml: change the words there. -->"
Table = Callable[[tuple[str, ...], list[tuple[str, ...]]], list[str]]

_EXAMPLE = re.compile(r"^Example(?: ([\w-]+))?: (.+?) -> ([0-9, ]+)$", re.MULTILINE)
_WRONGLY = re.compile(r"^Wrongly: (.+?)(?=\n\n|\nExample|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Told:
    """The words of one detector."""

    counts: str
    """What it counts, one line."""
    more: str
    """What else its docstring says."""
    so_far: str
    """What `count` gives in the course of the session."""
    examples: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]
    """(acts, what is counted after each)."""
    wrongly: str
    module: ModuleType

    @property
    def why(self) -> str:
        """Why and from where: the docstring of its file."""
        return (self.module.__doc__ or "").strip()


def told(detector: Detector) -> Told:
    """What its file says of a detector."""
    lines = (type(detector).__doc__ or "").strip().splitlines()
    text = "\n".join(line.strip() for line in lines[1:])
    examples = tuple(
        (tuple(act.strip() for act in acts.split(",")), tuple(int(one) for one in counts.split(",")))
        for name, acts, counts in _EXAMPLE.findall(text)
        if name in ("", detector.name)
    )
    wrongly = _WRONGLY.search(text)
    return Told(
        counts=lines[0] if lines else "",
        more=_WRONGLY.sub("", _EXAMPLE.sub("", text)).strip(),
        so_far=(type(detector).count.__doc__ or "").strip(),
        examples=examples,
        wrongly=" ".join(wrongly[1].split()) if wrongly else "",
        module=sys.modules[type(detector).__module__],
    )


def index(table: Table) -> str:
    """The page that lists the detectors."""
    shares = _shares()
    rows = [
        (f"[`{one.name}`](detectors/{one.name}.md)", one.family, _share(shares.get(one.name)), told(one).counts)
        for one in registry.DETECTORS
    ]
    return "\n".join(
        [
            "<!-- Written by docs/generate.py from src/tocsin/detect: change the words there, then run it again. -->",
            "",
            "# The detectors",
            "",
            "Each gives one whole number for a session so far, which never falls. How a number becomes evidence: [what",
            "the weight is](../explanation/weight.md). Content bets are averaged by their shares; families multiply. A",
            "page each: what it counts, on examples that are tests; what it says; what makes it fire wrongly; its",
            "source; and what it did in [the exam](../explanation/exam.md).",
            "",
            *table(("detector", "family", "share", "what it counts"), rows),
            "",
        ]
    )


def pages(table: Table) -> dict[str, str]:
    """Name -> page of each detector."""
    return {one.name: "\n".join(_page(one, table)) for one in registry.DETECTORS}


def _page(detector: Detector, table: Table) -> Iterable[str]:
    words, share = told(detector), _shares().get(detector.name)
    source = words.module.__name__.removeprefix("tocsin.").replace(".", "/") + ".py"
    yield HEAD.format(source=source)
    yield from ("", f"# {detector.name}", "")
    yield f"Family *{detector.family}*" + (f", share {_share(share)} of the content bets" if share else "") + "."
    yield f"{words.counts} In the course of the session: {words.so_far[:1].lower()}{words.so_far[1:]}"
    if words.more:
        yield from ("", words.more)
    yield from (
        "",
        "## On examples",
        "",
        "Each act, and what is counted after it. They are tests, in the words of `tests/spec/acts.py`.",
    )
    for acts, counts in words.examples:
        rows = [(act, str(count)) for act, count in zip(acts, counts, strict=True)]
        yield from ("", *table(("act", "count"), rows))
    yield from ("", "## What it says", "")
    yield from table(("number", "français", "English"), list(_said(detector)))
    yield from ("", "## What makes it fire wrongly", "", words.wrongly[:1].upper() + words.wrongly[1:])
    yield from ("", "## Why, and from where", "", words.why)
    yield from ("", "## In the exam", "", *_exam(detector.name), "")
    yield from ("[All detectors](../detectors.md) \N{MIDDLE DOT} " + f"code: `src/tocsin/{source}`", "")


def _said(detector: Detector) -> Iterable[tuple[str, str, str]]:
    short = short_of(detector.name)
    yield "in short", short["fr"], short["en"]
    found = entry(f"ground.{detector.name}")
    for code in found.get("values", found.get("bits", ("1", "12"))):
        said = sentence_of(Ground(of=detector.name, n=int(code)))
        yield code, said["fr"], said["en"]


def _exam(name: str) -> list[str]:
    """What the exam's results say of a detector: whole regions where they do, else small ones."""
    for file, what in (("exam.json", "whole regions"), ("exam-short.json", "small regions (the short exam)")):
        regions = [one for one in _regions(file) if "grounds" in one]
        sums = {who: _sum(one["grounds"][who] for one in regions) for who in ("thieves", "honest")} if regions else {}
        if not sums or not any(name in one["grounds"]["known"] for one in regions):
            continue
        said, most = (sums["thieves"].get(name, [0, 0])[place] for place in (0, 1))
        alarms = sums["honest"].get(name, [0, 0])[0]
        asked, honest = (sum(one["grounds"][of] for one in regions) for of in ("asked", "alarms"))
        heaviest = f"{most:,}{_percent(most, asked)}"
        return [
            f"On {len(regions)} {what}: of {asked:,} accounts in a thief's hands that raised an alert, it was among",
            f"the reasons of the first one of {said:,}{_percent(said, asked)}, and the heaviest of {heaviest}.",
            f"Of {honest:,} alarms in honest account-weeks it was among the reasons of",
            f"{alarms:,}{_percent(alarms, honest)}.",
        ]
    return ["Not measured yet: the results that are kept are older than this number (`make exam`, then `make docs`)."]


def _regions(file: str) -> list[dict[str, Any]]:
    path = RESULTS / file
    return json.loads(path.read_text("utf-8"))["regions"] if path.exists() else []


def _sum(counts: Iterable[dict[str, list[int]]]) -> dict[str, list[int]]:
    total: dict[str, list[int]] = {}
    for one in counts:
        for name, (said, most) in one.items():
            before = total.get(name, [0, 0])
            total[name] = [before[0] + said, before[1] + most]
    return total


def _percent(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.0f} %)" if whole else ""


def _shares() -> dict[str, float]:
    return {detector.name: share for detector, share in registry.CONTENT}


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.2f}"
