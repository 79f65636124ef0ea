"""Those who post to the door: one event a request at a steady rate, or blocks as fast as they are taken."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.live.region import Line

SENDERS = 24
"""Each waits for its answer, which comes with the next commit: so many keep the rate."""
FLOODING = 8
BLOCK = 50
_AGAIN_S = 0.05


def steadily(
    address: str, lines: Sequence[Line], *, rate: float, refused: Callable[[str], bool]
) -> tuple[dict[int, float], list[float]]:
    """Post one line after the other, a request each; lines of accounts that are `refused` by then never happen.

    Returns, by the place of the line, when its sender began to send it (seconds of the monotonic clock, which all
    processes of a machine share), and how many seconds each request took to its acknowledgement.
    """
    sent: dict[int, float] = {}
    took: list[float] = []
    began = time.monotonic()
    turn = threading.Lock()
    wanted = ((place, line) for place, line in enumerate(lines) if not refused(line.account))
    slots = enumerate(wanted)

    def send(_: int) -> None:
        connection = http.client.HTTPConnection(address, timeout=60)
        while True:
            with turn:
                slot, (place, line) = next(slots, (0, (-1, None)))
                if line is not None:
                    time.sleep(max(0.0, began + slot / rate - time.monotonic()))
            if line is None:
                break
            sent[place] = time.monotonic()
            while _status(connection, line.data, "application/fhir+json") != 201:
                time.sleep(_AGAIN_S)
            took.append(time.monotonic() - sent[place])
        connection.close()

    _together(send, range(SENDERS))
    return sent, took


def flood(address: str, lines: Sequence[Line]) -> int:
    """Post lines in blocks as fast as they are taken; how often a sender was told to come again."""
    again: list[int] = []

    def send(blocks: list[bytes]) -> None:
        connection = http.client.HTTPConnection(address, timeout=60)
        for block in blocks:
            while _status(connection, block, "application/fhir+ndjson") not in (200, 201):
                again.append(1)
                time.sleep(_AGAIN_S)
        connection.close()

    blocks = list(_blocks(lines))
    _together(send, [blocks[sender::FLOODING] for sender in range(FLOODING)])
    return len(again)


def _blocks(lines: Sequence[Line]) -> Iterator[bytes]:
    for start in range(0, len(lines), BLOCK):
        yield b"".join(line.data + b"\n" for line in lines[start : start + BLOCK])


def _status(connection: http.client.HTTPConnection, body: bytes, kind: str) -> int:
    connection.request("POST", "/trail/AuditEvent", body, {"Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _together(work: Callable[[Any], None], shares: Sequence[Any]) -> None:
    """Work on each share in a thread; raises what went wrong in one."""
    wrong: list[BaseException] = []

    def run(share: Any) -> None:
        try:
            work(share)
        except BaseException as problem:
            wrong.append(problem)

    threads = [threading.Thread(target=run, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
