"""One alert is no "1 alerts": every number that is told at a terminal has its noun's form."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tocsin.cli.tell import counted, exam, inform, keep, know, rules, watch

IMPORTED = {
    "batch": 1, "lines": 1, "events": 1, "duplicates": 1, "rejected": 1, "facts": 1, "alerts": 1, "files_known": 1,
    "rejected_by_reason": {}, "ignored": [], "calibrated": True, "rules": {}, "rules_unread": [],
}  # fmt: skip
EXCEPTION = {
    "exception": "EX-1", "account": "a", "until": "2025-09-08T10:00:00Z", "state": "in-force", "who": "w", "why": "y",
    "en": "Expected.",
}  # fmt: skip
NOTIFIED = {
    "incident": "INC-1", "persons": {"thief": 1, "unsure": 0}, "letters": None, "already": 1, "languages": {},
    "wrong": [], "written": {"letters": 1, "pages": 1, "act": "ACT-1", "folder": "f"}, "specimen": {},
}  # fmt: skip
VERIFIED = {
    "segments": [{"sound": True}], "batches": 1, "derived_parts": 1, "receipts": 1, "sound": True,
    "derived_problem": "", "receipts_problem": "",
}  # fmt: skip
CALIBRATED = {
    "calibration": "c", "in_force": True, "account_weeks": 1, "account_days": 1, "set_aside": 1, "stolen": 1,
    "answered": 1, "precision": {"answered": 1, "rightly": 1, "asked": 1}, "lines": [],
}  # fmt: skip
QUEUE = {
    "queue": [], "accounts": 1, "week": "2025-W37", "line": 10, "promise": "p", "ladder": "l", "past": {"set_aside": 1},
}  # fmt: skip
TWIN = {
    "honest": {"ask": 0, "accounts": 1, "own-patients-only": 0, "suspend": 0}, "last": None, "nights": ["n"],
    "thieves": 1, "seed": 1, "calibration": "c", "behaviours": [],
}  # fmt: skip
HITS = {
    "hits": [{"rule": "r", "level": "low", "at": "2025-09-08T10:00:00Z", "account": "a", "service": "s", "event": "e"}],
    "total": 1, "rules": [], "unread": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("tell", "told"),
    [
        (lambda told: watch.tell_import(told, past=False), IMPORTED),
        (lambda told: watch.tell_import(told, past=False), {**IMPORTED, "batch": 0}),
        (know.tell_exceptions, [EXCEPTION]),
        (know.tell_queue, QUEUE),
        (inform.tell_notify, NOTIFIED),
        (keep.tell_verify, VERIFIED),
        (keep.tell_calibration, CALIBRATED),
        (exam.tell_twin, TWIN),
        (rules.tell_test, {"rules": [{"refused": "r", "failed": [], "tests": 1}]}),
        (rules.tell_hits, HITS),
    ],
    ids=["import", "nothing-new", "exceptions", "queue", "notify", "verify", "calibrate", "twin", "rules", "hits"],
)
def test_one_is_told_as_one(tell: Callable[[Any], None], told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tell(told)
    words = capsys.readouterr().out.split()
    wrong = [f"1 {after}" for one, after in pairwise(words) if one == "1" and _many(after)]
    assert words
    assert wrong == []


def _many(word: str) -> bool:
    plain = word.strip(",.:;()")
    return plain.endswith("s") and plain not in ("has", "was")


def test_a_number_and_what_it_counts() -> None:
    assert [counted(n, "alert") for n in (0, 1, 2, 1204)] == ["0 alerts", "1 alert", "2 alerts", "1,204 alerts"]
    assert [counted(n, "batch", "batches") for n in (1, 2)] == ["1 batch", "2 batches"]
