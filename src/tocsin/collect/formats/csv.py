"""Exports of a database table as CSV, in the dialect that the mapping declares.

A line is a row: the ledger keeps whole lines, so a quoted field may hold delimiters and doubled quotes but no line
end. A row that goes on over a line end is refused, each of its lines as `bad-type` (and counted), never guessed
together: export it with line ends replaced, which every database can do.
"""

from __future__ import annotations

import csv

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from tocsin.collect.formats.lines import BOM
from tocsin.collect.mapped import Cut, Lines, lines_of, parsed
from tocsin.collect.mapping import Dialect, Mapping
from tocsin.errors import Usage
from tocsin.model.block import Block, Parsed, References


def header_of(start: bytes, dialect: Dialect) -> str:
    """The header line, from the first bytes of a file."""
    line = start.removeprefix(BOM).split(b"\n", 1)[0].removesuffix(b"\r")
    return line.decode(dialect.encoding, "replace")


class CsvParser:
    """Reads blocks of CSV lines under a mapping.

    The header stands in a file's first block only. So the names come from `header` (the first line of this file,
    see `header_of`), which wins, else from the mapping's `[csv] columns`. A line equal to the header is no line.
    Raises `Usage` if neither gives names, or if the header lacks a column that the mapping reads.
    """

    def __init__(self, mapping: Mapping, header: str | None = None) -> None:
        self._mapping = mapping
        self._dialect = mapping.dialect
        self._names = self._names_of(header)
        self._header = tuple(self._names) if self._dialect.header else None
        missing = [name for name in mapping.columns_read() if name not in self._names]
        if missing:
            raise Usage(
                f"The file has no column {', '.join(missing)}.",
                advice=f"Columns of the file: {', '.join(self._names)}. Correct the mapping.",
            )

    def parse(self, block: Block, *, source: str, references: References) -> Parsed:
        """Rows of a block. Refused: bytes that are not of the declared encoding (`not-utf8`), another number of
        fields than the names and a quoted field over several lines (`bad-type`), and what `mapped` refuses."""
        lines = self._without_header(lines_of(block))
        refused: dict[int, str] = {}
        texts = self._decoded(lines, refused)
        where = self._whole(texts, refused)
        columns, dropped = self._read([texts[i] for i in where])
        for row in dropped:
            refused[int(where[row])] = "bad-type"
        cut = Cut(np.delete(where, dropped), columns)
        return parsed(self._mapping, block, lines, cut, refused, source=source, references=references)

    def _names_of(self, header: str | None) -> list[str]:
        if self._dialect.header and header is not None:
            return self._fields(header)
        if not self._dialect.columns:
            raise Usage(
                "The names of the CSV's columns are not known.",
                advice="Write columns = [...] in [csv], in the order of the file.",
            )
        return list(self._dialect.columns)

    def _fields(self, line: str) -> list[str]:
        delimiter, quote = self._dialect.delimiter, self._dialect.quote
        if quote is None:
            return line.split(delimiter)
        return next(csv.reader([line], delimiter=delimiter, quotechar=quote))

    def _without_header(self, lines: Lines) -> Lines:
        """The line of names is no row, wherever it stands: files are joined end to end."""
        texts = lines.texts
        if self._header is None or not texts:
            return lines
        first = self._names[0].encode(self._dialect.encoding)
        kept = [i for i, text in enumerate(texts) if first not in text or not self._is_header(text)]
        if len(kept) == len(texts):
            return lines
        return Lines([texts[i] for i in kept], lines.offsets[kept], lines.lengths[kept])

    def _is_header(self, line: bytes) -> bool:
        return tuple(self._fields(line.decode(self._dialect.encoding, "replace"))) == self._header

    def _decoded(self, lines: Lines, refused: dict[int, str]) -> list[bytes]:
        """The lines as UTF-8; those that are not of the declared encoding are refused."""
        encoding = self._dialect.encoding
        if not lines.texts:
            return []
        try:
            if encoding == "utf-8":
                b"\n".join(lines.texts).decode()
                return lines.texts
            return b"\n".join(lines.texts).decode(encoding).encode().split(b"\n")
        except UnicodeDecodeError:
            return [self._decoded_line(i, text, refused) for i, text in enumerate(lines.texts)]

    def _decoded_line(self, i: int, text: bytes, refused: dict[int, str]) -> bytes:
        try:
            return text.decode(self._dialect.encoding).encode()
        except UnicodeDecodeError:
            refused[i] = "not-utf8"
            return b""

    def _whole(self, texts: list[bytes], refused: dict[int, str]) -> np.ndarray:
        """Lines with the right number of fields and no quote left open; the others are refused."""
        if not texts:
            return np.zeros(0, np.int64)
        ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)
        data = np.frombuffer(b"\n".join(texts) + b"\n", np.uint8)
        delimiters = np.flatnonzero(data == ord(self._dialect.delimiter))
        open_quotes = np.zeros(len(texts), np.int64)
        if self._dialect.quote is not None:
            quotes = np.flatnonzero(data == ord(self._dialect.quote))
            before_line = np.searchsorted(quotes, ends - np.diff(ends, prepend=0))
            open_quotes = (np.searchsorted(quotes, ends) - before_line) % 2
            line = np.searchsorted(ends, delimiters, side="right")
            inside = (np.searchsorted(quotes, delimiters) - before_line[line]) % 2 == 1
            delimiters = delimiters[~inside]
        fields = np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
        good = (fields == len(self._names)) & (open_quotes == 0)
        for i in np.flatnonzero(~good):
            refused.setdefault(int(i), "bad-type")
        return np.flatnonzero(good & ~np.isin(np.arange(len(texts)), list(refused)))

    def _read(self, texts: list[bytes]) -> tuple[dict[str, pa.Array], list[int]]:
        """Columns of text, and the rows that Arrow, which quotes at the beginning of a field only, counts otherwise."""
        wanted = list(self._mapping.columns_read())
        if not texts:
            return {name: pa.array([], pa.string()) for name in wanted}, []
        dropped: list[int] = []

        def skip(row: arrow_csv.InvalidRow) -> str:
            dropped.append(row.number - 1)
            return "skip"

        table = arrow_csv.read_csv(
            pa.BufferReader(b"\n".join(texts) + b"\n"),
            read_options=arrow_csv.ReadOptions(column_names=self._names, use_threads=False, block_size=1 << 26),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._dialect.delimiter,
                quote_char=self._dialect.quote or False,
                newlines_in_values=False,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )
        return {name: table[name].combine_chunks() for name in wanted}, dropped
