"""The tables of `tocsin.toml` beside the judge's: who one is, where accounts are cut, what is shared, what is served.

Every attribute's docstring is its entry in docs/reference/settings.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`[explanations.NAME]`: other margins of an explanation that ships, or one of your own.

    `NAME = false` under `[explanations]` switches one off. One of your own rests on a kind of fact that the directory
    tells already, and has a `kind` and words in both languages; it counts as the others do, from when it was known.
    """

    before: int | None = None
    """Days before the period of the fact in which an access is to be expected."""
    after: int | None = None
    """Days after it."""
    days: int | None = None
    """Of `colleague`: how many days back a colleague's care counts. Of `own-past`: for how many days without any access
    it is remembered."""
    kind: str = ""
    """Of one of your own: `appointment`, `stay`, `referral`, `care-team`, `campaign` or `task`."""
    code: str = ""
    """Of one of your own: the `code` that the fact must have; none: any."""
    fr: str = ""
    """Of one of your own: what is to be expected, in French, as a patient may be told it."""
    en: str = ""
    """The same in English."""

    def told(self) -> dict[str, int | str]:
        """What was said, and nothing else."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """`[organisation]`: the controller on whose behalf Tocsin drafts; what is empty stays open in every draft."""

    name: str = ""
    """Denomination, as the SIRENE register has it."""
    siren: str = ""
    """SIREN, 9 digits."""
    finess: str = ""
    """FINESS of the legal entity (EJ), 9 characters."""
    sector: str = ""
    """Sector of activity, as the CNIL's teleservice asks."""
    headcount: str = ""
    """Headcount, as the CNIL's teleservice asks."""
    address: str = ""
    """Street and number."""
    postcode: str = ""
    """Postcode."""
    city: str = ""
    """City."""
    country: str = "France"
    """Country."""
    legal_name: str = ""
    """The legally responsible person: given name and name."""
    legal_email: str = ""
    """Their e-mail."""
    contact_name: str = ""
    """The person the authority may call: given name and name."""
    contact_role: str = ""
    """Their function."""
    contact_email: str = ""
    """Their e-mail."""
    contact_phone: str = ""
    """Their telephone."""
    dpo_name: str = ""
    """Data protection officer."""
    dpo_email: str = ""
    """Their e-mail."""
    dpo_phone: str = ""
    """Their telephone."""
    help_line: str = ""
    """Telephone number that letters give to the people concerned."""
    help_hours: str = ""
    """When it is answered, in French."""
    website: str = ""
    """Public site that a person may type to check that a letter is true; never a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """`[connectors.NAME]`: where acts on accounts are carried out."""

    kind: str
    """`scim` (a SCIM 2.0 service) or `command` (an argument vector)."""
    does: tuple[str, ...] = ("suspend-account",)
    """Kinds of act it carries out: `suspend-account`, `delete-tokens`."""
    accounts: tuple[str, ...] = ()
    """Systems whose accounts it holds (what stands before `|` in an account); none: every account."""
    url: str = ""
    """Root of the SCIM service."""
    token_url: str = ""
    """OAuth 2.0 token endpoint (client credentials); none: `secret_file` holds a bearer token."""
    client_id: str = ""
    """OAuth 2.0 client."""
    secret_file: Path | None = None
    """File of the client's secret, or of the bearer token. Nobody else may read it."""
    match: str = "userName"
    """SCIM attribute that equals the account's value."""
    person: str = ""
    """SCIM attribute that equals the professional's identifier, so that every account of the person is found."""
    command: tuple[str, ...] = ()
    """Argument vector; `{account}` is replaced by the account's value (what stands behind `|`). Exit code 0 is done;
    repeating it must be safe."""
    undo: tuple[str, ...] = ()
    """Argument vector that takes it back; none: it cannot be undone."""
    timeout_s: float = 10.0
    """Seconds after which an answer counts as none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`[probes.NAME]`: how a service is asked whether an account still lives there."""

    command: tuple[str, ...]
    """Argument vector; `{account}` is replaced by the account as trails name it (`system|value`), `{token}` by the id
    of a token where one is known. It prints `dead`, `alive` or `unknown`."""
    asks: str = "sessions"
    """`sessions`: whether a session or token of the account is served there. `account`: whether the account may still
    sign in, as at an identity provider; that is asked only of a suspended account, others are alive and should be."""
    service: str = ""
    """Service as trails name it; by default NAME."""
    accounts: tuple[str, ...] = ()
    """Systems whose accounts sign in there; none: every account."""
    timeout_s: float = 10.0
    """Seconds after which the answer is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """`[contain]`: what may be done without asking."""

    pre_approved: tuple[str, ...] = ()
    """Rungs whose acts need no approval by a person: `end-sessions`, `suspend`."""
    retry_s: float = 5.0
    """Seconds until what is alive or cannot be asked is tried again; doubled each time, up to ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """`[identities]`: where names and addresses are asked for when letters are written; Tocsin keeps none."""

    file: Path | None = None
    """FHIR Patient NDJSON, or a folder of them."""
    url: str = ""
    """FHIR server that answers `Patient?identifier=system|value`."""
    secret_file: Path | None = None
    """File of its bearer token."""
    timeout_s: float = 10.0
    """Seconds after which an answer counts as none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Countries:
    """`[countries]`: in which country a network lies, so that a sign-in from a new one is seen as such."""

    file: Path | None = None
    """CSV of address ranges, `.gz` or not: first address, last address, two-letter country; none: no country is told.
    It is kept in the ledger when the next command opens the state to write, as a change of the ladder is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """`[share]`: whose bundles are believed."""

    trusted: dict[str, str]
    """Region -> its public key (Ed25519, base64), as its operators gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`[rules]`: what a region wants to be shown of single events."""

    folder: Path | None = None
    """Folder of the region's own Sigma rules (`NAME.yml`, tests in `NAME.test.yml`); one replaces its namesake that
    ships with Tocsin."""
    on: tuple[str, ...] = ()
    """Names of rules that the region wants to be shown the hits of. They are notes: nothing is judged by them, and one
    that cannot be read is said and stops nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """`[serve]`: what is watched as it happens."""

    listen: str = "127.0.0.1:8740"
    """Loopback address and port on which FHIR AuditEvents are taken; empty: none."""
    secret_file: Path | None = None
    """File of the bearer token that senders must show; none: any local sender."""
    follow: tuple[str, ...] = ()
    """Folders whose AuditEvent files are followed as they grow, `source=folder` or a folder."""
    every_ms: int = 100
    """A batch is committed at most so often, milliseconds."""
    checkpoint_s: float = 30.0
    """Derived parts and the judge's state are written so often, seconds."""
