"""The outbox: alerts on their way from the judge to the actor and to whoever asks, one fsynced line each.

A line is written once for each alert, also if its batch is folded again after a stop. The actor keeps how far it has
read in a file of its own and may be told an alert twice, never none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tocsin.config import Settings
from tocsin.errors import StoreUnavailable
from tocsin.ledger.disk import clear_error
from tocsin.main.tables import alert_from, alert_id
from tocsin.model.alert import Alert

FILE: Final = "alerts.jsonl"
KNOWN: Final = "known"
"""Key of a line that lists alerts which need no telling: they were there before anybody served."""


def serve_folder(settings: Settings) -> Path:
    """Where the processes keep what they tell one another."""
    return settings.state / "serve"


def outbox_path(settings: Settings) -> Path:
    """The outbox's file."""
    return serve_folder(settings) / FILE


def key_of(alert: Alert) -> str:
    """What tells alerts apart: two accounts may climb in one instant."""
    return f"{alert_id(alert)} {alert.account}"


class Outbox:
    """The outbox in the hands of the judge."""

    def __init__(self, path: Path) -> None:
        """Open or create it; a torn last line, which nobody was told, goes."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.is_new = not path.exists()
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            size = os.fstat(self._descriptor).st_size
            lines, end = _lines(path, 0)
            if end < size:
                os.ftruncate(self._descriptor, end)
        except OSError as error:
            raise clear_error(error) from error
        self._keys = {key for line in lines for key in _keys_of(line)}
        self._end = end

    def tell(self, batch: int, alerts: Iterable[Alert], **when: Any) -> int:
        """Write the alerts that were not told yet; returns, when they are on disk, how many.

        `when`: what the timings say, on each line. Raises `DiskFull`; then none was told.
        """
        new = [alert for alert in alerts if key_of(alert) not in self._keys]
        lines = [{"alert": alert_id(alert), "batch": batch, "when": when, "data": asdict(alert)} for alert in new]
        self._write(lines)
        self._keys.update(map(key_of, new))
        return len(new)

    def hear(self, batch: int, alerts: list[Alert]) -> None:
        """Alerts of a batch that was not folded as it came: see `main.region.Heard`."""
        self.tell(batch, alerts)

    def know(self, alerts: Iterable[Alert]) -> None:
        """These need no telling."""
        keys = [key for key in map(key_of, alerts) if key not in self._keys]
        if keys:
            self._write([{KNOWN: keys}])
            self._keys.update(keys)

    def has(self, alert: Alert) -> bool:
        """Whether it was told, or needs no telling."""
        return key_of(alert) in self._keys

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _write(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        data = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        try:
            written = os.write(self._descriptor, data)
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, self._end)
            raise clear_error(error) from error
        self._end += len(data)


def told(path: Path, offset: int = 0) -> tuple[list[tuple[Alert, dict[str, Any]]], int]:
    """(alert, its line) of the lines from a byte on, and where the last whole line ends."""
    lines, end = _lines(path, offset)
    return [(alert_in(line), line) for line in lines if "data" in line], end


def fresh_alerts(settings: Settings, *, folded: int) -> list[Alert]:
    """Alerts of batches after `folded`, which parts up to that batch do not hold."""
    return [alert for alert, line in told(outbox_path(settings))[0] if line["batch"] > folded]


def alert_in(line: dict[str, Any]) -> Alert:
    """The alert of a line."""
    data = dict(line["data"])
    if data.pop("reasons", None) is not None:  # told by an earlier Tocsin: sentences, not read here
        data |= {"grounds": (), "families": ()}
    return alert_from(data)


def _keys_of(line: dict[str, Any]) -> Iterator[str]:
    if "data" in line:
        yield key_of(alert_in(line))
    else:
        yield from line.get(KNOWN, ())


def _lines(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return [], offset
    except OSError as error:
        raise StoreUnavailable(f"the alerts that were told cannot be read ({error.strerror})") from None
    whole = data[: data.rfind(b"\n") + 1]
    try:
        return [json.loads(line) for line in whole.splitlines()], offset + len(whole)
    except ValueError:
        raise StoreUnavailable(
            "the file of alerts that were told is damaged",
            advice=f"Move state/serve/{FILE} away; alerts themselves are safe.",
        ) from None
