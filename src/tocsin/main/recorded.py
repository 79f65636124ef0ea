"""Recorded: what the trails of some days record and what not, as mappings declare and lines show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from tocsin import wiring
from tocsin.collect.mapping import read_mapping
from tocsin.collect.watchable import Watch, watchable

if TYPE_CHECKING:
    from tocsin.main.inspect import Reading

SAMPLE_DAYS: Final = 7
"""Days of events that show what a trail records: the last of those asked about."""
_WORST: Final = ("no", "partly", "yes")


def recorded(reading: Reading, days: Sequence[date]) -> list[Watch]:
    """What can be watched and vouched for, service by service; of a service told in two ways the worse counts.

    A mapping's declaration is believed before what lines show: that no export was seen does not mean that exports
    would be.
    """
    if not days:
        return []
    mappings = _mappings(reading)
    wanted = days[-SAMPLE_DAYS:]
    sample = pa.concat_tables([reading.parts.read("events", day=day) for day in wanted]).unify_dictionaries()
    found: dict[tuple[str, str], Watch] = {}
    texts = {mappings.get(batch, "") for batch in pc.unique(sample["batch"]).to_pylist()}
    for text in sorted(texts):
        of_text = [batch for batch in pc.unique(sample["batch"]).to_pylist() if mappings.get(batch, "") == text]
        events = sample.filter(pc.is_in(sample["batch"], pa.array(of_text, sample["batch"].type)))
        for watch in watchable(read_mapping(text) if text else None, events):
            key = (watch.service, watch.subject)
            if key not in found or _WORST.index(watch.verdict) < _WORST.index(found[key].verdict):
                found[key] = watch
    return list(found.values())


def _mappings(reading: Reading) -> dict[int, str]:
    """Batch -> the mapping it came with."""
    told = {}
    for batch in wiring.ledger_view(reading.settings).batches():
        if text := batch.meta.get("mapping"):
            told[batch.number] = str(text)
    return told
