"""Read and write, in the file of a fleet, what stands behind its meters, and its parts of the grid."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

import yaml

from qipan.ledger.check_meters import nearest
from qipan.ledger.model.power import Area, Carrier, Medium, Plant, Store
from qipan.ledger.sources.meters_yaml import MeterNodes
from qipan.ledger.sources.nodes import Fields

PLANT_KEYS: Final = ("carrier", "peak_mw", "price_yuan_per_kwh", "availability")
STORE_KEYS: Final = ("medium", "capacity_mwh", "power_mw", "efficiency")
AREA_KEYS: Final = ("area_id", "name_en", "name_zh", "adcodes", "site_ids", "limit_mw", "peak_yuan_per_kw")

# Places that the decimal point moves between what is written and what is kept.
_FEN_IN_YUAN = 2
_KW_IN_MW = 3

_Word = TypeVar("_Word", bound=StrEnum)


class PowerNodes(MeterNodes):
    """Reads the nodes that say what stands behind a fleet's meters, and before them."""

    def plant(self, node: yaml.Node, path: str) -> Plant:
        """Read a plant."""
        fields = self.fields(node, path, PLANT_KEYS, needed=("carrier", "peak_mw"))
        return Plant(
            carrier=self._one_of(fields, f"{path}.carrier", Carrier.SOLAR),
            peak_kw=self.number(fields, f"{path}.peak_mw", 1.0, shift=_KW_IN_MW),
            price_fen_per_kwh=self.number(fields, f"{path}.price_yuan_per_kwh", 0.0, shift=_FEN_IN_YUAN),
            availability=self.figures(fields, f"{path}.availability"),
        )

    def store_or_none(self, fields: Fields, path: str) -> Store | None:
        """Read the store of a site, or nothing where it has none."""
        if "store" not in fields:
            return None
        store = self.fields(fields["store"], path, STORE_KEYS, needed=STORE_KEYS)
        return Store(
            medium=self._one_of(store, f"{path}.medium", Medium.BATTERY),
            capacity_kwh=self.number(store, f"{path}.capacity_mwh", 1.0, shift=_KW_IN_MW),
            power_kw=self.number(store, f"{path}.power_mw", 1.0, shift=_KW_IN_MW),
            efficiency=self.number(store, f"{path}.efficiency", 1.0),
        )

    def area(self, node: yaml.Node, path: str) -> Area:
        """Read a part of the grid."""
        fields = self.fields(node, path, AREA_KEYS, needed=("area_id", "name_en"))
        name_en = self.text(fields, f"{path}.name_en", "-")
        return Area(
            area_id=self.text(fields, f"{path}.area_id", "-"),
            name_en=name_en,
            name_zh=self.text(fields, f"{path}.name_zh", name_en),
            adcodes=self._texts(fields, f"{path}.adcodes"),
            site_ids=self._texts(fields, f"{path}.site_ids"),
            limit_kw=self.number(fields, f"{path}.limit_mw", math.inf, shift=_KW_IN_MW),
            peak_fen_per_kw=self.number(fields, f"{path}.peak_yuan_per_kw", 0.0, shift=_FEN_IN_YUAN),
        )

    def figures(self, fields: Fields, path: str) -> tuple[float, ...]:
        """Return a list of numbers; empty where none is written."""
        return self.each(fields, path, lambda node, at: self.figure(node, at, 1.0))

    def _texts(self, fields: Fields, path: str) -> tuple[str, ...]:
        return self.each(fields, path, lambda node, at: self.text({at.rpartition(".")[2]: node}, at, "-"))

    def _one_of(self, fields: Fields, path: str, stand_in: _Word) -> _Word:
        words = [str(one) for one in type(stand_in)]
        word = self.text(fields, path, stand_in)
        if word in words:
            return type(stand_in)(word)
        told = f"A {path.rpartition('.')[2]} must be one of {', '.join(words)}, was {word!r}{nearest(word, words)}."
        self.note(self.line(path), path, f"{path.rpartition('.')[2]}_unknown", told, word)
        return stand_in


def plant_words(plant: Plant) -> dict[str, Any]:
    """Return a plant in the words of the file, without what says nothing."""
    words: dict[str, Any] = {"carrier": str(plant.carrier), "peak_mw": _decimal(plant.peak_kw, shift=-_KW_IN_MW)}
    if plant.price_fen_per_kwh:
        words["price_yuan_per_kwh"] = _decimal(plant.price_fen_per_kwh, shift=-_FEN_IN_YUAN)
    return words | ({"availability": numbers(plant.availability)} if plant.availability else {})


def store_words(store: Store | None) -> dict[str, Any]:
    """Return a store in the words of the file; nothing where there is none."""
    if store is None:
        return {}
    return {
        "medium": str(store.medium),
        "capacity_mwh": _decimal(store.capacity_kwh, shift=-_KW_IN_MW),
        "power_mw": _decimal(store.power_kw, shift=-_KW_IN_MW),
        "efficiency": _decimal(store.efficiency),
    }


def area_words(area: Area) -> dict[str, Any]:
    """Return a part of the grid in the words of the file, without what says nothing."""
    words: dict[str, Any] = {"area_id": area.area_id, "name_en": area.name_en, "name_zh": area.name_zh}
    words |= {name: list(getattr(area, name)) for name in ("adcodes", "site_ids") if getattr(area, name)}
    if not math.isinf(area.limit_kw):
        words["limit_mw"] = _decimal(area.limit_kw, shift=-_KW_IN_MW)
    if area.peak_fen_per_kw:
        words["peak_yuan_per_kw"] = _decimal(area.peak_fen_per_kw, shift=-_FEN_IN_YUAN)
    return words


def numbers(figures: tuple[float, ...]) -> list[Decimal]:
    """Return figures as they are written."""
    return [_decimal(figure) for figure in figures]


def _decimal(number: float, *, shift: int = 0) -> Decimal:
    return Decimal(repr(float(number))).scaleb(shift).normalize()
