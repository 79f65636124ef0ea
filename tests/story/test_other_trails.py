"""A trail that is not FHIR: guessed, corrected by hand, tried, imported, judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from story.commands import Home, sentence

TRAILS = Path(__file__).parents[1] / "trails"
SAMPLES = {
    "nginx": TRAILS / "nginx" / "portal_one_morning.json",
    "csv": TRAILS / "csv" / "dossier_one_morning_latin1.csv",
}
BOTH = pytest.mark.parametrize("form", SAMPLES)


def guessed(home: Home, form: str) -> Path:
    """The mapping as drafted: what is unsure in it says so, and it can be used as it is."""
    told = home.told("collect", "guess", SAMPLES[form])
    assert told["format"] == form
    mapping = home.root / "mapping.toml"
    mapping.write_text(told["mapping"], "utf-8")
    return mapping


@BOTH
def test_a_guess_on_standard_output_is_the_mapping_itself(home: Home, form: str) -> None:
    assert home.run("collect", "guess", SAMPLES[form]).out == home.told("collect", "guess", SAMPLES[form])["mapping"]


@BOTH
def test_a_dry_run_says_what_such_a_trail_can_show_and_keeps_nothing(home: Home, form: str) -> None:
    told = home.told("import", SAMPLES[form], "--mapping", guessed(home, form), "--dry-run")
    assert told["understood"] > 0
    assert {watch["verdict"] for watch in told["watch"]} >= {"yes", "no"}
    assert not home.state.exists()


@BOTH
def test_it_is_imported_judged_and_rebuilt(home: Home, form: str) -> None:
    mapping = guessed(home, form)
    told = home.told("import", SAMPLES[form], "--mapping", mapping, "--source", form)
    assert told["events"] > 0
    assert told["lines"] == told["events"] + told["duplicates"] + told["rejected"]
    assert sum(service["received"] for service in home.told("coverage")["services"]) == told["events"]
    assert home.told("import", SAMPLES[form], "--mapping", mapping, "--source", form)["batch"] == 0
    before = home.derived()
    home.run("rebuild")
    assert home.derived() == before
    assert home.told("verify")["sound"]


def test_a_harvest_in_an_access_log_raises_an_alert_and_is_scoped(home: Home) -> None:
    """One account reads 300 records in five minutes."""
    mapping = guessed(home, "nginx")
    sample = SAMPLES["nginx"].read_text("utf-8").splitlines()
    read = json.loads(next(line for line in sample if '"/portail/patients/2559"' in line))
    log = home.root / "portal.log"
    thief = [
        {
            **read,
            "time_iso8601": f"2025-09-04T11:{n // 60:02d}:{n % 60:02d}+02:00",
            "remote_user": "99700000001",
            "remote_addr": "203.0.113.9",
            "request_uri": f"/portail/patients/{4000 + 7 * n}",
            "request_id": f"{n:032x}",
        }
        for n in range(300)
    ]
    log.write_text("\n".join([*sample, *map(json.dumps, thief)]), "utf-8")
    home.run("import", log, "--mapping", mapping)
    assert any(alert["account"].endswith("99700000001") for alert in home.told("alerts")["alerts"])
    exposed = [row for row in home.told("scope")["exposures"] if row["account"].endswith("99700000001")]
    assert len({row["patient"] for row in exposed}) >= 300


@pytest.mark.parametrize("data", [b"", b"\0\1\2", b"hello world\n", b"%PDF-1.7\n\xff\xfe"])
def test_what_cannot_be_guessed_is_said(home: Home, data: bytes) -> None:
    (home.root / "sample.log").write_bytes(data)
    ran = home.run("collect", "guess", "sample.log", code=2)
    assert "Traceback" not in ran.err
    assert "no format" in ran.err.splitlines()[-1]


def test_a_sample_that_is_not_there_is_said(home: Home) -> None:
    assert sentence(home.run("collect", "guess", "nowhere.log", code=3))


MAPPINGS = {
    "not TOML": "= 7",
    "empty": "",
    "no format Tocsin reads": 'format = "xml"',
    "an unknown key": 'formta = "csv"',
}


@pytest.mark.parametrize("what", MAPPINGS)
def test_a_mapping_that_makes_no_sense_is_refused(home: Home, what: str) -> None:
    (home.root / "mapping.toml").write_text(MAPPINGS[what], "utf-8")
    for more in ((), ("--dry-run",)):
        assert sentence(home.run("import", SAMPLES["csv"], "--mapping", "mapping.toml", *more, code=2))
    assert not home.state.exists()


def test_a_mapping_that_is_not_there_is_said(home: Home) -> None:
    assert sentence(home.run("import", SAMPLES["csv"], "--mapping", "nowhere.toml", code=2))


@BOTH
def test_what_its_mapping_declares_absent_is_not_vouched_for_later_either(home: Home, form: str) -> None:
    mapping = guessed(home, form)
    tried = home.told("import", SAMPLES[form], "--mapping", mapping, "--dry-run")["watch"]
    home.run("import", SAMPLES[form], "--mapping", mapping, "--source", form)
    kept = {(one["service"], one["subject"]): one["verdict"] for one in home.told("coverage")["watch"]}
    assert kept == {(one["service"], one["subject"]): one["verdict"] for one in tried}
