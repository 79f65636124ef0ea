"""Settings -> ready objects. Rooms meet here and in `main/`, nowhere else; what is not asked for is not imported."""

from __future__ import annotations

import gzip
import os
import secrets
import zlib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from tocsin.config import Settings
from tocsin.config.sections import Connector
from tocsin.detect.calibration import Calibration
from tocsin.detect.judge import Judge
from tocsin.detect.ladder import Ladder
from tocsin.detect.weight import Weigher
from tocsin.door.references import REPLAY_EPOCH, REPLAY_KEY, KeyedReferences
from tocsin.errors import StoreUnavailable, Usage
from tocsin.explain.countries import NOWHERE, Countries, hash_of, read_countries
from tocsin.explain.explainer import Explainer
from tocsin.explain.reasons import Reason, in_force
from tocsin.main.parsing import Parser
from tocsin.main.river import River
from tocsin.model.fact import PERSON

KEY_BYTES: Final = 32
_LAST_COUNTRIES: Final[dict[str, Countries]] = {}


def _fhir() -> Parser:
    from tocsin.collect.formats.skeleton import FhirParser

    return FhirParser()


def _nginx(mapping: Any) -> Parser:
    from tocsin.collect.formats.nginx import NginxParser

    return NginxParser(mapping)


def _csv(mapping: Any, header: str | None) -> Parser:
    from tocsin.collect.formats.csv import CsvParser

    return CsvParser(mapping, header)


FORMATS: Final[dict[str, Callable[..., Parser]]] = {"fhir": _fhir, "nginx": _nginx, "csv": _csv}
"""Format -> what makes its parser."""


def mapped_parser(text: str, header: str | None = None) -> Parser:
    """The parser of a trail that a mapping (TOML) explains; `header`: the first line of a CSV. Raises `Usage`."""
    from tocsin.collect.mapping import read_mapping

    mapping = read_mapping(text)
    return FORMATS["nginx"](mapping) if mapping.format == "nginx" else FORMATS["csv"](mapping, header)


def factory() -> Calibration:
    """The calibration that ships with Tocsin: made from fictitious regions, checked against its hash."""
    text = resources.files("tocsin.detect").joinpath("factory.json").read_text("utf-8")
    return Calibration.from_text(text)


def replay_references(key_file: Path | None = None) -> KeyedReferences:
    """References of a replay: under the published key, or under a key of its own."""
    return KeyedReferences(_read_key(key_file), 1) if key_file else KeyedReferences(REPLAY_KEY, REPLAY_EPOCH)


def region_references(settings: Settings) -> KeyedReferences:
    """References of a region: its key is made at first use and never leaves the machine."""
    path = settings.key_file or settings.state / "key"
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        if settings.key_file:
            raise Usage("the pseudonym key file is missing", advice="Make it, or leave key_file out to have one made.")
        _make_key(path)
    return KeyedReferences(_read_key(path), 1)


