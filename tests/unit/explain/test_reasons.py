"""Which explanations count, whatever a region says of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tocsin.explain.explainer import Explainer
from tocsin.explain.reasons import KINDS, in_force, reasons
from tocsin.model.event import REASONS
from tocsin.model.rows import MICROSECONDS_A_DAY

SHIPS = tuple(reasons())
days = st.integers(0, 3_660)
own = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS), "fr": st.just("un"), "en": st.just("one")},
    optional={"before": days, "after": days, "code": st.sampled_from(("performer", "audit"))},
)
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True).filter(lambda name: name not in REASONS)


@given(st.sets(st.sampled_from(SHIPS)), st.dictionaries(names, own, max_size=6))
def test_each_code_means_one_word(off: set[str], added: dict[str, dict[str, Any]]) -> None:
    """Promise: what is stored beside an access is the name of its explanation, whatever else is off or added."""
    found = in_force(off, added)
    assert set(found) == (set(SHIPS) | set(added)) - off
    words = Explainer(reasons=found).vocabulary()
    assert words[: len(REASONS)] == REASONS
    assert all(words[reason.code] == name for name, reason in found.items())
    assert len({reason.code for reason in found.values()}) == len(found)


@given(st.sampled_from([name for name in SHIPS if name not in ("own-past", "colleague", "common-mode")]), days, days)
def test_margins_are_those_that_were_said(name: str, before: int, after: int) -> None:
    moved = in_force((), {name: {"before": before, "after": after}})
    assert (moved[name].before_us, moved[name].after_us) == (before * MICROSECONDS_A_DAY, after * MICROSECONDS_A_DAY)
    assert {other: one for other, one in moved.items() if other != name} == {
        other: one for other, one in reasons().items() if other != name
    }
