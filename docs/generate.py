"""Writes the reference pages that the code gives. `tests/docs` fails when a page and the code differ.

make docs        writes docs/reference/event.md, fact.md, settings.md, commands.md, detectors.md, rules.md, a page
                 a detector,
                 and the tables in trail.md, whose words are written by hand

python docs/generate.py session    gives the commands in README.md again and puts in what they say now
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import detector_pages
import pyarrow as pa
from cyclopts import App

from tocsin import cli, config, errors
from tocsin.collect.directory.resources import AnyResource
from tocsin.collect.formats import fhir_action, names
from tocsin.collect.formats.fhir import PRECEDENCE
from tocsin.collect.rows import OPERATIONS
from tocsin.config import sections
from tocsin.detect.rules import reading, values
from tocsin.explain.reasons import reasons
from tocsin.main import shelved_rules
from tocsin.model import condition, event, fact
from tocsin.model.rows import MICROSECONDS_A_DAY

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- Written by docs/generate.py from {source}: change the words there, then run it again. -->\n"


def pages() -> dict[str, str]:
    """File name -> text of every reference page that is written by the code."""
    return {
        "event.md": event_page(),
        "fact.md": fact_page(),
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "detectors.md": detector_pages.index(_table),
        **{f"detectors/{name}.md": page for name, page in detector_pages.pages(_table).items()},
        "rules.md": rules_page(),
        "trail.md": trail_page(),
    }


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
            "touch counts, and for how long after the last access one's own does:",
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
        if name not in ("ladder", "switched_off", *_SECTIONS, *_SECTIONS_BY_NAME)
    ]
    rungs = [
        (f"`[ladder.{name}]`", f"`{rung.budget:.5f}`".rstrip("0`") + "`", f"`{rung.hours:g}`")
        for name, rung in config.LADDER.items()
    ]
    return "\n".join(
        [
            HEAD.format(source="src/tocsin/config"),
            "# Settings",
            "",
            "`tocsin.toml` in the working folder, or the file that TOCSIN_CONFIG names. Everything has a default.",
            "",
            *_table(("key", "default", "what"), plain),
            "",
            "## `[explanations]`",
            "",
            "`NAME = false` switches an explanation off: it makes nothing expected from then on. Names: "
            + ", ".join(f"`{name}`" for name in reasons())
            + ".",
            "",
            "Margins and explanations of your own: [below](#explanationsname). `tocsin explanations` lists them with",
            "what each carried. A change is kept in the ledger as one of the ladder is.",
            "",
            "## The ladder",
            "",
            f"- `budget`: {of_rung['budget']}",
            f"- `hours`: {of_rung['hours']}",
            "",
            *_table(("table", "budget", "hours"), rungs),
            "",
            "A change of the ladder is kept in the ledger when the next command opens the state to write, so that",
            "`tocsin rebuild` judges every batch by the ladder of its time.",
            "",
            *_sections(),
            "## A whole `tocsin.toml`",
            "",
            "Every key of the judge, with its default (`key_file` has none).",
            "",
            "```toml",
            *_example(default, words),
            "```",
            "",
            "## The environment",
            "",
            *_table(("variable", "what"), list(_ENVIRONMENT.items())),
            "",
            "A variable beats the file; an option of a command (`--state`) beats both.",
            "",
        ]
    )


_SECTIONS = {
    "organisation": sections.Organisation,
    "contain": sections.Containment,
    "identities": sections.Identities,
    "countries": sections.Countries,
    "share": sections.Sharing,
    "rules": sections.Rules,
    "serve": sections.Serving,
}
_SECTIONS_BY_NAME = {
    "connectors": sections.Connector,
    "explanations": sections.Explanation,
    "probes": sections.Probe,
}


def _sections() -> list[str]:
    """A heading and a table for each table of settings."""
    lines: list[str] = []
    for name, cls in {**_SECTIONS, **_SECTIONS_BY_NAME}.items():
        words = _words_under(sections, cls.__name__)
        shown = [(f"`{field.name}`", _default(field), words[field.name]) for field in fields(cls)]
        about = " ".join((cls.__doc__ or "").split())
        shape = f"{name}.NAME" if name in _SECTIONS_BY_NAME else name
        lines += [f"## `[{shape}]`", "", about, "", *_table(("key", "default", "what"), shown), ""]
    return lines


def _default(field: Any) -> str:
    if field.default is MISSING:
        return "must be given"
    if field.default in ("", None, ()):
        return "none"
    return f"`{json.dumps(field.default)}`"


_ENVIRONMENT = {
    "`TOCSIN_CONFIG`": "The settings file, instead of `tocsin.toml` in the working folder. It must exist.",
    "`TOCSIN_STATE`": "As `state`.",
    "`TOCSIN_KEY_FILE`": "As `key_file`.",
}


def _example(default: config.Settings, words: Mapping[str, str]) -> list[str]:
    """A settings file that says everything."""
    lines = []
    for name in words:
        if name in ("ladder", "switched_off", *_SECTIONS, *_SECTIONS_BY_NAME):
            continue
        value = getattr(default, name)
        shown = "/etc/tocsin/key" if name == "key_file" else value
        lines += [f"# {words[name]}", f"{name} = {shown}" if isinstance(shown, int) else f'{name} = "{shown}"', ""]
    lines += ["[explanations]", "# colleague = false"]
    for rung, one in config.LADDER.items():
        lines += ["", f"[ladder.{rung}]", f"budget = {one.budget:.5f}".rstrip("0"), f"hours = {one.hours:g}"]
    return lines


def commands_page() -> str:
    """The page of every command, argument and option, from the signatures and docstrings of `cli/`."""
    lines = [
        HEAD.format(source="src/tocsin/cli"),
        "# Commands",
        "",
        "`tocsin COMMAND --help` says the same. In a checkout the command is `.venv/bin/tocsin`.",
        "",
        "## Exit codes",
        "",
        *_table(("code", "error", "when"), list(_exit_codes())),
        "",
        "An error is one line on standard error: what failed, what was done already, what to do. It names no identity.",
        "",
    ]
    for name, command in _commands(cli.app):
        lines += [f"## {name}", "", *_prose(command), *_options(command), ""]
    return "\n".join(lines)


def _exit_codes() -> Iterator[tuple[str, str, str]]:
    yield "`0`", "", "Done. (`verify`: all sound; `doctor`: fit.)"
    for error in (errors.TocsinError, *errors.TocsinError.__subclasses__()):
        yield f"`{error.exit_code}`", f"`{error.__name__}`", (error.__doc__ or "").split("\n")[0]


def _commands(app: App, prefix: str = "tocsin") -> Iterator[tuple[str, App]]:
    """(what is typed, command), in the order of their groups, then as they are written."""
    for name in app:
        if not name.startswith("-"):
            command = app[name]
            if command.default_command is None:
                yield from _commands(command, f"{prefix} {name}")
            else:
                yield f"{prefix} {name}", command


def _prose(command: App) -> list[str]:
    """The docstring up to its parameters."""
    text = (command.default_command.__doc__ or "").partition("Parameters\n")[0]
    return [line.strip() for line in text.strip().splitlines()] + [""]


def _options(command: App) -> list[str]:
    rows = []
    for one in command.assemble_argument_collection(parse_docstring=True):
        positional = one.field_info.is_positional
        name = one.names[0].removeprefix("--").upper() if positional else one.names[0]
        value = "" if positional or not one.token_count()[0] else f" {_kind(one.hint)}"
        nothing = one.required or one.field_info.default in (None, False, inspect.Parameter.empty)
        default = "" if nothing else f"`{one.field_info.default}`"
        rows.append((f"`{name}{value}`", "required" if one.required else default, one.parameter.help or ""))
    return _table(("", "default", "what"), rows)


def _kind(hint: Any) -> str:
    """PATH, DATE, TIME or TEXT."""
    text = str(hint)
    return next((word for part, word in (("Path", "PATH"), ("datetime.datetime", "TIME"), ("date", "DATE"))
                 if part in text), "TEXT")  # fmt: skip


def _lowered(text: str) -> str:
    text = text.strip()
    return text[:1].lower() + text[1:]


def rules_page() -> str:
    """Fields, modifiers and the rules that ship."""
    fields_ = [
        (
            f"`{name}`",
            field.kind,
            field.what or event.COLUMNS[name],
            "" if field.absent is None else f"`{field.absent}`",
        )
        for name, field in condition.FIELDS.items()
    ]
    shelf = shelved_rules.read_shelf(config.Settings())
    lines = [
        HEAD.format(source="src/tocsin/model/condition.py, src/tocsin/detect/rules and src/tocsin/rules"),
        "# Rules",
        "",
        "How to write, test and count one: [rules as code](../how-to/rules.md). Accepted is exactly",
        f"`logsource: {{product: {reading.PRODUCT}, category: {reading.CATEGORY}}}`, one rule a file, about one event.",
        "",
        "## Fields",
        "",
        *_table(("field", "kind", "what", "absent where the column says"), fields_),
        "",
        "A `word` is one of a closed list, an `elements` value one of the event's elements: see [the event](event.md).",
        "A `key` is a keyed number of 64 bits, in quotes, equal or not.",
        "",
        "Columns that no rule may name:",
        "",
        *_table(("column", "why"), [(f"`{name}`", why) for name, why in condition.REFUSED.items()]),
        "",
        "## Modifiers",
        "",
        *_table(("modifier", "for"), [(f"`{name}`", ", ".join(kinds)) for name, kinds in values.MODIFIERS.items()]),
        "",
        "One at a time, `all` beside it. `cidr` is for `address` alone. `exists` takes true or false.",
        "",
        "## The rules that ship",
        "",
    ]
    for one in shelf.every():
        rule = one.rule
        lines += [
            f"### {rule.name}",
            "",
            f"**{rule.title}** ({rule.level}) · *{rule.title_fr}*",
            "",
            rule.description,
            "",
            *(f"- also looks like this: {words}" for words in rule.falsepositives),
            *(f"- source: {words}" for words in rule.references),
            "",
        ]
    return "\n".join(lines)


def trail_page() -> str:
    """The page of the trail: its words stand in the file, its tables come from the code."""
    page = (REFERENCE / "trail.md").read_text("utf-8")
    codes = [(title, _by_action(table)) for title, table in _CODES]
    rejections = {word: line for line, word in enumerate(PRECEDENCE)}
    tables = {
        "resources": [f"`{kind.__struct_config__.tag}`: {_lowered((kind.__doc__ or '').strip())}" for kind in _kinds()],
        "elements": _table(("resource", "elements"), list(_elements())),
        "precedence": [" → ".join(f"`{word}`" for word in rejections)],
        "operations": _table(("action", "operations"), list(_by_action(OPERATIONS))),
        "actions": [
            line for title, rows in codes for line in (f"*{title}*", "", *_table(("action", "codes"), rows), "")
        ],
    }
    tables["resources"] = [f"- {line}" for line in tables["resources"]]

    def filled(found: re.Match[str]) -> str:
        return f"<!-- from the code: {found[1]} -->\n" + "\n".join(tables[found[1]]).rstrip() + "\n<!-- end -->"

    return re.sub(r"<!-- from the code: (\S+) -->\n.*?<!-- end -->", filled, page, flags=re.DOTALL)


_CODES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("HL7 restful-interaction", fhir_action._REST),
    ("DICOM audit codes", fhir_action._DICOM),
    ("ISO 21089 life cycle", fhir_action._LIFECYCLE),
    ("IHE transactions", fhir_action._IHE),
    ("the letter of `action`", fhir_action._LETTER),
)


def _by_action(table: Mapping[str, str]) -> list[tuple[str, ...]]:
    """(action, its codes), as the table has them."""
    return [
        (f"`{action}`" if action != fhir_action._BY_ACTION else "as the letter of `action` says", " ".join(
            f"`{code}`" for code, of in table.items() if of == action))
        for action in dict.fromkeys(table.values())
    ]  # fmt: skip


def _kinds() -> Iterable[Any]:
    kinds: tuple[Any, ...] = AnyResource.__args__
    return kinds


def _elements() -> Iterator[tuple[str, ...]]:
    table = names.ELEMENTS_OF_RESOURCE
    for bits in dict.fromkeys(table.values()):
        kinds = " ".join(f"`{kind}`" for kind, of in table.items() if of == bits)
        yield kinds, ", ".join(event.elements_of(bits))


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


def session(readme: str, root: Path) -> str:
    """The text of a README with every `$ command` of its console blocks given again.

    Where the old answer is cut by a line `...`, the new one is cut alike: as many lines before it, as many after.
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path}
    where = str(root)

    def again(found: re.Match[str]) -> str:
        nonlocal where
        command, old = found[1], found[2]
        there = f'{command}\nprintf "\\0%s" "$PWD"'  # the next command is given where this one went
        run = subprocess.run(["bash", "-c", there], cwd=where, env=environ, capture_output=True, text=True, check=False)
        said, _, where = run.stdout.rpartition("\0")
        new = [line.rstrip() for line in said.strip("\n").splitlines()]
        if "...\n" in old:
            head, _, tail = (part.count("\n") for part in old.partition("...\n"))
            new = [*new[:head], "...", *new[len(new) - tail :]]
        return f"$ {command}\n" + "".join(f"{line}\n" for line in new)

    def block(found: re.Match[str]) -> str:
        return re.sub(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", again, found[0][11:-3], flags=re.MULTILINE).join(
            ("```console\n", "```")
        )

    return re.sub(r"```console\n.*?```", block, readme, flags=re.DOTALL)


if __name__ == "__main__":
    if sys.argv[1:] == ["session"]:
        README = REFERENCE.parents[1] / "README.md"
        README.write_text(session(README.read_text("utf-8"), README.parent), "utf-8")
    else:
        for name, text in pages().items():
            (REFERENCE / name).parent.mkdir(exist_ok=True)
            (REFERENCE / name).write_text(text, "utf-8")
