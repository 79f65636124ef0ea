"""The command line: arguments -> one call of `main`; errors -> one line and an exit code."""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Group, Parameter
from rich.console import Console
from rich.table import Table

from tocsin import __version__
from tocsin.config import Settings, settings
from tocsin.errors import Interrupted, SourceUnreadable, TocsinError, Usage

_WATCH, _KNOW, _KEEP = (
    Group("Watch", sort_key=1),
    Group("Know", sort_key=2),
    Group("Keep", sort_key=3),
)

app = App(
    name="tocsin",
    version=__version__,
    help="""The alarm bell of shared health platforms.

Reads the audit trails of a region's shared services, weighs every access as evidence that somebody else holds the
account, and says whose data was exposed.

First steps: `tocsin demo` tells the whole story on a fictitious region. `tocsin replay FOLDER` judges a trail without
keeping anything. `tocsin import FOLDER` keeps it, then `tocsin alerts`, `tocsin explain ALERT` and `tocsin scope`.

Settings: tocsin.toml in the working folder, or TOCSIN_CONFIG, TOCSIN_STATE, TOCSIN_KEY_FILE.
Exit codes: 0 done, 1 failed, 2 usage, 3 source unreadable, 4 store, 5 ledger damaged, 6 disk full, 130 interrupted.
""",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `main` says what is safe
)

