"""What cannot be vouched for: which services, which hours, and why."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from tocsin.model import french
from tocsin.model.coverage import WHY_NOT, Coverage, Doubt
from tocsin.model.picture import Picture
from tocsin.triage.dossier.tables import section, sentence, table
from tocsin.triage.tally import coverage_seal

_HOUR_US: Final = 3_600_000_000


def answers_section(picture: Picture, zone: str) -> dict[str, Any]:
    """Services that share a doubt and its hours stand in one row."""
    coverage, seal = picture.coverage, coverage_seal(picture.coverage)
    since, until = (french.moment(hour * _HOUR_US, zone) for hour in (coverage.since, coverage.until))
    doubtful = [one for one in coverage.services if one.doubts]
    told = [
        sentence(
            f"Période : du {since} au {until}. De {french.number(len(coverage.services))} services, "
            f"{french.number(len(coverage.services) - len(doubtful))} répondent de toute leur trace.",
            seal,
        )
    ]
    if coverage.rejected:
        count = french.number(coverage.rejected)
        told.append(sentence(f"{count} lignes ont été refusées ; on ignore de quel service et de quelle heure.", seal))
    if doubtful:
        told.append(
            sentence(
                "Pour les services ci-dessous, une absence de trace n'est donc pas une preuve d'absence d'accès. "
                "* : peut détenir des données cliniques ou des documents.",
                seal,
            )
        )
    head = ["Motif", "Services", "Heures", "Preuve"]
    caption = "Ce dont la trace ne répond pas"
    rows = [[why, services, hours, seal] for why, services, hours in _rows(coverage, zone)]
    return section(
        "non-couvert", "Ce dont on ne peut pas répondre", paragraphs=told,
        tables=[table(caption, head, rows, widths=[5, 8, 5, 3])],
    )  # fmt: skip


def _rows(coverage: Coverage, zone: str) -> list[tuple[str, str, str]]:
    grouped: dict[tuple[int, str, tuple[tuple[int, int], ...]], list[str]] = defaultdict(list)
    for service in coverage.services:
        for doubt in service.doubts:
            name = f"{service.service or '(sans nom)'}{' *' if service.clinical else ''}"
            grouped[WHY_NOT.index(doubt.why), _why(doubt), doubt.hours].append(name)
    whole = ((coverage.since, coverage.until),)
    return [
        (why, ", ".join(services), "toute la période" if hours == whole else _hours(hours, zone))
        for (_, why, hours), services in sorted(grouped.items(), key=lambda one: (one[0][:2], one[1]))
    ]


def _why(doubt: Doubt) -> str:
    if doubt.why == "unrecorded":
        subject = doubt.words.partition(":")[0]
        return f"{french.DOUBT['unrecorded']} : {french.RECORDED.get(subject, subject)}"
    return french.DOUBT[doubt.why]


def _hours(spans: tuple[tuple[int, int], ...], zone: str) -> str:
    told = []
    for first, after in spans:
        start, end = (french.moment(hour * _HOUR_US, zone) for hour in (first, after))
        told.append(f"{start[:16]} à {end[11:16] if start[:10] == end[:10] else end[:16]}")
    return ", ".join(told)
