"""One side of a book: levels sorted by key, orders by arrival, empty levels gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qipan.market.model.order import Order, Side, State
from qipan.market.side import Half, Held


@given(st.sampled_from(Side), st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=12), st.data())
def test_levels_stay_sorted_whatever_goes(side: Side, told, data) -> None:
    half = Half(is_buy=side is Side.BUY)
    stands = []
    for i, (price, is_whole) in enumerate(told):
        order = Order(str(i), "m", "x", side, 5 + i, price, is_whole=is_whole)
        stands.append(Held(order, half, i + 1, State.OPEN))
        half.add(stands[-1])
    for held in data.draw(st.permutations(stands))[: data.draw(st.integers(0, len(stands)))]:
        half.remove(held)
        stands.remove(held)
    keys = sorted({side * held.order.fen_per_card_h for held in stands})
    assert half.keys == keys
    assert {key: list(level.values()) for key, level in half.levels.items()} == {
        key: [held for held in stands if side * held.order.fen_per_card_h == key] for key in keys
    }
    assert half.whole_count == sum(held.order.is_whole for held in stands)


def test_a_held_order_is_what_it_was_when_it_came() -> None:
    half = Half(is_buy=False)
    held = Held(Order("s", "site", "x", Side.SELL, 7, 12, is_whole=True), half, 3, State.OPEN)
    assert (held.key, held.left_lots, held.member, held.is_whole, held.arrival) == (-12, 7, "site", True, 3)
    assert (held.half, held.half.other, held.state) == (half, half, State.OPEN)
