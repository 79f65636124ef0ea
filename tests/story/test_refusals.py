"""What is refused in a sentence: two writers at once, and questions before there is an answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from story.commands import Home, sentence
from story.lines import GOOD
from tocsin.ledger import Ledger


@pytest.mark.parametrize(
    "command",
    [
        "alerts", "explain A-1", "scope", "coverage", "verify", "calibrate", "calibrate --dry-run", "rebuild",
        "incident", "dossier INC-1", "declare INC-1", "notify INC-1", "undo INC-1 --who x --why y", "resume",
        "decide true A-1 --who x", "share --list", "twin",
        "reveal 0100000000000000000000000000000000 --who x --reason y",
    ],
)  # fmt: skip
def test_before_any_import_a_question_says_what_to_do(home: Home, command: str) -> None:
    ran = home.run(*command.split(), code=4)
    assert "tocsin import" in sentence(ran)
    assert ran.out == ""
    assert not home.state.exists()


@pytest.mark.parametrize("command", ["import trail", "calibrate", "rebuild"])
def test_while_one_writes_no_other_does(home: Home, command: str) -> None:
    (home.root / "trail").mkdir()
    (home.root / "trail" / "AuditEvent.ndjson").write_bytes(b"\n".join(GOOD))
    home.run("import", "trail")
    before = home.derived()
    with Ledger.open(home.state / "ledger", now=datetime.now(UTC)):
        assert sentence(home.run(*command.split(), code=4))
        assert home.told("alerts")
        assert home.told("verify")["sound"]
    assert home.derived() == before
    assert home.told("import", "trail")["batch"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        "import",
        "replay",
        "import a b c",
        "explain",
        "nothing",
        "replay . --learn-until tomorrow",
        "import . --colour red",
    ],
)
def test_a_command_that_makes_no_sense_ends_with_usage(home: Home, arguments: str) -> None:
    ran = home.run(*arguments.split(), code=2)
    assert "Traceback" not in ran.err + ran.out


@pytest.mark.parametrize("arguments", ["", "--help", "import --help", "collect --help", "--version"])
def test_help_is_no_error(home: Home, arguments: str) -> None:
    assert home.run(*arguments.split()).out
