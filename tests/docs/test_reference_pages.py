"""Reference pages are written by the code: they fail when they lie."""

from __future__ import annotations

import importlib.util
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.config import Settings
from tocsin.model.event import ACTIONS, ELEMENTS, REASONS, STORED_EVENT
from tocsin.model.fact import FACT, KINDS

DOCS = Path(__file__).parents[2] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["event.md", "fact.md", "settings.md"])
def test_the_page_says_what_the_code_says(name: str) -> None:
    page = (DOCS / "reference" / name).read_text("utf-8")
    assert page == generator().pages()[name], "run: python docs/generate.py"


def test_every_column_and_word_is_on_its_page() -> None:
    pages = generator().pages()
    for word in (*STORED_EVENT.names, *ACTIONS, *REASONS):
        assert f"`{word}`" in pages["event.md"], word
    for setting in fields(Settings):
        if setting.name not in ("ladder", "switched_off"):
            assert f"`{setting.name}`" in pages["settings.md"], f"{setting.name}: no text under it"
    for word in ELEMENTS:
        assert f"| {word} |" in pages["event.md"], word
    for word in (*FACT.names, *KINDS):
        assert f"`{word}`" in pages["fact.md"], word
