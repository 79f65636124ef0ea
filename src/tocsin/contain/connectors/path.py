"""Values of a SCIM resource at an attribute path (RFC 7644, 3.10): `userName`, `emails.value`, `urn:...:number`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def values_at(resource: Mapping[str, Any], path: str) -> list[str]:
    """Texts at a path; none where there is nothing. Names are compared without case, as SCIM does."""
    extension = next((key for key in resource if ":" in key and path.casefold().startswith(f"{key.casefold()}:")), None)
    if extension is not None:
        return values_at(resource[extension] or {}, path[len(extension) + 1 :])
    here: list[Any] = [resource]
    for name in path.split("."):
        here = [inner for one in here for inner in _inner(one, name)]
    return [str(one) for one in here if isinstance(one, str | int) and not isinstance(one, bool)]


def _inner(one: Any, name: str) -> list[Any]:
    if not isinstance(one, Mapping):
        return []
    found = next((value for key, value in one.items() if key.casefold() == name.casefold()), None)
    return found if isinstance(found, list) else [found]
