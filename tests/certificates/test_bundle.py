"""National certificates: exactly 1,000 kWh of Wh that are in no other, the remainder carried forward."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.certificates.made import held

from qipan.certificates.bundle import bundle, mark_bundles
from qipan.certificates.model.certificate import BUNDLE_WH, Part
from qipan.certificates.select import join

AMOUNTS = st.lists(st.integers(1, 2_500_000), max_size=12)


def test_holdings_are_cut_where_a_bundle_begins_and_ends() -> None:
    one = held("i", 100, start=10)
    bundled = {"i": [(Part("i", 70, 200), "b/2"), (Part("i", 0, 30), "b/1"), (Part("i", 300, 400), "b/3")]}
    assert [(part.part.unit_start, part.part.unit_end, part.bundle_id) for part in mark_bundles([one], bundled)] == [
        (10, 30, "b/1"),
        (30, 70, ""),
        (70, 110, "b/2"),
    ]
    assert mark_bundles([one], {}) == mark_bundles([one], {"j": [(Part("j", 0, 500), "b/1")]}) == [one]
    touching = {"i": [(Part("i", 0, 10), "b/1"), (Part("i", 110, 120), "b/2"), (Part("i", 10, 110), "b/3")]}
    assert [part.bundle_id for part in mark_bundles([one], touching)] == ["b/3"]


def test_a_bundle_takes_the_oldest_and_ends_where_the_next_begins() -> None:
    holdings = [held("new", BUNDLE_WH, 5), held("old", BUNDLE_WH // 2, 1, start=7), held("in", 9, bundle_id="b/1")]
    (made,) = bundle(holdings, "r")
    assert made.parts == (Part("new", 0, BUNDLE_WH // 2), Part("old", 7, 7 + BUNDLE_WH // 2))
    assert bundle([held("i", BUNDLE_WH - 1)], "r") == ()
    first, second = bundle([held("i", 2 * BUNDLE_WH + 1)], "r")
    assert first.parts == (Part("i", 0, BUNDLE_WH),)
    assert second.parts == (Part("i", BUNDLE_WH, 2 * BUNDLE_WH),)


@given(AMOUNTS)
def test_bundles_are_whole_disjoint_and_leave_less_than_one_more(amounts):
    holdings = [held(f"i{number:02}", one, number) for number, one in enumerate(amounts)]
    made = bundle(holdings, "r")
    assert len(made) == sum(amounts) // BUNDLE_WH
    assert [one.bundle_id for one in made] == [f"r/{number + 1}" for number in range(len(made))]
    assert {sum(part.wh for part in one.parts) for one in made} <= {BUNDLE_WH}
    together = join(part for one in made for part in one.parts)
    assert sum(one.wh for one in together) == len(made) * BUNDLE_WH
    assert [one.issuance_id for one in together] == [f"i{number:02}" for number in range(len(together))]


@given(AMOUNTS)
def test_what_is_marked_is_what_was_bundled_and_what_is_left_is_carried(amounts):
    holdings = [held(f"i{number:02}", one, number) for number, one in enumerate(amounts)]
    bundled: dict[str, list[tuple[Part, str]]] = {}
    made = bundle(holdings, "r")
    for one in made:
        for part in one.parts:
            bundled.setdefault(part.issuance_id, []).append((part, one.bundle_id))
    marked = mark_bundles(holdings, bundled)
    assert join(one.part for one in marked) == tuple(one.part for one in holdings)
    of_bundle = {name: sum(one.wh for one in marked if one.bundle_id == name) for name in (b.bundle_id for b in made)}
    assert set(of_bundle.values()) <= {BUNDLE_WH}
    assert bundle(marked, "s") == ()
    more = bundle([*marked, held("next", BUNDLE_WH, 90)], "s")
    assert len(more) == 1
    carried = sum(one.wh for one in marked if not one.bundle_id)
    assert sum(part.wh for part in more[0].parts if part.issuance_id != "next") == carried
