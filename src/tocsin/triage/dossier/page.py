"""The dossier as one page of HTML: nothing is loaded from elsewhere, nothing runs, everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tocsin.errors import TocsinError

TEMPLATE: Final = Path(__file__).with_name("dossier.typ")
"""The same for the typesetter."""


def page(data: Mapping[str, Any]) -> str:
    """The page of a dossier's data. Raises `TocsinError` where Jinja2 is not installed."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise TocsinError(
            "Jinja2 is not installed: no page can be made",
            advice="Install Tocsin with its documents: tocsin[documents].",
        ) from None
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("dossier.html").render(**data)
