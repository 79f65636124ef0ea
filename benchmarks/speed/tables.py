"""A report as Markdown tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import Any

NAMES = {
    "wc -l": "`wc -l`",
    "json.loads": "`json.loads`, each line",
    "msgspec": "msgspec, typed decode of each line",
    "duckdb": "DuckDB `read_json`, explicit columns, 2 threads",
    "parse-1": "Tocsin, parse only, 1 process",
    "parse-2": "Tocsin, parse only, 2 processes",
    "tocsin import": "**`tocsin import`: collect, ledger, store, explain, judge**",
    "tocsin replay": "`tocsin replay`",
}


def of(report: dict[str, Any]) -> str:
    """All parts that the report has."""
    parts: dict[str, Callable[[dict[str, Any]], str]] = {
        "peers": _peers,
        "growth": _growth,
        "judge": _judge,
        "stages": _stages,
    }
    return "\n\n".join(f"{make(report[part])}\n\n{_on(report[part])}" for part, make in parts.items() if part in report)


def _peers(part: dict[str, Any]) -> str:
    lines, runs = part["lines"], part["runs"]
    wall = {name: _median(took, "wall_s") for name, took in runs.items()}
    rows = [
        (
            NAMES[name],
            f"{lines / wall[name]:,.0f}",
            f"{_median(took, 'cpu_s'):.1f}",
            f"{lines / _median(took, 'cpu_s'):,.0f}",
            f"{_most(took, 'peak_mb'):,.0f}",
            f"{wall['wc -l'] / wall[name]:.3f}",
            f"{wall['json.loads'] / wall[name]:.2f}",
            _range(took),
        )
        for name, took in runs.items()
    ]
    head = ("", "events/s", "CPU s", "events per CPU s", "peak MB", "x `wc -l`", "x `json.loads`", "load at the start")
    told = f"{lines:,} lines, {part['bytes'] / lines:,.0f} bytes each; whole commands, medians of {_runs(runs)}"
    return f"{told}\n\n{_table(head, rows)}"


def _growth(part: dict[str, Any]) -> str:
    rows = []
    for name, took in sorted(part["runs"].items(), key=lambda one: one[0].rpartition(" ")[0]):  # stable: sizes rise
        command, _, size = name.rpartition(" ")
        lines = part["sizes"][size]["lines"]
        rows.append(
            (
                f"`{command}`",
                f"{lines:,}",
                f"{part['sizes'][size]['bytes'] / 1e6:,.0f}",
                f"{lines / _median(took, 'wall_s'):,.0f}",
                f"{1e6 * _median(took, 'cpu_s') / lines:.1f}",
                f"{_most(took, 'peak_mb'):,.0f}",
                f"{_most(took, 'peak_private_mb'):,.0f}",
            )
        )
    head = ("", "lines", "MB of trail", "events/s", "CPU us/event", "peak MB", "of it private")
    return f"Growth: medians of {_runs(part['runs'])}, highest peak\n\n{_table(head, rows)}"


def _judge(part: dict[str, Any]) -> str:
    rows = []
    for batch, run in part["batches"].items():
        cpu = run["cpu_s"]
        rows.append((f"{int(batch):,}", *(f"{run['rows'] / cpu[room]:,.0f}" for room in ("judge", "explain", "all"))))
    head = ("rows a batch", "judge alone, rows/s", "explain alone", "all: rows, facts, explain, judge, columns")
    last = list(part["batches"].values())[-1]
    held = last["held"]
    told = [
        f"{last['rows']:,} rows of {last['accounts']:,} accounts, up to {last['rows_in_a_day']:,} a day; one core, CPU",
        f"- judge: {held['judge_bytes_per_account']:,.0f} bytes an account in arrays, {held['judge_open_sessions']:,}"
        f" open sessions included; {held['judge_beside_arrays_bytes_per_account']:,.0f} in dictionaries",
        f"- past: {held['past_bytes_per_settled_pair']:.1f} bytes a pair of account and patient once settled,"
        f" {held['past_bytes_per_pair']:.1f} with those that wait ({held['pairs']:,} pairs)",
        f"- habits: {held['habits_bytes_per_account']:,.0f} bytes an account;"
        f" names: {held['names_bytes_per_account']:,.0f}",
        f"- facts and posts, made ready as they come: {last['cpu_s']['facts']:.1f} s, in `all` and not in explain",
        f"- strangers taken for known: {held['strangers_taken_for_known']:,} of {held['strangers_asked']:,}"
        f" beside {held['known_keys']:,} keys",
    ]
    return f"{told[0]}\n\n{_table(head, rows)}\n\n" + "\n".join(told[1:])


def _stages(part: dict[str, Any]) -> str:
    cost = part["cpu_us_per_event"]
    rows = [(name, f"{us:.2f}", f"{100 * us / sum(cost.values()):.0f} %") for name, us in cost.items()]
    rows.append(("in all", f"{sum(cost.values()):.1f}", ""))
    told = f"`tocsin import` of {part['events']:,} events, one parser: CPU by stage"
    return f"{told}\n\n{_table(('stage', 'us/event', 'share'), rows)}"


def _on(part: dict[str, Any]) -> str:
    return (
        f"({part['cores_used']} cores of {part['processor']}, Python {part['python']}, load {part['load_before']:.1f}"
        f" at the start, commit {part['commit']})"
    )


def _median(took: list[dict[str, float]], what: str) -> float:
    return statistics.median(run[what] for run in took)


def _most(took: list[dict[str, float]], what: str) -> float:
    return max(run[what] for run in took)


def _range(took: list[dict[str, float]]) -> str:
    loads = [run["load"] for run in took]
    return f"{min(loads):.1f}-{max(loads):.1f}"


def _runs(runs: dict[str, list[dict[str, float]]]) -> str:
    count = len(next(iter(runs.values())))
    return f"{count} run{'s' if count > 1 else ''} in turns"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