Json = Annotated[
    str | None,
    Parameter(name="--json", allow_leading_hyphen=True, help="Also write the result as JSON; - is standard output."),
]
State = Annotated[
    Path | None, Parameter(name="--state", help="Folder of Tocsin's state (default: as set, or tocsin-state).")
]
Quiet = Annotated[bool, Parameter(name="--quiet", negative=(), help="No progress and no tables.")]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code. Errors are one line on standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        code = app(arguments, exit_on_error=True, result_action="return_value")
    except TocsinError as error:
        _stderr().print(f"tocsin: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        stopped = Interrupted("interrupted", done="Nothing of this command is half-done; what was kept before is safe.")
        _stderr().print(f"tocsin: {stopped}", markup=False, soft_wrap=True)
        sys.exit(stopped.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as problem:
        import errno

        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"the system refused ({problem.strerror or type(problem).__name__})"
        _stderr().print(f"tocsin: {what}. What was acknowledged before is safe.", markup=False, soft_wrap=True)
        sys.exit(6 if full else 1)
    except Exception as problem:  # its text may hold what the trail holds: the place is told, the text is not
        _stderr().print(f"tocsin: {_unforeseen(problem)}", style="bold red", markup=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


@app.command(group=_WATCH)
def demo(*, folder: Path = Path("demo"), json_file: Json = None, quiet: Quiet = False) -> None:
    """One fictitious region, professionals impersonated, the whole story with the truth beside it.

    Parameters
    ----------
    folder
        Where the fictitious region is written (replaced if it is an earlier demo's).
    """
    from tocsin.main.demo import run_demo

    with _progress(quiet or json_file == "-") as progress:
        told = run_demo(folder, _settings(None), now=_now(), ticks=time.perf_counter, progress=progress)
    _write(json_file, told)
    if not quiet and json_file != "-":
        from tocsin.main.demo import tell

        tell(told, _stdout())


@app.command(name="import", group=_WATCH)
def import_(
    path: Path,
    *,
    source: str = "trail",
    mapping: Path | None = None,
    marks: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> int:
    """Keep a trail in the ledger and judge it.

    Parameters
    ----------
    path
        A folder of FHIR bulk-export files (NDJSON, plain, .gz or .zst), or a file.
    source
        The operator's name for where it comes from; the same bytes from the same source add nothing.
    mapping
        TOML mapping of a trail that is not FHIR; draft one with `tocsin collect guess FILE`.
    marks
        File of honey patients, one Patient id a line; by default marks.txt in the folder.
    dry_run
        Read a sample and say what would be understood and what such a trail lets Tocsin watch; keep nothing.
    """
    from tocsin.main import watch

    with _progress(quiet) as progress:
        if dry_run:
            told = watch.dry_run(path, _settings(state), mapping=mapping, marks=marks, progress=progress)
        else:
            told = watch.import_trail(
                path, _settings(state), source=source, mapping=mapping, marks=marks, now=_now(), progress=progress
            )
    _write(json_file, told)
    if not quiet and json_file != "-":
        _tell_dry_run(told) if dry_run else _tell_import(told)
    return 0 if dry_run else _warn(told["damage"])


@app.command(group=_WATCH)
def replay(
    path: Path,
    *,
    learn_until: date | None = None,
    marks: Path | None = None,
    no_contain: Annotated[bool, Parameter(negative=())] = False,
    with_identifiers: Annotated[bool, Parameter(negative=())] = False,
    key: Path | None = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> int:
    """Judge a folder in a fresh state of its own and keep nothing.

    Parameters
    ----------
    learn_until
        Day (00:00 UTC) before which the trail is the region's past: it trains and calibrates. Without it, alerts
        start at the first event, on the factory calibration.
    no_contain
        Hold nothing back, so that a whole harvest can be scoped.
    with_identifiers
        Name patients as the trail does instead of by reference.
    key
        File of 32 bytes to make references with, instead of the published replay key.
    """
    from tocsin.main.replay import replay as run

    with _progress(quiet) as progress:
        told = run(
            path,
            _settings(None),
            learn_until=learn_until,
            marks=marks,
            contain=not no_contain,
            with_identifiers=with_identifiers,
            key=key,
            now=_now(),
            ticks=time.perf_counter,
            progress=progress,
        )
    _write(json_file, told)
    if not quiet and json_file != "-":
        _tell_replay(told)
    return _warn(told.get("damage", []))


collect = App(name="collect", help="Understand trails that are not FHIR.", group=_WATCH)
app.command(collect)


@collect.command
def guess(file: Path, *, json_file: Json = None) -> None:
    """Draft the TOML mapping of a trail from a sample of it; what is unsure says `# to check`."""
    from tocsin.main import watch

    told = watch.guess(file)
    _write(json_file, told)
    if json_file != "-":
        sys.stdout.write(told["mapping"])
        for note in told["notes"]:
            _stderr().print(note, markup=False, soft_wrap=True)
    if told["format"] == "unknown":
        raise Usage("this is no format Tocsin can guess", advice="Give a sample of JSON lines or CSV as plain text.")


@app.command(group=_KNOW)
def alerts(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Every alert, oldest first."""
    from tocsin.main import inspect

    told = inspect.alerts(_settings(state))
    _write(json_file, told)
    if not quiet and json_file != "-":
        _tell_alerts(told["alerts"])


@app.command(group=_KNOW)
def explain(alert: str, *, state: State = None, json_file: Json = None) -> None:
    """Why an alert was raised, what would have made it normal, and what speaks for the owner.

    Parameters
    ----------
    alert
        Its name, or the beginning of it, as `tocsin alerts` lists it.
    """
    from tocsin.main import inspect

    told = inspect.explain(_settings(state), alert)
    _write(json_file, told)
    if json_file != "-":
        _tell_explain(told)


@app.command(group=_KNOW)
def scope(
    *,
    account: str | None = None,
    reveal: str | None = None,
    who: str | None = None,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Whose data each incident exposed: what of it, how surely, and by whom.

    Parameters
    ----------
    account
        Only the incidents of this account, as the trail names it.
    reveal
        Name patients as the trail does, for this reason; a receipt is kept. Needs --who.
    who
        Who asks for identities.
    """
    from tocsin.main import inspect

    told = inspect.scope(_settings(state), account=account, reveal=reveal, who=who, now=_now())
    _write(json_file, told)
    if not quiet and json_file != "-":
        _tell_scope(told)


@app.command(group=_KNOW)
def coverage(
    *, since: datetime | None = None, until: datetime | None = None, state: State = None, json_file: Json = None
) -> None:
    """Per service and hour: received, rejected, silent; and what its trail cannot record."""
    from tocsin.main import inspect

    told = inspect.coverage(_settings(state), since=_utc(since), until=_utc(until))
    _write(json_file, told)
    if json_file != "-":
        _tell_coverage(told)


@app.command(group=_KEEP)
def calibrate(
    *,
    since: date | None = None,
    until: date | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Learn what is usual from the region's own events, and put it in force with its hash.

    Parameters
    ----------
    dry_run
        Say what the lines would be; put nothing in force.
    """
    from tocsin.main import operate

    with _progress(quiet) as progress:
        told = operate.calibrate(
            _settings(state), since=since, until=until, dry_run=dry_run, now=_now(), progress=progress
        )
    _write(json_file, told)
    if not quiet and json_file != "-":
        _tell_calibration(told)


@app.command(group=_KEEP)
def rebuild(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Delete all derived data and make it anew from the ledger; it comes out equal."""
    from tocsin.main import operate

    with _progress(quiet) as progress:
        told = operate.rebuild(_settings(state), now=_now(), progress=progress)
    _write(json_file, told)
    if not quiet and json_file != "-":
        _stdout().print(f"{told['batches']} batches folded anew from the ledger.")


@app.command(group=_KEEP)
def verify(*, state: State = None, json_file: Json = None, quiet: Quiet = False) -> int:
    """Hash every segment of the ledger against its manifest; check the derived parts and the vault's receipts."""
    from tocsin.main import operate

    with _progress(quiet) as progress:
        told = operate.verify(_settings(state), progress=progress)
    _write(json_file, told)
    if not quiet and json_file != "-":
        out = _stdout()
        for check in told["segments"]:
            if not check["sound"]:
                out.print(f"segment {check['segment']}: {check['problem']}", style="red", markup=False)
        for problem in (told["derived_problem"], told["receipts_problem"]):
            if problem:
                out.print(problem, style="red", markup=False)
        state_of = "all sound" if told["sound"] else "NOT SOUND"
        out.print(
            f"{len(told['segments'])} segments, {told['batches']} batches, {told['derived_parts']} derived parts, "
            f"{told['receipts']} receipts: {state_of}."
        )
    return 0 if told["sound"] else 5


@app.command(group=_KEEP)
def doctor(*, state: State = None, json_file: Json = None) -> int:
    """Whether this machine and this state are fit to watch, with what to do about what is not."""
    from tocsin.main import operate

    told = operate.doctor(_settings(state))
    _write(json_file, told)
    if json_file != "-":
        table = _table("", "what", "state", "")
        for finding in told["findings"]:
            colour = {"good": "green", "new": "cyan", "poor": "yellow", "bad": "red"}[finding["state"]]
            table.add_row("", finding["what"], f"[{colour}]{finding['state']}[/]", finding["advice"])
        _stdout().print(table)
    return 0 if told["fit"] else 1


def _unforeseen(problem: Exception) -> str:
    """Where an error came up that nobody foresaw; what was kept before is safe, as after a kill."""
    from traceback import extract_tb

    if isinstance(problem, MemoryError):
        return "there is not enough memory. What was acknowledged before is safe."
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(problem.__traceback__)][-4:]
    return (
        f"a fault of Tocsin's own ({type(problem).__name__} at {' > '.join(places)}). "
        "What was acknowledged before is safe. Please report this line."
    )


# -- what is shared ----------------------------------------------------------------------------------------------------


def _settings(state: Path | None) -> Settings:
    from dataclasses import replace

    made = settings()
    return replace(made, state=state) if state else made


def _now() -> datetime:
    return datetime.now(UTC)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _stdout() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=110)


def _stderr() -> Console:
    return Console(stderr=True, highlight=False)


def _table(title: str, *columns: str) -> Table:
    from rich import box

    table = Table(title=title or None, box=box.SIMPLE, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column.startswith("#") else "left", overflow="fold")
    return table


@contextmanager
def _progress(quiet: bool) -> Any:
    """A progress line on standard error with an estimate of what is left; silent when nobody looks."""
    console = _stderr()
    if quiet or not console.is_terminal:
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def heard(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[what] = bar.add_task(what, total=max(total, 1))
            bar.update(tasks[what], completed=done, total=max(total, 1))

        yield heard


def _write(target: str | None, told: Any) -> None:
    if target is None:
        return
    text = json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        path = Path(target)
        scratch = path.with_name(path.name + ".tmp")
        scratch.write_text(text, "utf-8")
        scratch.replace(path)
    except OSError as problem:
        raise TocsinError(
            f"the JSON file cannot be written ({problem.strerror})", done="The command itself is done."
        ) from None


def _warn(damage: list[str]) -> int:
    """Files of which only a part could be read: told on standard error, and the exit code says so."""
    for problem in damage:
        _stderr().print(f"tocsin: {problem}", style="yellow", markup=False, soft_wrap=True)
    return SourceUnreadable.exit_code if damage else 0


def _tell_import(told: dict[str, Any]) -> None:
    out = _stdout()
    if told["batch"]:
        out.print(
            f"Batch {told['batch']}: {told['lines']:,} lines, {told['events']:,} new events, "
            f"{told['duplicates']:,} duplicates, {told['rejected']:,} rejected, {told['facts']:,} facts, "
            f"{told['alerts']} alerts."
        )
    else:
        out.print(f"Nothing new: the ledger holds all {told['files_known']} files ({told['lines']:,} lines) already.")
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  rejected, {reason}: {count:,}")
    _tell_ignored(told["ignored"])
    if told["alerts"]:
        out.print("Next: tocsin alerts")


def _tell_dry_run(told: dict[str, Any]) -> None:
    out = _stdout()
    out.print(
        f"{len(told['files'])} files; of {told['sampled_lines']:,} sampled lines {told['understood']:,} understood."
    )
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  would be rejected, {reason}: {count:,}")
    _tell_ignored(told["ignored"])
    out.print("Actions: " + ", ".join(f"{name} {count:,}" for name, count in told["actions"].items()))
    out.print(_watch_table(told["watch"]))


def _tell_ignored(names: list[str]) -> None:
    if names:
        _stdout().print(f"Not opened, neither trail nor facts: {', '.join(names)}", style="yellow", markup=False)


def _watch_table(watches: list[dict[str, Any]]) -> Table:
    table = _table("What this trail lets Tocsin watch, and what the scope can vouch for", "service", "what", "", "why")
    for watch in watches:
        colour = {"yes": "green", "partly": "yellow", "no": "red"}[watch["verdict"]]
        table.add_row(watch["service"], watch["subject"], f"[{colour}]{watch['verdict']}[/]", watch["reason"])
    return table


def _tell_replay(told: dict[str, Any]) -> None:
    out = _stdout()
    out.print(
        f"{told['lines']:,} lines: {told['events']:,} events, {told['duplicates']:,} duplicates, "
        f"{told['rejected']:,} rejected; {told['seconds']:.1f} s."
    )
    for reason, count in told["rejected_by_reason"].items():
        out.print(f"  rejected, {reason}: {count:,}")
    _tell_alerts(told["alerts"])
    by: dict[tuple[str, str], int] = {}
    for row in told["exposures"]:
        by[row["by"], row["certainty"]] = by.get((row["by"], row["certainty"]), 0) + 1
    table = _table("Patients exposed", "by whom", "how surely", "#patients")
    for (whom, certainty), count in sorted(by.items()):
        table.add_row(whom, certainty, f"{count:,}")
    if by:
        out.print(table)
    if told["held"]:
        out.print(f"{told['held']:,} events were held back by containment.")


def _tell_alerts(found: list[dict[str, Any]]) -> None:
    out = _stdout()
    if not found:
        out.print("No alerts.")
        return
    named = ("alert",) if "alert" in found[0] else ()
    table = _table(f"{len(found)} alerts", *named, "at (UTC)", "account", "rung", "#weight", "#one in", "what weighs")
    for alert in found:
        table.add_row(
            *(alert[name] for name in named),
            alert["at"][:19].replace("T", " "),
            alert["account"].rpartition("|")[2],
            alert["rung"],
            f"{alert['weight']:.1f}",
            f"{alert['rarity']:,.0f}",
            ", ".join(reason.partition(":")[0] for reason in alert["reasons"][:3]),
        )
    out.print(table)
    out.print("'one in': as heavy as one account-week in so many. Not a probability.", style="dim")


def _tell_explain(told: dict[str, Any]) -> None:
    out = _stdout()
    out.print(f"Alert {told['alert']}: {told['rung']} at {told['at']}", style="bold")
    how = "measured" if told["measured"] else "estimated"
    peers = told["stratum"] or "all roles"
    out.print(f"Account {told['account']}", markup=False)
    out.print(
        f"Weight {told['weight']:.2f}: as heavy as one in {told['rarity']:,.0f} account-weeks of {peers} "
        f"({how}; calibration {told['calibration'][:8]}). It is not a probability."
    )
    out.print("Why:")
    for reason in told["reasons"]:
        out.print(f"  - {reason}", markup=False)
    out.print("What speaks for the owner:")
    for line in told["counter_evidence"] or ["nothing in the 7 days before is explained"]:
        out.print(f"  - {line}", markup=False)
    table = _table("Events that weigh most", "at (UTC)", "service", "action", "explained", "what was missing")
    for event in told["events"]:
        missing = event.get("nearest", {}).get("en", "")
        table.add_row(
            event["at"][:19].replace("T", " "), event["service"], event["action"], event["explained_by"], missing
        )
    out.print(table)


def _tell_scope(told: dict[str, Any]) -> None:
    out = _stdout()
    if not told["incidents"]:
        out.print("No incident.")
        return
    table = _table("", "incident", "since (UTC)", "account", "rungs", "#thief", "#unsure", "#owner", "categories")
    for one in told["incidents"]:
        patients = one["patients"]
        table.add_row(
            one["incident"],
            one["opened_at"][:16].replace("T", " "),
            one["account"].rpartition("|")[2],
            " > ".join(one["rungs"]),
            *(f"{patients[name]:,}" for name in ("thief", "unsure", "owner")),
            ", ".join(one["categories"]),
        )
    out.print(table)
    out.print("Each patient with elements, certainty and times: tocsin scope --json FILE")


def _tell_coverage(told: dict[str, Any]) -> None:
    out = _stdout()
    table = _table("", "service", "#received", "#failed", "#hours", "#silent", "first", "last")
    for one in told["services"]:
        table.add_row(
            one["service"] or "(none named)",
            f"{one['received']:,}",
            f"{one['failed']:,}",
            f"{one['hours']:,}",
            f"{len(one['silent']):,}",
            one["first"][:13],
            one["last"][:13],
        )
    out.print(table)
    for row in told["rejected"]:
        out.print(f"rejected in {row['stream']}: {row['reason']} {row['lines']:,} lines", markup=False)
    out.print(_watch_table([watch for watch in told["watch"] if watch["verdict"] != "yes"]))


def _tell_calibration(told: dict[str, Any]) -> None:
    out = _stdout()
    how = "in force" if told["in_force"] else "not put in force (dry run)"
    out.print(
        f"Calibration {told['calibration']}, {how}: {told.get('account_weeks', 0):,} account-weeks, "
        f"{told.get('sessions', 0):,} sessions, {told.get('set_aside', 0)} doubtful weeks set aside."
    )
    table = _table("", "role", "rung", "#budget", "#line", "", "stratum", "from")
    for line in told["lines"]:
        table.add_row(
            line["role"] or "(all)",
            line["rung"],
            f"{line['budget']:g}",
            f"{line['weight']:.2f}",
            "measured" if line["measured"] else "estimated",
            line["stratum"] or "(all)",
            line["from"],
        )
    out.print(table)


if __name__ == "__main__":
    main()
