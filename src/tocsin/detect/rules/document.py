"""YAML with the line of every key: one document, no anchors, no key twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import yaml

from tocsin.detect.rules.refused import RuleRefused

LONGEST: Final = 65_536
"""Letters of a file. A rule is a page, not a list of everybody."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where."""

    name: str
    """Name of the rule, for sentences."""
    data: dict[str, Any]
    lines: dict[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of a key; of the nearest key above it, if it has none of its own; else 0."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def read_document(name: str, text: str) -> Document:
    """Raises `RuleRefused` for what is no YAML mapping, or would be read otherwise than it looks."""
    if len(text) > LONGEST:
        raise RuleRefused(name, f"it has more than {LONGEST:,} letters")
    lines: dict[Path, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise RuleRefused(name, "anchors and aliases are not read", line=_line(event))
        node = loader.get_single_node()
        _walk(name, node, (), lines)
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 0
        raise RuleRefused(name, f"this is not one YAML document ({problem.problem})", line=line) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError, AttributeError) as problem:
        raise RuleRefused(name, f"this is no YAML ({type(problem).__name__})") from None
    if not isinstance(data, dict):
        raise RuleRefused(name, "this is not a YAML mapping of keys and values", line=1)
    return Document(name, data, lines)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _walk(name: str, node: Any, path: Path, lines: dict[Path, int]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for i, one in enumerate(node.value):
            lines[*path, i] = _line(one)
            _walk(name, one, (*path, i), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = _line(key)
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise RuleRefused(name, "a key is not a text", line=line)
            if (*path, key.value) in lines:
                raise RuleRefused(name, f"the key '{key.value}' is there twice: only the last would count", line=line)
            lines[*path, key.value] = line
            _walk(name, value, (*path, key.value), lines)
