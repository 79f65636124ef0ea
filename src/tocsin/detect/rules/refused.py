"""Why a rule is not read: one sentence that names the rule, the line and the field."""

from __future__ import annotations

from tocsin.errors import Usage


class RuleRefused(Usage):
    """A rule, or the tests beside it, cannot be understood. Its name, line and field stand in its sentence."""

    def __init__(self, rule: str, failed: str, *, line: int = 0, field: str = "", advice: str = "") -> None:
        where = [f"rule '{rule}'", *([f"line {line}"] if line else []), *([f"field '{field}'"] if field else [])]
        super().__init__(f"{', '.join(where)}: {failed}", advice=advice)
