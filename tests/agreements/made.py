"""Agreements, months and scenarios as tests need them, and strategies that make them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st

from qipan.accounts.model.posting import Account, Balance, Draft
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.agreements.model.agreement import Agreement, Aid, AidKind, Contribution, Indexation, Pool, Terms
from qipan.agreements.model.sharing import Shares, SharingTable
from qipan.agreements.model.simulation import Case, Scenario
from qipan.agreements.service.pledging import Pledging
from qipan.agreements.service.settling import Settling
from qipan.agreements.service.signing import Signing
from qipan.log.service import Log

EAST, WEST = "310000", "640000"
START, END = date(2027, 1, 1), date(2028, 1, 1)
MONTHS = [date(2027, month, 1) for month in range(1, 13)]

TERMS = Terms(
    START,
    card_h_per_month=1000,
    base_fen_per_card_h=1200,
    index=Indexation("electricity", Decimal(100), Decimal("0.5")),
    floor_fen_per_card_h=1000,
    cap_fen_per_card_h=1500,
    take_or_pay=Decimal("0.8"),
)
FUND = Contribution(EAST, WEST, 5_000)
TRAINING = Aid(AidKind.TRAINING, EAST, WEST, 2_000, 3_000, "a survey of course fees")
TABLES = {
    Pool.RENT: SharingTable((Shares(START, {WEST: Decimal("0.7"), EAST: Decimal("0.3")}),)),
    Pool.GREEN_PREMIUM: SharingTable(
        (Shares(START, {WEST: Decimal("0.6"), EAST: Decimal("0.3"), "fund": Decimal("0.1")}),)
    ),
}


def deal(*versions: Terms, **changed) -> Agreement:
    """Return an agreement of a year between Shanghai and Ningxia."""
    made = Agreement("sh-nx", EAST, WEST, "h100-80g", "ningxia", START, END, versions or (TERMS,), TABLES)
    return replace(made, **changed)


NOW = datetime(2028, 1, 1, tzinfo=UTC)
"""When all of the term is over."""
BANK_FEN = 10**9
"""What the buyer, the other party of the tables, and a source of rent are given."""

ENCLAVE = {**TABLES, Pool.ENCLAVE: SharingTable((Shares(START, {WEST: Decimal("0.55"), EAST: Decimal("0.45")}),))}


class House:
    """Services on books, one unit of work a call."""

    def __init__(self, books) -> None:
        self.books = books
        self.log = Log()
        self.accounts, self.claims = Accounts(self.log), Claims(self.log)
        self.signing = Signing(self.accounts, self.claims, self.log)
        self.settling = Settling(self.signing, self.accounts, self.claims, self.log)
        self.pledging = Pledging(self.signing, self.accounts, self.claims)

    def open(self) -> None:
        """Sign the agreement for both, and give the buyer and a source of rent money."""
        agreed = deal(replace(TERMS, contributions=(FUND,)), tables=ENCLAVE)
        for party in (EAST, WEST):
            self.do(self.signing.sign, agreed, party, NOW)
        for account in (
            Account("bank", "bank", "fen", "issued", floor=None),
            Account("rent", "market", "fen", "rent"),
            Account("park", "park", "fen", "park"),
        ):
            self.do(self.accounts.open_account, account, NOW)
        for to in (f"agreements/{EAST}", f"agreements/{WEST}", "rent", "park"):
            draft = Draft(transfer_id=f"in/{to}", debit="bank", credit=to, amount=BANK_FEN, reason="deposit")
            self.do(self.accounts.post_whole, [draft], NOW)

    def do(self, what, *given, **named):
        """Ask a service in a unit of work of its own."""
        with self.books.begin(caller="test") as unit:
            return what(unit, *given, **named)

    def held(self, account: str, period: datetime | None = None) -> int:
        """Return what an account holds, beside what it was given."""
        with self.books.read() as unit:
            balance = self.accounts.balances(unit, [account]).get((account, period), Balance()).posted
        return balance - (BANK_FEN if account in {f"agreements/{EAST}", f"agreements/{WEST}", "rent", "park"} else 0)

    def assert_sound(self) -> None:
        """Check that books follow from transfers, and what was posted from agreements."""
        with self.books.read() as unit:
            assert self.accounts.check(unit) == ()
            assert self.signing.check(unit) == ()
            assert self.settling.check(unit) == ()


decimals = st.decimals(0, 1, places=4)


@st.composite
def shares(draw, parties=(WEST, EAST, "fund")) -> Shares:
    """Draw shares of ten thousandths that sum to one."""
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), min_size=len(parties) - 1, max_size=len(parties) - 1)))
    edges = [0, *cuts, 10_000]
    parts = [Decimal(high - low) / 10_000 for low, high in pairwise(edges)]
    return Shares(START, dict(zip(parties, parts, strict=True)))


@st.composite
def terms(draw, holds_from=START) -> Terms:
    """Draw terms with or without index, floor and cap."""
    floor = draw(st.integers(0, 2_000))
    index = st.builds(Indexation, st.just("electricity"), st.decimals("0.01", 500, places=2), decimals)
    return Terms(
        holds_from,
        card_h_per_month=draw(st.integers(0, 10_000)),
        base_fen_per_card_h=draw(st.integers(0, 5_000)),
        index=draw(st.none() | index),
        floor_fen_per_card_h=floor,
        cap_fen_per_card_h=draw(st.none() | st.integers(max(floor, 1), 8_000)),
        take_or_pay=draw(decimals),
        contributions=draw(st.sampled_from([(), (FUND,)])),
        aid=draw(st.sampled_from([(), (TRAINING,)])),
    )


@st.composite
def agreements(draw) -> Agreement:
    """Draw an agreement of one or two versions."""
    versions = [draw(terms())]
    if draw(st.booleans()):
        versions.append(draw(terms(date(2027, 2, 1))))
    pools = {pool: SharingTable((draw(shares()),)) for pool in (Pool.RENT, Pool.GREEN_PREMIUM)}
    return deal(*versions, tables=pools)


@st.composite
def scenarios(draw, agreement: Agreement) -> list[Scenario]:
    """Draw one to three courses of the same months of an agreement."""
    months = MONTHS[: draw(st.integers(1, 3))]
    return [
        Scenario(f"s{number}", draw(st.decimals("0.1", 5, places=1)), tuple(draw(cases(agreement, m)) for m in months))
        for number in range(draw(st.integers(1, 3)))
    ]


@st.composite
def cases(draw, agreement: Agreement, month: date) -> Case:
    """Draw a month that keeps within the volume."""
    volume = agreement.terms(month).card_h_per_month
    available = draw(st.none() | st.integers(0, volume))
    return Case(
        month,
        taken_card_h=draw(st.integers(0, volume if available is None else available)),
        buyer_elsewhere_fen_per_card_h=draw(st.integers(0, 5_000)),
        seller_elsewhere_fen_per_card_h=draw(st.integers(0, 5_000)),
        seller_cost_fen_per_card_h=draw(st.integers(0, 3_000)),
        index=draw(st.decimals(0, 500, places=2)),
        rent_fen=draw(st.integers(0, 10**6)),
        green_premium_fen=draw(st.integers(0, 10**6)),
        available_card_h=available,
        seller_elsewhere_card_h=draw(st.none() | st.integers(0, volume)),
    )
