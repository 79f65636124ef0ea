"""The path of a request as the application sees it, whatever way it was spelt.

Patterns are matched against the decoded path: `/patients/%31%32`, `//patients/./12` and `/x/../patients/12` open
patient 12 like `/patients/12` does, and a thief may spell them so. From: RFC 3986, 5.2.4 and 6.2.2.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit


def split_target(target: str) -> tuple[str, str]:
    """A request's target -> decoded path and raw query. Takes `/a?b`, `https://host/a?b` and `GET /a?b HTTP/1.1`."""
    if " " in target:
        target = next((part for part in target.split(" ") if "/" in part), target)
    if not target.startswith("/") and "://" in target:
        try:
            parts = urlsplit(target)
        except ValueError:
            return target, ""
        return normal_path(parts.path), parts.query
    path, _, query = target.partition("?")
    return normal_path(path), query.partition("#")[0]


def normal_path(path: str) -> str:
    """The path without escapes, doubled slashes and dot segments; a slash at the end is dropped."""
    if "%" not in path and "//" not in path and "/." not in path and ";" not in path:
        return path.rstrip("/") or "/"
    out: list[str] = []
    for segment in unquote(path).partition("#")[0].split("/"):
        if segment == "..":
            del out[-1:]
        elif segment not in ("", "."):
            out.append(segment.partition(";")[0])  # `;jsessionid=...` and other path parameters
    return "/" + "/".join(out)


def segments_of(path: str) -> list[str]:
    """The parts of a normal path."""
    return [segment for segment in path.split("/") if segment]
