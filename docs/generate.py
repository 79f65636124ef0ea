"""Writes the reference pages that the code gives. `tests/docs` fails when a page and the code differ.

python docs/generate.py        writes docs/reference/event.md, fact.md and settings.md
"""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pyarrow as pa

from tocsin import config
from tocsin.explain.reasons import reasons
from tocsin.model import event, fact
from tocsin.model.rows import MICROSECONDS_A_DAY

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- Written by docs/generate.py from {source}: change the words there, then run it again. -->\n"


def pages() -> dict[str, str]:
    """File name -> text of every reference page that is written by the code."""
    return {"event.md": event_page(), "fact.md": fact_page(), "settings.md": settings_page()}


def event_page() -> str:
    """The page of the event's schema, its vocabularies and the reasons of `explained_by`."""
    elements = [(word, event.CATEGORY_OF[word], str(i)) for i, word in enumerate(event.ELEMENTS)]
    return "\n".join(
        [
            HEAD.format(source="src/tocsin/model/event.py"),
            "# The event",
            "",
            _first_paragraphs(event),
            "",
            "Collect writes the columns up to `length`; the fold adds `batch`, `explained_by` and `session`. Where a",
            "FHIR path is named, the source is an AuditEvent; what another format's mapping fills is in",
            "[Map a trail that is not FHIR](../how-to/map-your-own-trail.md). What the columns reveal:",
            "[threat model](../explanation/threat-model.md).",
            "",
            "## Columns",
            "",
            *_columns(event.STORED_EVENT, event.COLUMNS),
            "",
            "## Words of `action`",
            "",
            *_vocabulary(event, "ACTIONS"),
            "",
            "## Words of `outcome`",
            "",
            *_vocabulary(event, "OUTCOMES"),
            "",
            "## Words of `query_kind`",
            "",
            *_vocabulary(event, "QUERY_KINDS"),
            "",
            "## Bits of `elements`",
            "",
            "Bit i of the column. The coarser categories are those that declarations ask for.",
            "",
            *_table(("element", "category", "bit"), elements),
            "",
            "## Words of `explained_by`",
            "",
            "`unexplained`: nothing says so. `no-patient`: the row names no patient, there is nothing to explain. The",
            "others, with the days of margin around the period of the fact; `days` is how far back a colleague's",
            "touch counts, and from which day on one's own does:",
            "",
            *_table(("word", "before", "after", "days", "français", "English"), _reasons()),
            "",
        ]
    )


def fact_page() -> str:
    """The page of the fact's schema, its kinds and the table of persons."""
    return "\n".join(
        [
            HEAD.format(source="src/tocsin/model/fact.py"),
            "# The fact",
            "",
            _first_paragraphs(fact),
            "",
            "## Columns",
            "",
            *_columns(fact.FACT, fact.COLUMNS),
            "",
            "## Words of `kind`",
            "",
            *_vocabulary(fact, "KINDS"),
            "",
            "## Persons",
            "",
            _doc_of(fact, "PERSON"),
            "",
            *_table(("column", "type", "null"), [_typed(field) for field in fact.PERSON]),
            "",
        ]
    )


def settings_page() -> str:
    """The page of `tocsin.toml`: the words under each attribute of `config.Settings`."""
    default = config.Settings()
    words, of_rung = _words_under(config, "Settings"), _words_under(config, "RungSettings")
    plain = [
        (f"`{name}`", "none" if getattr(default, name) is None else f"`{getattr(default, name)}`", words[name])
        for name in words
        if name not in ("ladder", "switched_off")
    ]
    rungs = [
        (f"`[ladder.{name}]`", f"`{rung.budget:.5f}`".rstrip("0`") + "`", f"`{rung.hours:g}`")
        for name, rung in config.LADDER.items()
    ]
    return "\n".join(
        [
            HEAD.format(source="src/tocsin/config.py"),
            "# Settings",
            "",
            "`tocsin.toml` in the working folder, or the file that TOCSIN_CONFIG names. Everything has a default.",
            "",
            *_table(("key", "default", "what"), plain),
            "",
            "## `[explain]`",
            "",
            f"- `off`: {words['switched_off']}",
            "",
            "## The ladder",
            "",
            f"- `budget`: {of_rung['budget']}",
            f"- `hours`: {of_rung['hours']}",
            "",
            *_table(("table", "budget", "hours"), rungs),
            "",
        ]
    )


def _words_under(module: ModuleType, name: str) -> dict[str, str]:
    """Attribute of a class -> the text that stands under it."""
    for node in _source(module)[0].body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return {
                one.target.id: str(below.value.value)
                for one, below in pairwise(node.body)
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            }
    return {}


def _columns(schema: pa.Schema, words: dict[str, str]) -> list[str]:
    return _table(("column", "type", "null", "what"), [(*_typed(field), words[field.name]) for field in schema])


def _typed(field: pa.Field) -> tuple[str, str, str]:
    kind = field.type
    name = "dictionary of string" if pa.types.is_dictionary(kind) else str(kind)
    return f"`{field.name}`", name, "yes" if field.nullable else "no"


def _reasons() -> list[tuple[str, ...]]:
    rows = []
    for one in reasons().values():
        before, after = (str(margin // MICROSECONDS_A_DAY) for margin in (one.before_us, one.after_us))
        rows.append((f"`{one.name}`", before, after, str(one.days or ""), one.fr, one.en))
    return rows


def _vocabulary(module: ModuleType, name: str) -> list[str]:
    """The words of a tuple with the comment behind each, and its docstring."""
    words: tuple[str, ...] = getattr(module, name)
    comments = _comments(module)
    rows = [(f"`{word}`", comments.get((name, word), "")) for word in words]
    said = _doc_of(module, name)
    table = [f"- {word}{': ' if comment else ''}{comment}" for word, comment in rows]
    return [*([said, ""] if said else []), *table]


def _comments(module: ModuleType) -> dict[tuple[str, str], str]:
    """(assigned name, text) -> comment at the end of its line."""
    source, lines = _source(module)
    found = {}
    for node in source.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Tuple):
            for item in node.value.elts:
                if isinstance(item, ast.Constant) and item.end_col_offset is not None:
                    rest = lines[item.lineno - 1][item.end_col_offset :]
                    found[node.target.id, item.value] = rest.partition("#")[2].strip()
    return found


def _doc_of(module: ModuleType, name: str) -> str:
    """The text that stands under an assignment."""
    body = _source(module)[0].body
    for node, below in pairwise(body):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == name
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            return str(below.value.value)
    return ""


def _source(module: ModuleType) -> tuple[ast.Module, list[str]]:
    text = Path(str(module.__file__)).read_text("utf-8")
    return ast.parse(text), text.splitlines()


def _first_paragraphs(module: ModuleType) -> str:
    first, _, rest = (module.__doc__ or "").strip().partition("\n")
    return f"{first[0].upper()}{first[1:]}\n{rest}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(head), line(("---",) * len(head)), *map(line, rows)]


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")
