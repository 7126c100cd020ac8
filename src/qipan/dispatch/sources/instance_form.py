"""The form of an instance file, field by field, and what no field can tell alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from qipan.dispatch.model.job import Tier
from qipan.kernel.resources import Kind

FORMAT: Final = "qipan-instance-1"

Number = Annotated[float, Field(allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]
Numbers = list[Number]
Amounts = list[Amount]
Count = Annotated[int, Field(ge=0)]


class Form(BaseModel):
    """A part of the file; a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")


class PlaceForm(Form):
    """Where something stands."""

    name_en: str = ""
    name_zh: str = ""
    adcode: Annotated[str, Field(description="Code of the province.")] = ""
    macro: Annotated[str, Field(description="Macro-region, for data that may not leave it.")] = ""


class MeterForm(Form):
    """What stands behind the meter of a site."""

    fixed_kw: Annotated[Amounts, Field(description="Drawn at no load, (slots,).")]
    renewable_kw: Annotated[Amounts, Field(description="What own plants could give, (slots,).")]
    renewable_fen_per_kwh: Number = 0.0
    store_kwh: Amount = 0.0
    store_kw: Amount = 0.0
    stored_kwh: Annotated[Amount, Field(description="In the store at the start, and at least at the end.")] = 0.0
    store_efficiency: Annotated[Share, Field(description="What comes out of what went in.")] = 1.0


class SiteForm(PlaceForm):
    """A data centre."""

    site_id: Annotated[str, Field(min_length=1)]
    hub_id: str = ""
    lon_deg: Number = 0.0
    lat_deg: Number = 0.0
    pue: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    power_cap_kw: Annotated[Amount | None, Field(description="Of the whole facility; null for none.")] = None
    price_fen_per_kwh: Annotated[Numbers, Field(description="(slots,)")]
    location_kg_per_kwh: Amount
    market_kg_per_kwh: Amount
    meter: MeterForm | None = None


class PoolForm(Form):
    """Resources of one kind and model in a site."""

    pool_id: Annotated[str, Field(min_length=1)]
    site: str
    kind: Kind
    card_model: str = ""
    capacity: Annotated[Amounts, Field(description="Units that may be busy at once, (slots,).")]
    it_kw_per_unit: Amount
    opex_fen_per_unit_h: Number = 0.0


class OriginForm(PlaceForm):
    """Where work comes from."""

    origin_id: Annotated[str, Field(min_length=1)]
    round_trip_ms: Annotated[Amounts, Field(description="(sites,)")]
    transfer_fen_per_gb: Annotated[Numbers, Field(description="(sites,)")]


class LinkForm(Form):
    """A backbone link, and which share of each flow crosses it, signed by direction."""

    name: str
    capacity_gb: Annotated[Amounts, Field(description="In either direction, (slots,).")]
    flows: list[tuple[str, str, Number]]


class AreaForm(Form):
    """A part of the grid."""

    name: str
    sites: list[str]
    load_kw: Annotated[Amounts, Field(description="What others draw, (slots,).")]
    most_kw: Annotated[list[Amount | None], Field(description="What the sites may draw, null for no limit, (slots,).")]
    over_fen_per_kwh: Amount
    peak_fen_per_kw: Amount


class TierForm(Form):
    """What the plan owes to a tier."""

    round_trip_ms_max: Amount | None = None
    nearness_fen_per_unit_h_ms: Amount = 0.0
    unserved_fen_per_unit_h: Amount


class RulesForm(Form):
    """The rules of the plan."""

    tiers: Annotated[dict[str, TierForm], Field(description=f"By {', '.join(tier.label for tier in Tier)}.")]
    carbon_fen_per_kg: Amount = 0.0
    carbon_account: Literal["location", "market"] = "location"
    keeps_reserve: bool = False


class StreamForm(Form):
    """Work that costs the same wherever it goes."""

    origin: str
    tier: str
    gb_per_unit_h: Amount
    takes: Annotated[
        dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]],
        Field(description="Units taken by a unit of work, by product: site/kind/card model."),
    ]


class ClassesForm(Form):
    """Classes as columns, (classes,); a class runs in the slots [first_slot, end_slot)."""

    stream: list[Count]
    first_slot: list[Count]
    end_slot: list[Count]
    demand_unit_h: Amounts
    width: Annotated[Amounts, Field(description="Units at most at once.")]


class InstanceForm(Form):
    """A day's programme."""

    format: Literal["qipan-instance-1"]
    start_s: Annotated[Number, Field(description="Seconds since 1970-01-01 UTC.")]
    slot_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    slots: Annotated[int, Field(gt=0)]
    day_slots: Annotated[int, Field(gt=0)]
    sites: list[SiteForm]
    pools: list[PoolForm]
    origins: list[OriginForm]
    links: list[LinkForm] = []
    areas: list[AreaForm] = []
    rules: RulesForm
    streams: list[StreamForm]
    classes: ClassesForm


