"""Tables of users, of what they may see and do, and of tokens; what the trail holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from qipan.access.model import Duty, Mandate, Role, Scope, Token, TrailEntry, User
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata
from qipan.storage.trail import TRAIL

USER = sa.Table(
    "access_user",
    metadata,
    sa.Column("user_id", Serial, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(300), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("signed_in", Moment),
    sa.Column("disabled", Moment),
    sqlite_autoincrement=True,
)

TOKEN = sa.Table(
    "access_token",
    metadata,
    sa.Column("token_id", Serial, primary_key=True, autoincrement=True),
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("access_user.user_id"), nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("revoked", Moment),
    sqlite_autoincrement=True,
)

SCOPE = sa.Table(
    "access_scope",
    metadata,
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("access_user.user_id"), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
)
"""Kinds are ``region`` and ``site``; a user without a row sees the country."""

MANDATE = sa.Table(
    "access_mandate",
    metadata,
    sa.Column("user_id", sa.BigInteger, sa.ForeignKey("access_user.user_id"), primary_key=True),
    sa.Column("duty", sa.String(20), primary_key=True),
    sa.Column("party", sa.String(64), primary_key=True),
)
"""The party is empty for duties of the whole house."""

_USER_COLUMNS = [column for column in USER.c if column is not USER.c.password_hash]
_TOKEN_COLUMNS = [column for column in TOKEN.c if column is not TOKEN.c.digest]


def insert_user(unit: UnitOfWork, *, name: str, role: Role, password_hash: str, created: datetime) -> User:
    """Enter a user."""
    values = {"name": name, "role": role.value, "password_hash": password_hash, "created": created}
    user_id = unit.execute(sa.insert(USER).values(values).returning(USER.c.user_id)).scalar_one()
    return User(user_id, name, role, created, None, None)


def users(unit: UnitOfWork, *, name: str | None = None, user_id: int | None = None) -> tuple[User, ...]:
    """Return users in the order of their names."""
    query = sa.select(*_USER_COLUMNS).order_by(USER.c.name)
    if name is not None:
        query = query.where(USER.c.name == name)
    if user_id is not None:
        query = query.where(USER.c.user_id == user_id)
    return tuple(User(**{**row, "role": Role(row["role"])}) for row in unit.execute(query).mappings())


def scope_of(unit: UnitOfWork, user_id: int) -> Scope:
    """Return what a user may see."""
    rows = unit.execute(sa.select(SCOPE).where(SCOPE.c.user_id == user_id)).mappings().all()
    names = {wanted: frozenset(row["name"] for row in rows if row["kind"] == wanted) for wanted in ("region", "site")}
    return Scope(names["region"], names["site"], is_country=not rows)


def change_scope(unit: UnitOfWork, user_id: int, scope: Scope) -> None:
    """Write what a user may see, in place of what was there."""
    unit.execute(sa.delete(SCOPE).where(SCOPE.c.user_id == user_id))
    rows = [("region", name) for name in sorted(scope.adcodes)] + [("site", name) for name in sorted(scope.site_ids)]
    if not scope.is_country:
        unit.execute(sa.insert(SCOPE), [{"user_id": user_id, "kind": kind, "name": name} for kind, name in rows])


def mandates(unit: UnitOfWork, user_id: int | None = None) -> tuple[Mandate, ...]:
    """Return the mandates of a user, or all, by user, duty and party."""
    query = sa.select(MANDATE).order_by(MANDATE.c.user_id, MANDATE.c.duty, MANDATE.c.party)
    if user_id is not None:
        query = query.where(MANDATE.c.user_id == user_id)
    return tuple(Mandate(row["user_id"], Duty(row["duty"]), row["party"]) for row in unit.execute(query).mappings())


def insert_mandate(unit: UnitOfWork, mandate: Mandate) -> None:
    """Enter a mandate."""
    unit.execute(sa.insert(MANDATE).values(asdict(mandate)))


def delete_mandate(unit: UnitOfWork, mandate: Mandate) -> None:
    """Take a mandate out."""
    given = (MANDATE.c[name] == value for name, value in asdict(mandate).items())
    unit.execute(sa.delete(MANDATE).where(*given))


def password_hash_of(unit: UnitOfWork, user_id: int) -> str:
    """Return the stored hash of a user's password."""
    return str(unit.execute(sa.select(USER.c.password_hash).where(USER.c.user_id == user_id)).scalar_one())


def change_user(
    unit: UnitOfWork,
    user_id: int,
    *,
    password_hash: str | None = None,
    role: Role | None = None,
    signed_in: datetime | None = None,
    disabled: datetime | None = None,
) -> None:
    """Write what changed of a user."""
    values = {
        "password_hash": password_hash,
        "role": role and role.value,
        "signed_in": signed_in,
        "disabled": disabled,
    }
    changed = {name: value for name, value in values.items() if value is not None}
    unit.execute(sa.update(USER).where(USER.c.user_id == user_id).values(changed))


def insert_token(
    unit: UnitOfWork, *, user_id: int, name: str, digest: str, created: datetime, expires: datetime
) -> Token:
    """Enter a token by the digest of its key."""
    values = {"user_id": user_id, "name": name, "digest": digest, "created": created, "expires": expires}
    token_id = unit.execute(sa.insert(TOKEN).values(values).returning(TOKEN.c.token_id)).scalar_one()
    return Token(token_id, user_id, name, created, expires, None)


def tokens(
    unit: UnitOfWork, *, digest: str | None = None, token_id: int | None = None, user_id: int | None = None
) -> tuple[Token, ...]:
    """Return tokens in the order they were issued."""
    query = sa.select(*_TOKEN_COLUMNS).order_by(TOKEN.c.token_id)
    if digest is not None:
        query = query.where(TOKEN.c.digest == digest)
    if token_id is not None:
        query = query.where(TOKEN.c.token_id == token_id)
    if user_id is not None:
        query = query.where(TOKEN.c.user_id == user_id)
    return tuple(Token(**row) for row in unit.execute(query).mappings())


def revoke_token(unit: UnitOfWork, token_id: int, revoked: datetime) -> None:
    """Write when a token was revoked; the first time counts."""
    query = sa.update(TOKEN).where(TOKEN.c.token_id == token_id, TOKEN.c.revoked.is_(None))
    unit.execute(query.values(revoked=revoked))


def trail(
    unit: UnitOfWork,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    caller: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    limit: int | None = None,
) -> tuple[TrailEntry, ...]:
    """Return entries of the trail, the newest first."""
    query = sa.select(TRAIL).order_by(TRAIL.c.at.desc(), TRAIL.c.entry_id.desc()).limit(limit)
    if since is not None:
        query = query.where(TRAIL.c.at >= since)
    if until is not None:
        query = query.where(TRAIL.c.at < until)
    for column, wanted in ((TRAIL.c.caller, caller), (TRAIL.c.action, action), (TRAIL.c.subject, subject)):
        if wanted is not None:
            query = query.where(column == wanted)
    return tuple(TrailEntry(**{**row, "detail": json.loads(row["detail"])}) for row in unit.execute(query).mappings())
