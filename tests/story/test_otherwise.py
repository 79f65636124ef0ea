"""What another explanation would do: two arms on the region's own weeks, and nothing of the region changed."""

from __future__ import annotations

import hashlib

import pytest

from conftest import Region
from story.commands import Home, sentence
from tocsin.model.alert import RUNGS

TWIN = ("twin", "--seed", "3", "--thieves", "1")


@pytest.fixture(scope="module")
def kept(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that holds a region without thieves."""
    home = Home(tmp_path_factory.mktemp("otherwise"))
    home.run("import", region("owners-only"), "--past", "--quiet")
    return home


def test_an_explanation_less_leaves_more_unexplained_and_changes_nothing_of_the_region(kept: Home) -> None:
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept.state.rglob("*") if path.is_file()}
    told = kept.told(*TWIN, "--without", "stay", "--without", "shared-unit")
    assert before == {
        path: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept.state.rglob("*") if path.is_file()
    }
    now, then = told["as_set"], told["otherwise"]
    assert told["without"] == ["shared-unit", "stay"]
    assert then["unexplained"] > now["unexplained"] > 0
    assert now["account_weeks"] == then["account_weeks"] > 0
    for arm in (now, then):
        assert tuple(arm["alarms"]) == RUNGS
        assert list(arm["alarms"].values()) == sorted(arm["alarms"].values(), reverse=True)
    assert [one["behaviour"] for one in now["behaviours"]] == [one["behaviour"] for one in then["behaviours"]]
    assert [one["opened"] for one in now["behaviours"]] == [one["opened"] for one in then["behaviours"]]


def test_on_and_off_are_the_same_two_arms(kept: Home) -> None:
    off = kept.told(*TWIN, "--without", "colleague")
    (kept.root / "tocsin.toml").write_text("[explanations]\ncolleague = false\n", "utf-8")
    try:
        on = kept.told(*TWIN, "--with", "colleague")
    finally:
        (kept.root / "tocsin.toml").unlink()
    assert (on["as_set"], on["otherwise"]) == (off["otherwise"], off["as_set"])


def test_a_person_reads_both_arms(kept: Home) -> None:
    said = kept.run(*TWIN, "--without", "colleague").out
    assert "without colleague" in said
    assert "account-weeks that reach ask" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--without", "friendship"), "unknown explanation 'friendship'"),
        (("--with", "stay"), "'stay' counts here already"),
    ],
)
def test_a_change_that_is_none_is_said(kept: Home, options: tuple[str, ...], words: str) -> None:
    assert words in sentence(kept.run(*TWIN, *options, code=2))


def test_an_explanation_of_the_region_s_own_is_compared_by_leaving_it_out(kept: Home) -> None:
    own = '[explanations.lately-here]\nkind = "stay"\nafter = 3000\nfr = "un séjour passé"\nen = "a stay long ago"\n'
    (kept.root / "tocsin.toml").write_text(own, "utf-8")
    try:
        told = kept.told(*TWIN, "--without", "lately-here")
    finally:
        (kept.root / "tocsin.toml").unlink()
    plain = kept.told(*TWIN, "--without", "colleague")
    assert told["otherwise"] == plain["as_set"]
    assert told["as_set"]["unexplained"] < told["otherwise"]["unexplained"]
