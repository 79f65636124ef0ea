"""Which judge a result was made by."""

from __future__ import annotations

import subprocess
from pathlib import Path

JUDGE = (
    "src/tocsin/detect", ":(exclude)src/tocsin/detect/rules", "src/tocsin/explain", "src/tocsin/exam/weeks.py",
    "src/tocsin/main/learning.py", "src/tocsin/main/river.py", "src/tocsin/model",
)  # fmt: skip
"""What a result depends on."""


def commit() -> str:
    """The commit of the judge, with "-dirty" if its sources differ from it."""
    root = Path(__file__).parents[2]

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout.strip()

    return git("log", "-1", "--format=%h", "--", *JUDGE) + (
        "-dirty" if git("status", "--porcelain", "--", *JUDGE) else ""
    )
