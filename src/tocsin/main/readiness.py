"""Whether Tocsin could act tonight: what the settings let it cut, prove and write. Nothing is dialled."""

from __future__ import annotations

from typing import Final

from tocsin import wiring
from tocsin.config import Settings
from tocsin.contain.connectors.secret import read_secret
from tocsin.contain.ladder import ACTS_OF

_MISSING: Final = {
    "suspend-account": "no account can be suspended",
    "delete-tokens": "tokens work until they expire",
    "prove-dead": "no cut can be proven",
}
"""Kind of act -> what it means that nothing does it."""
_NEEDED: Final = ("name", "address", "postcode", "city", "help_line", "dpo_name", "dpo_email")
"""Of [organisation]: without these a letter has gaps, and is refused."""


def cutting(settings: Settings) -> tuple[str, str]:
    """(finding, advice) on accounts: what is cut and by whom, what is done without asking. Raises `Usage`
    for settings that make no sense, `ConnectorFailed` for a secret that cannot be read."""
    if not settings.connectors and not settings.probes:
        return "poor", "No [connectors]: Tocsin sees a thief and cuts nobody."
    kinds = {kind for kind, _ in wiring.connectors(settings, now=lambda: 0)}
    for name, said in settings.connectors.items():
        if said.secret_file is not None:
            read_secret(said.secret_file, f"connectors.{name}")
    gaps = [_MISSING[kind] for kind in ACTS_OF["suspend"] if kind not in kinds]
    alone = ", ".join(settings.contain.pre_approved) or "nothing"
    told = f"{', '.join((*settings.connectors, *settings.probes))}; without asking: {alone}"
    return ("poor", f"{'; '.join(gaps)}. {told}") if gaps else ("good", told)


def countries(settings: Settings) -> tuple[str, str]:
    """(finding, advice) on the table of countries. Raises `Usage` for one that cannot be read."""
    if settings.countries.file is None:
        return "good", "no table: a sign-in from another country is one from a new network; [countries] file"
    table = wiring.countries(settings)
    ranges = sum(len(one.first) for one in table.ranges.values())
    many = len({number for one in table.ranges.values() for number in one.number.tolist()})
    return "good", f"{ranges:,} ranges in {many:,} countries; hash {table.of}"


def letters(settings: Settings) -> tuple[str, str]:
    """(finding, advice) on letters: what they would lack, and where names would come from."""
    empty = [name for name in _NEEDED if not getattr(settings.organisation, name)]
    source = settings.identities.url or settings.identities.file
    if len(empty) == len(_NEEDED) and not source:
        return "poor", "No [organisation] and no [identities]: no letter can be written."
    told = [f"[organisation] lacks {', '.join(empty)}"] if empty else []
    told += [] if source else ["[identities] names nobody to ask for addresses"]
    return ("poor", "; ".join(told)) if told else ("good", "")
