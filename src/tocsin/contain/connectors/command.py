"""A command of the operator's: an argument vector that cuts an account or deletes its tokens, and one that undoes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.contain.connectors.running import run
from tocsin.errors import ConnectorFailed
from tocsin.model.act import Act


class CommandConnector:
    """Exit code 0 is done. A command reads nothing back: what it came to is asked by probes."""

    def __init__(self, name: str, command: Sequence[str], *, undo: Sequence[str] = (), timeout_s: float = 10) -> None:
        self._name = name
        self._command = tuple(command)
        self._undo = tuple(undo)
        self._timeout_s = timeout_s

    def before(self, act: Act) -> dict[str, Any]:
        """A command does not say what was there."""
        return {"known": False}

    def apply(self, act: Act) -> None:
        """Run it. Raises `ConnectorFailed` for any exit code but 0."""
        self._run(self._command, act, "did not do it")

    def verify(self, act: Act) -> dict[str, Any]:
        """Nothing can be read back here."""
        return {"state": "unasked", "how": "the command ended with 0; services are asked by probes"}

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        """Run `undo`. Raises `ConnectorFailed` if there is none or its exit code is not 0."""
        if not self._undo:
            raise ConnectorFailed(
                self.cannot_revert(),
                advice=f"Take it back by hand, or write undo = [...] under [connectors.{self._name}].",
            )
        self._run(self._undo, act, "did not take it back")

    def cannot_revert(self) -> str:
        """Without an undo command."""
        return "" if self._undo else f"the connector '{self._name}' has no undo command"

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        """The exit code of `undo` is all there is."""
        return True

    def _run(self, command: Sequence[str], act: Act, failed: str) -> None:
        values = {"account": act.target.rpartition("|")[2], "token": act.arguments.get("token", "")}
        ran = run(command, values, timeout_s=self._timeout_s)
        if ran.code != 0:
            raise ConnectorFailed(
                f"the command of '{self._name}' {failed} (exit code {ran.code})",
                advice="Run it by hand to see what it says; Tocsin keeps none of its output.",
            )
