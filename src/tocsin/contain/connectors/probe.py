"""A probe asks one service whether an account still lives there: it prints `dead`, `alive` or `unknown`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tocsin.contain.connectors.running import run
from tocsin.errors import ConnectorFailed
from tocsin.model.act import Act

ANSWERS: Final = ("dead", "alive", "unknown")


class Probe:
    """Carries out `prove-dead`: it has no effect. Whatever is not one of the three words is `unknown`."""

    def __init__(self, service: str, command: Sequence[str], *, timeout_s: float = 10) -> None:
        self._service = service
        self._command = tuple(command)
        self._timeout_s = timeout_s

    def before(self, act: Act) -> dict[str, Any]:
        """Nothing is changed."""
        return {}

    def apply(self, act: Act) -> None:
        """Nothing is changed."""

    def verify(self, act: Act) -> dict[str, Any]:
        """Ask the service."""
        values = {"account": act.target, "token": act.arguments.get("token", "")}
        told = {"service": self._service}
        try:
            ran = run(self._command, values, timeout_s=self._timeout_s)
        except ConnectorFailed as problem:
            return {**told, "state": "unknown", "how": str(problem)}
        if ran.code != 0:
            return {**told, "state": "unknown", "how": f"the probe ended with {ran.code}"}
        said = ran.output.decode("ascii", "replace").strip()
        if said not in ANSWERS:
            return {**told, "state": "unknown", "how": "the probe said none of dead, alive, unknown"}
        return {**told, "state": said, "how": "the service was asked by its probe"}

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        """Nothing was changed."""

    def cannot_revert(self) -> str:
        """It can."""
        return ""

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        """Nothing was changed."""
        return True
