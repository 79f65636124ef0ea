"""Cases in a database: SQLite by default, one schema in SQLAlchemy, a version and a way from each to the next.

A transaction takes the write lock at its beginning, so that of two who decide at once one is told. What is committed
is on the disk (synchronous=FULL) before the effect it announces is tried.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from tocsin.errors import Conflict, DiskFull, LedgerDamaged, StoreUnavailable
from tocsin.model.act import NEVER, Act, Entry, Standing, State

VERSION: Final = 1
FIRST: Final = "0" * 64
"""What stands for the hash of a line before the first."""

_schema = sa.MetaData()
_meta = sa.Table("meta", _schema, sa.Column("version", sa.Integer, nullable=False))
_acts = sa.Table(
    "acts",
    _schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("incident", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    sa.Column("asked_by", sa.String, nullable=False),
    sa.Column("why", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("next_at", sa.BigInteger, nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("proof", sa.JSON, nullable=False),
)
_journal = sa.Table(
    "journal",
    _schema,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("incident", sa.String, nullable=False, index=True),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)
_episodes = sa.Table(
    "episodes",
    _schema,
    sa.Column("episode", sa.String, primary_key=True),
    sa.Column("incident", sa.String, nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)
_documents = sa.Table(
    "documents",
    _schema,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
)


class SqlCases:
    """Implements `Cases`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> SqlCases:
        """Open or make the file of cases. Raises `StoreUnavailable` for one of another version."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Connections stay open: the last one to close brings the whole log over into the file and syncs it, which took
        # as long as a commit, after each transaction, between a cut's steps.
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30}, poolclass=sa.QueuePool)
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        made = cls(engine)
        with made._transaction() as connection:
            _schema.create_all(connection)
            version = connection.scalar(sa.select(_meta.c.version))
            if version is None:
                connection.execute(_meta.insert().values(version=VERSION))
            elif version != VERSION:
                raise StoreUnavailable(
                    f"the file of cases has version {version}, this Tocsin reads {VERSION}",
                    advice="Use the Tocsin that wrote it, or a newer one that brings it over.",
                )
        path.chmod(0o600)
        return made

    def plan(self, acts: Iterable[Act], *, at: int, who: str, approve: bool = False) -> list[Standing]:
        """See `Cases`."""
        told = []
        with self._transaction() as connection:
            for act in acts:
                standing = _one(connection, act.id) or _planned(connection, act, at=at, who=who)
                if approve and standing.state == "planned":
                    standing = _moved(connection, standing, {"state": "approved", "since": at}, who=who, detail={})
                told.append(standing)
        return told

    def acts(self, *, incident: str | None = None, states: Iterable[State] | None = None) -> list[Standing]:
        """See `Cases`."""
        asked = sa.select(_acts).order_by(_acts.c.number)
        if incident is not None:
            asked = asked.where(_acts.c.incident == incident)
        if states is not None:
            asked = asked.where(_acts.c.state.in_(tuple(states)))
        with self._reading() as connection:
            return [_standing(row) for row in connection.execute(asked).mappings()]

    def next_due(self, states: Iterable[State]) -> int | None:
        """See `Cases`."""
        asked = sa.select(sa.func.min(_acts.c.next_at)).where(_acts.c.state.in_(tuple(states)), _acts.c.next_at < NEVER)
        with self._reading() as connection:
            return connection.scalar(asked)

    def act(self, act: str) -> Standing | None:
        """See `Cases`."""
        with self._reading() as connection:
            return _one(connection, act)

    def move(
        self,
        act: str,
        state: State,
        *,
        of: Iterable[State],
        at: int,
        who: str,
        detail: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        proof: Mapping[str, Any] | None = None,
        next_at: int = 0,
    ) -> Standing:
        """See `Cases`."""
        with self._transaction() as connection:
            there = _one(connection, act)
            if there is None or there.state not in tuple(of):
                found = "nowhere" if there is None else f"'{there.state}'"
                raise Conflict(
                    f"{act} stands at {found} by now",
                    done="Nothing was changed.",
                    advice="Look again: tocsin incident.",
                )
            new: dict[str, Any] = {"state": state, "since": at, "next_at": next_at}
            if state == "begun":
                new["attempts"] = there.attempts + 1
            if before is not None:
                new["before"] = dict(before)
            if proof is not None:
                new["proof"] = dict(proof)
            return _moved(connection, there, new, who=who, detail=detail or {})

    def journal(self, *, incident: str | None = None) -> list[Entry]:
        """See `Cases`."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(_journal).order_by(_journal.c.number)).mappings().all()
            stands = {row.id: row.state for row in connection.execute(sa.select(_acts.c.id, _acts.c.state))}
        entries, previous = [], FIRST
        for count, row in enumerate(rows, 1):
            if row["number"] != count or row["hash"] != _hash(previous, row):
                raise _damaged(f"does not follow from itself at line {count}")
            previous = row["hash"]
            entries.append(Entry(**{**row, "detail": json.loads(row["detail"])}))
        if stands != {entry.act: entry.state for entry in entries}:  # what a chain cannot tell: its end was cut off
            raise _damaged("does not end where the acts stand")
        return [entry for entry in entries if incident is None or entry.incident == incident]

    def incident_of(self, episodes: Iterable[str]) -> dict[str, str]:
        """See `Cases`."""
        wanted = set(episodes)
        with self._reading() as connection:
            rows = connection.execute(sa.select(_episodes.c.episode, _episodes.c.incident)).all()
        return {episode: incident for episode, incident in rows if episode in wanted}

    def assign(self, incident: str, episodes: Iterable[str], *, at: int) -> None:
        """See `Cases`."""
        with self._transaction() as connection:
            for episode in episodes:
                connection.execute(_episodes.delete().where(_episodes.c.episode == episode))
                connection.execute(_episodes.insert().values(episode=episode, incident=incident, at=at))

    def keep(self, kind: str, name: str, data: Mapping[str, Any], *, at: int) -> bool:
        """See `Cases`."""
        with self._transaction() as connection:
            taken = sa.select(_documents.c.name).where(_documents.c.kind == kind, _documents.c.name == name)
            if connection.scalar(taken) is not None:
                return False
            connection.execute(_documents.insert().values(kind=kind, name=name, at=at, data=dict(data)))
            return True

    def kept(self, kind: str) -> list[tuple[str, int, dict[str, Any]]]:
        """See `Cases`."""
        asked = sa.select(_documents).where(_documents.c.kind == kind).order_by(_documents.c.at, _documents.c.name)
        with self._reading() as connection:
            return [(row["name"], row["at"], row["data"]) for row in connection.execute(asked).mappings()]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._connected(self._engine) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One state of the file, without waiting for who writes."""
        with self._connected(self._engine.execution_options(reading=True)) as connection:
            yield connection

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as problem:
            raise _told(problem) from None
        except sa.exc.DatabaseError as problem:
            raise StoreUnavailable(
                f"the file of cases cannot be used ({type(problem.orig).__name__})",
                advice="Put it back from its backup; nothing else depends on it.",
            ) from None


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's `begin` decides when a transaction begins
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def _told(problem: sa.exc.OperationalError) -> Exception:
    text = str(problem.orig)
    if "full" in text or "disk I/O" in text:
        return DiskFull(
            "the disk is full: the file of cases took nothing more",
            done="Nothing was begun that is not written down.",
            advice="Make room, then run `tocsin resume`.",
        )
    return StoreUnavailable(
        f"the file of cases cannot be used ({text})", advice="Try again; `tocsin doctor` says more."
    )


def _columns(act: Act) -> dict[str, Any]:
    return {
        "id": act.id,
        "incident": act.incident,
        "kind": act.kind,
        "by": act.by,
        "target": act.target,
        "arguments": dict(act.arguments),
        "asked_by": act.asked_by,
        "why": act.why,
        "state": "planned",
        "attempts": 0,
        "next_at": 0,
        "before": {},
        "proof": {},
    }


def _damaged(how: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"the journal of acts {how}",
        advice="Somebody changed it: keep the file as it is and compare it with its backup.",
    )


def _planned(connection: Connection, act: Act, *, at: int, who: str) -> Standing:
    number = (connection.scalar(sa.select(sa.func.max(_acts.c.number))) or 0) + 1
    connection.execute(_acts.insert().values(**_columns(act), number=number, since=at))
    _write(connection, at=at, act=act, state="planned", who=who, detail={"kind": act.kind, "by": act.by})
    return Standing(act=act, state="planned", attempts=0, since=at, next_at=0, before={}, proof={})


def _moved(
    connection: Connection, there: Standing, new: Mapping[str, Any], *, who: str, detail: Mapping[str, Any]
) -> Standing:
    connection.execute(_acts.update().where(_acts.c.id == there.act.id).values(**new))
    _write(connection, at=new["since"], act=there.act, state=new["state"], who=who, detail=detail)
    return replace(there, **new)


def _one(connection: Connection, act: str) -> Standing | None:
    row = connection.execute(sa.select(_acts).where(_acts.c.id == act)).mappings().first()
    return None if row is None else _standing(row)


def _standing(row: Mapping[Any, Any]) -> Standing:
    names = ("id", "incident", "kind", "by", "target", "arguments", "asked_by", "why")
    return Standing(
        act=Act(**{name: row[name] for name in names}),
        state=row["state"],
        attempts=row["attempts"],
        since=row["since"],
        next_at=row["next_at"],
        before=row["before"],
        proof=row["proof"],
    )


def _write(connection: Connection, *, at: int, act: Act, state: State, who: str, detail: Mapping[str, Any]) -> None:
    last = connection.execute(sa.select(_journal).order_by(_journal.c.number.desc()).limit(1)).mappings().first()
    line: dict[str, Any] = {
        "number": last["number"] + 1 if last else 1,
        "at": at,
        "incident": act.incident,
        "act": act.id,
        "state": state,
        "who": who,
        "detail": json.dumps(dict(detail), sort_keys=True, ensure_ascii=False),
    }
    connection.execute(_journal.insert().values(**line, hash=_hash(last["hash"] if last else FIRST, line)))


def _hash(previous: str, line: Mapping[Any, Any]) -> str:
    told = [line[name] for name in ("number", "at", "incident", "act", "state", "who", "detail")]
    return hashlib.blake2b((previous + json.dumps(told, ensure_ascii=False)).encode(), digest_size=32).hexdigest()
