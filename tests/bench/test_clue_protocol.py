"""The CLUE protocol on logs small enough to be read: no data needed."""

import json
import zipfile

import numpy as np
import pytest
from benchmarks.detection.clue import attacks, detectors, protocol, table
from benchmarks.detection.clue.__main__ import main
from benchmarks.detection.clue.load import DAY, HOUR, Log, log_of, read_log
from benchmarks.detection.clue.published import INF, PUBLISHED
from benchmarks.detection.clue.stream import Events, Stream, sessions
from benchmarks.detection.clue.threshold import leave_one_out
from benchmarks.detection.clue.touches import LOOK_BACK, Touches

MIDNIGHT = 1_500_000_000 // DAY * DAY
TODAY = 2 * DAY


def log_from(*rows: tuple[int, str, str, str]) -> Log:
    """Rows of (seconds, account, opening or writing, path)."""
    seconds, users, kinds, paths = zip(*rows, strict=True)
    return log_of(MIDNIGHT + np.array(seconds), list(users), list(paths), np.array(kinds) == "opens")


def stream_from(log: Log, account: int = 0, **options) -> Stream:
    return Stream(log, Touches(log), account, Events.own(log, account), **options)


def last_is_unexplained(*rows: tuple[int, str, str, str]) -> bool:
    """Whether the last event of account `ann` (number 0) is an unexplained unit."""
    return bool(stream_from(log_from(*rows)).unexplained[-1])


# --- what an event is ---------------------------------------------------------------------------------------------


def test_new_is_the_first_touch_and_an_opening():
    log = log_from(
        (0, "ann", "opens", "/u/f/1"),
        (1, "ann", "opens", "/u/f/1"),
        (2, "ann", "writes", "/u/f/2"),
        (3, "ann", "opens", "/u/f/2"),
        (4, "ann", "opens", "/u/f/3"),
    )
    assert stream_from(log).new.tolist() == [True, False, False, False, True]


def test_a_session_bears_thirty_minutes_of_silence_and_no_more():
    assert sessions(np.array([0, 1800, 3600, 5401])).tolist() == [0, 0, 0, 1]


def test_a_file_at_the_root_is_its_own_unit_in_the_common_folder():
    log = log_from((0, "ann", "opens", "/a"), (1, "ann", "opens", "/b"), (2, "ann", "opens", "/u/f/1"))
    stream = stream_from(log)
    assert len(set(stream.unit.tolist())) == 3
    assert stream.folder[0] == stream.folder[1] != stream.folder[2]


# --- colleagues and explanations ----------------------------------------------------------------------------------

SHARED_BEFORE = [(0, "ann", "opens", "/common/f/1"), (60, "bob", "opens", "/common/f/2")]
BOB_IN_NEW_UNIT = (DAY, "bob", "opens", "/new/g/1")
ANN_FOLLOWS = (TODAY, "ann", "opens", "/new/g/2")


def test_a_unit_is_unexplained_when_nobody_else_was_there():
    assert last_is_unexplained(*SHARED_BEFORE, ANN_FOLLOWS)


def test_a_colleague_in_the_folder_explains():
    assert not last_is_unexplained(*SHARED_BEFORE, BOB_IN_NEW_UNIT, ANN_FOLLOWS)


def test_a_colleague_an_hour_ago_explains_too():
    assert not last_is_unexplained(
        *SHARED_BEFORE, (TODAY + 1, "bob", "writes", "/new/g/1"), (TODAY + HOUR, *ANN_FOLLOWS[1:])
    )


def test_a_stranger_in_the_folder_explains_nothing():
    assert last_is_unexplained((0, "ann", "opens", "/common/f/1"), BOB_IN_NEW_UNIT, ANN_FOLLOWS)


def test_a_folder_shared_only_today_makes_no_colleague():
    today = (TODAY, "bob", "opens", "/common/f/2")
    assert last_is_unexplained(SHARED_BEFORE[0], BOB_IN_NEW_UNIT, today, (TODAY + 1, *ANN_FOLLOWS[1:]))


