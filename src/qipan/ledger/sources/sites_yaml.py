"""Read and write a fleet as YAML: the owner's own sites, with no fact of anybody else."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, Final

import yaml

from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.ledger.check import check_fleet
from qipan.ledger.check_meters import nearest
from qipan.ledger.model.fleet import FIGURES, HOURS_OF_DAY, Fleet, FleetIntake, Origin, Pool, Site
from qipan.ledger.sources.meters_yaml import words_of
from qipan.ledger.sources.nodes import Fields
from qipan.ledger.sources.power_yaml import PowerNodes, area_words, numbers, plant_words, store_words

FLEET_KEYS: Final = (
    "fleet",
    "name_en",
    "name_zh",
    "zone",
    "sites",
    "origins",
    "round_trips_ms",
    "sources",
    "exchange_points",
    "links",
    "data_resources",
    "areas",
)
PLACE_KEYS: Final = ("name_en", "name_zh", "adcode", "macro", "lon_deg", "lat_deg")
SITE_KEYS: Final = (
    "site_id",
    *PLACE_KEYS,
    "hub_id",
    "pue",
    "pue_by_month",
    "power_cap_mw",
    "fixed_mw",
    "price_yuan_per_kwh",
    "location_kg_per_kwh",
    "green_share",
    "status",
    "operator",
    "resource_code",
    "racks",
    "pools",
    "meters",
    "plants",
    "store",
)
POOL_KEYS: Final = ("pool_id", "kind", "card_model", "quantity", "it_kw_per_unit", "resource_code", "certified")
ORIGIN_KEYS: Final = ("origin_id", *PLACE_KEYS, "weight")

_PLACE_NEEDS = ("name_en", "lon_deg", "lat_deg")
_WRITTEN = {
    "fleet_id": "fleet",
    "zone_name": "zone",
    "power_cap_kw": "power_cap_mw",
    "fixed_kw": "fixed_mw",
    "peak_kw": "peak_mw",
    "capacity_kwh": "capacity_mwh",
    "power_kw": "power_mw",
    "limit_kw": "limit_mw",
    "peak_fen_per_kw": "peak_yuan_per_kw",
    "price_fen_per_kwh": "price_yuan_per_kwh",
    "round_trip_ms": "round_trips_ms",
}
STATUS_KEYS: Final = tuple(_WRITTEN.get(figure, figure) for figure in FIGURES)
_READ = {written: name for name, written in _WRITTEN.items()}
_NAME = re.compile(rf"(?<![^.])(?:{'|'.join(_WRITTEN)})(?![^.\[])")
# Places that the decimal point moves between what is written and what is kept.
_FEN_IN_YUAN = 2
_KW_IN_MW = 3


def read(data: bytes, *, adcodes: Collection[str] | None = None) -> FleetIntake:
    r"""Read a fleet; return everything that is wrong with it at once, each finding with its line as the row.

    Parameters
    ----------
    adcodes
        Regions that are known; without them only the form of an adcode is checked.

    Examples
    --------
    >>> intake = read(b"fleet: nord\nname_en: Nord\nzone: Europe/Oslo\nsites: 3\n")
    >>> intake.fleet, [(finding.row, finding.column, finding.rule) for finding in intake.findings]
    (None, [(4, 'sites', 'not_a_list')])
    """
    reader = _Reader()
    root = reader.root(data)
    return FleetIntake(None, tuple(reader.findings)) if root is None else _intake(reader, root, adcodes)


def read_node(root: yaml.Node, *, adcodes: Collection[str] | None = None) -> FleetIntake:
    """Read a fleet from the node of a whole file, as `read`."""
    return _intake(_Reader(), root, adcodes)


def _intake(reader: _Reader, root: yaml.Node, adcodes: Collection[str] | None) -> FleetIntake:
    fleet = reader.fleet(root)
    reader.check(fleet, adcodes)
    findings = tuple(sorted(reader.findings, key=lambda finding: finding.row))
    return FleetIntake(None if findings else fleet, findings)


def write(fleet: Fleet) -> bytes:
    """Write a fleet; one that breaks no rule is read again as the same fleet.

    Examples
    --------
    >>> pool = Pool("oslo/intelligent", Kind.INTELLIGENT, "", 8.0, 0.7)
    >>> site = Site("oslo", "Oslo", "奥斯陆", "", "", "", Point(10.7, 59.9), 1.2, 50.0, (29.0,) * 24, 0.03, 0, (pool,))
    >>> origin = Origin("oslo", "Oslo", "奥斯陆", "", "", Point(10.7, 59.9), 8.0)
    >>> fleet = Fleet("nord", "Nord", "北方", "Europe/Oslo", (site,), (origin,))
    >>> read(write(fleet)).fleet == fleet
    True
    """
    words = fleet_words(fleet)
    text = yaml.dump(words, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    return text.encode()


def fleet_words(fleet: Fleet) -> dict[str, Any]:
    """Return a fleet in the words of the file, without what says nothing."""
    round_trips: dict[str, dict[str, Any]] = {}
    for (origin_id, site_id), round_trip_ms in fleet.round_trip_ms.items():
        round_trips.setdefault(origin_id, {})[site_id] = _decimal(round_trip_ms)
    return _stated(
        {
            "fleet": fleet.fleet_id,
            "name_en": fleet.name_en,
            "name_zh": fleet.name_zh,
            "zone": fleet.zone_name,
            "sites": [_site_words(site) for site in fleet.sites],
            "origins": [_origin_words(origin) for origin in fleet.origins],
            "round_trips_ms": round_trips,
            **{
                name: [words_of(part) for part in getattr(fleet, name)]
                for name in ("sources", "exchange_points", "links", "data_resources")
            },
            "areas": [area_words(area) for area in fleet.areas],
        }
    )


class _Reader(PowerNodes):
    """Makes a fleet of the nodes of one file; one with findings holds stand-ins and must not leave this module."""

    def fleet(self, root: yaml.Node) -> Fleet:
        fields = self.fields(root, "", FLEET_KEYS, needed=("fleet", "name_en", "zone", "sites"))
        name_en = self.text(fields, "name_en", "-")
        sites = self.each(fields, "sites", self._site)
        has_origins = "origins" in fields
        return Fleet(
            fleet_id=self.text(fields, "fleet", "-"),
            name_en=name_en,
            name_zh=self.text(fields, "name_zh", name_en),
            zone_name=self.text(fields, "zone", "UTC"),
            sites=sites,
            origins=self.each(fields, "origins", self._origin) if has_origins else _own_origins(sites),
            round_trip_ms=self._round_trips(fields),
            sources=self.each(fields, "sources", self.source),
            exchange_points=self.each(fields, "exchange_points", self.exchange_point),
            links=self.each(fields, "links", self.link),
            data_resources=self.each(fields, "data_resources", self.data_resource),
            areas=self.each(fields, "areas", self.area),
        )

    def check(self, fleet: Fleet, adcodes: Collection[str] | None) -> None:
        """Add what breaks a rule, in the words of the file."""
        # Origins that are the sites themselves would only say the same again.
        is_repeating = fleet.origins == _own_origins(fleet.sites)
        for finding in check_fleet(fleet, adcodes=adcodes):
            if not (is_repeating and finding.column.startswith("origins")):
                self.add(finding, _NAME.sub(lambda name: _WRITTEN[name[0]], finding.column))

    def _site(self, node: yaml.Node, path: str) -> Site:
        fields = self.fields(node, path, SITE_KEYS, needed=("site_id", *_PLACE_NEEDS, "pue", "pools"))
        site_id = self.text(fields, f"{path}.site_id", "-")
        has_factor = "location_kg_per_kwh" in fields
        return Site(
            site_id=site_id,
            **self._place(fields, path),
            hub_id=self.text(fields, f"{path}.hub_id", ""),
            pue=self.number(fields, f"{path}.pue", 1.0),
            power_cap_kw=self.number(fields, f"{path}.power_cap_mw", math.inf, shift=_KW_IN_MW),
            price_fen_per_kwh=self._prices(fields, f"{path}.price_yuan_per_kwh"),
            location_kg_per_kwh=self.number(fields, f"{path}.location_kg_per_kwh", 0.0) if has_factor else None,
            green_share=self.number(fields, f"{path}.green_share", 0.0),
            pools=self.each(fields, f"{path}.pools", lambda pool, at: self._pool(pool, at, site_id)),
            status=self._status(fields, f"{path}.status"),
            operator=self.text(fields, f"{path}.operator", ""),
            resource_code=self.text(fields, f"{path}.resource_code", ""),
            racks=self.whole(fields, f"{path}.racks", 0),
            meters=self.each(fields, f"{path}.meters", self.meter),
            pue_by_month=self.figures(fields, f"{path}.pue_by_month"),
            fixed_kw=self.number(fields, f"{path}.fixed_mw", 0.0, shift=_KW_IN_MW),
            plants=self.each(fields, f"{path}.plants", self.plant),
            store=self.store_or_none(fields, f"{path}.store"),
        )

    def _pool(self, node: yaml.Node, path: str, site_id: str) -> Pool:
        fields = self.fields(node, path, POOL_KEYS, needed=("kind", "quantity", "it_kw_per_unit"))
        kind = self._kind(fields, f"{path}.kind")
        card_model = self.text(fields, f"{path}.card_model", "")
        return Pool(
            pool_id=self.text(fields, f"{path}.pool_id", pool_id_of(site_id, kind, card_model)),
            kind=kind,
            card_model=card_model,
            quantity=self.number(fields, f"{path}.quantity", 1.0),
            it_kw_per_unit=self.number(fields, f"{path}.it_kw_per_unit", 1.0),
            resource_code=self.text(fields, f"{path}.resource_code", ""),
            certified=self.each(fields, f"{path}.certified", self.certified),
        )

    def _origin(self, node: yaml.Node, path: str) -> Origin:
        fields = self.fields(node, path, ORIGIN_KEYS, needed=("origin_id", *_PLACE_NEEDS))
        return Origin(
            origin_id=self.text(fields, f"{path}.origin_id", "-"),
            **self._place(fields, path),
            weight=self.number(fields, f"{path}.weight", 1.0),
        )

    def _place(self, fields: Fields, path: str) -> dict[str, Any]:
        name_en = self.text(fields, f"{path}.name_en", "-")
        lon_deg = self.number(fields, f"{path}.lon_deg", 0.0)
        lat_deg = self.number(fields, f"{path}.lat_deg", 0.0)
        return {
            "name_en": name_en,
            "name_zh": self.text(fields, f"{path}.name_zh", name_en),
            "adcode": self.text(fields, f"{path}.adcode", ""),
            "macro": self.text(fields, f"{path}.macro", ""),
            "point": Point(lon_deg, lat_deg),
        }

    def _kind(self, fields: Fields, path: str) -> Kind:
        word = self.text(fields, path, Kind.INTELLIGENT)
        if word in set(Kind):
            return Kind(word)
        told = f"A kind must be one of {', '.join(Kind)}, was {word!r}{nearest(word, list(Kind))}."
        self.note(self.line(path), path, "kind_unknown", told, word)
        return Kind.INTELLIGENT

    def _prices(self, fields: Fields, path: str) -> tuple[float, ...] | None:
        node = fields.get("price_yuan_per_kwh")
        if node is None:
            return None
        if isinstance(node, yaml.SequenceNode):
            return self.each(fields, path, lambda hour, at: self.figure(hour, at, 0.0, shift=_FEN_IN_YUAN))
        return (self.figure(node, path, 0.0, shift=_FEN_IN_YUAN),) * HOURS_OF_DAY

    def _status(self, fields: Fields, path: str) -> dict[str, str]:
        if "status" not in fields:
            return {}
        status = self.fields(fields["status"], path, STATUS_KEYS)
        return {_READ.get(figure, figure): self.text(status, f"{path}.{figure}", "assumed") for figure in status}

    def _round_trips(self, fields: Fields) -> dict[tuple[str, str], float]:
        path = "round_trips_ms"
        if path not in fields:
            return {}
        return {
            (origin_id, site_id): self.figure(round_trip, f"{path}.{origin_id}.{site_id}", 0.0)
            for origin_id, node in self.fields(fields[path], path).items()
            for site_id, round_trip in self.fields(node, f"{path}.{origin_id}").items()
        }


class _Dumper(yaml.CSafeDumper):
    """Writes decimals digit by digit."""

    def ignore_aliases(self, data: Any) -> bool:
        return isinstance(data, Decimal) or bool(super().ignore_aliases(data))


def _represented(dumper: yaml.CSafeDumper, number: Decimal) -> yaml.ScalarNode:
    text = format(number, "f")
    return dumper.represent_scalar("tag:yaml.org,2002:float" if "." in text else "tag:yaml.org,2002:int", text)


_Dumper.add_representer(Decimal, _represented)


def _decimal(number: float, *, shift: int = 0) -> Decimal:
    # normalize: 29.0 is written 29, and its yuan 0.29 instead of 0.290.
    return Decimal(repr(float(number))).scaleb(shift).normalize()


def _stated(words: dict[str, Any]) -> dict[str, Any]:
    """Leave out the keys that say nothing."""
    return {key: value for key, value in words.items() if value not in (None, "", {}, [])}


def _site_words(site: Site) -> dict[str, Any]:
    return _stated(
        {
            "site_id": site.site_id,
            **_place_words(site),
            "hub_id": site.hub_id,
            "pue": _decimal(site.pue),
            "pue_by_month": numbers(site.pue_by_month),
            "power_cap_mw": None if math.isinf(site.power_cap_kw) else _decimal(site.power_cap_kw, shift=-_KW_IN_MW),
            "price_yuan_per_kwh": _price_words(site.price_fen_per_kwh),
            "fixed_mw": _decimal(site.fixed_kw, shift=-_KW_IN_MW) if site.fixed_kw else None,
            "location_kg_per_kwh": None if site.location_kg_per_kwh is None else _decimal(site.location_kg_per_kwh),
            "green_share": _decimal(site.green_share),
            "status": {
                _WRITTEN.get(figure, figure): site.status[figure] for figure in FIGURES if figure in site.status
            },
            "operator": site.operator,
            "resource_code": site.resource_code,
            "racks": site.racks or None,
            "pools": [_pool_words(pool, site.site_id) for pool in site.pools],
            "meters": [words_of(meter) for meter in site.meters],
            "plants": [plant_words(plant) for plant in site.plants],
            "store": store_words(site.store),
        }
    )


def _pool_words(pool: Pool, site_id: str) -> dict[str, Any]:
    is_named = pool.pool_id != pool_id_of(site_id, pool.kind, pool.card_model)
    return _stated(
        {
            "pool_id": pool.pool_id if is_named else None,
            "kind": str(pool.kind),
            "card_model": pool.card_model,
            "quantity": _decimal(pool.quantity),
            "it_kw_per_unit": _decimal(pool.it_kw_per_unit),
            "resource_code": pool.resource_code,
            "certified": [words_of(step) for step in pool.certified],
        }
    )


def _origin_words(origin: Origin) -> dict[str, Any]:
    return _stated({"origin_id": origin.origin_id, **_place_words(origin), "weight": _decimal(origin.weight)})


def _place_words(place: Site | Origin) -> dict[str, Any]:
    return {
        "name_en": place.name_en,
        "name_zh": place.name_zh,
        "adcode": place.adcode,
        "macro": place.macro,
        "lon_deg": _decimal(place.point.lon_deg),
        "lat_deg": _decimal(place.point.lat_deg),
    }


def _price_words(price_fen_per_kwh: Sequence[float] | None) -> Decimal | list[Decimal] | None:
    if price_fen_per_kwh is None:
        return None
    prices = [_decimal(price, shift=-_FEN_IN_YUAN) for price in price_fen_per_kwh]
    return prices[0] if len(set(prices)) == 1 else prices


def pool_id_of(site_id: str, kind: str, card_model: str) -> str:
    """Return the name of a pool that the file does not name."""
    return "/".join(part for part in (site_id, kind, card_model) if part)


def _own_origins(sites: Sequence[Site]) -> tuple[Origin, ...]:
    """Take each site as an origin, by its cards; by its mere presence where no site has any."""
    has_cards = any(site.quantity(Kind.INTELLIGENT) for site in sites)
    return tuple(
        Origin(
            origin_id=site.site_id,
            name_en=site.name_en,
            name_zh=site.name_zh,
            adcode=site.adcode,
            macro=site.macro,
            point=site.point,
            weight=site.quantity(Kind.INTELLIGENT) if has_cards else 1.0,
        )
        for site in sites
    )
