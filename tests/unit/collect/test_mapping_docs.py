"""The how-to is true: its mappings are read, and its sample lines are accepted under them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tocsin.collect.formats.csv import CsvParser
from tocsin.collect.formats.nginx import NginxParser
from tocsin.collect.mapping import NOT_RECORDED, read_mapping
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.model.block import Block

PAGE = (Path(__file__).parents[3] / "docs/how-to/map-your-own-trail.md").read_text(encoding="utf-8")
REFERENCES = KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("toml", blocks("toml"))
def test_the_mappings_of_the_page_are_read(toml: str) -> None:
    assert read_mapping(toml).format in ("nginx", "csv")


def test_the_access_log_of_the_page_is_accepted() -> None:
    mapping = read_mapping(next(toml for toml in blocks("toml") if "nginx" in toml))
    (sample,) = blocks("json")
    result = NginxParser(mapping).parse(Block(sample.encode(), -1, 0), source="page", references=REFERENCES)
    assert result.rejected == ()
    assert result.events["action"].to_pylist() == ["search", "read"]
    assert result.events["query_head"].to_pylist() == ["DUR", None]
    assert result.events["page"].to_pylist() == [2, 0]


def test_the_table_of_the_page_is_accepted() -> None:
    mapping = read_mapping(next(toml for toml in blocks("toml") if 'format = "csv"' in toml))
    (sample,) = blocks("csv")
    result = CsvParser(mapping).parse(Block(sample.encode("latin-1"), -1, 0), source="page", references=REFERENCES)
    assert result.rejected == ()
    assert result.events["action"].to_pylist() == ["search", "read", "sign-in"]
    assert result.events["outcome"].to_pylist() == ["success", "success", "failed-request"]


def test_the_page_tells_every_word_of_not_recorded() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*?) \|$", PAGE, re.MULTILINE))
    assert rows == NOT_RECORDED
