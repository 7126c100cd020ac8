"""Each unit at each moment is claimed once; the engine keeps it, whoever writes.

Tests that ask for ``opened`` also run on PostgreSQL, see tests/engines/test_accounts_on_postgresql.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.accounts.made import ASSETS, HOUR, NOW

from qipan.accounts.claim import check_claim
from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.accounts.store.claim import CLAIM
from qipan.kernel.errors import BadInputError, ConflictError, EngineError, NotFoundError, RuleBrokenError
from qipan.log.service import Log
from qipan.storage.books import Books

DAY = Extent("cards", "a100@gui", 100, HOUR, HOUR + timedelta(hours=10))


def claim(name, units, hours=(0, 10), **more):
    start, end = (HOUR + timedelta(hours=hour) for hour in hours)
    return Claim(name, "cards", "east", "reserved", *units, start, end, **more)


@pytest.fixture
def extent(opened, house):
    with opened.begin() as unit:
        assert house.claims.open_extent(unit, DAY, NOW)
    return opened


def refused(extent, house, *claims, kind=RuleBrokenError):
    with pytest.raises(kind) as caught, extent.begin() as unit:
        house.claims.claim(unit, claims, NOW)
    return caught.value.code


def made(extent, house, *claims):
    with extent.begin() as unit:
        return house.claims.claim(unit, claims, NOW)


def test_claims_that_touch_stand_and_claims_that_overlap_do_not(extent, house):
    assert made(extent, house, claim("x", (0, 50)), claim("y", (50, 100), (0, 5)), claim("z", (50, 100), (5, 10))) == 3
    for units, hours in [((49, 51), (0, 1)), ((0, 1), (9, 10)), ((99, 100), (4, 6)), ((0, 100), (0, 10))]:
        assert refused(extent, house, claim("w", units, hours)) == "claim_overlaps"
    with extent.read() as unit:
        assert [one.claim_id for one in house.claims.claims(unit, "cards")] == ["x", "y", "z"]
        assert len(house.log.leaves(unit, kind="claim")) == 3
        assert house.log.check(unit) == ()


def test_claims_of_one_call_are_all_or_nothing(extent, house):
    assert refused(extent, house, claim("x", (0, 10)), claim("y", (9, 20))) == "claim_overlaps"
    assert made(extent, house, claim("y", (0, 20))) == 1


def test_refused_claim_leaves_the_rest_of_the_unit_of_work(extent, house):
    made(extent, house, claim("x", (0, 10)))
    with extent.begin() as unit:
        with pytest.raises(RuleBrokenError):
            house.claims.claim(unit, [claim("y", (0, 10))], NOW)
        house.claims.claim(unit, [claim("z", (10, 20))], NOW)
    with extent.read() as unit:
        assert [one.claim_id for one in house.claims.claims(unit, "cards")] == ["x", "z"]


def test_same_claim_again_changes_nothing_and_another_is_refused(extent, house):
    assert made(extent, house, claim("x", (0, 10))) == 1
    assert made(extent, house, claim("x", (0, 10))) == 0
    assert refused(extent, house, claim("x", (0, 11)), kind=ConflictError) == "claim_taken"
    assert refused(extent, house, claim("y", (20, 21)), claim("y", (30, 31)), kind=ConflictError) == "claim_taken"


def test_released_units_can_be_claimed_anew_and_final_ones_never(extent, house):
    made(extent, house, claim("x", (0, 10)), claim("y", (10, 20), is_final=True))
    with extent.begin() as unit:
        assert house.claims.release(unit, "x", NOW)
        assert not house.claims.release(unit, "x", NOW)
        assert [one.claim_id for one in house.claims.claims(unit, "cards", standing_only=True)] == ["y"]
    assert made(extent, house, claim("z", (5, 10))) == 1
    with pytest.raises(RuleBrokenError) as caught, extent.begin() as unit:
        house.claims.release(unit, "y", NOW)
    assert caught.value.code == "claim_final"
    with pytest.raises(NotFoundError) as caught, extent.begin() as unit:
        house.claims.release(unit, "none", NOW)
    assert caught.value.code == "claim_unknown"
    with extent.read() as unit:
        assert len(house.log.leaves(unit, kind="claim_release")) == 1


@pytest.mark.parametrize(
    "change",
    [
        sa.update(CLAIM).values(unit_end=11),
        sa.update(CLAIM).where(CLAIM.c.claim_id == "x").values(released=None),
        sa.update(CLAIM).where(CLAIM.c.claim_id == "y").values(released=NOW),
        sa.delete(CLAIM),
    ],
    ids=["widen", "take_back", "release_final", "delete"],
)
def test_engine_itself_refuses_to_change_a_claim(extent, house, change):
    made(extent, house, claim("x", (0, 10)), claim("y", (10, 20), is_final=True))
    with extent.begin() as unit:
        house.claims.release(unit, "x", NOW)
    with pytest.raises(EngineError) as caught, extent.begin() as unit:
        unit.execute(change)
    assert caught.value.code == "books_failed"


def test_engine_itself_refuses_an_overlap(extent, house):
    made(extent, house, claim("x", (0, 10)))
    with extent.read() as unit:
        row = dict(unit.execute(sa.select(CLAIM)).mappings().one())
    with pytest.raises(EngineError) as caught, extent.begin() as unit:
        unit.execute(sa.insert(CLAIM), {**row, "claim_id": "y", "unit_start": 9, "unit_end": 11})
    assert caught.value.code == "books_failed"


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (claim("x", (5, 5)), "claim_empty"),
        (claim("x", (0, 5), (3, 3)), "claim_empty"),
        (claim("x", (-1, 5)), "claim_outside"),
        (claim("x", (95, 101)), "claim_outside"),
        (claim("x", (0, 5), (-1, 5)), "claim_outside"),
        (claim("x", (0, 5), (5, 11)), "claim_outside"),
    ],
)
def test_claim_that_is_empty_or_outside_is_refused(one, code):
    with pytest.raises(RuleBrokenError) as caught:
        check_claim(one, DAY)
    assert caught.value.code == code


@pytest.mark.parametrize("one", [claim("x", (0, 100)), claim("x", (99, 100), (9, 10)), claim("x", (0, 1), (0, 1))])
def test_claim_to_the_edge_of_its_extent_is_fine(one):
    check_claim(one, DAY)


def test_claim_of_no_extent_or_with_a_bad_name_is_refused(extent, house):
    assert refused(extent, house, replace(claim("x", (0, 1)), extent_id="none"), kind=NotFoundError) == "extent_unknown"
    assert refused(extent, house, claim("", (0, 1)), kind=BadInputError) == "name_unfit"
    assert refused(extent, house, replace(claim("x", (0, 1)), holder="\0"), kind=BadInputError) == "name_unfit"


def test_open_the_same_extent_again_changes_nothing_and_another_is_refused(extent, house):
    with extent.begin() as unit:
        assert not house.claims.open_extent(unit, DAY, NOW)
    for other, kind, code in [
        (replace(DAY, units=101), ConflictError, "extent_taken"),
        (replace(DAY, extent_id="new", units=0), BadInputError, "extent_unfit"),
        (replace(DAY, extent_id="new", end=DAY.start), BadInputError, "extent_unfit"),
        (replace(DAY, extent_id="new", asset_id="none"), NotFoundError, "asset_unknown"),
    ]:
        with pytest.raises(kind) as caught, extent.begin() as unit:
            house.claims.open_extent(unit, other, NOW)
        assert caught.value.code == code


RANGES = st.tuples(st.integers(0, 11), st.integers(1, 4), st.integers(0, 7), st.integers(1, 3), st.booleans())


@settings(max_examples=10)
@given(wanted=st.lists(RANGES, max_size=25))
def test_claims_in_any_order_cover_each_unit_and_hour_once(wanted):
    books, log = Books("sqlite://"), Log()
    books.migrate()
    held, names = {}, {}
    with books.begin() as unit:
        for asset in ASSETS:
            Accounts(log).open_asset(unit, asset, NOW)
        Claims(log).open_extent(unit, DAY, NOW)
        for number, (first, count, hour, hours, releases) in enumerate(wanted):
            cells = {(one, at) for one in range(first, first + count) for at in range(hour, hour + hours)}
            one = claim(str(number), (first, first + count), (hour, hour + hours))
            if cells & held.keys():
                with pytest.raises(RuleBrokenError):
                    Claims(log).claim(unit, [one], NOW)
            else:
                assert Claims(log).claim(unit, [one], NOW) == 1
                held |= dict.fromkeys(cells, number)
                names[number] = cells
            if releases and names:
                gone, cells = names.popitem()
                Claims(log).release(unit, str(gone), NOW)
                held = {cell: name for cell, name in held.items() if name != gone}
    books.close()


def test_many_extents_are_opened_at_once_or_none(opened, house):
    more = [replace(DAY, extent_id=f"cards-{number}") for number in range(3)]
    with opened.begin() as unit:
        assert house.claims.open_extents(unit, [*more, more[0]], NOW) == 3
        assert house.claims.open_extents(unit, [], NOW) == 0
        assert house.claims.open_extents(unit, [*more, DAY], NOW) == 1
    with pytest.raises(ConflictError) as caught, opened.begin() as unit:
        house.claims.open_extents(unit, [replace(DAY, extent_id="new"), replace(DAY, units=7)], NOW)
    assert caught.value.code == "extent_taken"
    with pytest.raises(NotFoundError) as unknown, opened.begin() as unit:
        house.claims.open_extents(unit, [replace(DAY, extent_id="new"), replace(DAY, extent_id="x", asset_id="y")], NOW)
    assert unknown.value.code == "asset_unknown"
    with opened.read() as unit:
        assert len(house.log.leaves(unit, kind="extent")) == 4


def test_claims_are_released_together_and_found_by_who_holds_them(extent, house):
    final = claim("f", (90, 100), is_final=True)
    made(extent, house, claim("x", (0, 50)), claim("y", (50, 90)), final)
    with extent.read() as unit:
        assert house.claims.standing(unit, holder="nobody") == ()
        assert [one.claim_id for one in house.claims.standing(unit, holder="east", purposes={"reserved"})] == [*"xyf"]
        assert [one.claim_id for one in house.claims.standing(unit, names=["y"], extent_ids=["cards"])] == ["y"]
        assert house.claims.standing(unit, extent_ids=["none"]) == ()
    for names, code in ((["x", "f"], "claim_final"), (["x", "none"], "claim_unknown")):
        with pytest.raises((RuleBrokenError, NotFoundError)) as caught, extent.begin() as unit:
            house.claims.release_all(unit, names, NOW)
        assert caught.value.code == code
    with extent.begin() as unit:
        assert len(house.claims.standing(unit)) == 3
        assert house.claims.release_all(unit, ["x", "y", "x"], NOW) == 2
        assert house.claims.release_all(unit, ["x", "y"], NOW) == 0
        assert house.claims.standing(unit) == (final,)
        assert len(house.log.leaves(unit, kind="claim_release")) == 2
