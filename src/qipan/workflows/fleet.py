"""From a fleet of the ledger and the shipped facts to a board that dispatch can plan on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from qipan.dispatch.board import latency, tariff
from qipan.dispatch.jobs.assume import AssumptionRule
from qipan.dispatch.model import board as dispatch
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Rules, TierRule
from qipan.dispatch.model.job import Tier, Workload
from qipan.dispatch.model.power import GridLoad
from qipan.facts.catalog import Catalog
from qipan.facts.model import Status
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind
from qipan.kernel.time import BOARD_ZONE, Interval, civil_day, slots, zone
from qipan.kernel.units import round_trip_ms_from_one_way_ms
from qipan.ledger.model.fleet import Fleet, Origin, Pool, Site
from qipan.ledger.rehearse import equip
from qipan.workflows.backbone import backbone_of
from qipan.workflows.energy import energy_of, load_status, marginal_pue

NATIONAL = "national"
FACTOR_YEAR = "2022"
SLOT_S = 3600
FEN_PER_YUAN = 100.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A board, and the status of every figure that went into it.

    Attributes
    ----------
    fleet
        What it was set up from.
    site_status
        For each site, figure to status.
    """

    fleet: Fleet
    board: dispatch.Board
    site_status: tuple[dict[str, str], ...]

    @property
    def basis(self) -> dict[str, int]:
        """How many figures of the sites have each status."""
        return dict(Counter(status for site in self.site_status for status in site.values()))


@dataclass(frozen=True, slots=True)
class Figures:
    """Price in each civil hour and carbon factor of a site, and the status of all its figures."""

    price_fen_per_kwh: tuple[float, ...]
    location_kg_per_kwh: float
    status: dict[str, str]


def national_fleet(catalog: Catalog) -> Fleet:
    """Build the default fleet: the ten clusters of the national hubs at the scale of the shipped facts.

    Its meters are those of a rehearsal: nobody has told of real ones.
    """
    regions = {region.adcode: region for region in catalog.regions()}
    kw_per_card = catalog.number("board/it_power_w_per_card") / 1000.0
    sites = []
    for cluster in catalog.clusters():
        key = f"cluster/{cluster.cluster_id}"
        cards = catalog.number(f"{key}/intelligent_cards")
        pue = catalog.number(f"{key}/pue_target")
        sites.append(
            Site(
                site_id=cluster.cluster_id,
                name_en=cluster.name_en,
                name_zh=cluster.name_zh,
                hub_id=cluster.hub_id,
                adcode=cluster.adcode,
                macro=regions[cluster.adcode].macro4,
                point=cluster.point,
                pue=pue,
                power_cap_kw=cards * kw_per_card * pue * catalog.number("board/power_cap_share"),
                price_fen_per_kwh=None,
                location_kg_per_kwh=None,
                green_share=catalog.number(f"{key}/retired_certificate_share"),
                pools=(Pool(f"{cluster.cluster_id}-cards", Kind.INTELLIGENT, "", cards, kw_per_card),),
                status={
                    "point": str(catalog.fact(f"{key}/lon_deg").status),
                    "pue": str(catalog.fact(f"{key}/pue_target").status),
                    "power_cap_kw": str(catalog.fact("board/power_cap_share").status),
                    "green_share": str(catalog.fact(f"{key}/retired_certificate_share").status),
                    "quantity": str(catalog.fact(f"{key}/intelligent_cards").status),
                    "it_kw_per_unit": str(catalog.fact("board/it_power_w_per_card").status),
                },
            )
        )
    weights = catalog.numbers("origin/weight")
    origins = tuple(
        Origin(code, place.name_en, place.name_zh, code, place.macro4, place.seat, weights[code])
        for code, place in regions.items()
        if code in weights
    )
    fleet = Fleet(NATIONAL, "National hubs, scale 1:100", "国家枢纽（1:100）", BOARD_ZONE, tuple(sites), origins)
    return equip(fleet, kw_per_rack=catalog.number("rehearsal/kw_per_rack"))


def origins_of(fleet: Fleet) -> tuple[dispatch.Origin, ...]:
    """Return where the work of a fleet comes from, as a board has it."""
    return tuple(dispatch.Origin(o.origin_id, o.name_en, o.name_zh, o.adcode, o.macro) for o in fleet.origins)


