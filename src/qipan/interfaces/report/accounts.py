"""What the pages of accounts show: owners, what they hold, and the statement of an account line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Balance, Cell, Transfer
from qipan.interfaces.report import obligations
from qipan.interfaces.report import table as made
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, moment, yuan
from qipan.interfaces.report.table import Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.time import BOARD_ZONE

FINAL = frozenset({Action.MOVE, Action.POST, Action.EXPIRE})
"""Actions that move what is posted; the others reserve or release."""

RELEASED = frozenset({Action.VOID, Action.LAPSE})
"""Actions that give back what was reserved."""


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer as its account sees it: what came or came free (above 0) or went, and the balance of its period."""

    transfer: Transfer
    other: str
    amount: int
    after: int
    entry: int


def account_address(account_id: str) -> str:
    """Return where an account is seen."""
    return f"/accounts/one?{urlencode({'account': account_id})}"


def lines(account_id: str, transfers: Iterable[Transfer]) -> list[Line]:
    """Return the transfers of an account with the balance after each, in their order."""
    balance: dict[datetime | None, int] = {}
    found = []
    for one in transfers:
        is_in = one.credit == account_id
        amount = one.amount if is_in is not (one.action in RELEASED) else -one.amount
        if one.action in FINAL:
            balance[one.period] = balance.get(one.period, 0) + amount
        found.append(
            Line(
                one,
                one.debit if is_in else one.credit,
                amount,
                balance.get(one.period, 0),
                one.credit_entry if is_in else one.debit_entry,
            )
        )
    return found


def quantity(amount: int, asset: Asset) -> str:
    """Write an amount of an asset: money in yuan, the rest in its own unit.

    Examples
    --------
    >>> quantity(125000, Asset("fen", AssetKind.MONEY))
    '1,250.00'
    """
    return yuan(amount, 2) if asset.kind in {AssetKind.MONEY, AssetKind.MEMO} else grouped(amount)


def asset_name(asset_id: str, words: Words) -> str:
    """Return what an asset is called.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> asset_name("fen", words("zh")), asset_name("memo/310000", words("zh")), asset_name("h100", words("zh"))
    ('资金', '统计备忘 310000', 'h100')
    """
    kind, _, region = asset_id.partition("/")
    if kind == "memo" and region:
        return words.say("statistical memo of %(region)s", region=region)
    return label(obligations.ASSET, asset_id, words)


def unit_of(asset: Asset, words: Words) -> str:
    """Return the unit in which a page writes amounts of an asset."""
    return (
        words.say("yuan")
        if asset.kind in {AssetKind.MONEY, AssetKind.MEMO}
        else label(obligations.UNIT, asset.unit, words)
    )


def owners(accounts: Iterable[Account], words: Words) -> Table:
    """Return who owns accounts, and of what."""
    by_owner: dict[str, list[Account]] = {}
    for one in accounts:
        by_owner.setdefault(one.owner, []).append(one)
    heads = (
        Head(words.say("Owner"), is_number=False),
        Head(words.say("Accounts")),
        Head(words.say("Assets"), is_number=False),
    )
    rows = tuple(
        row(
            made.Cell(label(obligations.OWNER, owner, words), href=f"/accounts?{urlencode({'owner': owner})}"),
            grouped(len(some)),
            _few([asset_name(name, words) for name in sorted({one.asset_id for one in some})], words),
        )
        for owner, some in sorted(by_owner.items())
    )
    return Table(words.say("Owners"), heads, rows, words.say("No account is open yet."))


def _few(names: Sequence[str], words: Words, most: int = 4) -> str:
    told = words.say(", ").join(names[:most])
    return (
        told if len(names) <= most else words.say("%(names)s and %(count)s more", names=told, count=len(names) - most)
    )


def holdings(
    accounts: Mapping[str, Account], balances: Mapping[Cell, Balance], assets: Mapping[str, Asset], words: Words
) -> Table:
    """Return the accounts of an owner with what they hold over all periods."""
    posted: dict[str, int] = {}
    available: dict[str, int] = {}
    periods: dict[str, int] = {}
    for (name, _), held in balances.items():
        posted[name] = posted.get(name, 0) + held.posted
        available[name] = available.get(name, 0) + held.available
        periods[name] = periods.get(name, 0) + 1
    heads = (
        Head(words.say("Account"), is_number=False),
        Head(words.say("Asset"), is_number=False),
        Head(words.say("Purpose"), is_number=False),
        Head(words.say("Balance")),
        Head(words.say("Free of what is pending")),
        Head(words.say("Unit"), is_number=False),
        Head(words.say("Periods")),
    )

    def of(one: Account) -> made.Row:
        asset = assets[one.asset_id]
        return row(
            made.Cell(one.account_id, href=account_address(one.account_id)),
            asset_name(one.asset_id, words),
            label(obligations.PURPOSE, one.purpose, words),
            quantity(posted.get(one.account_id, 0), asset),
            quantity(available.get(one.account_id, 0), asset),
            unit_of(asset, words),
            grouped(periods.get(one.account_id, 0)),
        )

    return Table(words.say("Accounts"), heads, tuple(map(of, accounts.values())), words.say("No account is open yet."))


def by_period(balances: Mapping[Cell, Balance], asset: Asset, words: Words) -> Table:
    """Return what an account holds in each period, the newest first."""
    unit = unit_of(asset, words)
    heads = (
        Head(words.say("Period"), "UTC+8", is_number=False),
        Head(words.say("Balance"), unit),
        Head(words.say("Pending, out"), unit),
        Head(words.say("Pending, in"), unit),
    )
    rows = tuple(
        row(
            NOTHING if period is None else moment(period.isoformat(), BOARD_ZONE),
            *(quantity(amount, asset) for amount in (held.posted, held.debits_pending, held.credits_pending)),
        )
        for (_, period), held in sorted(balances.items(), key=lambda one: str(one[0][1]), reverse=True)
    )
    return Table(words.say("Balances"), heads, rows, words.say("Nothing has moved yet."))


def action(code: str, words: Words) -> str:
    """Return what a transfer does, in words."""
    return label(obligations.ACTION, code, words)


def reason(code: str, words: Words) -> str:
    """Return what a transfer is for, in words."""
    return label(obligations.REASON, code, words)