def _make_key(path: Path) -> None:
    """Make a key file of random bytes if it is not there; of two who do so at once, the first one's stays."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _read_key(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except OSError as problem:
        raise Usage(f"the pseudonym key cannot be read ({problem.strerror})") from None
    if len(key) != KEY_BYTES:
        raise Usage(f"the pseudonym key has {len(key)} bytes", advice=f"It must be a file of {KEY_BYTES} random bytes.")
    return key


def river(
    settings: Settings,
    calibrations: tuple[Calibration, ...],
    *,
    facts: Any = None,
    persons: Any = None,
    marks: np.ndarray | None = None,
    contain: bool = False,
) -> River:
    """A river with nothing in it yet, on calibrations (the region's first, the factory's last)."""
    from tocsin.door.persons import Persons

    explainer = Explainer(reasons=reasons_of(settings))
    if facts is not None:
        explainer.learn(facts)
    judge = Judge(
        ladder=Ladder(settings.rungs(), calibrations),
        weigher=Weigher(calibrations[:1]),
        accounts=explainer.accounts,
        contain=contain,
    )
    made = River(explainer, judge, countries=countries(settings))
    made.join(Persons(persons if persons is not None else PERSON.empty_table()).person_of)
    if marks is not None:
        made.mark(marks)
    return made


def countries(settings: Settings, *, known: Countries = NOWHERE) -> Countries:
    """The table of countries that the settings name; `known`, if it was read from the same bytes. Raises `Usage`."""
    path = settings.countries.file
    if path is None:
        return NOWHERE
    try:
        table = path.read_bytes()
        if table[:2] == b"\x1f\x8b":
            table = gzip.decompress(table)
    except (OSError, EOFError, zlib.error) as problem:
        what = getattr(problem, "strerror", None) or type(problem).__name__
        raise Usage(f"the table of countries cannot be read ({what})", advice="Check file under [countries].") from None
    name = hash_of(table)
    if name != known.of:
        return _countries_in(name, table)
    return known


def _countries_in(name: str, table: bytes) -> Countries:
    """As `read_countries`; the one read last is kept."""
    if name not in _LAST_COUNTRIES:
        read = read_countries(table)
        _LAST_COUNTRIES.clear()
        _LAST_COUNTRIES[name] = read
    return _LAST_COUNTRIES[name]


def reasons_of(settings: Settings) -> dict[str, Reason]:
    """The explanations that count in a region. Raises `Usage` for what makes no sense."""
    return in_force(settings.switched_off, {name: one.told() for name, one in settings.explanations.items()})


def sigma() -> Callable[[str, str], Any]:
    """What reads a rule: (name, text) -> `model.rule.Rule`. Raises `Usage` where the extra `rules` is not installed."""
    try:
        from tocsin.detect.rules.reading import read_rule
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] not in ("sigma", "yaml"):
            raise
        raise Usage(
            f"rules cannot be read here: {problem.name} is missing", advice="Install Tocsin with its extra `rules`."
        ) from None
    return read_rule


def parts(root: Path, *, durable: bool = True, upto: int | None = None) -> Any:
    """Derived parts in a folder; `upto`: of the batches up to this one, to read."""
    from tocsin.store.parquet import ParquetParts

    return ParquetParts(root, durable=durable, upto=upto)


def questions(settings: Settings, of: Any) -> Any:
    """Questions to derived parts."""
    from tocsin.store.duckdb import DuckDBQuestions

    return DuckDBQuestions(of, memory_mb=settings.memory_mb)


def ledger(settings: Settings, now: Any) -> Any:
    """The ledger, to write; held until closed."""
    from tocsin.ledger import Ledger

    return Ledger.open(settings.state / "ledger", now=now)


def ledger_view(settings: Settings) -> Any:
    """The ledger, to read."""
    from tocsin.ledger import Ledger

    path = settings.state / "ledger"
    if not path.exists():
        raise StoreUnavailable("there is no ledger here", advice="Import a trail first: tocsin import PATH.")
    return Ledger.read_only(path)


def vault(settings: Settings, references: KeyedReferences) -> Any:
    """The vault of identities."""
    from tocsin.door.vault import Vault, vault_key

    return Vault.open(settings.state / "vault", key=vault_key(references.key))


def cases(settings: Settings) -> Any:
    """Incidents, acts and their journal."""
    from tocsin.store.cases import SqlCases

    return SqlCases.open(settings.state / "cases.db")


def typesetter() -> Callable[[Path, Mapping[str, Any]], bytes]:
    """What makes a PDF of a typst template and data; see `tocsin.main.typeset`."""
    from tocsin.main.typeset import typesetter as made

    return made()


def _scim(name: str, said: Connector, now: Callable[[], int]) -> Any:
    from tocsin.contain.connectors.bearer import Bearer
    from tocsin.contain.connectors.scim import ScimConnector
    from tocsin.contain.connectors.secret import read_secret

    if not said.url or said.secret_file is None:
        raise Usage(f"'connectors.{name}' needs url and secret_file", advice="See docs/how-to/contain.md.")
    path = said.secret_file
    bearer = Bearer(
        token_url=said.token_url,
        client_id=said.client_id,
        secret=lambda: read_secret(path, f"connectors.{name}"),
        now=now,
    )
    return ScimConnector(
        url=said.url, match=said.match, person=said.person, bearer=bearer, timeout_s=said.timeout_s, now=now
    )


def _command(name: str, said: Connector, now: Callable[[], int]) -> Any:
    from tocsin.contain.connectors.command import CommandConnector

    if not said.command:
        raise Usage(f"'connectors.{name}' needs a command", advice="See docs/how-to/contain.md.")
    return CommandConnector(name, said.command, undo=said.undo, timeout_s=said.timeout_s)


CONNECTORS: Final[dict[str, Callable[[str, Connector, Callable[[], int]], Any]]] = {
    "scim": _scim,
    "command": _command,
}
"""Kind of connector -> what makes it."""
_DOES: Final = {"scim": ("suspend-account",), "command": ("suspend-account", "delete-tokens")}


def connectors(settings: Settings, *, now: Callable[[], int]) -> dict[tuple[str, str], Any]:
    """(kind of act, name) -> what carries it out, probes among them. Raises `Usage` for settings that make no sense."""
    from tocsin.contain.connectors.probe import Probe

    made: dict[tuple[str, str], Any] = {}
    for name, said in settings.connectors.items():
        if said.kind not in CONNECTORS:
            known = ", ".join(CONNECTORS)
            raise Usage(f"'connectors.{name}.kind' is unknown: {said.kind}", advice=f"Known: {known}.")
        one = CONNECTORS[said.kind](name, said, now)
        for kind in said.does:
            if kind not in _DOES[said.kind]:
                can = ", ".join(_DOES[said.kind])
                raise Usage(f"'connectors.{name}.does': {said.kind} cannot do {kind}", advice=f"It can: {can}.")
            made[kind, name] = one
    for name, probe in settings.probes.items():
        if probe.asks not in ("sessions", "account"):
            raise Usage(f"'probes.{name}.asks' is unknown: {probe.asks}", advice="Known: sessions, account.")
        made["prove-dead", name] = Probe(probe.service or name, probe.command, timeout_s=probe.timeout_s)
    made["print-letters", "printer"] = _press()
    made["publish-indicators", "file"] = _publisher(settings)
    return made


def _press() -> Any:
    """Reads letters back; to print what is missing it would need names, which only `tocsin notify` asks for."""
    from tocsin.main.press import Press

    return Press({}, done=lambda act: None, heard=lambda what, done, total: None)


def _publisher(settings: Settings) -> Any:
    """Reads bundles back; `tocsin share` has them at hand to write."""
    from tocsin.main.publish import Publisher

    return Publisher(settings.region, lambda: share_seed(settings), {})


def identities(settings: Settings) -> Any:
    """Where names and addresses are asked for when letters are written. Raises `Usage` if nothing says where."""
    from tocsin.door.identities import FileSource, ServerSource

    told = settings.identities
    if told.file is not None:
        return FileSource(told.file)
    if not told.url:
        raise Usage(
            "nothing says where names and addresses are asked for",
            advice='Write [identities] in tocsin.toml: url = "..." of a FHIR server, or file = "..." of Patients.',
        )
    secret = _read_secret(told.secret_file) if told.secret_file else ""
    return ServerSource(told.url, secret=secret, timeout_s=told.timeout_s)


def _read_secret(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise Usage(
            f"a secret file cannot be read ({type(problem).__name__})", advice="Check secret_file under [identities]."
        ) from None


def share_seed(settings: Settings) -> bytes:
    """The region's signing key for what it shares: 32 bytes, made at first use, never shown."""
    path = settings.state / "share-key"
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make_key(path)
    return _read_key(path)
