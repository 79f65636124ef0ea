"""Commands that say what is known: arguments -> one call of `main`."""

from __future__ import annotations

from datetime import datetime

from tocsin.cli import tell
from tocsin.cli.app import app, now, settings_of, utc
from tocsin.cli.options import KNOW, Json, Lang, Quiet, State
from tocsin.cli.tell import explain as explain_telling
from tocsin.cli.tell import incident as incident_telling
from tocsin.cli.tell import know as telling
from tocsin.cli.tell import rules as rules_telling


@app.command(group=KNOW)
def alerts(*, lang: Lang = None, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Every alert, oldest first."""
    from tocsin.main import inspect

    settings = settings_of(state)
    told = inspect.alerts(settings)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_alerts(told["alerts"], lang or settings.language)
        rules_telling.tell_unread(told["rules_unread"])


@app.command(group=KNOW)
def explain(alert: str, *, lang: Lang = None, state: State = None, json_file: Json = None) -> None:
    """Why an alert was raised and by what share, which line it crossed, what would have made it normal, what speaks for
    the owner.

    Parameters
    ----------
    alert
        Its name, or the beginning of it, as `tocsin alerts` lists it.
    """
    from tocsin.main import explaining

    settings = settings_of(state)
    told = explaining.explain(settings, alert)
    tell.write(json_file, told)
    if json_file != "-":
        explain_telling.tell_explain(told, lang or settings.language)


@app.command(group=KNOW)
def queue(
    *,
    week: str | None = None,
    fdr: float = 0.1,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Whom to look at this week: accounts whose week as a whole is too heavy, with a bounded share of false ones.

    Parameters
    ----------
    week
        Of which week (ISO 8601, UTC: 2026-W48), by default the latest of the trail.
    fdr
        The expected share of honest accounts on the queue, at most.
    """
    from tocsin.main.queue import queue as run

    told = run(settings_of(state), week=week, fdr=fdr)
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_queue(told)


@app.command(group=KNOW)
def incident(name: str | None = None, *, state: State = None, json_file: Json = None, quiet: Quiet = False) -> None:
    """Accounts that share a thief, and why they are thought to; of one incident all that is known.

    Parameters
    ----------
    name
        The incident, or the beginning of its name; without it every incident is listed.
    """
    from tocsin.main import incident as incidents

    told = incidents.listed(settings_of(state), now=now()) if name is None else None
    one = incidents.one(settings_of(state), name, now=now()) if name is not None else None
    tell.write(json_file, one if told is None else told)
    if quiet or json_file == "-":
        return
    if told is not None:
        incident_telling.tell_incidents(told)
    elif one is not None:
        incident_telling.tell_incident(one)


@app.command(group=KNOW)
def scope(
    *,
    account: str | None = None,
    reveal: str | None = None,
    who: str | None = None,
    state: State = None,
    json_file: Json = None,
    quiet: Quiet = False,
) -> None:
    """Whose data each incident exposed: what of it, how surely, and by whom.

    Parameters
    ----------
    account
        Only the incidents of this account: as the trail names it, its value alone, or the name of an alert on it.
    reveal
        Name patients as the trail does, for this reason; a receipt is kept. Needs --who.
    who
        Who asks for identities.
    """
    from tocsin.main import inspect

    told = inspect.scope(settings_of(state), account=account, reveal=reveal, who=who, now=now())
    tell.write(json_file, told)
    if not quiet and json_file != "-":
        telling.tell_scope(told)


@app.command(group=KNOW)
def coverage(
    *, since: datetime | None = None, until: datetime | None = None, state: State = None, json_file: Json = None
) -> None:
    """Per service and hour: received, rejected, silent; and what its trail cannot record.

    Parameters
    ----------
    since
        Only what happened from then on (UTC).
    until
        Only what happened before (UTC).
    """
    from tocsin.main import inspect

    told = inspect.coverage(settings_of(state), since=utc(since), until=utc(until))
    tell.write(json_file, told)
    if json_file != "-":
        telling.tell_coverage(told)


@app.command(group=KNOW)
def explanations(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    lang: Lang = None,
    state: State = None,
    json_file: Json = None,
) -> None:
    """What makes an access expected in this region, and how many accesses each explanation carried in each service.

    Parameters
    ----------
    since
        Only what happened from then on (UTC).
    until
        Only what happened before (UTC).
    """
    from tocsin.main import explanations as listing

    settings = settings_of(state)
    told = listing.explanations(settings, since=utc(since), until=utc(until))
    tell.write(json_file, told)
    if json_file != "-":
        telling.tell_explanations(told, lang or settings.language)


@app.command(group=KNOW)
def rejected(*, show: int = 0, state: State = None, json_file: Json = None) -> None:
    """Lines that were refused, with the reason and the place in the ledger where each can be read.

    Parameters
    ----------
    show
        Print so many of the lines themselves. They are as they came: they may hold identities.
    """
    from tocsin.main import inspect

    told = inspect.rejected(settings_of(state), show=show)
    tell.write(json_file, told)
    if json_file != "-":
        telling.tell_rejected(told)
