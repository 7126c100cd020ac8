"""Assets, accounts, transfers; and, kept beside them, what follows from the transfers: balances, counts, what is open.

Rows of asset, account and transfer are never changed, the engines refuse it. A balance holds the limits of its account,
so that the engine refuses one that breaks them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Balance, Cell, Posting, Transfer
from qipan.storage.books import Moment, UnitOfWork, metadata

UNDATED: Final = -1
"""Stands for the one period of an asset without any; no period starts at that second."""

CHUNK: Final = 10_000
"""Transfers that are read at a time."""

ASSET = sa.Table(
    "asset",
    metadata,
    sa.Column("asset_id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("place", sa.String(64), nullable=False),
    sa.Column("lifetime_months", sa.Integer, nullable=True),
    sa.Column("lifetime_h", sa.Integer, nullable=True),
)

ACCOUNT = sa.Table(
    "account",
    metadata,
    sa.Column("account_id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("asset_id", sa.String(64), sa.ForeignKey("asset.asset_id"), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("floor", sa.BigInteger, nullable=True),
    sa.Column("ceiling", sa.BigInteger, nullable=True),
    sa.UniqueConstraint("owner", "asset_id", "purpose"),
)

TRANSFER = sa.Table(
    "transfer",
    metadata,
    sa.Column("leaf", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("transfer_id", sa.String(80), nullable=False),
    sa.Column("action", sa.String(10), nullable=False),
    sa.Column("asset_id", sa.String(64), nullable=False),
    sa.Column("debit", sa.String(64), nullable=False),
    sa.Column("credit", sa.String(64), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("asked", sa.BigInteger, nullable=False),
    sa.Column("period", sa.BigInteger, nullable=False),
    sa.Column("pending_id", sa.String(80), nullable=False),
    sa.Column("timeout_s", sa.BigInteger, nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),
    sa.Column("balancing_debit", sa.Boolean, nullable=False),
    sa.Column("balancing_credit", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("reference", sa.String(200), nullable=False),
    sa.Column("debit_entry", sa.BigInteger, nullable=False),
    sa.Column("credit_entry", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("transfer_id"),
    sa.UniqueConstraint("debit", "debit_entry"),
    sa.UniqueConstraint("credit", "credit_entry"),
    # A pending transfer is resolved once.
    sa.Index(
        "uq_transfer_pending_id",
        "pending_id",
        unique=True,
        sqlite_where=sa.text("pending_id <> ''"),
        postgresql_where=sa.text("pending_id <> ''"),
    ),
)

BALANCE = sa.Table(
    "account_balance",
    metadata,
    sa.Column("account_id", sa.String(64), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("period", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("debits_posted", sa.BigInteger, nullable=False),
    sa.Column("credits_posted", sa.BigInteger, nullable=False),
    sa.Column("debits_pending", sa.BigInteger, nullable=False),
    sa.Column("credits_pending", sa.BigInteger, nullable=False),
    sa.Column("floor", sa.BigInteger, nullable=True),
    sa.Column("ceiling", sa.BigInteger, nullable=True),
    sa.CheckConstraint("floor is null or credits_posted - debits_posted - debits_pending >= floor", name="floor"),
    sa.CheckConstraint(
        "ceiling is null or credits_posted - debits_posted + credits_pending <= ceiling", name="ceiling"
    ),
    sa.CheckConstraint(
        "debits_posted >= 0 and credits_posted >= 0 and debits_pending >= 0 and credits_pending >= 0", name="whole"
    ),
)

ENTRIES = sa.Table(
    "account_entries",
    metadata,
    sa.Column("account_id", sa.String(64), sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("entries", sa.BigInteger, nullable=False),
)

PENDING = sa.Table(
    "transfer_pending",
    metadata,
    sa.Column("transfer_id", sa.String(80), primary_key=True),
    sa.Column("deadline", Moment, nullable=True),
    sa.Index(None, "deadline", "transfer_id"),
)

_PLAIN: Final = tuple(column.name for column in TRANSFER.c if column.name not in {"leaf", "period", "action"})
"""Columns that hold a field of a transfer as it is."""

_values = attrgetter(*_PLAIN)


def insert_asset(unit: UnitOfWork, asset: Asset) -> None:
    """Enter an asset."""
    unit.execute(sa.insert(ASSET).values(asdict(asset)))


def insert_account(unit: UnitOfWork, account: Account) -> None:
    """Enter an account."""
    unit.execute(sa.insert(ACCOUNT).values(asdict(account)))


def assets(unit: UnitOfWork, names: Collection[str] | None = None) -> dict[str, Asset]:
    """Return assets by id; those that are named, if any are."""
    query = sa.select(ASSET).order_by(ASSET.c.asset_id)
    if names is not None:
        query = query.where(among(unit, ASSET.c.asset_id, names))
    return {row["asset_id"]: Asset(**{**row, "kind": AssetKind(row["kind"])}) for row in unit.execute(query).mappings()}


def accounts(
    unit: UnitOfWork, names: Collection[str] | None = None, *, owner: str | None = None, asset_id: str | None = None
) -> dict[str, Account]:
    """Return accounts by id; those that are named, if any are."""
    query = sa.select(ACCOUNT).order_by(ACCOUNT.c.account_id)
    if names is not None:
        query = query.where(among(unit, ACCOUNT.c.account_id, names))
    if owner is not None:
        query = query.where(ACCOUNT.c.owner == owner)
    if asset_id is not None:
        query = query.where(ACCOUNT.c.asset_id == asset_id)
    return {row["account_id"]: Account(**row) for row in unit.execute(query).mappings()}


def balances(unit: UnitOfWork, names: Collection[str]) -> dict[Cell, Balance]:
    """Return the balances of accounts in every period."""
    query = sa.select(BALANCE).where(among(unit, BALANCE.c.account_id, names))
    return _balances(unit, query.order_by(BALANCE.c.account_id, BALANCE.c.period))


def all_balances(unit: UnitOfWork, asset_id: str | None = None) -> dict[Cell, Balance]:
    """Return the balances of all accounts, or of those of an asset."""
    query = sa.select(BALANCE).order_by(BALANCE.c.account_id, BALANCE.c.period)
    if asset_id is not None:
        query = query.join(ACCOUNT).where(ACCOUNT.c.asset_id == asset_id)
    return _balances(unit, query)


def cells(unit: UnitOfWork, asked: Collection[Cell]) -> dict[Cell, Balance]:
    """Return the balances that were asked for and are there."""
    pairs = [(name, seconds_of(period)) for name, period in asked]
    if unit.connection.dialect.name == "postgresql":
        told = sa.func.unnest(
            sa.literal([name for name, _ in pairs], postgresql.ARRAY(sa.Text)),
            sa.literal([second for _, second in pairs], postgresql.ARRAY(sa.BigInteger)),
        )
        wanted = told.table_valued("name", "period", name="asked").render_derived()
        name: sa.ColumnElement[Any] = wanted.c.name
        second: sa.ColumnElement[Any] = wanted.c.period
    else:
        wanted = sa.func.json_each(json.dumps(pairs)).table_valued("value", name="asked")
        name = sa.func.json_extract(wanted.c.value, "$[0]")
        second = sa.func.json_extract(wanted.c.value, "$[1]")
    is_it = sa.and_(BALANCE.c.account_id == name, BALANCE.c.period == second)
    return _balances(unit, sa.select(BALANCE).select_from(wanted.join(BALANCE, is_it)))


def entries(unit: UnitOfWork, names: Collection[str] | None = None) -> dict[str, int]:
    """Return how many transfers accounts have; those that are named, if any are."""
    query = sa.select(ENTRIES)
    if names is not None:
        query = query.where(among(unit, ENTRIES.c.account_id, names))
    return {row.account_id: row.entries for row in unit.execute(query)}


def transfers(unit: UnitOfWork, names: Collection[str]) -> dict[str, Transfer]:
    """Return the transfers under these ids."""
    found = unit.execute(sa.select(TRANSFER).where(among(unit, TRANSFER.c.transfer_id, names)))
    return {row["transfer_id"]: read_transfer_row(row) for row in found.mappings()}


def resolved(unit: UnitOfWork, names: Collection[str]) -> dict[str, Action]:
    """Return how pending transfers were resolved, by their id."""
    query = sa.select(TRANSFER.c.pending_id, TRANSFER.c.action).where(
        among(unit, TRANSFER.c.pending_id, names), TRANSFER.c.pending_id != ""
    )
    return {row.pending_id: Action(row.action) for row in unit.execute(query)}


def due(unit: UnitOfWork, at: datetime) -> tuple[Transfer, ...]:
    """Return open pending transfers whose timeout is over, those first that were over first."""
    query = (
        sa.select(TRANSFER)
        .join(PENDING, PENDING.c.transfer_id == TRANSFER.c.transfer_id)
        .where(PENDING.c.deadline <= at)
        .order_by(PENDING.c.deadline, TRANSFER.c.leaf)
    )
    return tuple(read_transfer_row(row) for row in unit.execute(query).mappings())


def pending(unit: UnitOfWork) -> tuple[str, ...]:
    """Return the ids of all open pending transfers."""
    return tuple(unit.execute(sa.select(PENDING.c.transfer_id).order_by(PENDING.c.transfer_id)).scalars())


def newest(unit: UnitOfWork) -> datetime | None:
    """Return the moment of the newest transfer, ``None`` before the first."""
    return unit.execute(sa.select(TRANSFER.c.at).order_by(TRANSFER.c.leaf.desc()).limit(1)).scalar_one_or_none()


def in_order(
    unit: UnitOfWork, *, account_id: str | None = None, asset_id: str | None = None
) -> Iterator[tuple[int, Transfer]]:
    """Yield leaf and transfer in the order of the log; those of an account or asset, if one is named."""
    last = -1
    while True:
        query = sa.select(TRANSFER).where(TRANSFER.c.leaf > last).order_by(TRANSFER.c.leaf).limit(CHUNK)
        if account_id is not None:
            query = query.where(sa.or_(TRANSFER.c.debit == account_id, TRANSFER.c.credit == account_id))
        if asset_id is not None:
            query = query.where(TRANSFER.c.asset_id == asset_id)
        rows = unit.execute(query).mappings().all()
        yield from ((row["leaf"], read_transfer_row(row)) for row in rows)
        if len(rows) < CHUNK:
            return
        last = rows[-1]["leaf"]


def enter(
    unit: UnitOfWork,
    posting: Posting,
    *,
    first_leaf: int,
    accounts: Mapping[str, Account],
    deadlines: Mapping[str, datetime | None],
) -> None:
    """Enter what postings lead to.

    Parameters
    ----------
    first_leaf
        Place in the log of the first transfer; the others follow it.
    accounts
        Those of the balances.
    deadlines
        When each pending transfer that is still open lapses.
    """
    made = (
        (leaf, seconds_of(one.period), one.action.value, *_values(one))
        for leaf, one in enumerate(posting.transfers, first_leaf)
    )
    unit.insert(TRANSFER, ("leaf", "period", "action", *_PLAIN), made)
    rows = [
        (
            name,
            seconds_of(period),
            balance.debits_posted,
            balance.credits_posted,
            balance.debits_pending,
            balance.credits_pending,
            accounts[name].floor,
            accounts[name].ceiling,
        )
        for (name, period), balance in posting.balances.items()
    ]
    _upsert(unit, BALANCE, rows)
    _upsert(unit, ENTRIES, list(posting.entries.items()))
    closed = {one.pending_id for one in posting.transfers if one.pending_id}
    if closed:
        unit.execute(sa.delete(PENDING).where(among(unit, PENDING.c.transfer_id, closed)))
    if deadlines:
        opened = [{"transfer_id": name, "deadline": deadline} for name, deadline in deadlines.items()]
        unit.execute(sa.insert(PENDING), opened)


def among(unit: UnitOfWork, column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    """Return that a column is one of many values, which travel as one parameter."""
    told = list(values)
    if unit.connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(told, postgresql.ARRAY(sa.Text)))
    each = sa.func.json_each(json.dumps(told)).table_valued("value", name="among")
    return column.in_(sa.select(each.c.value))


def seconds_of(period: datetime | None) -> int:
    """Return the start of a period as the books keep it: seconds since 1970, or `UNDATED`."""
    return UNDATED if period is None else int(period.timestamp())


def period_of(second: int) -> datetime | None:
    """Return the start of a period that the books keep."""
    return None if second == UNDATED else datetime.fromtimestamp(second, UTC)


def _upsert(unit: UnitOfWork, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """Enter rows in the order of the table's columns, or change what is not their key."""
    if not rows:
        return
    names = [column.name for column in table.c]
    keys = [column.name for column in table.primary_key]
    if unit.connection.dialect.name == "postgresql":
        insert: Any = postgresql.insert(table)
        told = [
            sa.literal(list(values), postgresql.ARRAY(column.type))
            for values, column in zip(zip(*rows, strict=True), table.c, strict=True)
        ]
        many = sa.func.unnest(*told).table_valued(*names, name="told").render_derived()
        statement = insert.from_select(names, sa.select(*[many.c[name] for name in names]))
        parameters: Any = None
    else:
        statement, parameters = sqlite.insert(table), [dict(zip(names, row, strict=True)) for row in rows]
    new = {name: statement.excluded[name] for name in names if name not in keys}
    unit.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), parameters)


def _balances(unit: UnitOfWork, query: sa.Select[Any]) -> dict[Cell, Balance]:
    return {
        (row.account_id, period_of(row.period)): Balance(
            row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending
        )
        for row in unit.execute(query)
    }


def read_transfer_row(row: sa.RowMapping) -> Transfer:
    """Return the transfer of a row."""
    told = {name: row[name] for name in _PLAIN}
    return Transfer(**told, action=Action(row["action"]), period=period_of(row["period"]))