def test_after_a_week_a_colleague_no_longer_explains():
    at = DAY + 7 * DAY
    assert not last_is_unexplained(*SHARED_BEFORE, BOB_IN_NEW_UNIT, (at, *ANN_FOLLOWS[1:]))
    assert last_is_unexplained(*SHARED_BEFORE, BOB_IN_NEW_UNIT, (at + 1, *ANN_FOLLOWS[1:]))


def test_only_the_last_touches_are_read():
    crowd = [(DAY + 1, "zoe", "opens", "/new/g/1")] * LOOK_BACK
    assert not last_is_unexplained(*SHARED_BEFORE, BOB_IN_NEW_UNIT, *crowd[1:], ANN_FOLLOWS)
    assert last_is_unexplained(*SHARED_BEFORE, BOB_IN_NEW_UNIT, *crowd, ANN_FOLLOWS)


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        (("writes", "/new/h/1"), ("opens", "/new/g/2")),  # the unit is known from another folder
        (("opens", "/new/g/2"), ("opens", "/new/g/2")),  # the path is known
        (("opens", "/other/h/1"), ("writes", "/new/g/2")),  # nothing is opened
    ],
)
def test_what_is_known_or_written_is_not_unexplained(earlier, now):
    assert not last_is_unexplained(*SHARED_BEFORE, (DAY, "ann", *earlier), (TODAY, "ann", *now))


@pytest.mark.parametrize(("live", "unexplained"), [(False, True), (True, False)])
def test_a_thief_makes_colleagues_only_when_they_are_live(live, unexplained):
    """Yesterday the thief opened a file of zoe's folder; today zoe's other unit."""
    log = log_from(
        (0, "ann", "opens", "/common/f/1"), (1, "zoe", "opens", "/zoes/f/1"), (2, "zoe", "opens", "/more/f/1")
    )
    zoes, more = log.path[1], log.path[2]
    stolen = Events(MIDNIGHT + np.array([DAY, TODAY]), np.array([zoes, more]), np.full(2, True), np.full(2, True))
    stream = Stream(log, Touches(log), 0, Events.own(log, 0).joined(stolen), live_colleagues=live)
    assert bool(stream.unexplained[-1]) is unexplained


# --- the null and the bet -----------------------------------------------------------------------------------------


def test_each_account_weighs_the_same_in_the_null():
    null = detectors.null_of([np.array([0, 0, 0, 1]), np.array([2, 0])])
    assert null.survival == (1.0, (1 / 4 + 1 / 2) / 2, (0 + 1 / 2) / 2)


def test_the_tail_is_hills_estimate_with_a_cap():
    heavy = detectors.null_of([np.array([0, 8]), np.array([0, 0, 0, 32])])
    weights, logs = np.array([1 / 2, 1 / 4]), np.log([4, 16])
    assert heavy.tail_index == pytest.approx(weights.sum() / (weights * logs).sum())
    assert detectors.null_of([np.array([0, 3])]).tail_index == 1.5
    assert detectors.null_of([np.array([0, 2])]).tail_index == 1.5


def test_p_follows_the_survival_up_to_two_and_a_pareto_tail_beyond():
    null = detectors.Null(survival=(1.0, 0.1, 0.04), tail_index=1.0)
    assert null.p(np.array([0, 1, 2, 4, 8])) == pytest.approx([1, 0.1, 0.04, 0.02, 0.01])


def test_p_has_a_floor_but_the_tail_goes_below_it():
    null = detectors.Null(survival=(1.0, 0.0, 0.0), tail_index=1.0)
    assert null.p(np.array([0, 1, 2, 4])) == pytest.approx([1, 0.001, 0.001, 0.0005])


