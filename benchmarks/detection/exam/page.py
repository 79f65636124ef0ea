"""The page and the picture of the exam, from the result files; `tests/bench` checks that they say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.detection.exam import summary
from benchmarks.detection.exam.picture import drawn
from benchmarks.detection.exam.plan import BARS, CONTENT, HELD_WITHIN, INSIDE, LISTS, PRINTED, TITLES
from benchmarks.detection.exam.summary import HOWS, OPENED, Behaviour, Loss

from tocsin.config import Settings

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "explanation" / "exam.md"
PICTURE = ROOT / "docs" / "explanation" / "exam.svg"
WEEK = ROOT / "benchmarks" / "detection" / "results" / "week.json"

HEAD = """<!-- Written by benchmarks/detection/exam/page.py from benchmarks/detection/results/exam*.json. -->
# The exam

How many patients a thief reads before he is stopped, and what honest work pays for it. `make exam REGION=n` makes one
region from its seed, judges it, deletes it and puts its result into `benchmarks/detection/results/exam.json`; regions
whose result is there already are skipped. `make exam-short` does the same with small regions in a few minutes.

**How it is measured.** A fictitious region (the range) with all look-alikes. Its first weeks are the past: Tocsin
learns and calibrates from them as any region would, at the budgets that ship. The weeks after are judged with nothing
held back (`contain` off), so that what a thief would have taken is counted to the end: once without any thief, then
once for each *set* of thefts, one of each behaviour, each time from a copy of what the past left. So a behaviour is
tried many times in a region, and in a set one account in fifty is stolen (in the short exam one in eight). An alarm
counts from the thief's first act to his last; one that was never raised counts as infinitely many patients. `opened`
are patients whose record was read or written up to the alarm, its own act included, records of one person once.
Thefts from an account that stood on a rung already are set aside: they are neither caught nor missed. Thefts of which
another thief's silence (`suppression`) swallowed lines are left out. Of a crew, each account counts to its own alarm
or to its end. Intervals: 95 %, bootstrap over accounts.

**What it is not.** The range is ours, and its thieves are the ones we thought of. Nothing was chosen by looking at
these seeds.
"""

TAIL = """
## Beside it

The baselines see the same trail, and the same reasons where they ask for any; each line is drawn from the region's
own past (its first week left out) at the budget of `ask`. *New per hour*: patients that an account opens for the
first time within an hour. *D12*: unexplained units by session, as on [CLUE-LDS](clue.md); a unit is unexplained
when a stranger lies in it and the account never met one there. *Half-space trees* (river) and *isolation forest*
(scikit-learn): the vector of an account's clock hour so far (acts, patients opened, opened for the first time,
listed, searches, exports, how usual the hour is for the account, a new network or machine), at every act. They run
in a virtual environment of their own with the settings their papers or libraries give; none was tuned. A statistic
that stands above its line when the thief comes counts as an alarm at his first act: that is kinder to them than the
rule for Tocsin.

