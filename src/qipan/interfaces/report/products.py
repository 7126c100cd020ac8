"""What the page of products shows: policies and claims, leases and how they stand, the compute bank and its credit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qipan.interfaces.report import obligations
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.market import price
from qipan.interfaces.report.numbers import grouped, yuan
from qipan.interfaces.report.table import Head, Row, Table, row
from qipan.interfaces.report.words import Words
from qipan.market.model.product import BankDeposit, BankDraw, Claimed, Lease, Sold


@dataclass(frozen=True, slots=True)
class Run:
    """A lease with how it stands."""

    lease: Lease
    instalment_fen: int
    paid: int
    standing: str


def policies(found: Iterable[tuple[Sold, Claimed | None]], words: Words) -> Table:
    """Return policies, what they cost, and what they paid."""
    unit = words.say("yuan")
    heads = (
        Head(words.say("Insurance policy"), is_number=False),
        Head(words.say("Insured"), is_number=False),
        Head(words.say("Against"), is_number=False),
        Head(words.say("Instrument"), is_number=False),
        Head(words.say("Insured amount"), words.say("card-hours")),
        Head(words.say("Sum or strike"), words.say("yuan a card-hour")),
        Head(words.say("Pays at most"), unit),
        Head(words.say("Premium"), unit),
        Head(words.say("Claim"), unit),
    )

    def of(sold: Sold, claimed: Claimed | None) -> Row:
        one = sold.policy
        return row(
            one.policy_id,
            one.insured,
            label(obligations.RISK, one.risk.value, words),
            one.instrument.name,
            grouped(one.card_h),
            price(one.fen_per_card_h),
            yuan(one.limit_fen, 2),
            yuan(sold.premium_fen, 2),
            yuan(None if claimed is None else claimed.fen, 2),
        )

    rows = tuple(of(*one) for one in found)
    return Table(words.say("Policies"), heads, rows, words.say("No policy was sold yet."))


def leases(found: Sequence[Run], words: Words) -> Table:
    """Return leases and how they stand."""
    unit = words.say("yuan")
    heads = (
        Head(words.say("Lease"), is_number=False),
        Head(words.say("Lessor"), is_number=False),
        Head(words.say("Lessee"), is_number=False),
        Head(words.say("Cards"), is_number=False),
        Head(words.say("Worth"), unit),
        Head(words.say("Instalment"), unit),
        Head(words.say("First due"), is_number=False),
        Head(words.say("Instalments paid")),
        Head(words.say("State"), is_number=False),
    )
    rows = tuple(
        row(
            one.lease.lease_id,
            one.lease.lessor,
            one.lease.lessee,
            one.lease.ware,
            yuan(one.lease.asset_fen, 2),
            yuan(one.instalment_fen, 2),
            f"{one.lease.first_due}",
            f"{grouped(one.paid)} / {grouped(one.lease.periods)}",
            label(obligations.LEASE, one.standing, words),
        )
        for one in found
    )
    return Table(words.say("Leases"), heads, rows, words.say("No lease was agreed yet."))


def deposits(found: Sequence[BankDeposit], left: Mapping[str, int], words: Words) -> Table:
    """Return deposits and what of them nobody has drawn, the newest first."""
    unit = words.say("card-hours")
    heads = (
        Head(words.say("Deposit"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Instrument"), is_number=False),
        Head(words.say("Site"), is_number=False),
        Head(words.say("Deposited"), unit),
        Head(words.say("Not drawn yet"), unit),
    )
    rows = tuple(
        row(one.deposit_id, one.member, one.instrument, one.site_id, grouped(one.card_h), grouped(left[one.deposit_id]))
        for one in reversed(found)
    )
    return Table(words.say("Deposits"), heads, rows, words.say("Nothing was deposited yet."))


def draws(found: Sequence[BankDraw], words: Words) -> Table:
    """Return draws with their price."""
    heads = (
        Head(words.say("Draw"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Instrument"), is_number=False),
        Head(words.say("Drawn"), words.say("card-hours")),
        Head(words.say("Price"), words.say("yuan a card-hour")),
    )
    rows = tuple(
        row(one.draw_id, one.member, one.instrument, grouped(one.card_h), price(one.fen_per_card_h)) for one in found
    )
    return Table(words.say("Draws"), heads, rows, words.say("Nothing was drawn yet."))


def credit(found: Mapping[str, int], words: Words) -> Table:
    """Return the credit of members."""
    heads = (Head(words.say("Member"), is_number=False), Head(words.say("Credit"), words.say("yuan")))
    rows = tuple(row(name, yuan(fen, 2)) for name, fen in sorted(found.items()))
    return Table(words.say("Credit"), heads, rows, words.say("Nobody has joined the bank yet."))
