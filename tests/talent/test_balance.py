"""What goes out comes in somewhere, and what a region gets is home-grown or external."""

from __future__ import annotations

from hypothesis import given, settings
from tests.talent.made import exchange_of, exchanges

from qipan.talent.balance import balance
from qipan.talent.lay_out import lay_out
from qipan.talent.match import match
from qipan.talent.model.balance import RegionBalance
from qipan.talent.model.exchange import Matching
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.model.terms import Mode, Span, Terms
from qipan.talent.move_together import match_everybody
from qipan.talent.tell import tell_balance

YEAR = Span(0, 12, 10)


@settings(max_examples=40, deadline=None)
@given(exchanges())
def test_balance_any_exchange_adds_up(exchange) -> None:
    held = match(lay_out(exchange))
    regions = balance(exchange, Matching(held))
    days = sum(exchange.terms_of(one).span.days for one in Matching(held).signed.tolist())
    assert sum(one.net_days for one in regions) == 0
    assert sum(one.own_days + one.out_days for one in regions) == days
    assert sum(one.home_grown_days + one.external_days for one in regions) == days
    for one in regions:
        assert one.returned_days <= one.in_days
        assert one.enclave_days <= one.in_days
        assert one.external_days >= 0


def test_balance_tells_who_returns_who_stays_and_who_serves_from_afar() -> None:
    experts = [
        Expert("back", "east", "west", (), (YEAR,)),
        Expert("afar", "east", "east", (), (YEAR,)),
        Expert("stays", "east", "east", (), (YEAR,)),
    ]
    posts = [
        Post("p", "west", "", (), 1, (Terms(1, Mode.MIGRATORY, YEAR),)),
        Post("q", "west", "", (), 1, (Terms(1, Mode.ENCLAVE, Span(0, 6, 5)),)),
        Post("r", "east", "", (), 1, (Terms(1, Mode.PROJECT, YEAR),)),
    ]
    exchange = exchange_of(experts, posts, {(at, at, 0): (1, 1) for at in range(3)})
    matching, _ = match_everybody(exchange, lay_out(exchange))
    east, west = balance(exchange, matching)
    assert east == RegionBalance("east", own_days=120, out_days=150, home_grown_days=120)
    assert west == RegionBalance("west", in_days=150, returned_days=120, enclave_days=30, home_grown_days=120)
    assert (east.net_days, east.retention, west.external_days, west.retention) == (-150, 120 / 270, 30, None)
    assert tell_balance([west])[0]["net_days"] == 150
