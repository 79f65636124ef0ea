"""Words: sentences in French and in English, from one catalogue. The same for alerts, `explain` and documents.

`words.toml` holds every sentence in both languages side by side; this module puts numbers in. A sentence is always made
in both languages at once: JSON carries both, a terminal or a document takes its own.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

from tocsin.model import french
from tocsin.model.alert import Alert
from tocsin.model.ground import EARLIER, Ground
from tocsin.model.stratum import role_and_home

LANGUAGES: Final = ("fr", "en")

Said = dict[str, str]
"""Language -> sentence."""
Word = str | int | float | Said
"""What may stand in a sentence: a number, a text, or a text that each language has its own of."""


@cache
def catalogue() -> dict[str, Any]:
    """`words.toml`, read once."""
    return tomllib.loads(resources.files("tocsin.main").joinpath("words.toml").read_text("utf-8"))


def entry(key: str) -> dict[str, Any]:
    """The entry of a dotted key (`ground.strangers`). Raises `KeyError` if there is none."""
    found: Any = catalogue()
    for part in key.split("."):
        found = found[part]
    return found


def say(key: str, **words: Word) -> Said:
    """The sentence of a dotted key in both languages; `n` chooses between the forms for one and for others."""
    return said_of(entry(key), **words)


def said_in(language: str, key: str, **words: Word) -> str:
    """The same in one language."""
    return _filled(entry(key)[language], language, words)


def said_of(found: dict[str, Any], **words: Word) -> Said:
    """The sentence of an entry; see `say`."""
    return {language: _filled(found[language], language, words) for language in LANGUAGES}


def short_of(name: str) -> Said:
    """A few words for a detector, or for what else an alert may rest on."""
    short = catalogue()["ground"].get(name, {}).get("short")
    return {language: short[language] if short else name for language in LANGUAGES}


def sentence_of(ground: Ground) -> Said:
    """What a ground says, with its number. A detector that the catalogue does not know is told by its name."""
    found = catalogue()["ground"].get(ground.of)
    if found is None:
        return dict.fromkeys(LANGUAGES, f"{ground.of} {ground.n}")
    what: Word = say(f"human.{ground.what}") if ground.what else ""
    return said_of(found, n=ground.n, before=ground.before, coded=_coded(found, ground.n), what=what)


def reason_of(ground: Ground) -> Said:
    """The sentence of a ground as an alert's reason: whose it is, and how rare that is among like accounts."""
    sentence = sentence_of(ground)
    if ground.one_in:
        role = say("role", role=ground.role) if ground.role else say("role.all")
        peers = say("peers", role=role, age=say(f"age.{ground.age}"))
        sentence = say("reason", sentence=sentence, one_in=round(ground.one_in), peers=peers)
    if ground.of == EARLIER:
        return sentence
    return {language: f"{ground.of}: {text}" for language, text in sentence.items()}


def reasons_of(alert: Alert) -> list[Said]:
    """Why an alert was raised, heaviest first; where nothing in the session says so, earlier ones do."""
    told = [reason_of(ground) for ground in alert.grounds if ground.told]
    return told or [reason_of(Ground(of=EARLIER))]


def why(alert: Alert, most: int = 3) -> Said:
    """The heaviest reasons of an alert as one line, without their rarity."""
    told = [sentence_of(ground) for ground in alert.grounds if ground.told] or [sentence_of(Ground(of=EARLIER))]
    return {"fr": " ; ".join(one["fr"] for one in told[:most]), "en": "; ".join(one["en"] for one in told[:most])}


def stratum_of(name: str) -> Said:
    """With whose account-weeks an alert is compared."""
    role, home = role_and_home(name)
    key = {"": "stratum.all", "*": "stratum.any"}.get(name, "stratum.home" if home else "stratum.role")
    return say(key, role=role, service=home)


def numbered(value: int | float, language: str) -> str:
    """A number as a language writes it: 1 234,5 or 1,234.5; fractions to one place, below 1 to two."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.{2 if abs(value) < 1 else 1}f}"
    return text if language == "en" else text.replace(",", french.NARROW).replace(".", ",")


def counted(n: int, one: str, many: str = "") -> str:
    """A number and what it counts, in English alone: 0 alerts, 1 alert, 1,204 alerts; `many` where it is not `one`
    and an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _filled(form: str | dict[str, str], language: str, words: dict[str, Word]) -> str:
    if isinstance(form, dict):
        form = form["one" if _is_one(words["n"], language) else "other"]
    return form.format_map({name: _shown(word, language) for name, word in words.items()})


def _is_one(n: Word, language: str) -> bool:
    """CLDR, cardinal plural rules: in French what is below 2 is one, in English 1 alone."""
    assert isinstance(n, int | float)
    return abs(n) < 2 if language == "fr" else n == 1


def _shown(word: Word, language: str) -> str:
    if isinstance(word, dict):
        return word[language]
    return word if isinstance(word, str) else numbered(word, language)


def _coded(found: dict[str, Any], n: int) -> Said:
    """What a code stands for: the entry of its value, or those of its bits in the order of the catalogue."""
    if "values" in found:
        return found["values"].get(str(n)) or dict.fromkeys(LANGUAGES, str(n))
    told = [one for bit, one in found.get("bits", {}).items() if n & int(bit)]
    return {language: ", ".join(one[language] for one in told) for language in LANGUAGES}
