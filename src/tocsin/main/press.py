"""The press: letters -> files for the printer, through an act, so that a stop at any moment prints nothing twice.

One folder a lot: a PDF for each letter, one file of them all, a manifest without any identity, and the list of those
who wait for a human. Folder 0700, files 0600: these files are the only place outside the door where names stand.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from tocsin import wiring
from tocsin.door.files import make_private, put, sync_folder, told_of
from tocsin.errors import ConnectorFailed, StoreUnavailable
from tocsin.model.act import Act
from tocsin.notify.letter import Letter
from tocsin.notify.manifest import Printed, csv_of, json_of

KIND: Final = "print-letters"
BY: Final = "printer"
"""Name of the connector, as in `Act.by`."""
MERGED: Final = "a-imprimer.pdf"
MANIFEST: Final = "manifest.json"
SHEET: Final = "manifest.csv"
QUEUE: Final = "file-d-attente.json"
TEMPLATE: Final = Path(__file__).parents[1] / "notify" / "identite_vue" / "letter.typ"

TOGETHER: Final = 40
"""Letters typeset at once for the merged file: more take longer each."""
THREADS: Final = 2
"""The typesetter leaves the interpreter free while it works."""

Heard = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Lot:
    """What one act prints."""

    letters: Sequence[Letter]
    made_on: date
    author: str
    queue: Sequence[Mapping[str, Any]]
    """Who waits for a human: reference and reason."""
    about: Mapping[str, Any]
    """What the manifest says of all letters; no identity."""


class Press:
    """Implements `acts.connector.Connector` for `print-letters`."""

    def __init__(self, lots: Mapping[str, Lot], *, done: Callable[[str], None], heard: Heard) -> None:
        """`lots`: act -> what it prints, for those whose identities are at hand; `done`: called with an act's id once
        its letters are on the disk."""
        self._lots = lots
        self._done = done
        self._heard = heard

    def before(self, act: Act) -> dict[str, Any]:
        """Nothing to bring back: see `Connector`."""
        return {}

    def apply(self, act: Act) -> None:
        """Write the lot. Raises `ConnectorFailed` where the identities are not at hand."""
        lot = self._lots.get(act.id)
        if lot is None:
            raise ConnectorFailed(
                "letters need names and addresses, and nobody asked for them",
                advice="Run `tocsin notify INCIDENT --write --who NAME --reason TEXT`: it carries on where it stopped.",
            )
        try:
            print_lot(lot, Path(act.arguments["folder"]), self._heard)
        except StoreUnavailable as problem:
            raise ConnectorFailed(problem.failed, advice=problem.advice) from None
        self._done(act.id)

    def verify(self, act: Act) -> dict[str, Any]:
        """Read every file back: hashes and pages."""
        return read_back(Path(act.arguments["folder"]))

    def revert(self, act: Act, before: Mapping[str, Any]) -> None:
        """What was printed cannot be unprinted."""
        raise ConnectorFailed("letters cannot be taken back")

    def cannot_revert(self) -> str:
        """It cannot."""
        return "what was written stays written"

    def verify_reverted(self, act: Act, before: Mapping[str, Any]) -> bool:
        """Never: see `revert`."""
        return False


def print_lot(lot: Lot, folder: Path, heard: Heard) -> None:
    """Write the files of a lot. The same lot gives the same bytes."""
    for place in (folder.parent, folder):
        make_private(place)
    printed = _print_each(lot, folder, heard)
    kept = {MERGED, MANIFEST, SHEET, QUEUE, *(one.file for one in printed)}
    for stray in folder.glob("*.pdf"):  # of an earlier attempt that had other addresses
        if stray.name not in kept:
            stray.unlink()
    merged = _merge(lot, heard)
    put(folder / MERGED, merged)
    put(folder / QUEUE, _json({"count": len(lot.queue), "people": list(lot.queue)}))
    put(folder / SHEET, csv_of(printed))
    about = {**lot.about, "merged": MERGED, "merged_sha256": _sha256(merged)}
    put(folder / MANIFEST, _json(json_of(printed, **about)))


def read_back(folder: Path) -> dict[str, Any]:
    """What is there: `done` if every file is as the manifest says, with letters, pages and the manifest's hash."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        told = json.loads(manifest)
        merged = (folder / MERGED).read_bytes()
        wrong = [one for one in told["letters"] if not _is_as_told(folder, one)]
        if wrong or _sha256(merged) != told["merged_sha256"] or pages_of(merged) != told["pages"]:
            return {"state": "alive", "how": f"letters that are not as the manifest says: {len(wrong)}"}
    except (OSError, ValueError, KeyError, TypeError):
        return {"state": "alive", "how": "no manifest"}
    return {
        "state": "done",
        "how": "read back: hashes and pages",
        "letters": told["count"],
        "pages": told["pages"],
        "manifest_sha256": _sha256(manifest),
    }


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF has; 0 if it is none."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        return 0
    try:
        return len(document)
    finally:
        document.close()


