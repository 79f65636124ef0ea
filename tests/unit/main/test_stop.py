"""What a person may type to contain and undo, and what it comes to; without a provider, by commands that do nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin import wiring
from tocsin.config import Settings
from tocsin.config.sections import Connector, Containment, Probe
from tocsin.errors import Conflict, Usage
from tocsin.main import stop
from tocsin.main.cutter import Cutter
from tocsin.model.act import Act

ACCOUNT = "https://idp.test|dupont"
TOLD = {"who": "A. Garde", "why": "stolen"}


@pytest.fixture
def clock() -> stop.Clock:
    ticks = itertools.count(1_000_000_000_000, 1000)
    return lambda: next(ticks)


def settings_of(folder: Path, *, probe: str = "dead", **contain: Any) -> Settings:
    return Settings(
        state=folder / "state",
        connectors={
            "idp": Connector(
                kind="command", does=("suspend-account", "delete-tokens"), command=("true",), undo=("true",)
            )
        },
        probes={"tele": Probe(command=("echo", probe))},
        contain=Containment(retry_s=3600, **contain),
    )


def states(told: dict[str, Any]) -> list[str]:
    return [act["state"] for act in told["acts"]]


def test_a_dry_run_writes_nothing_down(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path)
    told = stop.contain(settings, ACCOUNT, **TOLD, dry_run=True, approve=True, now=clock)
    assert states(told) == ["planned"] * 3
    assert stop.acts(settings)["acts"] == []


def test_planned_shown_then_done(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path)
    assert states(stop.contain(settings, ACCOUNT, **TOLD, now=clock)) == ["planned"] * 3
    told = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    assert states(told) == ["applied", "applied", "proven"]
    assert len(stop.acts(settings, told["incident"])["acts"]) == 3
    assert told["sound"]


def test_what_is_approved_beforehand_is_done(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path, pre_approved=("end-sessions",))
    assert states(stop.contain(settings, ACCOUNT, **TOLD, rung="end-sessions", now=clock)) == ["applied", "proven"]
    assert states(stop.contain(settings, ACCOUNT, **TOLD, now=clock)) == ["planned"] * 3


@pytest.mark.parametrize(("probe", "named"), [("alive", "alive"), ("unknown", "unknown"), ("what?", "unknown")])
def test_what_is_alive_or_cannot_be_asked_is_named(tmp_path: Path, clock: stop.Clock, probe: str, named: str) -> None:
    settings = settings_of(tmp_path, probe=probe)
    told = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    assert not told["sound"]
    assert told[named] == [told["acts"][2]["act"]]
    assert stop.resume(settings, now=clock)["resumed"] == 0
    assert [act["act"] for act in stop.resume(settings, now=clock)["left"]] == told[named]


def test_what_no_settings_cut_is_a_gap(tmp_path: Path, clock: stop.Clock) -> None:
    told = stop.contain(Settings(state=tmp_path / "state"), ACCOUNT, **TOLD, approve=True, now=clock)
    assert [gap["kind"] for gap in told["gaps"]] == ["suspend-account", "delete-tokens", "prove-dead"]
    assert told["acts"] == []


def test_a_rung_without_a_guard_is_not_enforced(tmp_path: Path, clock: stop.Clock) -> None:
    told = stop.contain(settings_of(tmp_path), ACCOUNT, **TOLD, rung="ask", approve=True, now=clock)
    assert "no guard" in told["not_enforced"]


@pytest.mark.parametrize(
    ("about", "keys", "words"),
    [
        (ACCOUNT, {"rung": "shoot"}, "unknown rung"),
        (ACCOUNT, {"who": "  "}, "needs the name"),
        ("dupont", {}, "no incident, episode, alert or account"),
        ("INC-unknown", {}, "no incident, episode, alert or account"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, clock: stop.Clock, about: str, keys: dict[str, str], words: str
) -> None:
    with pytest.raises(Usage, match=words):
        stop.contain(settings_of(tmp_path), about, **{**TOLD, **keys}, approve=True, now=clock)


@pytest.mark.parametrize(
    "connector",
    [
        Connector(kind="ldap"),
        Connector(kind="command"),
        Connector(kind="scim"),
        Connector(kind="scim", url="http://x", secret_file=Path("x"), does=("delete-tokens",)),
        Connector(kind="command", command=("true",), does=("prove-dead",)),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, clock: stop.Clock, connector: Connector) -> None:
    settings = Settings(state=tmp_path / "state", connectors={"idp": connector})
    with pytest.raises(Usage, match=r"connectors\.idp"):
        stop.contain(settings, ACCOUNT, **TOLD, now=clock)


@pytest.mark.parametrize("by", ["incident", "account", "value"])
def test_undo_by_any_name(tmp_path: Path, clock: stop.Clock, by: str) -> None:
    settings = settings_of(tmp_path)
    told = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    name = {"incident": told["incident"], "account": ACCOUNT, "value": "dupont"}[by]
    back = stop.undo(settings, name, **TOLD, now=clock)
    assert [act["kind"] for act in back["acts"]] == ["prove-dead", "delete-tokens", "suspend-account"]
    assert states(back) == ["undone"] * 3
    with pytest.raises(Conflict, match="already"):
        stop.undo(settings, name, **TOLD, now=clock)


def test_undo_says_first_what_it_would_do(tmp_path: Path, clock: stop.Clock) -> None:
    """Promise: a dry run of an undo does nothing, and what it says comes true."""
    settings = settings_of(tmp_path)
    told = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    journal = len(wiring.cases(settings).journal())
    look = stop.undo(settings, ACCOUNT, **TOLD, dry_run=True, now=clock)
    assert (look["undone"], look["dry_run"]) == (False, True)
    assert states(look) == ["proven", "applied", "applied"]
    assert len(wiring.cases(settings).journal()) == journal
    would = {act["kind"]: act["would"] for act in look["acts"]}
    assert would["suspend-account"] == "what was there before would come back"
    assert "stay deleted" in would["delete-tokens"]
    back = stop.undo(settings, told["incident"], **TOLD, now=clock)
    assert [act["act"] for act in back["acts"]] == [act["act"] for act in look["acts"]]
    assert sorted(back["notes"]) == sorted(
        word.removeprefix("nothing to undo: ") for word in set(would.values()) - {would["suspend-account"]}
    )
    with pytest.raises(Conflict, match="already"):
        stop.undo(settings, ACCOUNT, **TOLD, dry_run=True, now=clock)


def test_a_dry_run_of_an_undo_knows_what_else_holds_the_account(tmp_path: Path, clock: stop.Clock) -> None:
    """What another act still asks for stays; where both are taken back, the last of them brings it back."""
    settings = settings_of(tmp_path)
    stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    cases = wiring.cases(settings)
    first = next(one for one in cases.acts() if one.act.kind == "suspend-account")
    again = replace(first.act, id="ACT-again", incident="INC-other")
    runner = Cutter(settings, now=clock, who="A. Garde").runner
    runner.plan([again], approve=True)
    runner.carry_out("ACT-again")
    held = stop.undo(settings, "ACT-again", **TOLD, dry_run=True, now=clock)
    assert f"{first.act.id} of {first.act.incident} still asks for it" in held["acts"][0]["would"]
    both = stop.undo(settings, ACCOUNT, **TOLD, dry_run=True, now=clock)
    words = [act["would"] for act in both["acts"] if act["kind"] == "suspend-account"]
    assert "still asks for it" in words[0]
    assert words[1] == "what was there before would come back"
    planned = settings_of(tmp_path / "other")
    made = stop.contain(planned, ACCOUNT, **TOLD, now=clock)
    look = stop.undo(planned, made["acts"][0]["act"], **TOLD, dry_run=True, now=clock)
    assert "never be done" in look["acts"][0]["would"]


def test_undo_of_one_act_and_of_what_was_only_planned(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path)
    planned = stop.contain(settings, ACCOUNT, **TOLD, now=clock)
    assert states(stop.undo(settings, planned["acts"][0]["act"], **TOLD, now=clock)) == ["refused"]
    with pytest.raises(Usage, match="no act"):
        stop.undo(settings, "ACT-none", **TOLD, now=clock)


def test_an_incident_that_another_absorbed_is_found_by_both_names(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path)
    told = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    cases = wiring.cases(settings)
    cases.keep(stop.MERGED, told["incident"], {"into": "INC-middle"}, at=1)
    cases.keep(stop.MERGED, "INC-middle", {"into": "INC-whole"}, at=1)
    assert set(stop.names_of(cases, told["incident"])) == {"INC-whole", "INC-middle", told["incident"]}
    assert stop.subject_of(settings, cases, "INC-whole").accounts == (ACCOUNT,)
    assert states(stop.undo(settings, "INC-whole", **TOLD, now=clock)) == ["undone"] * 3


def test_the_beginning_of_an_incidents_name_is_enough(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path)
    name = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)["incident"]
    assert stop.contain(settings, name[:7], **TOLD, dry_run=True, now=clock)["incident"] == name
    assert states(stop.undo(settings, name[:7], **TOLD, now=clock)) == ["undone"] * 3


def test_a_beginning_that_two_incidents_share_cuts_nobody(tmp_path: Path, clock: stop.Clock) -> None:
    settings = settings_of(tmp_path)
    for account in (ACCOUNT, "https://idp.test|durand"):
        stop.contain(settings, account, **TOLD, now=clock)
    for command in (stop.contain, stop.undo):
        with pytest.raises(Usage, match="2 incidents or alerts begin with INC-"):
            command(settings, "INC-", **TOLD, now=clock)


@pytest.mark.parametrize("empty", ["", "  "])
def test_nothing_named_is_nothing_done(tmp_path: Path, clock: stop.Clock, empty: str) -> None:
    """A shell variable that is not set must not mean whatever incident there is."""
    settings = settings_of(tmp_path)
    stop.contain(settings, ACCOUNT, **TOLD, now=clock)
    with pytest.raises(Usage, match="nothing is named"):
        stop.contain(settings, empty, **TOLD, approve=True, now=clock)
    with pytest.raises(Usage, match="nothing is named"):
        stop.undo(settings, empty, **TOLD, now=clock)
    with pytest.raises(Usage, match="needs a reason"):
        stop.undo(settings, ACCOUNT, who="A. Garde", why=empty, now=clock)
    assert states(stop.acts(settings)) == ["planned"] * 3


def test_what_is_out_stays_out(tmp_path: Path, clock: stop.Clock) -> None:
    """A false alarm gives the account back; the letters that left are not called taken back."""
    settings = settings_of(tmp_path)
    told = stop.contain(settings, ACCOUNT, **TOLD, approve=True, now=clock)
    letters = Act(
        id="ACT-letters", incident=told["incident"], kind="print-letters", by="printer", target="lot-1",
        asked_by="A. Garde", why="breach",
    )  # fmt: skip
    cases = wiring.cases(settings)
    cases.plan([letters], at=clock(), who="A. Garde", approve=True)
    cases.move(letters.id, "begun", of=("approved",), at=clock(), who="A. Garde")
    cases.move(letters.id, "proven", of=("begun",), at=clock(), who="A. Garde")
    back = stop.undo(settings, told["incident"], **TOLD, now=clock)
    assert states(back) == ["undone"] * 3
    assert "ACT-letters (print-letters): out, and stays so" in back["notes"]
    with pytest.raises(Conflict, match="cannot be taken back"):
        stop.undo(settings, letters.id, **TOLD, now=clock)
    standing = cases.act(letters.id)
    assert standing is not None
    assert standing.state == "proven"
