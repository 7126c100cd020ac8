"""A day's programme as a JSON file, plain or gzipped: what any solver needs to solve it, and nothing else.

Sites, products and origins are named by their identifiers, slots counted from 0. A list with the axis ``slots`` holds
one number a slot. `instance_form` describes every field.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Sequence

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes, Instance, Streams
from qipan.dispatch.sources.form import Wrong, findings_of, read_form
from qipan.dispatch.sources.instance_form import (
    FORMAT,
    AreaForm,
    ClassesForm,
    InstanceForm,
    LinkForm,
    MeterForm,
    OriginForm,
    PoolForm,
    RulesForm,
    SiteForm,
    StreamForm,
    TierForm,
    broken,
    product_name,
)
from qipan.kernel.errors import BadInputError


def read(data: bytes) -> Instance:
    """Read a programme.

    Raises
    ------
    BadInputError
        ``instance_unreadable`` for what is no JSON; ``instance_bad`` with a finding for each thing against the form.
    """
    form = read_form(InstanceForm, data, unreadable=_unreadable, bad=_bad)
    wrong = list(broken(form))
    if wrong:
        raise _bad(wrong)
    return Instance(_board(form), _classes(form), _rules(form), _takes(form))


def write(instance: Instance, *, is_gzipped: bool) -> bytes:
    """Write a programme; `read` gives it back to the last bit.

    Raises
    ------
    BadInputError
        ``instance_holds`` for a board on which something is held: the form knows no work that must run.
    """
    if instance.board.held is not None:
        raise BadInputError(
            f"An instance must be of a board on which nothing is held, was {len(instance.board.held.pool)} runs.",
            code="instance_holds",
            hint="Write the programme of the day without reservations: all of its work is in the classes then.",
        )
    text = _form(instance).model_dump_json(exclude_defaults=True).encode()
    # Without a time in its head the same programme is the same file.
    return gzip.compress(text, mtime=0) if is_gzipped else text


def _unreadable(told: str) -> BadInputError:
    return BadInputError(
        f"An instance must be JSON, plain or gzipped, was {told}.",
        code="instance_unreadable",
        hint="See the page on the instance format, or: qipan dispatch schema",
    )


def _bad(wrong: Wrong) -> BadInputError:
    return BadInputError(
        f"An instance must keep the written form, was wrong in {len(wrong)} places, the first at {wrong[0][0]}: "
        f"{wrong[0][1]}.",
        code="instance_bad",
        hint="Mend what is listed; `qipan dispatch schema` prints the form.",
        findings=findings_of(wrong, "instance_bad"),
    )


def _board(form: InstanceForm) -> Board:
    at = {one.site_id: index for index, one in enumerate(form.sites)}
    return Board(
        sites=tuple(
            Site(s.site_id, s.name_en, s.name_zh, s.hub_id, s.adcode, s.macro, s.lon_deg, s.lat_deg) for s in form.sites
        ),
        pools=tuple(Pool(one.pool_id, at[one.site], one.kind, one.card_model) for one in form.pools),
        origins=tuple(Origin(o.origin_id, o.name_en, o.name_zh, o.adcode, o.macro) for o in form.origins),
        start_s=form.start_s,
        slot_s=form.slot_s,
        day_slots=form.day_slots,
        capacity=_table([one.capacity for one in form.pools], form.slots),
        it_kw_per_unit=_line([one.it_kw_per_unit for one in form.pools]),
        opex_fen_per_unit_h=_line([one.opex_fen_per_unit_h for one in form.pools]),
        pue=_line([one.pue for one in form.sites]),
        power_cap_kw=_line([_or_endless(one.power_cap_kw) for one in form.sites]),
        price_fen_per_kwh=_table([one.price_fen_per_kwh for one in form.sites], form.slots),
        location_kg_per_kwh=_line([one.location_kg_per_kwh for one in form.sites]),
        market_kg_per_kwh=_line([one.market_kg_per_kwh for one in form.sites]),
        round_trip_ms=_table([one.round_trip_ms for one in form.origins], len(form.sites)),
        transfer_fen_per_gb=_table([one.transfer_fen_per_gb for one in form.origins], len(form.sites)),
        links=_links(form, at) if form.links else None,
        energy=_energy(form) if form.areas or any(one.meter for one in form.sites) else None,
    )


def _links(form: InstanceForm, at: dict[str, int]) -> Links:
    origin = {one.origin_id: index for index, one in enumerate(form.origins)}
    factor = np.zeros((len(form.links), len(form.origins), len(form.sites)))
    for index, link in enumerate(form.links):
        for from_, to, share in link.flows:
            factor[index, origin[from_], at[to]] = share
    return Links(
        tuple(one.name for one in form.links), _table([one.capacity_gb for one in form.links], form.slots), factor
    )


def _energy(form: InstanceForm) -> Energy:
    nothing = [0.0] * form.slots
    meters = [one.meter or MeterForm(fixed_kw=nothing, renewable_kw=nothing) for one in form.sites]
    member = [[one.site_id in area.sites for one in form.sites] for area in form.areas]
    return Energy(
        fixed_kw=_table([one.fixed_kw for one in meters], form.slots),
        renewable_kw=_table([one.renewable_kw for one in meters], form.slots),
        renewable_fen_per_kwh=_line([one.renewable_fen_per_kwh for one in meters]),
        store_kwh=_line([one.store_kwh for one in meters]),
        store_kw=_line([one.store_kw for one in meters]),
        stored_kwh=_line([one.stored_kwh for one in meters]),
        store_efficiency=_line([one.store_efficiency for one in meters]),
        areas=Areas(
            names=tuple(one.name for one in form.areas),
            member=np.array(member, dtype=bool).reshape(len(form.areas), len(form.sites)),
            load_kw=_table([one.load_kw for one in form.areas], form.slots),
            most_kw=_table([[_or_endless(most) for most in one.most_kw] for one in form.areas], form.slots),
            over_fen_per_kwh=_line([one.over_fen_per_kwh for one in form.areas]),
            peak_fen_per_kw=_line([one.peak_fen_per_kw for one in form.areas]),
        ),
    )


def _rules(form: InstanceForm) -> Rules:
    tiers = [form.rules.tiers[tier.label] for tier in Tier]
    return Rules(
        tuple(
            TierRule(_or_endless(t.round_trip_ms_max), t.nearness_fen_per_unit_h_ms, t.unserved_fen_per_unit_h)
            for t in tiers
        ),
        form.rules.carbon_fen_per_kg,
        form.rules.carbon_account,
        form.rules.keeps_reserve,
    )


def _classes(form: InstanceForm) -> Classes:
    origin = {one.origin_id: index for index, one in enumerate(form.origins)}
    columns = form.classes
    return Classes(
        of_job=np.zeros(0, dtype=np.int64),
        stream=_whole(columns.stream),
        first_slot=_whole(columns.first_slot),
        end_slot=_whole(columns.end_slot),
        demand_unit_h=_line(columns.demand_unit_h),
        width=_line(columns.width),
        streams=Streams(
            sort=np.arange(len(form.streams)),
            origin=_whole([origin[one.origin] for one in form.streams]),
            tier=_whole([int(Tier[one.tier.upper()]) for one in form.streams]),
            gb_per_unit_h=_line([one.gb_per_unit_h for one in form.streams]),
        ),
    )


def _takes(form: InstanceForm) -> Floats:
    names = list(dict.fromkeys(product_name(one.site, one.kind, one.card_model) for one in form.pools))
    at = {name: index for index, name in enumerate(names)}
    takes = np.zeros((len(form.streams), len(names)))
    for index, stream in enumerate(form.streams):
        for name, units in stream.takes.items():
            takes[index, at[name]] = units
    return takes


def _form(instance: Instance) -> InstanceForm:
    board, classes, rules, takes = instance
    ids = [site.site_id for site in board.sites]
    names = [product_name(ids[site], kind, model) for site, kind, model in board.products]
    streams = classes.streams
    return InstanceForm(
        format=FORMAT,
        start_s=board.start_s,
        slot_s=board.slot_s,
        slots=board.slot_count,
        day_slots=board.day_slots,
        sites=[_site_form(board, index) for index in range(len(ids))],
        pools=[
            PoolForm(
                pool_id=one.pool_id,
                site=ids[one.site],
                kind=one.kind,
                card_model=one.card_model,
                capacity=board.capacity[index].tolist(),
                it_kw_per_unit=float(board.it_kw_per_unit[index]),
                opex_fen_per_unit_h=float(board.opex_fen_per_unit_h[index]),
            )
            for index, one in enumerate(board.pools)
        ],
        origins=[
            OriginForm(
                origin_id=one.origin_id,
                name_en=one.name_en,
                name_zh=one.name_zh,
                adcode=one.adcode,
                macro=one.macro,
                round_trip_ms=board.round_trip_ms[index].tolist(),
                transfer_fen_per_gb=board.transfer_fen_per_gb[index].tolist(),
            )
            for index, one in enumerate(board.origins)
        ],
        links=_link_forms(board, ids),
        areas=_area_forms(board, ids),
        rules=_rules_form(rules),
        streams=[
            StreamForm(
                origin=board.origins[streams.origin[index]].origin_id,
                tier=Tier(int(streams.tier[index])).label,
                gb_per_unit_h=float(streams.gb_per_unit_h[index]),
                takes={names[at]: float(takes[index, at]) for at in np.flatnonzero(takes[index])},
            )
            for index in range(len(streams))
        ],
        classes=ClassesForm(
            stream=classes.stream.tolist(),
            first_slot=classes.first_slot.tolist(),
            end_slot=classes.end_slot.tolist(),
            demand_unit_h=classes.demand_unit_h.tolist(),
            width=classes.width.tolist(),
        ),
    )


def _site_form(board: Board, index: int) -> SiteForm:
    site, energy = board.sites[index], board.energy
    meter = None
    if energy is not None:
        meter = MeterForm(**{name: getattr(energy, name)[index].tolist() for name in MeterForm.model_fields})
    return SiteForm(
        site_id=site.site_id,
        name_en=site.name_en,
        name_zh=site.name_zh,
        hub_id=site.hub_id,
        adcode=site.adcode,
        macro=site.macro,
        lon_deg=site.lon_deg,
        lat_deg=site.lat_deg,
        pue=float(board.pue[index]),
        power_cap_kw=_or_none(float(board.power_cap_kw[index])),
        price_fen_per_kwh=board.price_fen_per_kwh[index].tolist(),
        location_kg_per_kwh=float(board.location_kg_per_kwh[index]),
        market_kg_per_kwh=float(board.market_kg_per_kwh[index]),
        meter=meter,
    )


def _link_forms(board: Board, ids: Sequence[str]) -> list[LinkForm]:
    if board.links is None:
        return []
    links = board.links
    return [
        LinkForm(
            name=name,
            capacity_gb=links.capacity_gb[index].tolist(),
            flows=[
                (board.origins[o].origin_id, ids[s], float(links.factor[index, o, s]))
                for o, s in np.argwhere(links.factor[index]).tolist()
            ],
        )
        for index, name in enumerate(links.names)
    ]


def _area_forms(board: Board, ids: Sequence[str]) -> list[AreaForm]:
    if board.energy is None:
        return []
    areas = board.energy.areas
    return [
        AreaForm(
            name=name,
            sites=[ids[s] for s in np.flatnonzero(areas.member[index]).tolist()],
            load_kw=areas.load_kw[index].tolist(),
            most_kw=[_or_none(most) for most in areas.most_kw[index].tolist()],
            over_fen_per_kwh=float(areas.over_fen_per_kwh[index]),
            peak_fen_per_kw=float(areas.peak_fen_per_kw[index]),
        )
        for index, name in enumerate(areas.names)
    ]


def _rules_form(rules: Rules) -> RulesForm:
    return RulesForm(
        tiers={
            tier.label: TierForm(
                round_trip_ms_max=_or_none(rules.tiers[tier].round_trip_ms_max),
                nearness_fen_per_unit_h_ms=rules.tiers[tier].nearness_fen_per_unit_h_ms,
                unserved_fen_per_unit_h=rules.tiers[tier].unserved_fen_per_unit_h,
            )
            for tier in Tier
        },
        carbon_fen_per_kg=rules.carbon_fen_per_kg,
        carbon_account="market" if rules.carbon_account == "market" else "location",
        keeps_reserve=rules.keeps_reserve,
    )


def _or_endless(value: float | None) -> float:
    return math.inf if value is None else value


def _or_none(value: float) -> float | None:
    return None if math.isinf(value) else value


def _line(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _whole(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _table(rows: Sequence[Sequence[float]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)
