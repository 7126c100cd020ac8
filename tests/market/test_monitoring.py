"""The monitor over books: what is planted in a made market is flagged with its leaves, an honest one is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.market.made import NOW, WEEK, Market
from tests.market.made_monitor import LIMITS, seeded
from tests.market.made_spot import AFTER, BEFORE, DAY, GATE, SpotMarket, auction, bid, offer

from qipan.market.model.contract import Window
from qipan.market.model.monitor import FlagKind, Measure
from qipan.market.model.order import Order, Side
from qipan.market.model.product import Lease
from qipan.market.model.request import Certification, Cover, Listing, Member
from qipan.market.service.behind import behind
from qipan.market.service.leasing import Leasing
from qipan.market.service.monitoring import Monitoring

TRADERS = [f"m-{number}" for number in range(16)]


def met_by_chance(rng):
    """Return who sold to whom where everybody trades with everybody."""
    return [tuple(rng.choice(TRADERS[:8], 2, replace=False)) for _ in range(60)]


def sites_to_firms(rng):
    """Return who sold to whom where eight sites sell to eight firms, each as often."""
    return [(TRADERS[n % 8], TRADERS[8 + (n + n // 8) % 8]) for n in rng.permutation(64)]


def traded(books, pairs=met_by_chance, wash=()):
    """Return a market of members of one size; a pair may pass lots back and forth besides."""
    market, rng = Market(books), seeded(3)
    pairs = pairs(rng)
    deals = [(seller, buyer, int(rng.integers(1, 4)), 4) for seller, buyer in pairs]
    for at, (seller, buyer) in enumerate(wash):
        deals += [(seller, buyer, 12, at), (buyer, seller, 12, at)]
    with books.begin(caller="test") as unit:
        market.trading.open_book(unit, Listing(WEEK, WEEK.window.start, 100, "assumed"), NOW)
        for member in TRADERS:
            market.trading.admit(unit, Member(member), NOW)
            step = Certification(member, WEEK.card_class, WEEK.hub_id, WEEK.window.start, 960, "NC-1")
            market.trading.certify(unit, step, NOW)
            market.trading.send(unit, [Cover(f"c-{member}", member, WEEK.name, 100)], NOW)
        for number, (seller, buyer, lots, day) in enumerate(deals):
            at, price = NOW + timedelta(days=day, minutes=number), 1000 + number % 3
            sell = Order(f"s-{number}", seller, WEEK.name, Side.SELL, lots, price)
            buy = Order(f"b-{number}", buyer, WEEK.name, Side.BUY, lots, price)
            answers = market.trading.send(unit, [sell, buy], max(at, NOW + timedelta(days=4)))
            assert answers[-1].trades
    return market


def watch(market, since=NOW, until=NOW + timedelta(days=40), limits=LIMITS):
    with market.books.read() as unit:
        return Monitoring(market.log, limits).watch(unit, since, until)


def test_an_honest_market_of_equals_has_no_flag(books):
    found = watch(traded(books, sites_to_firms))
    assert (found.trades, found.flags) == (64, ())
    measures = {one.measure: one for one in found.concentrations}
    assert set(measures) == {Measure.SOLD, Measure.BOUGHT, Measure.LONG, Measure.SHORT, Measure.CERTIFIED}
    assert measures[Measure.CERTIFIED].hhi == 625


def test_members_who_meet_by_chance_have_no_flag_of_wash_trades(books):
    assert [one for one in watch(traded(books)).flags if one.kind is FlagKind.WASH] == []


def test_planted_wash_trades_are_flagged_with_trades_and_leaves_and_each_time_alike(books):
    market = traded(books, wash=[("m-0", "m-1")] * 5)
    found = watch(market)
    flags = [one for one in found.flags if one.kind is FlagKind.WASH]
    assert [one.members for one in flags] == [("m-0", "m-1")]
    (flag,) = flags
    assert flag.figures["lots_returned"] >= 60
    with market.books.read() as unit:
        kinds = {leaf.kind for leaf in market.log.leaves(unit) if leaf.seq in flag.leaves}
    assert kinds == {"market_request"}
    assert len(flag.leaves) == 2 * len(flag.evidence)
    assert watch(market).flags == found.flags


def test_what_lies_outside_the_time_is_not_looked_at(books):
    assert watch(traded(books), until=NOW + timedelta(days=1)).trades == 0


@pytest.fixture
def spot(books):
    """Return an auction in which site offers a fifth of what it certified, while west's dearer offer sets the price."""
    market = SpotMarket(books)
    market.open_spot(auction(), BEFORE)
    market.enter(
        BEFORE,
        bid("b-1", "east", 30, 1500, hub="ningxia"),
        offer("o-1", "site", 20, 500),
        offer("o-2", "west", 100, 900),
    )
    market.clear(AFTER)
    return market


