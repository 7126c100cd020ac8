"""Each card of an hour is promised once: to a book, on spot, to a delivery, to the compute bank, or by a lease.

The oracle adds up what was accepted, from its own list; it reads nothing but the awards of the auction.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.market.made_spot import AFTER, BEFORE, GATE, SpotMarket, auction

from qipan.kernel.errors import QipanError
from qipan.market.deliver import gate_of
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.delivery import SiteStep, Supply
from qipan.market.model.order import Order, Side
from qipan.market.model.product import BankDeposit, Lease
from qipan.market.model.request import Certification, Cover, Listing
from qipan.market.service.bank import Bank
from qipan.market.service.leasing import Leasing
from qipan.storage.books import Books

CLASS, HUB = "h100-80g", "ningxia"
DAY = Instrument(CLASS, HUB, Window.named("2026-03-03"))
START = DAY.window.start
HOURS = range(24)
DUE = {9: date(2026, 4, 1), 0: date(2026, 6, 1), 23: date(2026, 8, 1)}
"""When leases are first due: the first of them runs on the day already."""
REFUSED = {
    "cover_uncertified",
    "order_oversold",
    "offer_uncovered",
    "nomination_above_owed",
    "nomination_above_certified",
    "deposit_uncertified",
    "lease_uncertified",
    "buy_in_above_lacking",
    "buy_in_uncertified",
}


def hour(at: int) -> Instrument:
    return Instrument(CLASS, HUB, Window.named(f"2026-03-03T{at:02d}"))


class Holder(SpotMarket):
    """The member ``site``, which promises its cards wherever it can, and ``west``, which buys."""

    def __init__(self, books, hub_cards, north, south, derating):
        super().__init__(books)
        self.bank = Bank(self.trading, self.accounts, self.log)
        self.leasing = Leasing(self.trading, self.accounts, self.log)
        self.open_spot(auction(), BEFORE, cards=0)
        self.sites = {"north": north, "south": south * (100 - derating) // 100}
        self.cards = min(hub_cards, sum(self.sites.values()))
        with self.books.begin(caller="test") as unit:
            self.trading.certify(unit, Certification("site", CLASS, HUB, START, hub_cards, "N"), BEFORE)
            for name, cards, kept in (("north", north, 0), ("south", south, derating)):
                self.nominating.certify_site(unit, SiteStep("site", name, CLASS, HUB, START, cards, kept, "N"), BEFORE)
            self.bank.join(unit, "site", 0, BEFORE)
            self.trading.open_book(unit, Listing(DAY, GATE, 1, "assumed"), BEFORE)
        self.number, self.now = 0, BEFORE
        self.granted = self.bought_in = 0
        self.nominated = dict.fromkeys(self.sites, 0)
        self.bought_at = dict.fromkeys(self.sites, 0)
        self.lent = {name: [0] * 24 for name in self.sites}
        self.leased: list[tuple[str, date, int]] = []
        self.offered: dict[str, tuple[int, int]] = {}

    def tried(self, act) -> bool:
        self.number += 1
        try:
            with self.books.begin(caller="test") as unit:
                act(unit)
        except QipanError as error:
            if error.code not in REFUSED:
                raise
            return False
        return True

    def sent(self, request) -> bool:
        return self.tried(lambda unit: self.margins.send(unit, [request], self.now))

    def do(self, what, site, at, lots):
        getattr(self, what)(f"r{self.number}", site, at, lots)

    def cover(self, name, _site, _at, lots):
        self.granted += lots * self.sent(Cover(name, "site", DAY.name, lots))

    def sell(self, name, _site, _at, lots):
        self.sent(self.order(name, "site", Side.SELL, lots))
        self.sent(self.order(f"{name}-b", "west", Side.BUY, lots))

    def offer(self, name, _site, at, lots):
        made = Order(name, "site", hour(at).name, Side.SELL, lots, 100)
        if self.now < GATE and self.tried(lambda unit: self.spot.send(unit, self.name, [made], self.now)):
            self.offered[name] = at, lots

    def deposit(self, name, site, at, lots):
        made = BankDeposit(name, "site", hour(at).name, site, 3 * lots)
        if self.tried(lambda unit: self.bank.deposit(unit, made, self.now)):
            self.lent[site][at] += 3 * lots

    def lease(self, name, site, at, lots):
        ware = f"{5 * lots} {CLASS}@{HUB}/{site}"
        made = Lease(name, "site", "west", ware, 100, 0, 3, 1, DUE[at])
        if self.tried(lambda unit: [self.leasing.agree(unit, made, side, self.now) for side in ("west", "site")]):
            self.leased.append((site, DUE[at], 5 * lots))
            if at == 9:
                self.lent[site] = [cards + 5 * lots for cards in self.lent[site]]

    def nominate(self, name, site, _at, lots):
        word = Supply(name, "site", DAY.name, site, START, DAY.window.end, lots)
        if self.tried(lambda unit: self.nominating.supply(unit, word, self.now)):
            self.nominated[site] = lots

    @staticmethod
    def order(name, member, side, lots):
        return Order(name, member, DAY.name, side, lots, 100)

    def awarded(self) -> list[int]:
        """Return the cards of each hour that are offered, or awarded since."""
        with self.books.read() as unit:
            is_cleared = self.name in self.spot.clearings(unit)
            awards = self.spot.outcome(unit, self.name).awards if is_cleared else ()
        lots = {name: lots for name, (_, lots) in self.offered.items()} | {one.order_id: one.lots for one in awards}
        found = [0] * 24
        for name, (at, _) in self.offered.items():
            found[at] += 8 * lots[name]
        return found

    def is_sound(self):
        spot = self.awarded()
        for at in HOURS:
            lent = {name: cards[at] for name, cards in self.lent.items()}
            at_site = {name: 8 * (self.nominated[name] + self.bought_at[name]) + lent[name] for name in self.sites}
            assert all(at_site[name] <= cards for name, cards in self.sites.items())
            assert sum(at_site.values()) + spot[at] <= sum(self.sites.values())
            everything = 8 * (self.granted + sum(self.bought_at.values())) + sum(lent.values()) + spot[at]
            assert everything <= self.cards
        for first_due in DUE.values():
            running = [(site, cards) for site, due, cards in self.leased if due <= first_due]
            assert sum(cards for _, cards in running) <= self.cards
            for name, most in self.sites.items():
                assert sum(cards for site, cards in running if site == name) <= most


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["cover", "sell", "offer", "offer", "deposit", "lease", "nominate", "clear"]),
        st.sampled_from(["north", "south"]),
        st.sampled_from([0, 9, 9, 23]),
        st.integers(1, 4),
    ),
    min_size=4,
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 100), st.integers(0, 60), st.integers(0, 60), st.sampled_from([0, 10, 35]), st.booleans(), ACTS)
def test_no_card_of_an_hour_is_promised_twice(hub_cards, north, south, derating, is_bought, acts):
    books = Books("sqlite://")
    books.migrate()
    market = Holder(books, hub_cards, north, south, derating)
    for what, site, at, lots in acts:
        if what != "clear":
            market.do(what, site, at, lots)
        elif market.now < GATE:
            if is_bought:
                with books.begin(caller="test") as unit:
                    bid = Order("bid", "east", hour(9).name, Side.BUY, 2, 200)
                    market.spot.send(unit, market.name, [bid], market.now)
            market.now = AFTER
            market.clear(AFTER)
        market.is_sound()
    books.close()


@pytest.fixture
def holder(books) -> Holder:
    """Return a market in which a member has 48 cards at a hub, 24 at each of two sites."""
    return Holder(books, 48, 24, 24, 0)


def code_of(act) -> str:
    with pytest.raises(QipanError) as caught:
        act()
    return caught.value.code


def test_what_is_awarded_on_spot_is_not_nominated_and_the_other_way_round(holder):
    holder.do("cover", "north", 0, 3)
    holder.do("sell", "north", 0, 3)
    holder.do("offer", "north", 9, 3)
    assert holder.offered
    # Half of each site is down since: three lots that are offered leave none to nominate.
    with holder.books.begin(caller="test") as unit:
        for name in ("north", "south"):
            step = SiteStep("site", name, CLASS, HUB, START, 24, 50, "N-2")
            holder.nominating.certify_site(unit, step, BEFORE)
    word = Supply("n", "site", DAY.name, "north", START, DAY.window.end, 1)

    def nominate():
        with holder.books.begin(caller="test") as unit:
            holder.nominating.supply(unit, word, BEFORE)

    assert code_of(nominate) == "nomination_above_certified"
    with holder.books.begin(caller="test") as unit:
        for name in ("north", "south"):
            step = SiteStep("site", name, CLASS, HUB, START, 32, 0, "N-3")
            holder.nominating.certify_site(unit, step, BEFORE)
    nominate()
    holder.do("offer", "north", 9, 1)
    assert len(holder.offered) == 1


def test_cards_whose_lease_starts_later_are_not_leased_until_then(holder):
    holder.do("lease", "north", 23, 4)
    holder.do("lease", "north", 0, 4)
    holder.do("lease", "south", 0, 4)
    assert holder.leased == [("north", DUE[23], 20), ("south", DUE[0], 20)]
    holder.is_sound()


def test_lots_that_were_bought_in_are_not_offered_lent_or_leased(holder):
    with holder.books.begin(caller="test") as unit:
        holder.trading.certify(unit, Certification("north", CLASS, HUB, START, 48, "N"), BEFORE)
        holder.margins.send(unit, [Cover("c", "north", DAY.name, 5)], BEFORE)
        holder.margins.send(unit, [holder.order("s", "north", Side.SELL, 5)], BEFORE)
        holder.margins.send(unit, [holder.order("b", "west", Side.BUY, 5)], BEFORE)
    after = gate_of(DAY.window)
    with holder.books.begin(caller="test") as unit:
        for site, lots in (("north", 3), ("south", 2)):
            word = Supply(f"in-{site}", "site", DAY.name, site, START, DAY.window.end, lots, 100)
            holder.nominating.supply(unit, word, after)
    holder.now = after
    holder.do("deposit", "south", 9, 2)
    assert holder.lent["south"][9] == 6
    for what in ("deposit", "lease"):
        holder.do(what, "south", 9, 1)
    holder.do("cover", "south", 9, 1)
    assert (holder.lent["south"][9], holder.lent["south"][8], holder.granted) == (6, 0, 0)
