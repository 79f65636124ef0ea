"""Identities asked for when letters are written: a FHIR server, or a file of Patient resources. Tocsin keeps none.

A source is asked with what the vault gave, `(system, value)`, and answers with Patient resources as they stand there.
The identifiers go in the body of a POST (FHIR R4, 3.1.1.2.1): an address line would stay in the server's access logs.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import httpx2
import msgspec

from tocsin.errors import ConnectorFailed, SourceUnreadable

Identifier = tuple[str, str]
"""System and value, as the vault gives them; the system of a FHIR record's own id is `Patient`."""
Found = dict[Identifier, list[dict[str, Any]]]
"""Identifier -> the distinct Patient resources that bear it."""

BATCH: Final = 40
"""Identifiers in one question."""
_PAGES: Final = 20
"""Pages of one answer that are followed: 40 identifiers do not have more."""
_ATTEMPTS: Final = 2
_LARGEST: Final = 32 * 1024 * 1024
"""Bytes of one answer."""
_RECORD: Final = "Patient"


class Source(Protocol):
    """Where names and addresses are asked for."""

    def find(self, identifiers: Collection[Identifier]) -> Found:
        """The Patient resources that bear each identifier; none is left out of the keys.

        Raises `ConnectorFailed` or `SourceUnreadable` if not everybody could be asked for.
        """
        ...


class FileSource:
    """FHIR Patient NDJSON, a file or a folder of them (`Patient*.ndjson`, `.gz` too)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, identifiers: Collection[Identifier]) -> Found:
        """See `Source`. A line that is no Patient is passed over."""
        wanted: Found = {identifier: [] for identifier in identifiers}
        for line in self._lines():
            if b'"Patient"' in line:
                _file(_decoded(line), wanted)
        return wanted

    def _lines(self) -> Iterator[bytes]:
        try:
            if self._path.is_dir():
                files = sorted(one for end in ("", ".gz") for one in self._path.glob(f"Patient*.ndjson{end}"))
            else:
                files = [self._path]
            if not files:
                raise SourceUnreadable("the folder of identities holds no Patient*.ndjson", advice=_WHERE)
            for file in files:
                with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
                    yield from lines
        except (OSError, EOFError) as problem:
            raise SourceUnreadable(
                f"the file of identities cannot be read ({type(problem).__name__})", advice=_WHERE
            ) from None


class ServerSource:
    """A FHIR R4 server."""

    def __init__(self, url: str, *, secret: str = "", timeout_s: float = 10.0, transport: Any = None) -> None:
        """`secret`: its bearer token; `transport`: for tests."""
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/fhir+json"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
        self._timeout_s = timeout_s
        self._transport = transport

    def find(self, identifiers: Collection[Identifier]) -> Found:
        """See `Source`."""
        wanted: Found = {identifier: [] for identifier in identifiers}
        ids = sorted(value for system, value in wanted if _is_record(system))
        others = sorted((system, value) for system, value in wanted if not _is_record(system))
        with httpx2.Client(
            headers=self._headers, timeout=self._timeout_s, transport=self._transport, follow_redirects=False
        ) as client:
            for batch in _batches(ids):
                self._ask(client, {"_id": ",".join(_escaped(one) for one in batch)}, wanted)
            for pairs in _batches(others):
                terms = (f"{_escaped(system)}|{_escaped(value)}" for system, value in pairs)
                self._ask(client, {"identifier": ",".join(terms)}, wanted)
        return wanted

    def _ask(self, client: httpx2.Client, form: Mapping[str, str], wanted: Found) -> None:
        asked = {**form, "_count": "200"}
        bundle = self._answer(client, "POST", f"{self._url}/Patient/_search", data=asked)
        if bundle is None:  # the server knows no POST
            bundle = self._answer(client, "GET", f"{self._url}/Patient", params=asked)
        for _ in range(_PAGES):
            if bundle is None:
                raise _failed("it knows no search for patients")
            for entry in bundle.get("entry") or ():
                _file(entry.get("resource") if isinstance(entry, dict) else None, wanted)
            following = [one.get("url") for one in bundle.get("link") or () if one.get("relation") == "next"]
            if not following:
                return
            bundle = self._answer(client, "GET", self._same_server(following[0]))
        raise _failed("its answer has no end")

    def _same_server(self, address: object) -> str:
        """A page to follow: only at the server that is trusted with the secret."""
        if not isinstance(address, str) or httpx2.URL(address).host != httpx2.URL(self._url).host:
            raise _failed("it points to another server")
        if httpx2.URL(address).scheme != httpx2.URL(self._url).scheme:
            raise _failed("it points to another server")
        return address

    def _answer(self, client: httpx2.Client, method: str, address: str, **form: Any) -> dict[str, Any] | None:
        """The bundle; None if the server does not know this way of asking."""
        for attempt in range(_ATTEMPTS):
            try:
                answer = client.request(method, address, **form)
            except httpx2.HTTPError as problem:
                if attempt + 1 == _ATTEMPTS:
                    raise _failed(type(problem).__name__) from None
                continue
            if answer.status_code in (404, 405, 501) and method == "POST":
                return None
            if answer.status_code == 200:
                return _bundle(answer.content)
            if answer.status_code < 500 or attempt + 1 == _ATTEMPTS:
                raise _failed(f"status {answer.status_code}")
        return None


def _bundle(content: bytes) -> dict[str, Any]:
    told = _decoded(content) if len(content) <= _LARGEST else None
    if not isinstance(told, dict) or told.get("resourceType") != "Bundle":
        raise _failed("its answer is no Bundle")
    return told


def _file(resource: object, wanted: Found) -> None:
    """Put a resource with the identifiers it bears, once."""
    if not isinstance(resource, dict) or resource.get("resourceType") != _RECORD:
        return
    for identifier in _borne(resource):
        found = wanted.get(identifier)
        if found is not None and all(one.get("id") != resource.get("id") for one in found):
            found.append(resource)


def _borne(resource: Mapping[str, Any]) -> Iterator[Identifier]:
    own = resource.get("id")
    if isinstance(own, str):
        yield (_RECORD, own)
        yield ("", own)
    listed = resource.get("identifier")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("value"), str) and one.get("use") != "old":
            yield (str(one.get("system") or ""), one["value"])


def _decoded(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _is_record(system: str) -> bool:
    return system in (_RECORD, "")


def _escaped(text: str) -> str:
    """FHIR R4, 3.1.1.4.0.1: what separates must be escaped in a value."""
    return "".join("\\" + one if one in "\\,|$" else one for one in text)


def _batches(items: list[Any]) -> Iterable[list[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


_WHERE: Final = "Check `file` under [identities] in tocsin.toml."


def _failed(what: str) -> ConnectorFailed:
    return ConnectorFailed(
        f"the identity server did not answer as it should ({what})",
        done="Nobody's name was learned; no letter was written.",
        advice="Check [identities] in tocsin.toml, then run the command again.",
    )
