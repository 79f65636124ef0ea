"""Exports of a database table as CSV, in the dialect that the mapping declares.

A line is a row: the ledger keeps whole lines, so a quoted field may hold delimiters and doubled quotes but no line
end. A row that goes on over a line end is refused, each of its lines as `bad-type` (and counted), never guessed
together: export it with line ends replaced, which every database can do.
"""

from __future__ import annotations

import csv

import pyarrow as pa
from pyarrow import csv as arrow_csv

from tocsin.collect.formats.csv_fields import cuttable
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
        found = cuttable(texts, self._dialect, len(self._names))
        for i in set(range(len(texts))) - set(found.where.tolist()) - set(refused):
            refused[i] = "bad-type"
        cut = Cut(found.where, self._read(found.texts))
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
        if b"\r" in line:
            return False
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

    def _read(self, texts: list[bytes]) -> dict[str, pa.Array]:
        """Columns of text of plain lines."""
        wanted = list(self._mapping.columns_read())
        if not texts:
            return {name: pa.array([], pa.string()) for name in wanted}
        table = arrow_csv.read_csv(
            pa.BufferReader(b"\n".join(texts) + b"\n"),
            read_options=arrow_csv.ReadOptions(column_names=self._names, use_threads=False, block_size=1 << 26),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._dialect.delimiter,
                quote_char=self._dialect.quote or False,
                newlines_in_values=False,
                ignore_empty_lines=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )
        return {name: table[name].combine_chunks() for name in wanted}