def test_the_calibrator_is_fair():
    """Its mean over uniform p is one, its value at one is a half, and it decreases."""
    p = np.exp(-np.linspace(1e-6, 20, 200_001))
    below = 1 / 20  # the integral of 1 / (p ln(p)^2) from 0 to exp(-20); the rest of e(p) is negligible there
    assert np.trapezoid(detectors.e_value(p)[::-1], p[::-1]) + below == pytest.approx(1, abs=0.001)
    assert detectors.e_value(np.array([1.0])) == pytest.approx(0.5, abs=1e-6)
    assert detectors.e_value(np.array([0.01])) == pytest.approx(
        (1 - 0.01 + 0.01 * np.log(0.01)) / (0.01 * np.log(0.01) ** 2)
    )
    assert (np.diff(detectors.e_value(p)) > 0).all()


# --- detectors against a slow reading of their text ---------------------------------------------------------------


def random_log(seed: int, events: int = 600) -> Log:
    rng = np.random.default_rng(seed)
    rows = zip(
        np.sort(rng.integers(0, 9 * DAY, events)).tolist(),
        rng.choice(["ann", "bob", "cid", "dan"], events).tolist(),
        rng.choice(["opens", "writes"], events, p=[0.8, 0.2]).tolist(),
        (f"/u{u}/f{f}/{i}" for u, f, i in rng.integers(0, (30, 3, 6), (events, 3)).tolist()),
        strict=True,
    )
    return log_from(*rows)


@pytest.mark.parametrize("seed", range(4))
def test_detectors_agree_with_a_slow_reading(seed):
    log = random_log(seed)
    fit = detectors.Fit(calibration=MIDNIGHT + 2 * DAY, null=detectors.Null((1.0, 0.3, 0.1), 1.2))
    stream = stream_from(log, account=1)
    t, new, unexplained = stream.t, *slowly_judged(log, 1)
    assert stream.new.tolist() == new
    assert stream.unexplained.tolist() == unexplained
    assert any(unexplained)

    for name, mask, seconds in (("D0", new, HOUR), ("D11a", unexplained, 7 * DAY)):
        expected = [sum(mask[j] for j in range(i + 1) if t[i] - t[j] <= seconds) for i in range(len(t))]
        assert detectors.DETECTORS[name](stream, fit).tolist() == expected
    assert detectors.DETECTORS["D12"](stream, fit) == pytest.approx(slow_d12(t, unexplained, fit))


def slowly_judged(log: Log, account: int) -> tuple[list[bool], list[bool]]:
    rows = [
        (int(t), int(a), bool(o), int(p), int(log.folder_of[p]), int(log.unit_of[p]))
        for t, a, o, p in zip(log.t, log.account, log.opening, log.path, strict=True)
    ]
    new, unexplained, mine = [], [], []
    for t, a, opening, path, folder, unit in rows:
        if a != account:
            continue
        is_new = opening and all(path != m[3] for m in mine)
        day = t // DAY * DAY
        my_folders = {m[4] for m in mine if m[0] < day}
        colleagues = {r[1] for r in rows if r[0] < day and r[4] in my_folders} - {account}
        lately = [r for r in rows if t - 7 * DAY <= r[0] < t and r[1] in colleagues]
        strange = all(folder != m[4] and unit != m[5] for m in mine)
        new.append(is_new)
        unexplained.append(is_new and strange and not any(r[3] == path or r[4] == folder for r in lately))
        mine.append((t, a, opening, path, folder, unit))
    return new, unexplained


def slow_d12(t: np.ndarray, unexplained: list[bool], fit: detectors.Fit) -> list[float]:
    def e(count: int) -> float:
        return float(detectors.e_value(fit.null.p(np.array([count])))[0])

    carried, count, last, values = 0.0, 0, None, []
    for now, strange in zip(t.tolist(), unexplained, strict=True):
        if now < fit.calibration:
            values.append(0.0)
            continue
        if last is not None and now - last > 1800:
            carried, count = (carried + 1) * e(count), 0
        count, last = count + strange, now
        values.append((carried + 1) * e(count))
    return values


