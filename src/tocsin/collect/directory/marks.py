"""marks.txt: the operator's honey patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tocsin.collect.directory.symbols import target_of
from tocsin.errors import SourceUnreadable
from tocsin.model.block import References


def marks_of(path: Path, references: References) -> np.ndarray:
    """References of the patients in a `marks.txt`; see `marks_in`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(f"{path.name} cannot be read: {error.strerror}.") from error
    return marks_in(data, references)


def marks_in(data: bytes, references: References) -> np.ndarray:
    """References of the patients that the text of a `marks.txt` names, each once: shape (n,), dtype V17.

    One Patient id a line, with or without `Patient/`; what follows `#` is a comment. Raises `SourceUnreadable`: a
    mark that is not read is an alarm that does not ring.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceUnreadable("the file of marks is not UTF-8.", advice="Save it as UTF-8, one id a line.") from error
    ids = (line.partition("#")[0].strip() for line in text.splitlines())
    return references.patients("Patient", list(dict.fromkeys(_id_of(id_) for id_ in ids if id_)))


def _id_of(text: str) -> str:
    target = target_of(text)
    return target[1] if target is not None and target[0] == "Patient" else text