def _is_as_told(folder: Path, told: Mapping[str, Any]) -> bool:
    data = (folder / Path(told["file"]).name).read_bytes()
    return _sha256(data) == told["sha256"] and pages_of(data) == told["pages"]


def _print_each(lot: Lot, folder: Path, heard: Heard) -> list[Printed]:
    """One file for each letter, in their order."""
    printed: list[Printed] = []
    first = 1
    for number, (letter, pdf) in enumerate(
        zip(lot.letters, _typeset(lot, ([one] for one in lot.letters)), strict=True), 1
    ):
        pages = pages_of(pdf)
        one = Printed(
            number=number,
            reference=letter.reference,
            file=f"{number:06d}-{letter.reference}.pdf",
            first_page=first,
            pages=pages,
            sha256=_sha256(pdf),
        )
        _write(folder / one.file, pdf)
        printed.append(one)
        first += pages
        heard("letters", number, 2 * len(lot.letters))
    _sync(folder / one.file for one in printed)
    sync_folder(folder)
    return printed


def _merge(lot: Lot, heard: Heard) -> bytes:
    """All letters in one file: as typeset where they fit in one go (tagged), else joined for the printer (not)."""
    groups = [lot.letters[start : start + TOGETHER] for start in range(0, len(lot.letters), TOGETHER)]
    if len(groups) == 1:
        return next(iter(_typeset(lot, groups)))
    import pypdfium2

    joined = pypdfium2.PdfDocument.new()
    for number, pdf in enumerate(_typeset(lot, groups), 1):
        part = pypdfium2.PdfDocument(pdf)
        joined.import_pages(part)
        part.close()
        heard("letters", len(lot.letters) + min(number * TOGETHER, len(lot.letters)), 2 * len(lot.letters))
    sink = io.BytesIO()
    joined.save(sink)
    joined.close()
    return sink.getvalue()


def _typeset(lot: Lot, groups: Iterable[Sequence[Letter]]) -> Iterable[bytes]:
    """A PDF for each group, in their order; every thread has a typesetter of its own."""
    mine = threading.local()

    def pdf(group: Sequence[Letter]) -> bytes:
        if not hasattr(mine, "typeset"):
            mine.typeset = wiring.typesetter()
        title = group[0].title if len(group) == 1 else "Lettres à imprimer"
        data = {
            "title": title,
            "author": lot.author,
            "made_at": f"{lot.made_on.isoformat()}T00:00:00+00:00",
            "letters": [letter.data() for letter in group],
        }
        return mine.typeset(TEMPLATE, data)

    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(pdf, groups)


def _write(path: Path, data: bytes) -> None:
    """A private file under its name; what it holds is synced later, all at once."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
        unfinished.replace(path)
    except OSError as error:
        raise told_of(error, path) from error


def _sync(paths: Iterable[Path]) -> None:
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _json(told: Any) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
