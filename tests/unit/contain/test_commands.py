"""Argument vectors: no shell, no input, a time limit, and an answer that is one of three words or unknown."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tocsin.contain.connectors.command import CommandConnector
from tocsin.contain.connectors.probe import Probe
from tocsin.contain.connectors.running import SHOWN_BYTES, run
from tocsin.contain.connectors.secret import read_secret
from tocsin.errors import ConnectorFailed, Usage
from tocsin.model.act import Act

PYTHON = sys.executable


def act(account: str = "idp|dupont", token: str = "") -> Act:
    arguments = {"token": token} if token else {}
    return Act(
        id="ACT-1", incident="I", kind="prove-dead", by="p", target=account, asked_by="x", why="y", arguments=arguments
    )


def writes(tmp_path: Path, *arguments: str) -> tuple[tuple[str, ...], Path]:
    """A command that writes its arguments into a file."""
    out = tmp_path / "out"
    return (PYTHON, "-c", f"import sys, json; open({str(out)!r}, 'w').write(json.dumps(sys.argv[1:]))", *arguments), out


@pytest.mark.parametrize("value", ["dupont", "a b", "$(touch x)", "`x`; rm -rf *", "'\"", "é\n", "{token}", "*"])
def test_an_account_stays_one_argument(tmp_path: Path, value: str) -> None:
    import json

    command, out = writes(tmp_path, "--subject={account}", "{account}", "end")
    CommandConnector("c", command).apply(act(f"idp|{value}"))
    assert json.loads(out.read_text()) == [f"--subject={value}", value, "end"]


def test_an_account_that_looks_like_an_option_is_refused(tmp_path: Path) -> None:
    command, out = writes(tmp_path, "{account}")
    with pytest.raises(ConnectorFailed, match="begins with a hyphen"):
        CommandConnector("c", command).apply(act("idp|--all"))
    assert not out.exists()
    command, out = writes(tmp_path, "--subject={account}")
    CommandConnector("c", command).apply(act("idp|--all"))


def test_a_zero_byte_is_refused() -> None:
    with pytest.raises(ConnectorFailed, match="zero byte"):
        CommandConnector("c", ("true", "{account}")).apply(act("idp|a\0b"))


def test_an_exit_code_is_a_failure_and_says_nothing_of_what_was_printed() -> None:
    command = (PYTHON, "-c", "print('dupont'); raise SystemExit(3)")
    with pytest.raises(ConnectorFailed) as failed:
        CommandConnector("c", command).apply(act())
    assert "exit code 3" in str(failed.value)
    assert "dupont" not in str(failed.value)


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(ConnectorFailed, match="cannot be started"):
        CommandConnector("c", ("/nowhere/at/all",)).apply(act())


def test_one_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(1.5); open({str(mark)!r}, 'w')"
    command = (PYTHON, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    began = time.monotonic()
    with pytest.raises(ConnectorFailed, match=r"within 0\.5 s"):
        run(command, {}, timeout_s=0.5)
    assert time.monotonic() - began < 1.5
    time.sleep(1.7)
    assert not mark.exists()


def test_what_prints_without_end_is_read_little() -> None:
    ran = run((PYTHON, "-c", "print('x' * 5_000_000)"), {}, timeout_s=20)
    assert ran.code == 0
    assert len(ran.output) == SHOWN_BYTES


def test_undo_is_a_command_of_its_own(tmp_path: Path) -> None:
    command, out = writes(tmp_path, "{account}")
    both = CommandConnector("c", ("true",), undo=command)
    both.revert(act(), {})
    assert out.read_text() == '["dupont"]'
    assert both.verify_reverted(act(), {})
    with pytest.raises(ConnectorFailed, match="no undo command"):
        CommandConnector("c", ("true",)).revert(act(), {})


def test_a_command_reads_nothing_back() -> None:
    assert CommandConnector("c", ("true",)).verify(act())["state"] == "unasked"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("print('dead')", "dead"),
        ("print('  alive ')", "alive"),
        ("print('unknown')", "unknown"),
        ("print('DEAD')", "unknown"),
        ("print('dead\\nalive')", "unknown"),
        ("print('dead'); raise SystemExit(1)", "unknown"),
        ("", "unknown"),
        ("import os; os.write(1, b'\\xff\\xfe')", "unknown"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "unknown"),
        ("import time; time.sleep(30)", "unknown"),
    ],
)
def test_a_probe_says_one_of_three_words(code: str, state: str) -> None:
    told = Probe("placement", (PYTHON, "-S", "-c", code), timeout_s=2).verify(act())
    assert told["state"] == state
    assert told["service"] == "placement"


def test_a_probe_is_given_account_and_token() -> None:
    code = "import sys; print('dead' if sys.argv[1:] == ['idp|dupont', 'tok'] else 'alive')"
    assert Probe("p", (PYTHON, "-c", code, "{account}", "{token}")).verify(act(token="tok"))["state"] == "dead"
    assert Probe("p", (PYTHON, "-c", code, "{account}", "{token}")).verify(act())["state"] == "alive"


def test_a_probe_that_cannot_run_is_unknown() -> None:
    assert Probe("p", ("/nowhere",)).verify(act())["state"] == "unknown"
    assert Probe("p", ("true", "{account}")).verify(act("idp|-x"))["state"] == "unknown"


class TestSecrets:
    """A secret file is its owner's alone."""

    def test_it_is_read_without_its_line_end(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_text("s3cret\n")
        path.chmod(0o600)
        assert read_secret(path, "connectors.idp") == "s3cret"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
    def test_one_that_others_can_read_is_refused(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "secret"
        path.write_text("s3cret")
        path.chmod(mode)
        with pytest.raises(Usage, match="can be read by others") as failed:
            read_secret(path, "connectors.idp")
        assert "s3cret" not in str(failed.value)

    def test_one_that_is_missing_or_empty(self, tmp_path: Path) -> None:
        with pytest.raises(Usage, match="cannot be read"):
            read_secret(tmp_path / "nowhere", "connectors.idp")
        path = tmp_path / "secret"
        path.write_text("\n")
        path.chmod(0o600)
        with pytest.raises(Usage, match="is empty"):
            read_secret(path, "connectors.idp")
