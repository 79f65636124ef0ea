"""What each detector counts: the examples in its docstring, which stand on its page, are run."""

from __future__ import annotations

import pytest

from docs.pages import generator
from spec.acts import Drawn, act_of
from tocsin.detect.registry import DETECTORS
from tocsin.detect.view import Detector

told = generator().detector_pages.told

EXAMPLES = [
    pytest.param(detector, acts, counts, id=f"{detector.name}: {', '.join(acts)}")
    for detector in DETECTORS
    for acts, counts in told(detector).examples
]


@pytest.mark.parametrize(("detector", "acts", "counts"), EXAMPLES)
def test_an_example_is_true(detector: Detector, acts: tuple[str, ...], counts: tuple[int, ...]) -> None:
    assert Drawn([act_of(act) for act in acts]).counted(detector) == list(counts)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_a_detector_never_takes_back_what_it_counted(detector: Detector) -> None:
    """Promise: a count never falls within a session, so evidence that was told is not untold."""
    for acts, counts in told(detector).examples:
        sessions = [act_of(act).session for act in acts]
        for session in set(sessions):
            mine = [count for count, one in zip(counts, sessions, strict=True) if one == session]
            assert mine == sorted(mine)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_a_detector_says_what_it_counts_and_what_deceives_it(detector: Detector) -> None:
    """Promise: whoever is judged by a detector can read what it counts, on an example, and when it is wrong."""
    where = f"docstring of the class of {detector.name} in {told(detector).module.__name__}"
    assert told(detector).counts, f"{where}: say in one line what it counts"
    assert told(detector).examples, f"{where}: add `Example: stranger, known -> 1, 1` (words: tests/spec/acts.py)"
    assert told(detector).wrongly, f"{where}: add `Wrongly: ...`, what makes it fire though the owner is at work"
