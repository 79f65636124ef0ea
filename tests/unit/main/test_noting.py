"""What serve tells of rules that are on: bounded, each once, and never in the river's way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import Region as Written
from tocsin import wiring
from tocsin.config import Settings
from tocsin.config.sections import Rules
from tocsin.errors import StoreUnavailable, Usage
from tocsin.main.hits import switched_on
from tocsin.main.intake import files_of
from tocsin.main.region import Region
from tocsin.main.serve.noting import MOST, Noting

NOW = datetime(2025, 10, 1, tzinfo=UTC)
OWN = """title: Every read
id: 0b0f4f0e-8a0f-4f7c-9d3b-1d2f0a5c6e77
description: d
level: LEVEL
logsource: {product: tocsin, category: access}
detection:
  read: {action: read}
  condition: read
"""


@pytest.fixture(scope="module")
def kept(region: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state of one batch, and two rules that match a great deal."""
    root = tmp_path_factory.mktemp("kept")
    with Region.open(Settings(state=root / "state"), now=NOW) as opened:
        opened.accept(files_of(region("three-thieves")), source="trail", now=NOW)
    (root / "rules").mkdir()
    (root / "rules/much.yml").write_text(OWN.replace("LEVEL", "high"))
    (root / "rules/quiet.yml").write_text(OWN.replace("LEVEL", "low").replace("0b0f", "1b0f"))
    return root


def settings_of(root: Path, *on: str) -> Settings:
    (root / "state" / "serve").mkdir(exist_ok=True)
    return Settings(state=root / "state", rules=Rules(folder=root / "rules", on=on))


def begun(root: Path, *on: str) -> tuple[Noting, list[dict[str, Any]]]:
    """A process that begins before the batch came."""
    said: list[dict[str, Any]] = []
    (root / "state/serve/rules.json").unlink(missing_ok=True)
    return Noting(settings_of(root, *on), folded=0, say=lambda _, told: said.append(told)), said


def test_a_flood_is_told_in_few_lines_and_counted_whole(kept: Path) -> None:
    settings_of(kept)
    noting, said = begun(kept, "much", "quiet")
    noting.look(1)
    assert [one["event"] for one in said] == ["hit"] * MOST + ["hits"]
    assert {one["rule"] for one in said} == {"much"}
    assert [one["happened"] for one in said[:MOST]] == sorted(one["happened"] for one in said[:MOST])
    assert noting.counts["much"] == noting.counts["quiet"] == MOST + said[-1]["more"]
    noting.look(1)
    assert len(said) == MOST + 1
    again: list[dict[str, Any]] = []
    Noting(settings_of(kept, "much"), folded=1, say=lambda _, told: again.append(told))
    assert again == []


def test_a_restart_tells_what_came_meanwhile(kept: Path) -> None:
    settings_of(kept)
    begun(kept, "much")  # it was there at batch 0, and was killed before it looked
    said: list[dict[str, Any]] = []
    Noting(settings_of(kept, "much"), folded=1, say=lambda _, told: said.append(told))
    assert len(said) == MOST + 1


def test_what_was_there_before_a_rule_was_on_is_known(kept: Path) -> None:
    settings_of(kept)
    said: list[dict[str, Any]] = []
    begun(kept)  # no rule is on: nothing is kept
    assert not (kept / "state/serve/rules.json").exists()
    Noting(settings_of(kept, "much"), folded=1, say=lambda _, told: said.append(told))
    assert said == []


def test_a_store_that_does_not_answer_is_said_once_and_asked_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_of(kept)
    noting, said = begun(kept, "much")

    def torn(*_: object) -> object:
        raise StoreUnavailable("a part is torn")

    with monkeypatch.context() as broken:
        broken.setattr(wiring, "questions", torn)
        noting.look(1)
        noting.look(1)
    assert said == [{"event": "rules-failed", "problem": "a part is torn."}]
    noting.look(1)
    assert noting.counts["much"] > MOST


def test_without_a_rule_nothing_is_asked(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_of(kept)

    def never(*_: object) -> object:
        raise AssertionError("nothing was to be asked")

    monkeypatch.setattr(wiring, "questions", never)
    monkeypatch.setattr(wiring, "sigma", never)
    noting, said = begun(kept)
    noting.look(1)
    assert said == []
    assert dict(noting.counts) == {}


def test_without_the_extra_it_is_said_and_everything_goes_on(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> object:
        raise Usage("rules cannot be read here: sigma is missing", advice="Install Tocsin with its extra `rules`.")

    settings_of(kept)
    monkeypatch.setattr(wiring, "sigma", missing)
    noting, said = begun(kept, "much")
    noting.look(1)
    wanted = "rules cannot be read here: sigma is missing. Install Tocsin with its extra `rules`."
    assert said == [{"event": "rule-unread", "problem": wanted}]
    assert switched_on(settings_of(kept, "much")).unread == (wanted,)
