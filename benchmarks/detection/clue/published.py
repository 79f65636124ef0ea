"""The table to reproduce: share caught / median / 90th percentile of the records opened before the alarm.

The measurement that Tocsin's design started from, on the same log with five seeds of its own. Its random numbers are
not known: the most that can be had is agreement up to the draw of the attacks.
"""

INF = float("inf")

Cell = tuple[float, float | None, float | None]
"""Share, median, p90; None where the table says nothing, infinite where it says that the alarm never came."""


def _cell(text: str) -> Cell:
    share, *rest = text.split("/")
    numbers = [INF if part == "-" else float(part) for part in rest]
    if not numbers:
        return float(share), None, None
    return float(share), numbers[0], numbers[-1]


PUBLISHED: dict[tuple[str, int], dict[str, Cell]] = {
    key: {f"A{i}": _cell(text) for i, text in enumerate(row.split(), start=1)}
    for key, row in {
        ("D0", 0): "1.0/383/383 1.0/383/383 .02/- .02/- .02/- .03 .00",
        ("D12", 0): "1.0/70/143 .43/- 1.0/62/132 .96/26/82 .57/57/- .00 .03",
        ("D0", 1): "1.0/234/234 1.0/234/234 .05/- .10/- .07/- .11 .08",
        ("D11a", 1): "1.0/75/156 .49/- 1.0/67/162 .92/71/222 .77/71/- .03 .04",
        ("D12", 1): "1.0/20/41 .66/1120/- 1.0/20/44 .99/15/35 .81/18/- .03 .07",
        ("D0+D12", 0): "1.0/70/143 1.0/383/383 1.0/62/132 .96/26/82 .59/56/- .03 .03",
        ("D0+D12", 1): "1.0/20/41 1.0/234/234 1.0/20/44 .99/15/35 .82/18/- .14 .14",
    }.items()
}
"""By detector and b. D11a stands at b = 1, where a tie makes its false alarms .023."""
