"""Typeset: a typst template and data -> a PDF that a screen reader can read (tagged, PDF/UA-1 and PDF/A-2a).

Data reaches the template as JSON text and is never evaluated: `*gras*`, `#eval` or `\\` in a name are six, five and
one letters. What a font cannot show, or what would turn the reading order of a line, is taken out before; see `plain`.

A template begins with `#let data = json(bytes(sys.inputs.data))` and sets `text(font: "DejaVu Sans")`, the one font
that is there: it travels with Tocsin, so that a letter looks the same wherever it is printed.
"""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from tocsin.errors import TocsinError

STANDARDS: Final = ("ua-1", "a-2a")
"""Accessible, and fit to be kept. The engine refuses what breaks them; nothing else has checked it."""

FONTS: Final = Path(__file__).parent / "fonts"
LONGEST_RUN: Final = 40
"""Letters without a space after which a line may break, so that nothing runs out of the page."""

ABSENT: Final = "\N{REPLACEMENT CHARACTER}"
_PACKAGE: Final = Path(__file__).parents[1]
_BREAKS: Final = "\t\n\r\v\f\u2028\u2029"
_FORMAT_4: Final = 4
_FORMAT_12: Final = 12

Typesetter = Callable[[Path, Mapping[str, Any]], bytes]


def typesetter() -> Typesetter:
    """What turns a template and its data into the bytes of a PDF. Templates stay compiled between calls.

    `data["made_at"]` (ISO 8601), if it is there, becomes the PDF's date of creation; nothing else of a PDF depends on
    when or where it was made. Raises `TocsinError` for a template that cannot be set.
    """
    try:
        import typst
    except ImportError:
        raise TocsinError(
            "typst is not installed: no PDF can be made", advice="Install Tocsin with its documents: tocsin[documents]."
        ) from None
    compilers: dict[Path, Any] = {}

    def pdf(template: Path, data: Mapping[str, Any]) -> bytes:
        template = template.resolve()
        if template not in compilers:
            root = _PACKAGE if template.is_relative_to(_PACKAGE) else template.parent
            compilers[template] = typst.Compiler(
                str(template), root=str(root), font_paths=[str(FONTS)], ignore_system_fonts=True
            )
        made_at = data.get("made_at")
        try:
            return compilers[template].compile(
                format="pdf",
                sys_inputs={"data": json.dumps(_plainly(data), ensure_ascii=False)},
                pdf_standards=list(STANDARDS),
                timestamp=datetime.fromisoformat(made_at) if made_at else datetime.fromtimestamp(0, UTC),
            )
        except typst.TypstError as problem:  # its text may hold what the data holds: the place is told, the text is not
            places = re.findall(r"┌─ ([^\s]+:\d+:\d+)", str(getattr(problem, "diagnostic", "")))
            raise TocsinError(f"{template.name} cannot be set ({', '.join(places[:3]) or 'nowhere in it'})") from None

    return pdf


def plain(text: str) -> str:
    """What will be printed of a text: composed letters, no control or format characters, no letter without a glyph.

    A letter that the font does not have becomes U+FFFD. Who writes to people looks whether a name came out as it is.
    """
    return "".join(_printed(letter) for letter in _composed(text))


def readable(value: Any) -> Any:
    """Data for a page on a screen: every text composed, without control or format characters; fonts are no concern."""
    if isinstance(value, str):
        return "".join(" " if one in _BREAKS else one for one in _composed(value) if one in _BREAKS or _is_shown(one))
    if isinstance(value, Mapping):
        return {key: readable(one) for key, one in value.items()}
    return [readable(one) for one in value] if isinstance(value, list | tuple) else value


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def _is_shown(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp")


def _printed(letter: str) -> str:
    if letter == "\n" or (letter in _glyphs() and unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Zl", "Zp")):
        return letter
    if letter in "\t\r\v\f" or unicodedata.category(letter) in ("Zs", "Zl", "Zp"):
        return " "
    return "" if unicodedata.category(letter) in ("Cc", "Cf") else ABSENT


def _plainly(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(rf"(\S{{{LONGEST_RUN}}})(?=\S)", "\\1\N{ZERO WIDTH SPACE}", plain(value))
    if isinstance(value, Mapping):
        return {str(key): _plainly(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plainly(one) for one in value]
    return value


@cache
def _glyphs() -> frozenset[str]:
    """The letters that every one of the fonts has."""
    return frozenset.intersection(*(_letters(font.read_bytes()) for font in sorted(FONTS.glob("*.ttf"))))


def _letters(font: bytes) -> frozenset[str]:
    """The letters of a TrueType font, by its `cmap` table (OpenType 1.9, formats 4 and 12)."""
    tables = {font[at : at + 4]: struct.unpack(">I", font[at + 8 : at + 12])[0] for at in _each(font, 12, 4, 16)}
    cmap = tables[b"cmap"]
    found: set[int] = set()
    for record in _each(font, cmap + 4, cmap + 2, 8):
        start = cmap + struct.unpack(">I", font[record + 4 : record + 8])[0]
        form = struct.unpack(">H", font[start : start + 2])[0]
        if form == _FORMAT_4:
            found |= _of_format_4(font, start)
        elif form == _FORMAT_12:
            groups = struct.unpack(">I", font[start + 12 : start + 16])[0]
            for first, last, _ in struct.iter_unpack(">III", font[start + 16 : start + 16 + 12 * groups]):
                found.update(range(first, last + 1))
    return frozenset(map(chr, found))


def _each(font: bytes, start: int, count_at: int, size: int) -> range:
    """Places of records whose number stands in two bytes at `count_at`."""
    return range(start, start + size * struct.unpack(">H", font[count_at : count_at + 2])[0], size)


def _of_format_4(font: bytes, start: int) -> set[int]:
    twice = struct.unpack(">H", font[start + 6 : start + 8])[0]
    ends, starts, deltas, offsets = (
        struct.unpack(f">{twice // 2}H", font[at : at + twice])
        for at in (start + 14, start + 16 + twice, start + 16 + 2 * twice, start + 16 + 3 * twice)
    )
    found: set[int] = set()
    for place, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                at = start + 16 + 3 * twice + 2 * place + offset + 2 * (code - first)
                glyph = struct.unpack(">H", font[at : at + 2])[0]
                if not glyph:
                    continue
            if (glyph + delta) % 0x10000:
                found.add(code)
    return found
