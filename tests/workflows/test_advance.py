"""All that is due is done once, in order; what waits says for what; a step that cannot be leaves the others be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from tests.market.made_spot import BEFORE, CLASS, PLAIN, SpotMarket, auction

from qipan.kernel.errors import EngineError
from qipan.market.bid import by_hour
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.order import Order, Side
from qipan.market.model.product import Lease
from qipan.market.model.request import Cover, Listing
from qipan.market.model.voucher import Programme
from qipan.market.service.insurance import Insurance
from qipan.market.service.leasing import Leasing
from qipan.workflows.advance import Advancing, Offices

DAY = Instrument(CLASS, "ningxia", Window.named("2026-03-03"))
WEEK = Instrument(CLASS, "ningxia", Window.named("2026-W10"))
START, END = DAY.window.start, DAY.window.end
DAY_S = 24 * 3600
NOON, GATE = START - timedelta(hours=12), START - timedelta(hours=6)


class Desk(SpotMarket):
    """A market in which ``site`` sold two lots of a day to ``east``."""

    def __init__(self, books):
        super().__init__(books)
        self.open_spot(auction(PLAIN), BEFORE)
        self.parts = {"plan": 2}
        delivering = SimpleNamespace(
            told_card_s=lambda ids, plan: dict.fromkeys(
                ids, (8 * 24 * 3600 * self.parts[plan], self.parts[plan] * 1800)
            )
        )
        self.insurance = Insurance(self.trading, self.clearing, self.deliveries, self.accounts, self.log)
        self.leasing = Leasing(self.trading, self.accounts, self.log)
        self.advancing = Advancing(
            books,
            Offices(
                trading=self.trading,
                clearing=self.clearing,
                spot_clearing=self.workflow,
                nominating=self.nominating,
                deliveries=self.deliveries,
                delivering=delivering,
                insurance=self.insurance,
                vouchers=self.vouchers,
                leasing=self.leasing,
            ),
        )
        with books.begin(caller="test") as unit:
            self.trading.open_book(unit, Listing(DAY, NOON, 10, "assumed"), BEFORE)
            self.margins.send(unit, [Cover("c", "site", DAY.name, 2)], BEFORE)
            for name, member, side in (("s", "site", Side.SELL), ("b", "east", Side.BUY)):
                self.margins.send(unit, [Order(name, member, DAY.name, side, 2, 900)], BEFORE)
        self.site("west", "yinchuan", 800)
        self.site("site", "zhongwei", 800)

    def at(self, now, plans=()):
        return [(one.what, one.subject, one.waits_for) for one in self.advancing.advance(now, plans)]


@pytest.fixture
def desk(books) -> Desk:
    return Desk(books)


def test_a_day_goes_from_auction_to_delivery_by_itself_and_nothing_twice(desk):
    offered = Order("o", "west", DAY.name, Side.SELL, 2, 1000)
    asked = Order("i", "north", DAY.name, Side.BUY, 1, 2000)
    desk.enter(BEFORE, *by_hour([offered, asked]))
    assert desk.at(BEFORE) == []
    assert desk.at(NOON + timedelta(minutes=1)) == [("clear", f"{CLASS}/2026-03-03", "")]
    name = DAY.name
    marked = [("mark", "2026-03-02", ""), ("settle", "2026-03-02", "")]
    assert desk.at(GATE) == [*marked, ("allocate", name, "lots_lacking")]
    assert desk.at(GATE) == [("allocate", name, "lots_lacking")]
    assert desk.supply("in", "west", "yinchuan", 2, DAY, GATE, at_spot=True)
    assert desk.at(GATE) == [("allocate", name, "")]
    assert desk.at(GATE) == []
    assert desk.at(END) == [("deliver", name, "use_unknown")]
    assert desk.at(END, ["plan"]) == [("deliver", name, "")]
    assert desk.at(END, ["plan"]) == []
    assert desk.wrong() == ()


def test_what_cannot_be_waits_and_the_rest_is_done(desk):
    with desk.books.begin(caller="test") as unit:
        lease = Lease("l", "site", "north", f"8 {CLASS}@ningxia/zhongwei", 1200, 0, 12, 1, date(2026, 5, 1))
        for side in ("site", "north"):
            desk.leasing.agree(unit, lease, side, BEFORE)
        offered = Lease("o", "site", "north", f"8 {CLASS}@ningxia/zhongwei", 1200, 0, 12, 1, date(2026, 5, 1))
        desk.leasing.agree(unit, offered, "site", BEFORE)
        programme = Programme("p", "fund", 1000, 100, frozenset({"west"}), BEFORE, GATE, {"east": 1000})
        desk.vouchers.issue(unit, programme, BEFORE)
        desk.insurance.bring(unit, "outside", 10**6, "pool", BEFORE)
        policy = Policy("i", "east", Risk.FAILURE, DAY, 100, 10, 1000)
        desk.insurance.sell(unit, policy, [0], 0, BEFORE)
    # No bid, no offer: nothing has a price.
    found = desk.at(GATE)
    assert found == [
        ("clear", f"{CLASS}/2026-03-03", ""),
        ("mark", "2026-03-02", "marks_missing"),
        ("allocate", DAY.name, "lots_lacking"),
        ("close", "p", ""),
    ]
    late = datetime(2026, 6, 2, 11, tzinfo=UTC)
    assert desk.at(late) == [
        ("mark", "2026-06-02", "marks_missing"),
        ("allocate", DAY.name, "book_unsettled"),
        ("claim", "i", "delivery_unallocated"),
        ("instalment", "l/1", ""),
        ("instalment", "l/2", ""),
    ]
    assert desk.wrong() == ()


def test_an_error_of_any_kind_ends_its_step_alone(desk):
    with desk.books.begin(caller="test") as unit:
        programme = Programme("p", "fund", 1000, 100, frozenset({"west"}), BEFORE, GATE, {"east": 1000})
        desk.vouchers.issue(unit, programme, BEFORE)

    def fail(*_):
        raise EngineError("The solver must end, did not.", code="solver_failed", hint="Try again.")

    desk.workflow.clear = fail
    found = desk.at(GATE)
    assert (found[0], found[-1]) == (("clear", f"{CLASS}/2026-03-03", "solver_failed"), ("close", "p", ""))


def test_what_days_used_of_a_reservation_is_added_up_where_they_hold_it_whole_and_once(desk):
    offered = Order("o", "west", DAY.name, Side.SELL, 2, 1000)
    asked = Order("i", "north", DAY.name, Side.BUY, 1, 2000)
    desk.enter(BEFORE, *by_hour([offered, asked]))
    desk.at(GATE)
    desk.supply("in", "west", "yinchuan", 2, DAY, GATE, at_spot=True)
    desk.at(GATE)
    # Both plans of a night hold half of the two lots; "plan" is another one of all of them.
    desk.parts |= {"evening": 1, "morning": 1}
    for plans in (["evening"], ["evening", "plan"]):
        assert desk.at(END, plans) == [("deliver", DAY.name, "use_unknown")]
    assert desk.at(END, ["evening", "morning", "evening"]) == [("deliver", DAY.name, "")]
    with desk.books.read() as unit:
        ((_, use),) = desk.deliveries.uses(unit, DAY.name)
    assert use.used_card_s == 3600


def test_a_member_that_is_called_is_named_and_a_week_cascades_before_its_days(desk):
    with desk.books.begin(caller="test") as unit:
        desk.trading.open_book(unit, Listing(WEEK, WEEK.window.start - timedelta(hours=12), 10, "assumed"), BEFORE)
        desk.margins.send(unit, [Cover("c-w", "site", WEEK.name, 1)], BEFORE)
        for name, member, side in (("s-w", "site", Side.SELL), ("b-w", "north", Side.BUY)):
            desk.margins.send(unit, [Order(name, member, WEEK.name, side, 1, 900)], BEFORE - timedelta(hours=8))
    night = WEEK.window.start - timedelta(hours=6)
    with desk.books.begin(caller="test") as unit:
        desk.clearing.mark(unit, night, {WEEK.name: 10.0**6, DAY.name: 900.0})
    assert desk.at(night)[0] == ("settle", "2026-03-01", "site")
    desk.bring("site", 10**12, "more")
    found = desk.at(night)
    first = f"{CLASS}@ningxia/2026-03-02"
    assert found == [("settle", "2026-03-01", ""), ("cascade", WEEK.name, ""), ("allocate", first, "lots_lacking")]