What a region can do on its own trail: [the nightly twin](../how-to/twin.md).
"""


def write_pages(full: dict[str, Any], short: dict[str, Any], *, short_only: bool = False) -> str:
    """Write page and picture; returns the tables of what was asked for."""
    text, picture = made(full, short)
    PAGE.write_text(text, "utf-8")
    PICTURE.write_text(picture, "utf-8")
    return "\n".join(_section(short["regions"] if short_only else full["regions"]))


def made(full: dict[str, Any], short: dict[str, Any]) -> tuple[str, str]:
    """(page, picture) from what the result files hold."""
    lines = [HEAD]
    for title, held in (("Whole regions", full), ("The short exam", short)):
        if held["regions"]:
            lines += [f"## {title}", "", *_section(held["regions"])]
    shown = full["regions"] or short["regions"]
    lines += ["![Patients opened before `ask`, by behaviour](exam.svg)", ""] if shown else []
    lines += _week(json.loads(WEEK.read_text("utf-8"))) if WEEK.exists() else []
    return "\n".join(lines) + TAIL, drawn(summary.behaviours(shown)) if shown else ""


def _section(regions: list[dict[str, Any]]) -> list[str]:
    if not regions:
        return ["Nothing is there yet."]
    found = summary.behaviours(regions)
    return [
        *_rests_on(regions, found),
        "### Thieves",
        "",
        *_thieves(found),
        "",
        *_verdicts(regions, found),
        "### Promises",
        "",
        *_promises(regions),
        "",
        "### Look-alikes",
        "",
        *_alikes(regions),
        "",
        "### Baselines",
        "",
        *_baselines(regions, found),
        "",
    ]


def _week(held: dict[str, Any]) -> list[str]:
    regions = held["regions"]
    head = "past", "opened before `ask`: median, worst", "before `own-patients-only`", "honest accounts asked, a region"
    rows = [[*head, "suspended, in all"]]
    for how, past in (("learned", "a week"), ("cold", "none: the factory's calibration")):
        told = [one[how] for one in regions]
        taken = [_median_and_worst([one[rung] for one in told]) for rung in ("ask", "own-patients-only")]
        honest = f"{np.mean([one['honest'] for one in told]):.1f}"
        rows.append([past, *taken, honest, str(sum(one["honest_suspended"] for one in told))])
    seeds = f"{regions[0]['seed']} to {regions[-1]['seed']}"
    return [
        "## A week of past, and none",
        "",
        f"{len(regions)} regions of {held['accounts']} accounts and {held['days']} days (seeds {seeds}), judged as a "
        "user would, by `tocsin replay`: one thief takes a patient a second after the first week. Honest accounts are "
        "counted over the days that are judged: one or two after a week of past, all nine without any. "
        "`python -m benchmarks.detection.week`.",
        "",
        *_table(rows),
        "",
    ]


def _median_and_worst(taken: list[int | None]) -> str:
    counts = [np.inf if one is None else one for one in taken]
    return f"{_number(float(np.median(counts)))}, {_number(float(max(counts)))}"


def _rests_on(regions: list[dict[str, Any]], found: list[Behaviour]) -> list[str]:
    sizes = sorted({(one["accounts"], one["weeks"], one["past_weeks"]) for one in regions})
    size = "; ".join(f"{a:,} accounts, {w} weeks of which {p} are the past" for a, w, p in sizes)
    commits = sorted({one["commit"] for one in regions})
    thefts = [one.thefts + one.set_aside for one in found]
    seeds = ", ".join(str(one["seed"]) for one in regions)
    factories = ", ".join(sorted({one["factory"][:8] for one in regions}))
    aside = sum(one.set_aside for one in found)
    return [
        f"**{len(regions)} region{'s' * (len(regions) > 1)}** ({size}; seeds {seeds}), {sum(thefts):,} thefts "
        f"({min(thefts)} to {max(thefts)} of a behaviour, {aside} set aside), "
        f"{sum(one['active'] for one in regions):,} honest account-weeks judged, "
        f"{sum(one['events'] for one in regions):,} events. Judge: commit {', '.join(commits)}, "
        f"factory calibration {factories}.",
        "",
        "The aim: twenty regions of 2,000 accounts, 200 thefts of a behaviour, 3,000 account-weeks of a look-alike.",
        "",
    ]


def _thieves(found: list[Behaviour]) -> list[str]:
    rows = [
        ["behaviour", "thefts", "counted", "in all", "asked", "before `ask`: median, p90, max", "median, p90: 95 %",
         "listed before", "before `own-patients-only`", "before `suspend`", "bar"],
    ]  # fmt: skip
    for one in found:
        ask, own, suspend = one.losses[0], one.losses[1], one.losses[3]
        rows.append(
            [
                f"**{one.name}**",
                str(one.thefts),
                HOWS[one.how],
                _number(one.in_all),
                _share(ask),
                ", ".join(map(_number, (ask.median, ask.p90, ask.highest))),
                f"{_range(ask.median_95)}; {_range(ask.p90_95)}",
                _number(one.listed.median) if one.how == OPENED else "",
                _short(own),
                _short(suspend),
                _bar(one),
            ]
        )
    return [
        *_table(rows),
        "",
        "A cell such as `.86: 12, 40` is the share reached, then median and 90th percentile over all thefts; "
        "`-`: fewer thefts than that were reached.",
        "",
        *(f"- **{one.name}**: {TITLES[one.name]}." for one in found),
    ]


def _bar(one: Behaviour) -> str:
    if one.name in PRINTED:
        return "printed"
    if one.name == "shared":
        want = f"{BARS['shared']} in all (mean {_number(one.mean_lost)})"
    elif one.name in INSIDE:
        want = f"{BARS['inside']:.0%} caught"
    else:
        want = "{} and {}".format(*BARS["listed" if one.name in LISTS else "opened"])
    return f"{want}: **{'met' if one.passed else 'missed'}**"


def _verdicts(regions: list[dict[str, Any]], found: list[Behaviour]) -> list[str]:
    judged = [one for one in found if one.passed is not None]
    missed = [one.name for one in judged if not one.passed]
    content = [one for one in judged if one.name in CONTENT]
    share, (low, high), count = summary.held(regions)
    met = "met" if share >= BARS["held"] else "missed"
    return [
        f"Bars met by {len(judged) - len(missed)} of {len(judged)} behaviours; of the {len(content)} that leave a "
        f"trace in what is opened by {sum(bool(one.passed) for one in content)}. Missed: "
        f"{', '.join(missed) or 'none'}.",
        "",
        f"At `own-patients-only` or higher within {HELD_WITHIN} patients: {share:.3f} of {count:,} content-visible "
        f"thefts ({low:.3f} to {high:.3f}); bar {BARS['held']}: **{met}**. Thieves who take fewer in all and are never "
        "restrained count as missed.",
        "",
    ]


def _promises(regions: list[dict[str, Any]]) -> list[str]:
    rows = [["rung", "budget", "alarms", "realised, account-weeks (95 %)", "realised / budget",
             "by week since the calibration", "without look-alikes"]]  # fmt: skip
    for one in summary.guarantees(regions):
        low, high = one.realised_95
        rows.append(
            [
                f"`{one.rung}`",
                f"{one.nominal:g}",
                str(one.alarms),
                f"{_rate(one.realised)} ({_rate(low)} to {_rate(high)})",
                f"**{one.realised / one.nominal:.2f}**",
                ", ".join(_rate(week) for week in one.by_week),
                _rate(one.honest),
            ]
        )
    return [
        *_table(rows),
        "",
        "An account-week counts for each rung it reached, higher ones included; look-alikes are among them.",
    ]


def _alikes(regions: list[dict[str, Any]]) -> list[str]:
    rows = [
        [
            "look-alike",
            "times",
            "account-weeks",
            "asks",
            "asks an account-week",
            "own-patients-only",
            "suspensions",
            "bar",
        ]
    ]
    for one in summary.alikes(regions):
        rate = one.rungs[0] / one.account_weeks if one.account_weeks else 0.0
        sayable = one.account_weeks * BARS["ask"] >= 1
        fine = rate <= BARS["ask"] and one.rungs[3] <= BARS["suspend"]
        verdict = "missed" if not fine else "met" if sayable else "none seen: too few to say"
        asks, own, _, suspensions = map(str, one.rungs)
        rows.append(
            [one.name, str(one.parts), str(one.account_weeks), asks, f"{rate:.4f}", own, suspensions, f"**{verdict}**"]
        )
    return [*_table(rows), "", f"The bar: at most {BARS['ask']} asks an account-week of each, and no suspension."]


def _baselines(regions: list[dict[str, Any]], found: list[Behaviour]) -> list[str]:
    rates, budget = summary.baseline_rates(regions), Settings().rungs()[0].budget
    rows = [["behaviour", "`ask`", *rates]]
    rows += [
        [f"**{one.name}**", _short(one.losses[0]), *(_short(one.baselines[name]) for name in rates)]
        for one in found
        if one.thefts
    ]
    ask = summary.guarantees(regions)[0].realised
    rows.append(["realised / budget", *(f"{rate / budget:.2f}" for rate in (ask, *rates.values()))])
    return [
        *_table(rows),
        "",
        "Share alarmed, then median and 90th percentile taken before (what is counted stands in the first table). "
        "Shown are the baselines that every region here was compared with.",
    ]


def _table(rows: list[list[str]]) -> list[str]:
    head, *rest = rows
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rest)]


def _short(loss: Loss) -> str:
    return f"{_share(loss)}: {_number(loss.median)}, {_number(loss.p90)}" if loss.share else "never"


def _share(loss: Loss) -> str:
    return f"{loss.share:.2f}".removeprefix("0") if loss.share < 1 else "1"


def _number(value: float) -> str:
    return f"{value:,.0f}" if np.isfinite(value) else "-"


def _range(bounds: tuple[float, float]) -> str:
    return f"{_number(bounds[0])} to {_number(bounds[1])}"


def _rate(value: float) -> str:
    return f"{value:.5f}" if value < 0.0005 else f"{value:.4f}"
