"""A rule's condition as a DuckDB WHERE with parameters: no value of a rule ever stands in the text of a query.

It means what `model.condition.holds` means: each test is true or false, never null, so that `NOT` is its opposite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from tocsin.model.condition import ANY_RUN, FIELDS, Condition, Every, Not, Part, Says, Some, folded, is_within, tests_of
from tocsin.model.event import bits_of

_MADE: Final = {
    "role": "its.role",
    "hour": "date_part('hour', timezone($zone, \"at\"))",
    "weekday": 'isodow(timezone($zone, "at"))',
    "explained": "CASE explained_by WHEN 'unexplained' THEN false WHEN 'no-patient' THEN NULL ELSE true END",
    "honey": "coalesce(patient IN (SELECT unnest($honey::BLOB[])), false)",
}
"""Fields that are no columns. From: `model.condition.told_by`."""

Values = Callable[[str], Iterable[str]]
"""Column of text -> the values that occur in it."""


class Where:
    """The text of a condition and its parameters."""

    def __init__(self, condition: Condition, values: Values, *, name: str = "p") -> None:
        """`values` is asked for the addresses that occur where a network is tested: DuckDB itself knows no networks.
        `name`: what the names of its parameters begin with, where several conditions stand in one query."""
        self.parameters: dict[str, Any] = {}
        self._name = name
        self._values = values
        self.fields = frozenset(test.field for test in tests_of(condition))
        self.text = self._of(condition)

    def _of(self, condition: Condition) -> str:
        if isinstance(condition, Every):
            return f"({' AND '.join(map(self._of, condition.of))})"
        if isinstance(condition, Some):
            return self._some(condition)
        if isinstance(condition, Not):
            return f"(NOT {self._of(condition.of)})"
        if condition.how == "present":
            return f"({_field(condition.field)} IS NOT NULL)"
        return f"coalesce({self._test(condition)}, false)"

    def _some(self, condition: Some) -> str:
        """Texts of one field that are listed are one `IN`: as fast as one of them, however many there are."""
        same = {one.field for one in condition.of if isinstance(one, Says) and one.how == "is"}
        if len(same) == 1 and all(isinstance(one, Says) and one.how == "is" for one in condition.of):
            (name,) = same
            if FIELDS[name].kind != "set":
                values = ", ".join(self._put(one.value) for one in condition.of if isinstance(one, Says))
                return f"coalesce(lower({_field(name)}) IN ({values}), false)"
        return f"({' OR '.join(map(self._of, condition.of))})"

    def _test(self, test: Says) -> str:
        field = _field(test.field)
        if test.how == "is" and FIELDS[test.field].kind == "set":
            return f"({field} & {self._put(bits_of(test.value))}::UINTEGER) <> 0"
        if test.how == "is":
            return f"lower({field}) = {self._put(test.value)}"
        if test.how == "like":
            return f"lower({field}) LIKE {self._put(_like(test.value))} ESCAPE '\\'"
        if test.how == "matches":
            return f"regexp_matches({field}, {self._put('(?s)' + test.value)})"
        if test.how == "within":
            inside = [value for value in self._values(test.field) if is_within(value, test.value)]
            return f"{field} IN (SELECT unnest({self._put(inside)}::VARCHAR[]))"
        return f"{field} {test.how} {self._put(test.value)}"

    def _put(self, value: Any) -> str:
        name = f"{self._name}{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"


def _field(name: str) -> str:
    if name in _MADE:
        return f"({_MADE[name]})"
    absent = FIELDS[name].absent
    return f'"{name}"' if absent is None else f'nullif("{name}", {absent})'


def _like(parts: tuple[Part, ...]) -> str:
    return "".join(
        folded(part).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        if isinstance(part, str)
        else "%"
        if part is ANY_RUN
        else "_"
        for part in parts
    )
