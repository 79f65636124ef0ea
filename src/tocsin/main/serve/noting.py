"""Hits as they come: at every checkpoint the rules that are on are asked of the batches that it wrote.

What is told is in the parts, so `tocsin rules hits` shows it too. How far was told is kept in a small file, written
after the telling: a restart goes on from there, and only a kill between the two tells a hit twice. What was there
before anybody served with a rule on is known already.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tocsin import log, wiring
from tocsin.config import Settings
from tocsin.errors import TocsinError
from tocsin.main.hits import looked_up, sums, switched_on
from tocsin.main.serve.outbox import serve_folder
from tocsin.main.serve.status import Say
from tocsin.model.hit import Wanted

TOLD: Final = ("high", "critical")
"""Levels of which each hit is told; all are counted."""
MOST: Final = 20
"""Hits of one rule that a checkpoint tells one by one; of more it says how many."""
FILE: Final = "rules.json"


class Noting:
    """Tells hits, in one thread at a time."""

    def __init__(self, settings: Settings, *, folded: int, say: Say) -> None:
        """Reads the rules that are on, and says which cannot be read: the river goes on without them."""
        self._settings = settings
        self._say = say
        on = switched_on(settings)
        self._rules = on.rules
        self.unread = on.unread
        for problem in on.unread:
            say("judge", {"event": "rule-unread", "problem": problem})
        self.counts: Counter[str] = Counter(dict.fromkeys(on.rules, 0))
        """Rule -> hits since this process began."""
        self._asked: tuple[Any, Wanted] | None = None
        self._failing = False
        self._told = min(_told_in(settings), folded)
        if not on.rules:
            _path(settings).unlink(missing_ok=True)
            return
        _keep_told(settings, self._told)
        self.look(folded)

    def look(self, upto: int) -> None:
        """Tell the hits of the batches that came since the last look; what fails is looked at again next time."""
        if not self._rules or upto <= self._told:
            return
        try:
            self._look((self._told, upto))
        except Exception as problem:  # a rule is a note: whatever is wrong with it, the river goes on
            log.warning("rules could not be asked", reason=type(problem).__name__)
            if not self._failing:
                told = str(problem) if isinstance(problem, TocsinError) else type(problem).__name__
                self._say("judge", {"event": "rules-failed", "problem": told})
            self._failing = True
            return
        self._failing = False
        self._told = upto
        _keep_told(self._settings, upto)

    def _look(self, batches: tuple[int, int]) -> None:
        questions, wanted = self._asking()
        counts = sums(questions.hits_by(wanted, batches=batches))
        told = [(name, rule) for name, rule in self._rules.items() if name in counts and rule.level in TOLD]
        lines: list[dict[str, Any]] = []
        for name, rule in told:
            one = Wanted({name: rule.condition}, wanted.zone, wanted.role_of, wanted.honey)
            found = questions.hits(one, batches=batches, limit=MOST).to_pylist()
            lines += [
                {
                    "event": "hit",
                    "rule": name,
                    "level": rule.level,
                    "happened": hit["at"].isoformat(),
                    "service": hit["service"] or "",
                    "id": hit["event_id"].hex(),
                }
                for hit in reversed(found)
            ]
            if counts[name] > len(found):
                lines.append({"event": "hits", "rule": name, "level": rule.level, "more": counts[name] - len(found)})
        for line in lines:
            self._say("judge", line)
        if counts:
            log.info("rules matched", events=sum(counts.values()), batch=batches[1])
        self.counts.update(counts)

    def _asking(self) -> tuple[Any, Wanted]:
        """The questions and what the rules look up: once, for nobody imports a directory while this one serves."""
        if self._asked is None:
            parts = wiring.parts(self._settings.state / "derived")
            wanted = looked_up(self._rules.values(), self._settings, parts)
            self._asked = wiring.questions(self._settings, parts), wanted
        return self._asked


def _path(settings: Settings) -> Path:
    return serve_folder(settings) / FILE


def _told_in(settings: Settings) -> int:
    """The last batch whose hits were told; without a file everything is known."""
    try:
        return int(json.loads(_path(settings).read_text("utf-8"))["told"])
    except (OSError, ValueError, KeyError, TypeError):
        return 2**31 - 1


def _keep_told(settings: Settings, batch: int) -> None:
    """Replace the file; a full disk does not stop anybody."""
    path = _path(settings)
    scratch = path.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        scratch.write_text(json.dumps({"told": batch}) + "\n", "utf-8")
        scratch.replace(path)
