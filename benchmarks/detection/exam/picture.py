"""The picture: patients opened (or listed) before `ask`, a row a behaviour, on a logarithmic scale."""

from __future__ import annotations

import math
from html import escape

from benchmarks.detection.exam.plan import BARS, LISTS
from benchmarks.detection.exam.summary import Behaviour

LEFT, WIDE, ROW, TOP = 150, 520, 22, 46
MOST = 1_000
NEVER = LEFT + WIDE + 40


def drawn(found: list[Behaviour]) -> str:
    """An SVG: a bar from median to 90th percentile, a dot at the median, the bar that was set as a line."""
    high = TOP + ROW * len(found) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {NEVER + 90} {high}" '
        'font-family="sans-serif" font-size="12">',
        "<title>Patients taken before ask, by behaviour: median to 90th percentile</title>",
        f'<rect width="{NEVER + 90}" height="{high}" fill="#fff"/>',
        f'<text x="{LEFT}" y="16">patients opened before ask (listed, for paging and lists-only): median to p90</text>',
    ]
    for tick in (1, 3, 10, 30, 100, 300, 1_000):
        x = _x(tick)
        parts.append(f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{high - 22}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{TOP - 14}" text-anchor="middle" fill="#555">{tick}</text>')
    parts.append(f'<text x="{NEVER}" y="{TOP - 14}" text-anchor="middle" fill="#555">never</text>')
    for place, one in enumerate(found):
        y = TOP + ROW * place + ROW / 2
        ask = one.losses[0]
        colour = {True: "#1b7837", False: "#b2182b", None: "#666"}[one.passed]
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(one.name)}</text>')
        parts.append(
            f'<line x1="{_x(ask.median)}" y1="{y}" x2="{_x(ask.p90)}" y2="{y}" stroke="{colour}" stroke-width="4"/>'
        )
        parts.append(f'<circle cx="{_x(ask.median)}" cy="{y}" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{NEVER + 30}" y="{y + 4}" fill="{colour}">{ask.share:.0%} asked</text>')
        for bar in BARS["listed" if one.name in LISTS else "opened"] if one.passed is not None else ():
            x = _x(bar)
            parts.append(f'<line x1="{x}" y1="{y - 7}" x2="{x}" y2="{y + 7}" stroke="#2166ac" stroke-dasharray="2 2"/>')
    legend = "green: bar met; red: missed; grey: printed, not judged; dashed: the bars of median and p90"
    return "\n".join([*parts, f'<text x="{LEFT}" y="{high - 6}" fill="#555">{legend}</text>', "</svg>"]) + "\n"


def _x(value: float) -> float:
    if not math.isfinite(value):
        return NEVER
    return round(LEFT + WIDE * math.log10(min(max(value, 1), MOST)) / math.log10(MOST), 1)
