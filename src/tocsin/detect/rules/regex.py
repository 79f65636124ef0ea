"""The regular expressions that DuckDB (RE2) and Python read alike: others are refused, with what is not understood."""

from __future__ import annotations

import re
import warnings
from typing import Any, Final

LONGEST: Final = 500
MOST_REPEATS: Final = 1_000
"""RE2's own limit, also of a repetition within a repetition."""

_ESCAPES: Final = "dDwWsSbBntr"
_LOOKS_ALIKE: Final = {
    "[[:": "a POSIX class",
    "[]": "a class that begins with ]",
    "[^]": "a class that begins with ]",
    "{,": "a repetition without a beginning",
}
_KNOWN: Final = frozenset(
    ("LITERAL", "NOT_LITERAL", "ANY", "IN", "NEGATE", "RANGE", "CATEGORY", "BRANCH", "SUBPATTERN", "AT")
)
_REPEATS: Final = frozenset(("MAX_REPEAT", "MIN_REPEAT"))


def not_read(pattern: str) -> str:
    """Why a pattern is not read alike by both; empty if it is."""
    if len(pattern) > LONGEST:
        return f"it has more than {LONGEST} letters"
    for part, words in _LOOKS_ALIKE.items():
        if part in pattern:
            return f"{words} is not read"
    if re.search(r"\(\?(?!:|P<\w+>)", pattern, re.ASCII):
        return "of (?...) only (?:...) and (?P<name>...) are read: no flags, no looking ahead or back"
    escaped = re.sub(r"\\\\", "", pattern)
    if found := re.search(rf"\\(?![{_ESCAPES}])(\w)", escaped):
        return f"\\{found[1]} is not read"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = re._parser.parse(pattern, re.DOTALL | re.ASCII)
            return _walk(parsed, 1)
    except (re.error, OverflowError, RecursionError, Warning) as problem:
        return f"it is no regular expression ({problem})"


def _walk(parsed: Any, times: int) -> str:
    for code, value in parsed:
        name = str(code)
        if name in _REPEATS:
            least, most, inner = value
            bounds = [int(one) for one in (least, most) if one is not re._constants.MAXREPEAT]
            all_times = times * max(1, *bounds)
            if all_times > MOST_REPEATS:
                return f"it repeats more than {MOST_REPEATS:,} times"
            if said := _walk(inner, all_times):
                return said
        elif name not in _KNOWN:
            return f"{name.lower().replace('_', ' ')} is not read"
        elif name == "LITERAL" and value in (0, 8):
            return "a control character is not read"
        elif name == "BRANCH":
            for branch in value[1]:
                if said := _walk(branch, times):
                    return said
        elif name == "SUBPATTERN" and (said := _walk(value[3], times)):
            return said
    return ""
