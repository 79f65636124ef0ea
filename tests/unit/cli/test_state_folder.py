"""Whoever gives a command as themselves instead of as Tocsin's user is told so, not that the system refused."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from tocsin.cli.app import settings_of
from tocsin.errors import StoreUnavailable


def test_a_folder_that_is_shut_says_to_whom_and_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("os.geteuid", lambda: 2_000_000_000)
    owner = pwd.getpwuid(os.stat(tmp_path).st_uid).pw_name
    with pytest.raises(StoreUnavailable, match="is shut to user 2000000000.*as the user " + owner):
        settings_of(tmp_path)


def test_a_folder_in_one_that_is_shut_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path.stat

    def refused(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name == "elsewhere":
            raise PermissionError(13, "Permission denied")
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(StoreUnavailable, match="as the user that owns it"):
        settings_of(Path("elsewhere"))


def test_a_folder_that_is_not_there_yet_may_be_made(tmp_path: Path) -> None:
    assert settings_of(tmp_path / "state").state == tmp_path / "state"
