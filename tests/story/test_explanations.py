"""What makes an access expected, as a region sets it: off, with other margins, one more; and what each carried."""

from __future__ import annotations

from typing import Any

from conftest import Region
from story.commands import Home

OWN = """
[explanations]
colleague = false
appointment = false

[explanations.stay]
after = 60

[explanations.second-opinion]
kind = "appointment"
before = 7
after = 365
fr = "un rendez-vous, si ancien soit-il"
en = "an appointment, however long ago"
"""


def carried(told: dict[str, Any]) -> dict[str, int]:
    return {one["explanation"]: one["events"] for one in told["explanations"]}


def test_a_region_says_what_is_to_be_expected_and_sees_what_it_carries(region: Region, home: Home) -> None:
    """(1) as it ships (2) as the region says (3) seen by doctor and in French (4) the same rebuilt (5) taken back."""
    home.run("import", region("owners-only"))
    before = home.told("explanations")
    assert {one["state"] for one in before["explanations"]} == {"on"}
    assert carried(before)["own-past"] > 0
    for name, events in carried(before).items():  # the services add up
        assert events == sum(one["carried"].get(name, {}).get("events", 0) for one in before["services"])

    (home.root / "tocsin.toml").write_text(OWN, "utf-8")
    home.run("import", region("three-thieves"), "--source", "again")
    after = home.told("explanations")
    state = {one["explanation"]: one["state"] for one in after["explanations"]}
    told = [state[name] for name in ("colleague", "appointment", "stay", "second-opinion", "referral")]
    assert told == ["off", "off", "moved", "added", "on"]
    assert carried(after)["second-opinion"] > 0
    assert [carried(after)[name] for name in state if state[name] == "off"] == [
        carried(before)[name] for name in state if state[name] == "off"
    ]

    doctor = next(one["advice"] for one in home.told("doctor")["findings"] if one["what"] == "explanations")
    assert doctor.startswith(
        "10 count; off: appointment, colleague; with margins of your own: stay; added: second-opinion"
    )
    assert "an appointment, however long ago" in home.run("explanations").out.replace("\n", " ")
    assert "désactivée" in home.run("explanations", "--lang", "fr").out

    rebuilt = home.told("rebuild")
    assert rebuilt["batches"] > 0
    assert carried(home.told("explanations")) == carried(after)
    (home.root / "tocsin.toml").unlink()
    gone = {one["explanation"]: one["state"] for one in home.told("explanations")["explanations"]}
    assert gone["second-opinion"] == "gone"