def set_up(
    fleet: Fleet,
    catalog: Catalog,
    day: date,
    *,
    outlook_h: int = 24,
    green_share: float | None = None,
    load: GridLoad | None = None,
    load_scale: float = 1.0,
) -> Setting:
    """Lay a fleet out as a board for one civil day and the outlook after it.

    Figures that the fleet leaves to its regions are taken from the facts. A price curve of the facts is the region's
    time-of-use tariff where its windows are known, else the shipped spot shape, scaled to its price.

    Parameters
    ----------
    outlook_h
        Hours after the day in which tolerant work may be placed tentatively.
    green_share
        Share of use covered by retired certificates at every site, instead of each site's own.
    load, load_scale
        What others draw in the regions of the fleet's areas, from a file, and by how much that is multiplied; without
        it, typical days of the facts. The national fleet stands for a larger one, and so does the load around it.

    Raises
    ------
    BadInputError
        ``load_unknown``; ``fleet_incomplete`` with every site that lacks a figure and lies where the facts have none.
    """
    whole = civil_day(day, fleet.zone_name)
    horizon = Interval(whole.start, whole.end + timedelta(hours=outlook_h))
    moments = [slot.start for slot in slots(horizon, SLOT_S)]
    hours = [moment.astimezone(zone(fleet.zone_name)).hour for moment in moments]
    chosen = [site if green_share is None else replace(site, green_share=green_share) for site in fleet.sites]
    figures = _regional_figures(chosen, catalog, day)
    factors = np.array([one.location_kg_per_kwh for one in figures])
    pools = [(index, pool) for index, site in enumerate(chosen) for pool in site.pools]
    # Outside the regions of the facts no residual mix is known, and the owner's own factor stands for it.
    known = {region.adcode for region in catalog.regions()}
    national = catalog.number(f"grid/location_factor/cn/{FACTOR_YEAR}")
    residual = catalog.number(f"grid/untraded_factor/cn/{FACTOR_YEAR}") / national
    fibre = _fibre_km(fleet, catalog)
    if fleet.fleet_id == NATIONAL:
        load_scale /= catalog.number("board/real_cards_per_card")
    board = dispatch.Board(
        sites=tuple(
            dispatch.Site(
                s.site_id, s.name_en, s.name_zh, s.hub_id, s.adcode, s.macro, s.point.lon_deg, s.point.lat_deg
            )
            for s in chosen
        ),
        pools=tuple(dispatch.Pool(pool.pool_id, index, pool.kind, pool.card_model) for index, pool in pools),
        origins=origins_of(fleet),
        start_s=horizon.start.timestamp(),
        slot_s=float(SLOT_S),
        day_slots=round(whole.duration_s / SLOT_S),
        capacity=np.array([[pool.quantity] * len(hours) for _, pool in pools]),
        it_kw_per_unit=np.array([pool.it_kw_per_unit for _, pool in pools]),
        opex_fen_per_unit_h=np.zeros(len(pools)),
        pue=np.array([marginal_pue(site, day.month) for site in chosen]),
        power_cap_kw=np.array([site.power_cap_kw for site in chosen]),
        price_fen_per_kwh=np.stack([tariff.over_slots(one.price_fen_per_kwh, hours) for one in figures]),
        location_kg_per_kwh=factors,
        market_kg_per_kwh=np.array(
            [
                tariff.market_kg_per_kwh(
                    one.location_kg_per_kwh,
                    green_share=site.green_share,
                    residual_ratio=residual if site.adcode in known else 1.0,
                )
                for one, site in zip(figures, chosen, strict=True)
            ]
        ),
        round_trip_ms=_round_trips(fleet, fibre),
        transfer_fen_per_gb=fibre * catalog.number("board/transfer_yuan_per_gb_1000_km") * FEN_PER_YUAN / 1000.0,
        energy=energy_of(fleet, catalog, moments, load, load_scale=load_scale),
    )
    status = [one.status | load_status(fleet, site, load, catalog) for one, site in zip(figures, chosen, strict=True)]
    return Setting(fleet=fleet, board=board, site_status=tuple(status))


def rules_of(catalog: Catalog, *, carbon_yuan_per_t: float = 0.0, carbon_account: str = "location") -> Rules:
    """Read the rules of a plan from the facts; carbon is priced only where the caller says so."""
    tiers = []
    for tier in Tier:
        limit = catalog.number_or_none(f"tier/{tier.label}/round_trip_ms_max")
        tiers.append(
            TierRule(
                round_trip_ms_max=math.inf if limit is None else limit,
                nearness_fen_per_unit_h_ms=catalog.number(f"tier/{tier.label}/nearness_fen_per_card_h_ms"),
                unserved_fen_per_unit_h=catalog.number(f"tier/{tier.label}/lost_load_fen_per_card_h"),
            )
        )
    return Rules(tuple(tiers), carbon_yuan_per_t * FEN_PER_YUAN / 1000.0, carbon_account)


def assumption_rule(catalog: Catalog, fleet: Fleet) -> AssumptionRule:
    """Read the written rule that fills what a trace leaves out; origins weigh as the fleet says."""
    by_label: dict[str, dict[Tier, float]] = {}
    for key, share in catalog.numbers("rule/tier_share").items():
        label, tier = key.split("/")
        by_label.setdefault("" if label == "unlabelled" else label, {})[Tier[tier.upper()]] = share
    workloads: dict[str, dict[Workload, float]] = {}
    for key, share in catalog.numbers("rule/workload_share").items():
        named, workload = key.split("/")
        workloads.setdefault(named, {})[Workload[workload.upper()]] = share
    return AssumptionRule(
        origin_weights={origin.origin_id: origin.weight for origin in fleet.origins},
        tier_shares=by_label,
        workload_shares=workloads,
        slack_h=tuple(catalog.number(f"tier/{tier.label}/slack_h") for tier in Tier),
        gb_per_unit_h=tuple(catalog.number(f"tier/{tier.label}/data_gb_per_card_h") for tier in Tier),
        region_bound_share=catalog.number("rule/region_bound_share"),
        requested_limits_h=tuple(float(limit) for limit in catalog.text("rule/requested_limits_h").split()),
        default_requested_h=catalog.number("rule/default_requested_h"),
    )