def test_planted_withheld_capacity_is_flagged_and_who_sets_the_price_is_not(spot):
    found = watch(spot, until=AFTER + timedelta(days=3))
    physical = [one for one in found.flags if one.kind is FlagKind.PHYSICAL]
    assert [(one.market, one.members) for one in physical] == [("h100-80g@ningxia", ("site",))]
    assert physical[0].figures == {"hours": 1, "lot_hours": 80, "worth_fen": 80 * 8 * 400}
    assert found.unjudged == 4  # nobody's offers were awarded before
    pivotal = [one.members for one in found.flags if one.kind is FlagKind.PIVOTAL]
    assert pivotal == [("west",)]


def test_a_flag_is_named_by_its_stretch_and_figures_and_the_same_watch_names_it_again(spot):
    until = AFTER + timedelta(days=3)
    ids = [{one.flag_id for one in watch(spot, until=end).flags} for end in (until, until, until + timedelta(days=1))]
    assert ids[0] == ids[1]
    assert ids[0].isdisjoint(ids[2])
    (flag, *_) = (one for one in watch(spot, until=until).flags if one.kind is FlagKind.PIVOTAL)
    assert replace(flag, figures={"hours": 9}).flag_id != flag.flag_id


def test_what_is_leased_to_others_is_not_withheld(spot):
    spot.site("site", "zhongwei", 800)
    with spot.books.begin(caller="test") as unit:
        lease = Lease("l", "site", "north", "640 h100-80g@ningxia/zhongwei", 1200, 0, 12, 1, date(2026, 4, 3))
        for member in ("site", "north"):
            Leasing(spot.trading, spot.accounts, spot.log).agree(unit, lease, member, BEFORE)
    found = watch(spot, until=AFTER + timedelta(days=3))
    assert [one for one in found.flags if one.kind is FlagKind.PHYSICAL] == []


def test_the_reference_reaches_back_before_what_is_watched(books):
    market = SpotMarket(books)
    market.open_spot(auction(), BEFORE)
    bids = [bid(f"b-{hour}", "east", 8, 6000, hub="ningxia", hour=hour) for hour in range(6)]
    market.enter(BEFORE, *bids, *(offer(f"o-{hour}", "west", 8, 500, hour=hour) for hour in range(6)))
    market.clear(AFTER)
    after = Window.named("2026-03-04").start
    second = replace(auction(), day=DAY + timedelta(days=1), gate=GATE + timedelta(days=1))
    with books.begin(caller="test") as unit:
        market.spot.open(unit, second, BEFORE)
    market.name = second.name
    dear = offer("o-dear", "west", 8, 5000)
    name = dear.instrument.replace("2026-03-03", "2026-03-04")
    market.enter(BEFORE, replace(bid("b-dear", "east", 8, 6000), instrument=name), replace(dear, instrument=name))
    market.clear(AFTER + timedelta(days=1))
    found = watch(market, since=after, until=after + timedelta(days=1))
    assert [one.members for one in found.flags if one.kind is FlagKind.ECONOMIC] == [("west",)]
    assert found.hours == 1


def test_behind_a_payment_of_an_auction_stand_its_terms_bids_and_outcome(spot):
    with spot.books.read() as unit:
        paid = [one for one in spot.accounts.transfers(unit, "east/margin") if one.transfer_id.endswith("/pay/east")]
        payloads = behind(unit, paid[0])
        leaves = [spot.log.find(unit, one)[0].kind for one in payloads]
    assert leaves == ["spot_auction", "spot_request", "spot_clearing"]
    assert json.loads(json.loads(payloads[1])["request"])["order"] == "b-1"


def test_behind_variation_margin_stand_the_orders_of_its_trades(market):
    market.fund(10**8)
    market.send(Cover("c", "site", WEEK.name, 5))
    market.order(Order("s", "site", WEEK.name, Side.SELL, 2, 1200), at=NOW)
    market.order(Order("b", "firm", WEEK.name, Side.BUY, 2, 1200), at=NOW)
    later = NOW + timedelta(hours=5)
    market.mark(later, {WEEK.name: 1300})
    market.settle(later)
    with market.books.read() as unit:
        paid = {one.transfer_id: one for one in market.accounts.transfers(unit)}
        vm = next(one for name, one in paid.items() if name.startswith("vm/") and name.endswith("/site"))
        payloads = behind(unit, vm)
        assert [market.log.find(unit, one)[0].kind for one in payloads] == ["market_request"]
        assert json.loads(json.loads(payloads[0])["request"])["order"] == "s"
        assert behind(unit, paid["in-m-site"]) == ()
        borne = replace(vm, transfer_id=vm.transfer_id.replace("vm/", "default/") + "/by/firm", reason="default")
        assert behind(unit, replace(borne, debit="firm/fund", credit="market/clearing")) == ()
        assert behind(unit, replace(borne, debit="site/fund", credit="market/clearing")) == payloads
        for name in ("default/d1/site/fund", "default/a1/site/by/firm", "vm/now/site"):
            assert behind(unit, replace(vm, transfer_id=name)) == ()
