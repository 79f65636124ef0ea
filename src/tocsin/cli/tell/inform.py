"""Who is told of what, told."""

from __future__ import annotations

from typing import Any

from tocsin.cli.tell import counted, stdout, table_of


def tell_notify(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    persons, letters = told["persons"], told["letters"]
    out.print(
        f"{told['incident']}: {counted(sum(persons.values()), 'person')} to be told, {persons['thief']:,} seen by the "
        f"thief, {persons['unsure']:,} perhaps. {told['already']:,} {'has' if told['already'] == 1 else 'have'} "
        "their letter."
    )
    if letters is None:
        out.print("Nobody was looked up: --who NAME --reason TEXT says how many can be reached, and leaves a receipt.")
    else:
        out.print(
            f"Letters: {sum(letters.values()):,} ({letters['thief']:,} thief, {letters['unsure']:,} unsure), "
            f"of them {told['minors']:,} to the representatives of a minor."
        )
        _queue(told)
    if told["languages"]:
        words = ", ".join(f"{language} {count:,}" for language, count in told["languages"].items())
        out.print(f"Would rather read another language: {words}. There is a French text only.")
    for problem in told["wrong"]:
        out.print(f"not fit to leave: {problem}", style="red", markup=False)
    if told["written"]:
        written = told["written"]
        out.print(
            f"Written and read back: {counted(written['letters'], 'letter')}, {counted(written['pages'], 'page')} "
            f"({written['act']}), in {written['folder']}",
            markup=False,
            soft_wrap=True,
        )
        return
    for by, specimen in told["specimen"].items():
        _specimen(by, specimen)
    out.print("Nothing was written. To write the letters: --write --who NAME --reason TEXT")


def _queue(told: dict[str, Any]) -> None:
    if not told["queue"]:
        return
    table = table_of("Wait for a human", "#persons", "why")
    for reason, count in told["queue"].items():
        table.add_row(f"{count:,}", told["queue_why"][reason])
    stdout().print(table)


def _specimen(by: str, letter: dict[str, Any]) -> None:
    """The letter as text, to somebody who does not exist."""
    out = stdout()
    out.rule(f"specimen: {by}", style="dim")
    for line in (*letter["sender"], "", *letter["lines"], "", letter["place_and_date"], letter["mark"], ""):
        out.print(line, markup=False, highlight=False)
    out.print(letter["title"], markup=False, style="bold")
    out.print(letter["opening"], markup=False)
    for block in letter["blocks"]:
        out.print(f"\n{block['heading']}", markup=False, style="bold")
        for paragraph in block["paragraphs"]:
            out.print(paragraph, markup=False)
        for item in block["items"]:
            out.print(f"- {item}", markup=False)
    out.print()
    for line in letter["closing"]:
        out.print(line, markup=False)
    out.rule(style="dim")


def tell_reveal(told: dict[str, Any]) -> None:
    """Tell the result of this command."""
    out = stdout()
    for one in told["revealed"]:
        known = f"{one['system']}|{one['value']}" if one["value"] is not None else "unknown to the vault"
        out.print(f"{one['reference']}  {known}", markup=False, soft_wrap=True)
        for line in one.get("lines", ()):
            out.print(f"    {line}", markup=False)
        if "why" in one:
            out.print(f"    no address: {one['why']}", markup=False)
    out.print("A receipt was written.")