def test_the_fit_counts_the_part_of_a_session_that_lies_inside():
    log = log_from(*((s, "ann", "opens", f"/u{s}/f/1") for s in (0, 100, 200, 300, 400)))
    fit = detectors.fitted([stream_from(log)], calibration=MIDNIGHT + 100, train=MIDNIGHT + 300)
    assert fit.null.survival == (1.0, 1.0, 1.0)
    assert fit.null.tail_index == 1.5  # two units only: nothing lies beyond two


# --- thresholds ---------------------------------------------------------------------------------------------------


def test_a_threshold_leaves_its_own_account_out():
    maxima = np.array([3.0, 9.0, 5.0, 1.0])
    assert leave_one_out(maxima, b=0).tolist() == [9, 5, 9, 9]
    assert leave_one_out(maxima, b=1).tolist() == [5, 3, 3, 5]


@pytest.mark.parametrize("b", [0, 1])
def test_exactly_b_plus_one_accounts_alarm_without_ties(b):
    maxima = np.random.default_rng(b).permutation(44).astype(float)
    assert (maxima > leave_one_out(maxima, b=b)).sum() == b + 1


def test_a_tie_spends_less_than_the_budget():
    maxima = np.array([28.0, 13.0, 13.0, 8.0])
    assert (maxima > leave_one_out(maxima, b=1)).sum() == 1


# --- attacks and exposure -----------------------------------------------------------------------------------------


def small_rows() -> list[tuple[int, str, str, str]]:
    """Six accounts that work at eight and nine for two weeks, mostly in their own units."""
    rng, rows = np.random.default_rng(0), []
    for account in range(6):
        for day in range(14):
            for second in np.sort(rng.integers(8 * HOUR, 10 * HOUR, 30)).tolist():
                unit = account if rng.random() < 0.97 else rng.integers(60)
                path = f"/u{unit}/f{rng.integers(3)}/{rng.integers(40)}"
                rows.append((day * DAY + second, f"account{account}", "opens", path))
    return sorted(rows)


@pytest.fixture(scope="module")
def small_log() -> Log:
    return log_from(*small_rows())


