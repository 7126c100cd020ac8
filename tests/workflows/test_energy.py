"""What a fleet states of its meters becomes the energy of a board; what it does not state changes nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

from qipan.dispatch.model.power import GridLoad
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.model.power import Area, Carrier, Medium, Plant, Store
from qipan.workflows.energy import availability, hour_of_year, with_modelled_power
from qipan.workflows.fleet import national_fleet, set_up
from qipan.workflows.request import RollRequest
from qipan.workflows.roll import board_of

DAY = date(2026, 7, 6)
BEIJING = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def fleet(catalog: Catalog) -> Fleet:
    return national_fleet(catalog)


def changed(fleet: Fleet, site_id: str, **figures: object) -> Fleet:
    sites = (replace(site, **figures) if site.site_id == site_id else site for site in fleet.sites)  # type: ignore[arg-type]
    return replace(fleet, sites=tuple(sites))


def test_a_fleet_that_states_nothing_has_no_energy(fleet: Fleet, catalog: Catalog) -> None:
    assert set_up(fleet, catalog, DAY).board.energy is None


def test_pue_is_that_of_the_month(fleet: Fleet, catalog: Catalog) -> None:
    by_month = tuple(1.1 + 0.01 * month for month in range(12))
    board = set_up(changed(fleet, "zhongwei", pue_by_month=by_month), catalog, DAY).board
    at = [site.site_id for site in board.sites].index("zhongwei")
    assert board.pue[at] == pytest.approx(1.16)
    assert board.energy is None


def test_what_is_drawn_at_no_load_is_part_of_the_full_power(fleet: Fleet, catalog: Catalog) -> None:
    board = set_up(changed(fleet, "zhongwei", fixed_kw=390.0), catalog, DAY).board
    at = [site.site_id for site in board.sites].index("zhongwei")
    # 1,300 cards of 1 kW at a PUE of 1.2 draw 1,560 kW; 390 of these stay without load.
    assert board.energy is not None
    assert board.energy.fixed_kw[at] == pytest.approx(390.0)
    assert board.energy.fixed_kw.sum(axis=0) == pytest.approx(390.0)
    assert 1300.0 * board.kwh_per_unit_h[at] + 390.0 == pytest.approx(1300.0 * 1.2)


def test_plants_and_stores_are_laid_out_over_civil_hours(fleet: Fleet, catalog: Catalog) -> None:
    shape = tuple(hour / 23 for hour in range(24))
    plants = (Plant(Carrier.OTHER, 230.0, 5.0, shape), Plant(Carrier.OTHER, 230.0, 15.0, (1.0,) * 24))
    store = Store(Medium.BATTERY, 400.0, 100.0, 0.9)
    energy = set_up(changed(fleet, "zhongwei", plants=plants, store=store), catalog, DAY).board.energy
    assert energy is not None
    at = [site.site_id for site in fleet.sites].index("zhongwei")
    assert energy.renewable_kw[at, :3] == pytest.approx([230.0, 240.0, 250.0])
    assert energy.renewable_kw[at, 24:27] == pytest.approx([230.0, 240.0, 250.0])
    assert energy.renewable_fen_per_kwh[at] == pytest.approx(10.0)
    assert (energy.store_kwh[at], energy.store_kw[at], energy.stored_kwh[at]) == (400.0, 100.0, 200.0)
    assert energy.store_efficiency[at] == 0.9
    assert np.delete(energy.store_kwh, at).sum() == 0


def test_sun_stands_highest_at_the_noon_of_its_longitude_and_gives_its_hours(fleet: Fleet, catalog: Catalog) -> None:
    first = datetime(2026, 7, 6, tzinfo=BEIJING)
    by_id = {site.site_id: site for site in fleet.sites}
    west, east = (np.array(availability(Carrier.SOLAR, by_id[one], catalog, first)) for one in ("zhongwei", "wuhu"))
    # 105 degrees east is an hour behind the clocks of 120 degrees.
    assert west.argmax() in (12, 13)
    assert east.argmax() in (11, 12)
    assert west[12:].sum() > east[12:].sum()
    assert 365 * west.sum() == pytest.approx(1300.0, rel=1e-9)
    assert west[0] == west[4] == west[22] == 0.0
    wind = np.array(availability(Carrier.WIND, by_id["zhongwei"], catalog, first))
    assert 365 * wind.sum() == pytest.approx(2200.0, rel=1e-9)
    assert wind.argmax() in (2, 3)


def test_an_area_carries_the_load_of_its_regions_at_the_scale_of_the_fleet(fleet: Fleet, catalog: Catalog) -> None:
    area = Area("nx-gs", "NX and GS", "宁甘", adcodes=("640000", "620000"), limit_kw=1000.0, peak_fen_per_kw=90.0)
    own = Area("line", "Line", "专线", site_ids=("wuhu",))
    setting = set_up(replace(fleet, areas=(area, own)), catalog, DAY)
    assert setting.board.energy is not None
    areas = setting.board.energy.areas
    expected = sum(
        catalog.number(f"load/shape/{code}/05") * catalog.number(f"load/peak_gw/{code}") * 1e6 for code in area.adcodes
    )
    assert areas.load_kw[0, 5] == pytest.approx(expected / 100.0)
    assert areas.load_kw[0, 29] == pytest.approx(expected / 100.0)
    assert areas.load_kw[1].max() == 0.0
    held = {site.site_id for site, is_in in zip(fleet.sites, areas.member[0], strict=True) if is_in}
    assert held == {"zhongwei", "qingyang"}
    assert [int(row.sum()) for row in areas.member] == [2, 1]
    assert (areas.most_kw[0, 0], areas.most_kw[1, 0]) == (1000.0, math.inf)
    assert areas.peak_fen_per_kw.tolist() == [90.0, 0.0]
    assert setting.site_status[-1]["grid_load"] == "modelled"


def test_load_of_a_file_goes_by_civil_hours_of_the_year(fleet: Fleet, catalog: Catalog) -> None:
    load = GridLoad(("640000",), np.arange(8760.0)[None, :])
    area = Area("nx", "NX", "宁", adcodes=("640000",))
    setting = set_up(replace(fleet, areas=(area,)), catalog, date(2026, 1, 2), load=load, load_scale=200.0)
    assert setting.board.energy is not None
    assert setting.board.energy.areas.load_kw[0, :3] == pytest.approx(np.array([24.0, 25.0, 26.0]) * 2.0)
    assert setting.site_status[-1]["grid_load"] == "declared"


def test_a_region_without_a_load_is_refused_by_name(fleet: Fleet, catalog: Catalog) -> None:
    area = Area("nx", "NX", "宁", adcodes=("640000", "540000"))
    with pytest.raises(BadInputError) as caught:
        set_up(replace(fleet, areas=(area,)), catalog, DAY)
    assert caught.value.code == "load_unknown"
    assert [one.value for one in caught.value.findings] == ["540000"]


def test_leap_days_have_the_hours_of_the_day_before() -> None:
    assert hour_of_year(datetime(2024, 12, 31, 23, tzinfo=BEIJING)) == 8759
    assert (
        hour_of_year(datetime(2023, 3, 1, tzinfo=BEIJING))
        == hour_of_year(datetime(2024, 3, 1, tzinfo=BEIJING))
        == 59 * 24
    )


def test_modelled_power_fills_only_what_the_fleet_does_not_state(fleet: Fleet, catalog: Catalog) -> None:
    own = changed(fleet, "zhongwei", plants=(Plant(Carrier.OTHER, 1.0, 0.0, (1.0,) * 24),))
    modelled = with_modelled_power(own, catalog)
    by_id = {site.site_id: site for site in modelled.sites}
    assert by_id["zhongwei"] == next(site for site in own.sites if site.site_id == "zhongwei")
    assert by_id["wuhu"].plants == ()
    wind = next(plant for plant in by_id["guian"].plants if plant.carrier is Carrier.WIND)
    assert wind.peak_kw == pytest.approx(by_id["guian"].full_kw * catalog.number("power/plant_share/west/wind"))
    assert by_id["guian"].status_of("plants") == "assumed"
    assert {area.area_id for area in modelled.areas} == {site.adcode for site in fleet.sites}
    assert modelled.areas[0].peak_fen_per_kw == pytest.approx(33000.0 / 365)
    stated = replace(own, areas=(Area("a", "A", "甲", site_ids=("wuhu",)),))
    assert with_modelled_power(stated, catalog).areas == stated.areas


def test_rolling_makes_no_plants_for_a_fleet_that_has_its_own(fleet: Fleet, catalog: Catalog) -> None:
    request = RollRequest(b"", "jobs.csv", "generic", DAY, 1, plants_share=0.5)
    made = board_of(request, fleet, catalog).energy
    assert made is not None
    assert made.renewable_kw.max() > 0
    own = changed(fleet, "zhongwei", plants=(Plant(Carrier.OTHER, 1.0, 0.0, (1.0,) * 24),))
    with pytest.raises(BadInputError) as caught:
        board_of(request, own, catalog)
    assert caught.value.code == "plants_stated"
    operated = board_of(replace(request, plants_share=0.0), own, catalog).energy
    assert operated is not None
    assert operated.renewable_kw.max() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sites", "areas", "found"),
    [
        ({"store": Store(Medium.BATTERY, 4.0, 1.0, 0.9)}, (), "1 stores and 0 areas"),
        ({}, (Area("a", "A", "甲", site_ids=("wuhu",)),), "0 stores and 1 areas"),
    ],
)
def test_rolling_refuses_a_fleet_whose_energy_outlasts_a_replan(
    fleet: Fleet, catalog: Catalog, sites: dict[str, Store], areas: tuple[Area, ...], found: str
) -> None:
    own = replace(changed(fleet, "zhongwei", **sites), areas=areas)
    with pytest.raises(BadInputError) as caught:
        board_of(RollRequest(b"", "jobs.csv", "generic", DAY, 1), own, catalog)
    assert caught.value.code == "energy_not_rolling"
    assert found in str(caught.value)