def carbon_factors(catalog: Catalog) -> Callable[[Site], tuple[float | None, float | None]]:
    """Return what tells the carbon of a kilowatt-hour at a site: by its grid, and after its retired certificates."""
    inside = {region.adcode for region in catalog.regions()}
    national = catalog.number(f"grid/location_factor/cn/{FACTOR_YEAR}")
    residual = catalog.number(f"grid/untraded_factor/cn/{FACTOR_YEAR}") / national

    def factors(site: Site) -> tuple[float | None, float | None]:
        location = site.location_kg_per_kwh
        if location is None and site.adcode:
            location = catalog.number_or_none(f"grid/location_factor/{site.adcode}/{FACTOR_YEAR}")
        if location is None:
            return None, None
        ratio = residual if site.adcode in inside else 1.0
        return location, tariff.market_kg_per_kwh(location, green_share=site.green_share, residual_ratio=ratio)

    return factors


def _regional_figures(sites: list[Site], catalog: Catalog, day: date) -> list[Figures]:
    """Take what a site does not state from its region, and say what status each figure has."""
    findings: list[Finding] = []
    figures = []
    for row, site in enumerate(sites, start=1):
        status = dict(site.status)
        stated = {"price_fen_per_kwh": site.price_fen_per_kwh, "location_kg_per_kwh": site.location_kg_per_kwh}
        ids = {
            "price_fen_per_kwh": f"price/industrial/{site.adcode}",
            "location_kg_per_kwh": f"grid/location_factor/{site.adcode}/{FACTOR_YEAR}",
        }
        for column, own in stated.items():
            known = catalog.under(ids[column])
            if own is None and not known:
                must = f"A site must state {column} or lie in a region of the facts, was region {site.adcode!r}"
                findings.append(Finding(row, column, "figure_missing", f"{must}, site {site.site_id}."))
            status["market_kg_per_kwh"] = str(Status.MODELLED)
            status[column] = site.status_of(column) if own is not None or not known else str(known[0].status)
        if not findings:
            figures.append(
                Figures(
                    price_fen_per_kwh=site.price_fen_per_kwh or _curve(catalog, site.adcode, day),
                    location_kg_per_kwh=(
                        catalog.number(ids["location_kg_per_kwh"])
                        if site.location_kg_per_kwh is None
                        else site.location_kg_per_kwh
                    ),
                    status=status,
                )
            )
    if findings:
        raise BadInputError(
            f"Every site must have a price and a carbon factor, was without in {len(findings)} places.",
            code="fleet_incomplete",
            hint="State price_yuan_per_kwh and location_kg_per_kwh in the fleet's file.",
            findings=findings,
        )
    return figures


def _curve(catalog: Catalog, adcode: str, day: date) -> tuple[float, ...]:
    """Price in each civil hour from the facts, fen per kWh."""
    level = catalog.number(f"price/industrial/{adcode}") * FEN_PER_YUAN
    bands = catalog.tariff_bands(adcode, month=day.month)
    if bands is not None:
        return tuple(tariff.banded(level, bands, catalog.numbers("price/band_ratio")).tolist())
    shape = catalog.numbers("price/spot_shape")
    return tuple(tariff.shaped(level, [shape[hour] for hour in sorted(shape)]).tolist())


def _fibre_km(fleet: Fleet, catalog: Catalog) -> Floats:
    nodes, links = backbone_of(fleet, catalog)
    position = {node.node_id: index for index, node in enumerate(nodes)}
    return latency.fibre_km(
        [origin.point for origin in fleet.origins],
        [site.point for site in fleet.sites],
        nodes=[node.point for node in nodes],
        links=[(position[link.node_a], position[link.node_b]) for link in links],
        detour=catalog.number("fibre/detour"),
        straight_ceiling=catalog.number("fibre/straight_line_ceiling"),
    )


def _round_trips(fleet: Fleet, fibre: Floats) -> Floats:
    """Return round trips in milliseconds, measured ones before computed ones, ``(origins, sites)``."""
    computed = latency.one_way_ms(fibre) * round_trip_ms_from_one_way_ms(1.0)
    for o, origin in enumerate(fleet.origins):
        for s, site in enumerate(fleet.sites):
            computed[o, s] = fleet.round_trip_ms.get((origin.origin_id, site.site_id), computed[o, s])
    return np.asarray(computed)
