"""What pages tell people to type can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App, CycloptsError

import tocsin_range.cli
from docs.pages import DOCS, PAGES, README, REFERENCE, ROOT, blocks, name_of
from tocsin import cli

APPS = {"tocsin": cli.app, "tocsin-range": tocsin_range.cli.app}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
ENDS = ("|", ";", "&&")
PREFIX = re.compile(r"sudo|flock|-u|-\S+|\S+/lock|[A-Z_]+=.*|tocsin(?=$)")
"""What may stand before a program: another user, a lock that is held, variables."""
ELSEWHERE = {"--data", "--live-colleagues", "--seeds"}
"""Options of benchmarks."""
COMMANDS_PAGE = (REFERENCE / "commands.md").read_text("utf-8")


def typed(page: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(program, arguments) of each call of one of ours in the shell blocks of a page."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    lines += [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]
    for line in lines:
        one: list[str] = []
        for word in [*shlex.split(line, comments=True), ";"]:
            if word not in ENDS:
                one.append(word)
                continue
            if (found := ours(one)) is not None:
                yield found
            one = []


def ours(words: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """The call without what stands before it and without a redirection."""
    if words and words[0] in ("sudo", "flock"):
        words = words[next((i for i, word in enumerate(words) if not PREFIX.fullmatch(word)), len(words)) :]
    words = [word for word in words if "=" not in word.partition("/")[0] or word.startswith("-")]
    if not words or (program := words[0].rpartition("/")[2]) not in (*APPS, "make"):
        return None
    return program, tuple(words[1 : words.index(">")] if ">" in words else words[1:])


CALLS = [(name_of(page), *call) for page in PAGES for call in typed(page)]


def leaves(app: App, prefix: str) -> Iterator[tuple[str, App]]:
    """(what is typed, command) of each command."""
    for name in app:
        if not name.startswith("-"):
            command = app[name]
            if command.default_command is None:
                yield from leaves(command, f"{prefix} {name}")
            else:
                yield f"{prefix} {name}", command


COMMANDS = dict(leaves(cli.app, "tocsin"))


@pytest.mark.parametrize(
    ("page", "program", "arguments"), CALLS, ids=[f"{page}: {call} {' '.join(rest)}" for page, call, rest in CALLS]
)
def test_a_command_of_a_page_can_be_typed(page: str, program: str, arguments: tuple[str, ...]) -> None:
    if program == "make":
        assert [word for word in arguments if word in TARGETS], "no such target"
    elif arguments not in (("--help",), ("--version",)):
        try:
            APPS[program].parse_args(list(arguments), exit_on_error=False, print_error=False)
        except CycloptsError as error:
            pytest.fail(str(error))


def test_every_page_that_should_tell_commands_does() -> None:
    told = {page for page, program, _ in CALLS if program == "tocsin"}
    assert told >= {"README.md", "docs/tutorial/first-hour.md", "docs/how-to/install.md", "docs/how-to/calibrate.md"}
    assert ("docs/how-to/install.md", "tocsin", ("doctor",)) in CALLS
    assert ("docs/tutorial/first-hour.md", "make", ("demo",)) in CALLS


def test_the_two_commands_stand_in_the_readme() -> None:
    page = README.read_text("utf-8")
    for target in ("demo", "test"):
        assert f"    make {target} " in page
        assert target in TARGETS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_documented(command: str) -> None:
    section = COMMANDS_PAGE.partition(f"## {command}\n")[2].partition("\n## ")[0]
    assert section, command
    for one in COMMANDS[command].assemble_argument_collection(parse_docstring=True):
        name = one.names[0]
        shown = name.removeprefix("--").upper() if one.field_info.is_positional else name
        assert f"| `{shown}" in section, name


@pytest.mark.parametrize("page", [README, *sorted(DOCS.rglob("*.md"))], ids=name_of)
def test_what_is_named_in_passing_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for named in re.findall(r"`tocsin ((?:collect |rules )?[a-z]+)", text):
        assert f"tocsin {named}" in {*COMMANDS, "tocsin serve", "tocsin collect", "tocsin rules"}, named
    for option in re.findall(r"`(--[a-z-]+)", text):
        assert f"`{option}" in COMMANDS_PAGE or option in ELSEWHERE, option
