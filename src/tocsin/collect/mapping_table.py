"""Strict reading of one TOML table of a mapping: every key is asked for by name and type, and none is left over."""

from __future__ import annotations

from difflib import get_close_matches
from typing import NoReturn

from tocsin.errors import Usage


def refuse(where: str, failed: str, advice: str) -> NoReturn:
    """Stop at a mapping that cannot be meant: the key, what is wrong with it, what to write instead."""
    raise Usage(f"mapping: {where}: {failed}", advice=advice)


class Table:
    """A TOML table, its name, and the keys already asked for."""

    def __init__(self, content: dict[str, object], where: str = "") -> None:
        self.where = where
        self._content = content
        self._known: set[str] = set()

    def place(self, key: str) -> str:
        """How errors name a key of this table."""
        return f"[{self.where}] {key}" if self.where else key

    def has(self, key: str) -> bool:
        """Whether the key was written."""
        return key in self._content

    def _take(self, key: str) -> object:
        self._known.add(key)
        return self._content.get(key)

    def text(self, key: str, *, example: str) -> str | None:
        """A text that is not empty, or None if the key is absent."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            refuse(self.place(key), "a text between quotes is wanted.", f"Write {key} = {example}.")
        return value

    def needed(self, key: str, *, example: str) -> str:
        """A text that must be there."""
        value = self.text(key, example=example)
        if value is None:
            refuse(self.place(key), "is missing.", f"Write {key} = {example}.")
        return value

    def word(self, key: str, vocabulary: tuple[str, ...]) -> str | None:
        """One word of a closed vocabulary, or None."""
        value = self.text(key, example=f'"{vocabulary[0]}"')
        return None if value is None else one_of(value, vocabulary, self.place(key))

    def texts(self, key: str, *, example: str) -> tuple[str, ...]:
        """A text or a list of texts; empty if the key is absent."""
        value = self._take(key)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            refuse(self.place(key), "a list of texts is wanted.", f"Write {key} = {example}.")
        return tuple(values)

    def words(self, key: str, vocabulary: tuple[str, ...]) -> tuple[str, ...]:
        """Words of a closed vocabulary, each once."""
        values = self.texts(key, example=f'["{vocabulary[0]}"]')
        return tuple(dict.fromkeys(one_of(value, vocabulary, self.place(key)) for value in values))

    def flag(self, key: str, default: bool) -> bool:
        """`true` or `false`."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            refuse(self.place(key), "true or false is wanted.", f"Write {key} = {str(default).lower()}.")
        return value

    def count(self, key: str) -> int | None:
        """A whole number from 1, or None."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            refuse(self.place(key), "a whole number from 1 is wanted.", f"Write {key} = 12.")
        return value

    def column(self, key: str) -> str | None:
        """A column: its name, or its number from 1 (kept as text)."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return str(value)
        if not isinstance(value, str) or not value:
            refuse(self.place(key), "the name of a column, or its number from 1, is wanted.", f'Write {key} = "name".')
        return value

    def table(self, key: str) -> Table:
        """A table inside; empty if absent."""
        value = self._take(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            refuse(self.place(key), "a table is wanted.", f"Write it as [{self._inner(key)}] with its keys below.")
        return Table(value, self._inner(key))

    def tables(self, key: str) -> list[Table]:
        """A list of tables (`[[key]]`)."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            refuse(self.place(key), "a list of tables is wanted.", f"Write each as [[{key}]] with its keys below.")
        return [Table(one, f"{self._inner(key)} {i}") for i, one in enumerate(value, 1)]

    def values_of_words(self, vocabulary: tuple[str, ...]) -> dict[str, str]:
        """The whole table as `value of the trail -> word`; values are compared folded (case and outer spaces)."""
        out: dict[str, str] = {}
        for key, value in self._content.items():
            if not isinstance(value, str):
                refuse(self.place(key), "one word is wanted.", f'Write "{key}" = "{vocabulary[0]}".')
            out[folded(key)] = one_of(value, vocabulary, self.place(key))
        self._known.update(self._content)
        return out

    def lists_of_words(self, vocabulary: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The whole table as `value of the trail -> words`."""
        out = {folded(key): self.words(key, vocabulary) for key in self._content}
        self._known.update(self._content)
        return out

    def close(self) -> None:
        """Refuse what nobody asked for: a misspelt key must not be silently without effect."""
        for key in self._content:
            if key not in self._known:
                near = get_close_matches(key, self._known, n=1)
                advice = f"Write {near[0]}." if near else f"Keys here: {', '.join(sorted(self._known)) or 'none'}."
                refuse(self.place(key), "no such key.", advice)

    def _inner(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


def folded(value: str) -> str:
    """A value of the trail as it is looked up: without outer spaces, case folded."""
    return value.strip().casefold()


def one_of(value: str, vocabulary: tuple[str, ...], where: str) -> str:
    """The word itself, if the vocabulary has it."""
    if value in vocabulary:
        return value
    near = get_close_matches(value, vocabulary, n=1)
    return refuse(
        where,
        f'"{value}" is not one of its words.',
        f'Write "{near[0]}".' if near else f"Write one of {', '.join(vocabulary)}.",
    )