def product_name(site_id: str, kind: Kind, card_model: str) -> str:
    """Return how a product is named in the file."""
    return f"{site_id}/{kind.value}/{card_model}"


def broken(form: InstanceForm) -> Iterable[tuple[str, str]]:
    """Tell what no field can tell alone: lengths, names that must be known, windows."""
    yield from _lengths(form)
    sites = {one.site_id for one in form.sites}
    origins = {one.origin_id for one in form.origins}
    products = {product_name(one.site, one.kind, one.card_model) for one in form.pools}
    yield from _repeated("sites", [one.site_id for one in form.sites])
    yield from _repeated("pools", [one.pool_id for one in form.pools])
    yield from _repeated("origins", [one.origin_id for one in form.origins])
    for place, names, known in (
        ("pools", [(f"{i}.site", one.site) for i, one in enumerate(form.pools)], sites),
        ("areas", [(f"{i}.sites", name) for i, one in enumerate(form.areas) for name in one.sites], sites),
        ("links", [(f"{i}.flows", flow[0]) for i, one in enumerate(form.links) for flow in one.flows], origins),
        ("links", [(f"{i}.flows", flow[1]) for i, one in enumerate(form.links) for flow in one.flows], sites),
        ("streams", [(f"{i}.origin", one.origin) for i, one in enumerate(form.streams)], origins),
        ("streams", [(f"{i}.takes", name) for i, one in enumerate(form.streams) for name in one.takes], products),
        ("streams", [(f"{i}.tier", one.tier) for i, one in enumerate(form.streams)], {t.label for t in Tier}),
        ("rules", [("tiers", name) for name in form.rules.tiers], {t.label for t in Tier}),
        ("rules.tiers", [("", t.label) for t in Tier], set(form.rules.tiers)),
    ):
        for at, name in names:
            if name not in known:
                yield f"{place}.{at}".rstrip("."), f"must be one of those named in the file, was {name!r}"
    yield from _broken_classes(form)
    yield from _broken_meters(form)


def _repeated(place: str, names: Sequence[str]) -> Iterable[tuple[str, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield f"{place}.{index}", f"must have a name of its own, was {name!r} again"
        seen.add(name)


def _lengths(form: InstanceForm) -> Iterable[tuple[str, str]]:
    columns = form.classes
    lists: list[tuple[str, Sequence[object], int]] = [
        *((f"sites.{i}.price_fen_per_kwh", one.price_fen_per_kwh, form.slots) for i, one in enumerate(form.sites)),
        *((f"pools.{i}.capacity", one.capacity, form.slots) for i, one in enumerate(form.pools)),
        *((f"origins.{i}.round_trip_ms", one.round_trip_ms, len(form.sites)) for i, one in enumerate(form.origins)),
        *(
            (f"origins.{i}.transfer_fen_per_gb", one.transfer_fen_per_gb, len(form.sites))
            for i, one in enumerate(form.origins)
        ),
        *((f"links.{i}.capacity_gb", one.capacity_gb, form.slots) for i, one in enumerate(form.links)),
        *((f"areas.{i}.load_kw", one.load_kw, form.slots) for i, one in enumerate(form.areas)),
        *((f"areas.{i}.most_kw", one.most_kw, form.slots) for i, one in enumerate(form.areas)),
        *(
            (f"sites.{i}.meter.{name}", getattr(one.meter, name), form.slots)
            for i, one in enumerate(form.sites)
            if one.meter is not None
            for name in ("fixed_kw", "renewable_kw")
        ),
        *((f"classes.{name}", getattr(columns, name), len(columns.stream)) for name in type(columns).model_fields),
    ]
    for place, values, length in lists:
        if len(values) != length:
            yield place, f"must have {length} entries, had {len(values)}"
    if form.day_slots > form.slots:
        yield "day_slots", f"must be at most the {form.slots} slots, was {form.day_slots}"


def _broken_classes(form: InstanceForm) -> Iterable[tuple[str, str]]:
    columns = form.classes
    for index, (stream, first, end) in enumerate(
        zip(columns.stream, columns.first_slot, columns.end_slot, strict=False)
    ):
        if stream >= len(form.streams):
            yield f"classes.stream.{index}", f"must be below the {len(form.streams)} streams, was {stream}"
        if not first < end <= form.slots:
            yield f"classes.end_slot.{index}", f"must lie after {first} and be at most {form.slots}, was {end}"


def _broken_meters(form: InstanceForm) -> Iterable[tuple[str, str]]:
    for index, site in enumerate(form.sites):
        if site.meter is None:
            continue
        if site.meter.stored_kwh > site.meter.store_kwh:
            yield (
                f"sites.{index}.meter.stored_kwh",
                f"must be at most the store's {site.meter.store_kwh:g} kWh",
            )
        if site.power_cap_kw is not None and max(site.meter.fixed_kw, default=0.0) > site.power_cap_kw:
            yield f"sites.{index}.meter.fixed_kw", f"must be within the power cap of {site.power_cap_kw:g} kW"
