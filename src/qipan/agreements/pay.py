"""Make the transfers of an agreement: a month's bill, shares of a pool, an event of an enclave; linked, all or nothing.

Ids follow from what is paid, so that nothing is posted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from qipan.accounts.model.posting import Draft
from qipan.agreements.model.agreement import Agreement, Pool
from qipan.agreements.model.bill import Bill
from qipan.agreements.model.enclave import Item, Split
from qipan.agreements.model.posted import REVENUE_PARTS
from qipan.kernel.apportion import apportion

PAID_OUT: Final = (Item.TAX, Item.INCOME)
"""Items of an event that are paid to regions."""
PAID_IN: Final = (Item.COST, Item.LOSS)
"""Items of an event that regions pay."""

EAST_8: Final = timedelta(hours=8)
"""Months begin at midnight of UTC+8."""


def account(party: str) -> str:
    """Return the account that a party pays from and is paid to."""
    return f"agreements/{party}"


def fund_account(party: str) -> str:
    """Return the account of a party's industry-transfer fund."""
    return f"agreements/{party}/fund"


def memo_account(region: str) -> str:
    """Return the account of a region's statistical memo."""
    return f"memo/{region}"


def memo_issued(region: str) -> str:
    """Return the account that a region's statistical memo comes from."""
    return f"memo/{region}/issued"


def month_start(month: date) -> datetime:
    """Return the first moment of a month of UTC+8."""
    return datetime(month.year, month.month, 1, tzinfo=UTC) - EAST_8


def month_end(month: date) -> datetime:
    """Return the first moment behind a month of UTC+8.

    Examples
    --------
    >>> str(month_end(date(2027, 12, 1)))
    '2027-12-31 16:00:00+00:00'
    """
    return month_start(date(month.year + month.month // 12, month.month % 12 + 1, 1))


def month_of(moment: datetime) -> date:
    """Return the month of UTC+8 that begins at a moment, named by its first day."""
    return (moment + EAST_8).date()


def bill_drafts(agreement: Agreement, bill: Bill, pledged: Mapping[str, int]) -> tuple[Draft, ...]:
    """Return the transfers of a month: what is due, to the seller and to holders of its pledges, and contributions.

    Parameters
    ----------
    pledged
        Parts of the revenue that each holder has; the seller gets the rest, and what rounding leaves over comes first
        to it.
    """
    mark = f"bill/{agreement.agreement_id}/{bill.month:%Y-%m}"
    buyer = account(agreement.buyer)
    parts = (REVENUE_PARTS - sum(pledged.values()), *pledged.values())
    to = (agreement.seller, *pledged)
    drafts = [
        _move(mark if party == agreement.seller else f"{mark}/{party}", buyer, account(party), fen, "agreement_bill")
        for party, fen in zip(to, apportion(bill.due_fen, parts), strict=True)
    ]
    fund = f"fund/{agreement.agreement_id}/{bill.month:%Y-%m}"
    drafts += [
        _move(
            f"{fund}/{number}", account(one.giver), fund_account(one.taker), one.fen_per_month, "industry_transfer_fund"
        )
        for number, one in enumerate(agreement.terms(bill.month).contributions, start=1)
    ]
    return _linked(drafts)


def share_drafts(
    agreement: Agreement, pool: Pool, month: date, source: str, parts: Mapping[str, int]
) -> tuple[Draft, ...]:
    """Return the transfers that share a pool's amount of a month out."""
    mark = f"share/{agreement.agreement_id}/{pool}/{month:%Y-%m}"
    return _linked(
        [
            _move(f"{mark}/{number}", source, account(party), fen, f"share_{pool}")
            for number, (party, fen) in enumerate(parts.items(), start=1)
        ]
    )


def event_drafts(agreement: Agreement, split: Split, source: str) -> tuple[Draft, ...]:
    """Return the transfers of an event: money from and to its account, and each region's part of the memo."""
    mark = f"event/{agreement.agreement_id}/{split.event_id}"
    year = month_start(split.day.replace(month=1, day=1))
    drafts = []
    for number, (party, parts) in enumerate(split.parts.items(), start=1):
        for item in PAID_OUT:
            drafts.append(_move(f"{mark}/{item.name.lower()}/{number}", source, account(party), parts.get(item, 0),
                                f"enclave_{item.name.lower()}"))  # fmt: skip
        for item in PAID_IN:
            drafts.append(_move(f"{mark}/{item.name.lower()}/{number}", account(party), source, parts.get(item, 0),
                                f"enclave_{item.name.lower()}"))  # fmt: skip
        memo = _move(f"{mark}/memo/{number}", memo_issued(party), memo_account(party), parts.get(Item.MEMO, 0),
                     "enclave_memo")  # fmt: skip
        drafts.append(replace(memo, period=year))
    return _linked(drafts)


def _move(name: str, debit: str, credit: str, amount: int, reason: str) -> Draft:
    return Draft(transfer_id=name, debit=debit, credit=credit, amount=amount, reason=reason)


def _linked(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """Leave out what moves nothing, and link the rest."""
    some = [one for one in drafts if one.amount]
    return tuple(replace(one, linked=True) for one in some[:-1]) + tuple(some[-1:])
