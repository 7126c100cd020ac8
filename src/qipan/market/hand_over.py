"""Hand compute over, as transfers of milli-card-seconds of a class at a hub, hour by hour.

When a book is allocated, suppliers give what they owe to the account of delivery and holders get it from there. When it
is settled, what did not come goes back the same way, and of what came, what was used and what was not go where they
stay. Within every hour of a book nothing is made and nothing lost: what suppliers gave was used or not, or not metered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from qipan.accounts.model.posting import ISSUED, UNUSED, USED, Account, Asset, AssetKind, Draft
from qipan.kernel.apportion import apportion
from qipan.market.admit import HOUSE
from qipan.market.deliver import use
from qipan.market.fulfil import hours, lost_lots, missed, serve, supplied
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Instrument
from qipan.market.model.delivery import Allocation, Delivery, Reserved, Supply
from qipan.market.pay import linked

COMPUTE: Final = "compute/"
"""Begins the id of every asset of compute that the market hands over."""
RESERVED: Final = "reserved"
"""Purpose of what a holder may use."""
PASSING: Final = "passing"
"""Purpose of what compute passes through: it is empty again at once."""
BALANCING: Final = "balancing"
"""Purpose of what the one who balances took; it stands below zero by what it gave."""
MOST_LETTERS: Final = 34
"""Of a class at a hub in the name of an account."""
MILLI_PER_S: Final = 1000
MILLI_PER_LOT_H: Final = CARDS_PER_LOT * int(HOUR.total_seconds()) * MILLI_PER_S


class Served(NamedTuple):
    """What an allocation rests on, and what it reserved.

    Attributes
    ----------
    defaulted
        Members that had defaulted by then: the clearing house has what is reserved for them.
    """

    ware: Instrument
    allocation: Allocation
    positions: Mapping[str, int]
    supplies: Sequence[Supply]
    reserved: Sequence[Reserved]
    defaulted: frozenset[str] = frozenset()

    def holder(self, member: str) -> str:
        """Return who has what is reserved for a member."""
        return HOUSE if member in self.defaulted else member


class Handed(NamedTuple):
    """What changes hands: assets and accounts that must be open, and linked transfers in their order."""

    assets: tuple[Asset, ...]
    accounts: tuple[Account, ...]
    drafts: tuple[Draft, ...]


class Move(NamedTuple):
    """Units of an hour that go from one account to another."""

    reason: str
    ware: Instrument
    debit: Account
    credit: Account
    hour: datetime
    amount: int


def asset_of(ware: Instrument) -> Asset:
    """Return compute of the class at the hub of a book."""
    return Asset(f"{COMPUTE}{_short(ware)}", AssetKind.COMPUTE, model=ware.card_class, place=ware.hub_id)


def account_of(ware: Instrument, owner: str, purpose: str) -> Account:
    """Return the account of an owner's compute for a purpose; what it supplied stands below zero."""
    name = f"{owner}/{_short(ware)}/{purpose}"
    floor = None if purpose in {ISSUED, BALANCING} else 0
    return Account(name, owner, asset_of(ware).asset_id, purpose, floor=floor)


def pool_of(ware: Instrument) -> Account:
    """Return the account of delivery, which compute passes through: it is empty again at once."""
    return account_of(ware, HOUSE, PASSING)


def give(served: Served) -> Handed:
    """Return what suppliers of an allocated book give to its holders.

    Examples
    --------
    >>> from qipan.market.fulfil import reserve
    >>> from qipan.market.model.contract import Window
    >>> hour = Instrument("h100", "gui", Window.named("2026-03-03T05"))
    >>> supply = Supply("n", "site", hour.name, "north", hour.window.start, hour.window.end, 2)
    >>> positions, words = {"firm": 2, "site": -2}, (supply,)
    >>> served = Served(hour, Allocation(hour.name, 1, 1, 1000), positions, words, reserve(hour, 1, positions, words))
    >>> [(one.debit, one.amount, one.credit) for one in give(served).drafts]  # doctest: +NORMALIZE_WHITESPACE
    [('site/h100@gui/issued', 57600000, 'market/h100@gui/passing'),
     ('market/h100@gui/passing', 57600000, 'firm/h100@gui/reserved')]
    """
    ware, found = served.ware, []
    pool = pool_of(ware)
    for hour in hours(ware.window.start, ware.window.end):
        for one in supplied(served.positions, served.supplies, hour):
            found.append(
                Move("compute_supplied", ware, account_of(ware, one.member, ISSUED), pool, hour, milli(one.lots))
            )
        for held in serve(served.positions, served.supplies, hour):
            holder = account_of(ware, served.holder(held.member), RESERVED)
            found.append(Move("compute_reserved", ware, pool, holder, hour, milli(held.lots)))
    return handed(f"cr/a{served.allocation.number}", ware.name, found)


