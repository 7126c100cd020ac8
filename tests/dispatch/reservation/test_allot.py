"""Reservations that fit together, and those that cannot all be served."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dispatch.programme.test_energy import with_energy
from tests.dispatch.reservation.test_cover import reservation

from qipan.dispatch.model.board import Links, Pool
from qipan.dispatch.reservation.allot import allot
from qipan.dispatch.sources.reservations import read
from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind


def refused(*given, rules, **more) -> BadInputError:
    board, *reservations = given
    with pytest.raises(BadInputError) as caught:
        allot(reservations, board, rules, **more)
    return caught.value


def test_allot_fills_pools_of_a_product_in_their_order(make_board, rules) -> None:
    board = make_board()
    two = replace(
        board,
        pools=(*board.pools, Pool("nx-more", 1, board.pools[1].kind, "")),
        capacity=np.concatenate([board.capacity, board.capacity[:1] * 0.3]),
        it_kw_per_unit=np.ones(3),
        opex_fen_per_unit_h=np.zeros(3),
    )
    sizes = (8.0, 3.0, 2.0)
    given = [reservation(two, f"r{index}", units=units) for index, units in enumerate(sizes)]
    assert allot(given, two, rules).tolist() == [1, 2, 1]
    later = [reservation(two, "a", units=9.0, to_h=2.0), reservation(two, "b", units=9.0, from_h=2.0)]
    assert allot(later, two, rules).tolist() == [1, 1]
    assert allot([reservation(two, "past", units=99.0, from_h=-9.0, to_h=-3.0)], two, rules).tolist() == [1]


def test_allot_refuses_more_than_a_pool_has_and_names_all_of_it(make_board, rules) -> None:
    board = make_board()
    given = [
        reservation(board, "a", units=8.0),
        reservation(board, "b", units=3.0, from_h=1.5),
        reservation(board, "c"),
    ]
    error = refused(board, *given, rules=rules, zone_name="Asia/Shanghai")
    assert error.code == "reservations_unmet"
    assert [finding.rule for finding in error.findings] == ["pool_over_reserved"] * 2
    assert "Reservation b must find its 3 cards in one pool of nx" in error.message
    assert "was 2 left at 2023-11-14T09:30+08:00" in error.message


def test_allot_names_the_nearest_sites_of_an_unknown_one_and_what_a_known_one_has(make_board, rules) -> None:
    board = make_board()
    (unknown,) = refused(board, reservation(board, site_id="nxx"), rules=rules, whose="fleet mine").findings
    assert (unknown.rule, unknown.column, unknown.value) == ("site_unknown", "site", "nxx")
    assert "must be at a site of fleet mine, was at nxx; the nearest names are nx, " in unknown.message
    (other,) = refused(board, reservation(board, kind=Kind.STORAGE), rules=rules, whose="fleet mine").findings
    assert (other.rule, other.column) == ("product_not_on_board", "kind")
    assert "that nx of fleet mine has, intelligent" in other.message
    assert other.message.endswith("was storage.")


def test_allot_refuses_more_than_the_cap_carries_beside_the_draw_at_no_load(make_board, rules) -> None:
    board = make_board(power_cap_kw=(np.inf, 6.0))
    # Five cards draw 1.2 kW each at the meter; one more is too much, and so are five beside a draw at no load.
    assert allot([reservation(board, units=5.0)], board, rules).tolist() == [1]
    error = refused(board, reservation(board, units=5.1), rules=rules)
    assert [finding.rule for finding in error.findings] == ["power_cap_over_reserved"]
    assert "Ningxia beside its draw at no load, at most 6 kW, was 6.12 kW" in error.message
    fed = with_energy(board, fixed_kw=[[0.0], [0.5]])
    assert "at most 5.5 kW, was 6 kW" in refused(fed, reservation(fed, units=5.0), rules=rules).message


def test_allot_refuses_to_sell_the_reserve(make_board, rules) -> None:
    board = make_board(cards=(4.0, 10.0))
    given = [reservation(board, units=3.0), reservation(board, "r2", site_id="gz", units=2.0)]
    assert allot(given, board, rules).tolist() == [1, 0]
    error = refused(board, *given, rules=replace(rules, keeps_reserve=True))
    assert [finding.rule for finding in error.findings] == ["reserve_over_reserved"]
    assert "beside the reserve of intelligent, at most 4 cards, was 5 cards" in error.message


def test_allot_keeps_what_the_grid_lets_an_area_draw(make_board, rules) -> None:
    board = with_energy(make_board(), {"most_kw": 7.0}, fixed_kw=[[1.0], [0.0]])
    assert allot([reservation(board, units=5.0)], board, rules).tolist() == [1]
    error = refused(board, reservation(board, units=5.5), rules=rules)
    assert [finding.rule for finding in error.findings] == ["area_over_reserved"]
    assert "at most 6 kW, was 6.6 kW" in error.message
    sunny = with_energy(make_board(), {"most_kw": 7.0}, fixed_kw=[[1.0], [0.0]], renewable_kw=[[0.0], [0.6]])
    assert allot([reservation(sunny, units=5.5)], sunny, rules).tolist() == [1]
    # An area whose sites draw too much at no load is no matter of reservations elsewhere.
    full = with_energy(make_board(), {"most_kw": 0.5, "member": (True, False)}, fixed_kw=[[1.0], [0.0]])
    assert allot([reservation(full)], full, rules).tolist() == [1]


def test_allot_refuses_limited_links(make_board, rules) -> None:
    board = make_board(links=Links(("west-east",), np.full((1, 6), 5.0), np.ones((1, 2, 2))))
    assert refused(board, reservation(board), rules=rules).code == "reservations_over_links"
    assert allot([], board, rules).tolist() == []


def test_allot_refuses_with_all_that_is_wrong_with_the_file_and_where(make_board, rules) -> None:
    head = "reservation_id,holder,site,kind,from,to,units,price_yuan_per_unit_h"
    day = "2026-06-01T08:00:00+08:00,2026-06-01T20:00:00+08:00"
    back = "2026-06-01T20:00:00+08:00,2026-06-01T08:00:00+08:00"
    board = make_board()
    file = (
        f"{head}\nr1,lab,nowhere,intelligent,{day},1,5\nr2,lab,gz,intelligent,{day},-2,5\n"
        f"r3,lab,gz,intelligent,{back},1,5\n"
    )
    intake = read(file.encode())
    caught = refused(board, *intake.reservations, rules=rules, aside=intake.findings)
    assert [(one.row, one.rule) for one in caught.findings] == [
        (2, "site_unknown"),
        (3, "units_not_positive"),
        (4, "to_not_after_from"),
    ]
