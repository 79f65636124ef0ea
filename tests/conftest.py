"""Fictitious regions that several tests read, made once for all workers; and what CI does not let pass as skipped."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from story.commands import Home
from story.regions import REGIONS, write_region

Region = Callable[[str], Path]

hypothesis.settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same every time")


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Region:
    """Gives the folder of a region by its name in `story.regions`. It is shared: read it, do not write there."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "regions"
    shared.mkdir(exist_ok=True)

    def made(name: str) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / f"{name}.made").exists():
                write_region(folder, REGIONS[name])
                (shared / f"{name}.made").touch()
        return folder

    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh working folder."""
    made = Home(tmp_path / "home")
    made.root.mkdir()
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Under CI a `real` or `fault` test that finds a component missing while it runs fails.

    A `skipif` mark is a condition that the test declares (who runs it, which system), not a missing component.
    """
    report = yield
    kind = item.path.relative_to(Path(__file__).parent).parts[0]
    declared = call.excinfo is not None and getattr(call.excinfo.value, "_use_item_location", False)
    if report.skipped and not declared and kind in ("real", "fault") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped under CI: {call.excinfo.value if call.excinfo else ''}"
    return report