@pytest.mark.parametrize("name", attacks.ATTACKS)
def test_attacks_keep_their_promises(small_log, name):
    victim = attacks.Victim(small_log, 2, small_log.eligible())
    start, events = attacks.ATTACKS[name](victim, np.random.default_rng(1))
    stolen = events.t[events.injected]
    paths = events.path[events.injected & events.opening]
    assert (np.diff(events.t) >= 0).all()
    assert small_log.train <= start <= small_log.train + 4 * DAY
    assert stolen.min() >= int(start)
    assert stolen.max() <= small_log.end
    assert start % DAY // HOUR in (8, 9)
    if name in ("A4", "A5", "A6"):
        assert np.isin(stolen % DAY // HOUR, (8, 9)).all()
    if name == "A7":
        assert not (~events.injected & (events.t >= start)).any()
    else:
        assert len(set(paths.tolist())) == len(paths)
        assert (~events.injected).sum() == len(small_log.rows_of[2])
    if name == "A6":
        own = victim.own.between(end=start).path
        assert not np.isin(paths, own).any()
        assert np.isin(small_log.folder_of[paths], small_log.folder_of[own]).all()


def test_enumeration_goes_folder_by_folder(small_log):
    victim = attacks.Victim(small_log, 2, small_log.eligible())
    _, events = attacks.ATTACKS["A2"](victim, np.random.default_rng(1))
    folders = small_log.folder_of[events.path[events.injected]]
    assert (np.diff(folders) < 0).sum() <= 1  # once, where the list begins again
    assert (np.diff(folders) > 0).any()


def test_exposure_counts_the_alarming_opening_and_nothing_after():
    log = log_from((0, "ann", "opens", "/u/f/0"), *((DAY, "bob", "opens", f"/u/f/{i}") for i in range(1, 6)))
    known = log.path[0]
    paths = np.array([log.path[1], log.path[2], known, log.path[3], log.path[4]])
    stolen = Events(MIDNIGHT + TODAY + np.arange(5), paths, np.full(5, True), np.full(5, True))
    stream = Stream(log, Touches(log), 0, Events.own(log, 0).joined(stolen))
    fit = detectors.Fit(calibration=MIDNIGHT, null=detectors.Null((1.0, 0.1, 0.01), 1.0))
    statistic = detectors.new_per_hour(stream, fit)
    assert protocol.exposed(stream, statistic, MIDNIGHT + TODAY, 2.0) == 3.0
    assert protocol.exposed(stream, statistic, MIDNIGHT + TODAY, 4.0) == INF


# --- files in, table out ------------------------------------------------------------------------------------------

CSV = """user_id,timestamp,event_type,path,ip_address
bob,2017-07-07T09:00:01Z,file_accessed,/u/f/2,
ann,2017-07-07T09:00:00Z,file_written,/u/f/1,
ann,2017-07-07T09:00:02Z,login_successful,,
ann,2017-07-07T09:00:03Z,file_renamed,,
ann,2017-07-07T09:00:04Z,public_share_accessed,/u/f/1,
"""


@pytest.mark.parametrize("packed", [True, False])
def test_only_file_events_with_a_path_are_read(tmp_path, packed):
    source = tmp_path / ("clue.zip" if packed else "clue.csv")
    if packed:
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("CLUE-LDS/code/evaluate.py", "raise SystemExit")
            archive.writestr("CLUE-LDS/data/clue_lds_logs.csv", CSV)
    else:
        source.write_text(CSV)
    log = read_log(source)
    assert log.t.tolist() == [1499418000, 1499418001]
    assert log.account.tolist() == [0, 1]
    assert log.opening.tolist() == [False, True]


def test_a_zip_without_the_log_says_so(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(FileNotFoundError, match=r"other\.zip holds no clue_lds_logs\.csv"):
        read_log(tmp_path / "other.zip")


def test_the_published_table_is_read_as_it_is_written():
    assert PUBLISHED["D12", 1]["A2"] == (0.66, 1120, INF)
    assert PUBLISHED["D12", 0]["A2"] == (0.43, INF, INF)
    assert PUBLISHED["D0", 0]["A7"] == (0.0, None, None)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (22, 20, True),
        (23, 20, False),
        (18, 20, True),
        (INF, INF, True),
        (INF, 20, False),
        (20, INF, False),
        (0, 0, True),
    ],
)
def test_a_tenth(ours, theirs, same):
    assert table.agrees(ours, theirs) is same


def test_the_summary_counts_runs_never_caught():
    assert table.summary(np.array([1, 2, 3, INF])) == (0.75, 2, INF)


def test_the_interval_draws_accounts_not_runs():
    """One account of two is caught early in all of its hundred runs: the data are two points, not two hundred."""
    exposure, account = np.repeat([10.0, 500.0], 100), np.repeat([0, 1], 100)
    assert table.intervals_of(exposure, account, accounts=2)[1] == (10, 500)


def test_the_command_prints_the_table_and_writes_the_numbers(tmp_path, capsys):
    lines = ["user_id,timestamp,event_type,path,ip_address"]
    lines += [
        f"{account},{np.datetime64(MIDNIGHT + second, 's')}Z,file_accessed,{path},"
        for second, account, _, path in small_rows()
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    main(["--data", str(tmp_path / "log.csv"), "--json", str(tmp_path / "out.json"), "--seeds", "1"])
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["data"]["eligible"] == 6
    assert {row["detector"] for row in written["rows"]} == {"D0", "D11a", "D12", "D0+D12", "Tocsin", "Tocsin, factory"}
    assert written["bars"]["Tocsin"]["passed"] in (True, False)
    assert all(row["false_alarms"]["realised"] <= row["false_alarms"]["nominal"] for row in written["rows"])
    assert "| **D12** |" in capsys.readouterr().out
