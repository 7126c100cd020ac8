"""Choosing and cutting: nothing is lost, nothing counted twice, whatever is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificates.made import held

from qipan.certificates.model.certificate import BUNDLE_WH, Part
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import Selection
from qipan.certificates.select import broken, by_month, join, remains, select, take
from qipan.kernel.errors import QipanError

AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=8)


def units(parts):
    return {(one.issuance_id, unit) for one in parts for unit in range(one.unit_start, one.unit_end)}


def test_a_split_covers_what_it_says() -> None:
    (taken,), (left,) = take([held("i", 1000)], 250)
    assert (taken.wh, left.wh) == (250, 750)
    assert units([taken.part, left.part]) == units([Part("i", 0, 1000)])


@given(AMOUNTS, st.integers(0, 10**10))
def test_what_is_taken_and_what_is_left_are_all_there_was(amounts, wh):
    holdings = [held(f"i{number}", one, number) for number, one in enumerate(amounts)]
    taken, left = take(holdings, wh)
    assert sum(one.wh for one in taken) == min(wh, sum(amounts))
    assert join(one.part for one in (*taken, *left)) == tuple(one.part for one in holdings)
    assert all(one.wh > 0 for one in (*taken, *left))


@given(st.integers(1, 60), st.sets(st.integers(0, 59)))
def test_remains_and_what_was_taken_are_the_whole(wh, chosen):
    whole = Part("i", 5, 5 + wh)
    taken = join(Part("i", 5 + one, 6 + one) for one in chosen if one < wh)
    left = remains(whole, taken)
    assert join((*taken, *left)) == (whole,)
    assert not units(taken) & units(left)


def test_the_oldest_is_used_first_and_bundles_stay_whole() -> None:
    holdings = [held("new", 10, 5), held("old", 10, 1), held("in", 10, 0, bundle_id="b/1")]
    free = select(holdings, Selection(12), takes_bundled=False)
    assert [(one.part.issuance_id, one.wh) for one in free] == [("old", 10), ("new", 2)]
    both = select(holdings, Selection(), takes_bundled=True)
    assert [one.part.issuance_id for one in both] == ["old", "new", "in"]


def test_one_wh_is_enough_to_ask_for_and_nothing_is_not_there_to_give() -> None:
    (one,) = select([held("i", 20)], Selection(1), takes_bundled=False)
    assert one.wh == 1
    assert [one.wh for one in select([held("i", 20)], Selection(20), takes_bundled=False)] == [20]
    for holdings in ([], [held("in", 10, bundle_id="b/1")]):
        with pytest.raises(QipanError) as refused:
            select(holdings, Selection(), takes_bundled=False)
        assert refused.value.code == "certificates_short"


def test_what_is_cut_keeps_its_place() -> None:
    taken, left = take([held("i", 10, start=5), held("j", 4, 1)], 7)
    assert [one.part for one in taken] == [Part("i", 5, 12)]
    assert [one.part for one in left] == [Part("i", 12, 15), Part("j", 0, 4)]
    taken, left = take([held("i", 10), held("j", 4, 1)], 10)
    assert ([one.wh for one in taken], [one.wh for one in left]) == ([10], [4])
    assert take([held("i", 3)], 0) == ((), (held("i", 3),))


def test_parts_are_joined_only_where_they_touch_in_one_issuance() -> None:
    parts = [Part("i", 0, 5), Part("j", 5, 9), Part("i", 6, 8), Part("i", 8, 9), Part("i", 5, 6)]
    assert join(parts) == (Part("i", 0, 9), Part("j", 5, 9))
    assert join([Part("i", 0, 5), Part("i", 6, 8)]) == (Part("i", 0, 5), Part("i", 6, 8))
    assert join([]) == ()
    whole = Part("i", 0, 9)
    assert remains(whole, []) == (whole,)
    assert remains(whole, [Part("i", 7, 9), Part("i", 0, 2)]) == (Part("i", 2, 7),)
    assert remains(whole, [whole]) == ()


def test_holdings_that_began_together_go_by_their_parts_and_months_are_summed() -> None:
    holdings = [held("j", 1), held("i", 2, start=9), held("i", 4)]
    assert [one.wh for one in select(holdings, Selection(), takes_bundled=True)] == [4, 2, 1]
    assert by_month([*holdings, held("k", 8, 31 * 24)]) == {Month.named("2026-03"): 7, Month.named("2026-04"): 8}


def test_month_and_device_narrow_the_choice() -> None:
    april = 24 * 31
    holdings = [held("m", 10, 0), held("a", 7, april)]
    (one,) = select(holdings, Selection(month="2026-04", device_id="wind-1"), takes_bundled=True)
    assert (one.part.issuance_id, one.wh) == ("a", 7)
    assert by_month(holdings) == {Month.named("2026-03"): 10, Month.named("2026-04"): 7}
    with pytest.raises(QipanError) as refused:
        select(holdings, Selection(device_id="wind-2"), takes_bundled=True)
    assert refused.value.code == "certificates_short"


@pytest.mark.parametrize(
    ("selection", "code"),
    [
        (Selection(0), "selection_unfit: A selection must name at least 1 Wh, was 0."),
        (Selection(-4), "selection_unfit"),
        (
            Selection(1, bundle_ids=("b/1",)),
            "selection_unfit: A selection must name bundles alone, or Wh by month and device, was both.",
        ),
        (Selection(month="2026-03", bundle_ids=("b/1",)), "selection_unfit"),
        (Selection(device_id="wind-1", bundle_ids=("b/1",)), "selection_unfit"),
        (Selection(21), "certificates_short"),
        (Selection(month="2026-13"), "month_unreadable"),
        (Selection(bundle_ids=("b/1",)), "bundle_not_whole"),
        (Selection(bundle_ids=("none",)), "bundle_not_whole"),
    ],
)
def test_what_cannot_be_selected_is_refused(selection, code):
    holdings = [held("i", 20), held("j", 5, 1, bundle_id="b/1")]
    with pytest.raises(QipanError) as refused:
        select(holdings, selection, takes_bundled=False)
    assert f"{refused.value.code}: {refused.value.message}".startswith(code)


def test_a_whole_bundle_is_selected_by_its_name() -> None:
    holdings = [held("i", BUNDLE_WH - 5, bundle_id="b/1"), held("j", 5, 1, bundle_id="b/1"), held("k", 9, 2)]
    found = select(holdings, Selection(bundle_ids=("b/1",)), takes_bundled=False)
    assert [(one.part.issuance_id, one.wh) for one in found] == [("i", BUNDLE_WH - 5), ("j", 5)]
    with pytest.raises(QipanError) as refused:
        select([*holdings, held("l", 1, 3, bundle_id="b/1")], Selection(bundle_ids=("b/1",)), takes_bundled=True)
    assert (refused.value.code, f"was {BUNDLE_WH + 1}: b/1." in refused.value.message) == ("bundle_not_whole", True)


def test_a_bundle_is_broken_only_where_nothing_loose_is_left_and_one_at_a_time() -> None:
    half = BUNDLE_WH // 2
    bundled = [("a", half, 0, "b/1"), ("b", BUNDLE_WH, 1, "b/2"), ("c", half, 2, "b/1"), ("torn", 3, 8, "b/3")]
    holdings = [*(held(*one, bundle_id=name) for *one, name in bundled), held("loose", 10, 9)]

    def taken(wh):
        found = select(holdings, Selection(wh), takes_bundled=True)
        return [(one.part.issuance_id, one.wh) for one in found], broken(holdings, found)

    assert taken(10) == ([("loose", 10)], ())
    assert taken(13) == ([("loose", 10), ("torn", 3)], ())
    assert taken(14 + half) == ([("loose", 10), ("torn", 3), ("a", half), ("c", 1)], ("b/1",))
    assert taken(14 + BUNDLE_WH) == ([("loose", 10), ("torn", 3), ("a", half), ("c", half), ("b", 1)], ("b/2",))
