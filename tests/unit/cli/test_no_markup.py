"""What a trail says is shown as it is: brackets in a name are no markup of the terminal."""

from __future__ import annotations

import pytest

from tocsin.cli.tell import stdout, table_of

NAME = "eve[/b] [bold]b[/bold] [red]"


def test_a_name_with_brackets_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Promise: whoever types a name at a refused sign-in cannot blank a table with it."""
    out = stdout()
    table = table_of("", "account", "n")
    table.add_row(NAME, "1")
    out.print(table)
    out.print(f"account {NAME}")
    told = capsys.readouterr().out
    assert told.count(NAME) == 2