def take_back(served: Served, told: Delivery) -> Handed:
    """Return what goes back to suppliers since it did not come, and what became of the rest.

    What was used of a reservation is metered in all, so it is shared out over its hours by what came in each. What
    nobody metered stays reserved.

    Examples
    --------
    >>> from qipan.market.fulfil import reserve
    >>> from qipan.market.model.contract import Window
    >>> hour = Instrument("h100", "gui", Window.named("2026-03-03T05"))
    >>> supply = Supply("n", "site", hour.name, "north", hour.window.start, hour.window.end, 2)
    >>> positions, words = {"firm": 2, "site": -2}, (supply,)
    >>> served = Served(hour, Allocation(hour.name, 1, 1, 1000), positions, words, reserve(hour, 1, positions, words))
    >>> told = Delivery(hour.name, (), {}, {"a1-1": 50_000})
    >>> [(one.reason, one.amount) for one in take_back(served, told).drafts]
    [('compute_used', 50000000), ('compute_unused', 7600000)]
    """
    ware, found = served.ware, []
    pool = pool_of(ware)
    for hour in hours(ware.window.start, ware.window.end):
        words = supplied(served.positions, served.supplies, hour)
        lost = lost_lots(words, told.failures, hour)
        for one, lots in missed(serve(served.positions, served.supplies, hour), lost):
            holder = account_of(ware, served.holder(one.member), RESERVED)
            found.append(Move("compute_missed", ware, holder, pool, hour, milli(lots)))
        for (member, _, _), lots in lost.items():
            found.append(Move("compute_returned", ware, pool, account_of(ware, member, ISSUED), hour, milli(lots)))
    by_id = came(served, told)
    for held in (one for one in served.reserved if one.reservation_id in told.used_card_s):
        holder, by_hour = account_of(ware, served.holder(held.member), RESERVED), by_id[held.reservation_id]
        used = use(sum(by_hour.values()), told.used_card_s[held.reservation_id] * MILLI_PER_S).used_card_s
        for hour, part in zip(by_hour, apportion(used, list(by_hour.values())), strict=True):
            for purpose, amount in ((USED, part), (UNUSED, by_hour[hour] - part)):
                own = account_of(ware, served.holder(held.member), purpose)
                found.append(Move(f"compute_{purpose}", ware, holder, own, hour, amount))
    return handed(f"cd/d{served.allocation.number}", ware.name, found)


def came(served: Served, told: Delivery) -> dict[str, dict[datetime, int]]:
    """Return the milli-card-seconds that came of each reservation, by its id and the hour."""
    names = {
        (one.member, one.site_id, hour): one.reservation_id
        for one in served.reserved
        for hour in hours(one.start, one.end)
    }
    found: dict[str, dict[datetime, int]] = {one.reservation_id: {} for one in served.reserved}
    for hour in hours(served.ware.window.start, served.ware.window.end):
        lost = lost_lots(supplied(served.positions, served.supplies, hour), told.failures, hour)
        for one, lots in missed(serve(served.positions, served.supplies, hour), lost):
            found[names[one.member, one.site_id, hour]][hour] = milli(one.lots - lots)
    return found


def handed(mark: str, reference: str, moves: Iterable[Move]) -> Handed:
    """Return moves as linked transfers, under ids that begin with a mark: those alike in an hour are one."""
    summed: Counter[tuple[str, Instrument, Account, Account, datetime]] = Counter()
    for one in moves:
        summed[one[:5]] += one.amount
    kept = [(key, amount) for key, amount in summed.items() if amount]
    drafts = [
        Draft(
            transfer_id=f"{mark}/{place}",
            debit=debit.account_id,
            credit=credit.account_id,
            amount=amount,
            period=hour,
            reason=reason,
            reference=reference,
        )
        for place, ((reason, _, debit, credit, hour), amount) in enumerate(kept, start=1)
    ]
    assets = dict.fromkeys(asset_of(ware) for (_, ware, *_), _ in kept)
    accounts = dict.fromkeys(account for (_, _, debit, credit, _), _ in kept for account in (debit, credit))
    return Handed(tuple(assets), tuple(accounts), linked(drafts))


def milli(lots: int) -> int:
    """Return the milli-card-seconds of lots in an hour."""
    return lots * MILLI_PER_LOT_H


def _short(ware: Instrument) -> str:
    """Return a name for class and hub that names of accounts have room for; one that is too long becomes its digest."""
    name = f"{ware.card_class}@{ware.hub_id}"
    return name if len(name) <= MOST_LETTERS else sha256(name.encode()).hexdigest()[:MOST_LETTERS]
