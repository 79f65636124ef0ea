"""Whether Tocsin could act tonight is known before a thief comes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.config import Settings
from tocsin.config.sections import Connector, Containment, Identities, Organisation, Probe
from tocsin.errors import TocsinError
from tocsin.main.readiness import cutting, letters

IDP = Connector(kind="command", does=("suspend-account", "delete-tokens"), command=("true",), undo=("true",))


def test_a_region_that_can_cut_nobody_is_told_so() -> None:
    assert cutting(Settings()) == ("poor", "No [connectors]: Tocsin sees a thief and cuts nobody.")


def test_what_is_missing_to_cut_is_named() -> None:
    state, told = cutting(Settings(connectors={"idp": replace(IDP, does=("suspend-account",))}))
    assert state == "poor"
    assert told == "tokens work until they expire; no cut can be proven. idp; without asking: nothing"


def test_what_is_done_without_asking_is_said() -> None:
    settings = Settings(
        connectors={"idp": IDP},
        probes={"tele": Probe(command=("true",))},
        contain=Containment(pre_approved=("suspend",)),
    )
    assert cutting(settings) == ("good", "idp, tele; without asking: suspend")


def test_a_secret_that_cannot_be_read_is_found_before_it_is_needed(tmp_path: Path) -> None:
    scim = Connector(
        kind="scim", url="http://127.0.0.1:1/scim/v2", token_url="http://127.0.0.1:1/token", client_id="t",
        secret_file=tmp_path / "none", does=("suspend-account",),
    )  # fmt: skip
    with pytest.raises(TocsinError, match=r"connectors\.idp"):
        cutting(Settings(connectors={"idp": scim}))


def test_what_letters_would_lack_is_named(tmp_path: Path) -> None:
    assert letters(Settings())[0] == "poor"
    organisation = Organisation(
        name="GRADeS", address="1 rue X", postcode="99000", city="Neustrie", dpo_name="D", dpo_email="d@x.example"
    )
    told = letters(Settings(organisation=organisation))
    assert told == ("poor", "[organisation] lacks help_line; [identities] names nobody to ask for addresses")
    whole = Settings(
        organisation=replace(organisation, help_line="01 99 00 00 03"),
        identities=Identities(file=tmp_path / "p.ndjson"),
    )
    assert letters(whole) == ("good", "")
