"""Read and write, in the file of a fleet, what measures it: certified capacity, meters, sources, networks, data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import yaml

from qipan.kernel.errors import BadInputError
from qipan.kernel.places import Point
from qipan.kernel.time import in_utc
from qipan.ledger.check_meters import nearest
from qipan.ledger.model.fleet import (
    Agreement,
    Certified,
    DataResource,
    ExchangePoint,
    Key,
    Link,
    Meter,
    Source,
)
from qipan.ledger.model.reading import Measure
from qipan.ledger.sources.nodes import Fields, Nodes

EPOCH: Final = "1970-01-01T00:00:00+00:00"

CERTIFIED_KEYS: Final = ("start", "quantity", "certificate")
METER_KEYS: Final = ("meter_id", "measure", "source_id", "pool_id", "start", "end")
KEY_KEYS: Final = ("key_id", "public_key", "start", "end")
AGREEMENT_KEYS: Final = ("reference", "shared_with", "start", "end")
SOURCE_KEYS: Final = ("source_id", "name_en", "name_zh", "cadence_s", "lateness_s", "keys", "agreement")
EXCHANGE_KEYS: Final = ("exchange_id", "name_en", "name_zh", "adcode", "lon_deg", "lat_deg")
LINK_KEYS: Final = ("link_id", "end_a", "end_b", "capacity_gbit_per_s", "round_trip_ms")
DATA_KEYS: Final = ("data_id", "name_en", "name_zh", "site_id", "size_tb", "data_class", "resource_code")


class MeterNodes(Nodes):
    """Reads the nodes that say how a fleet is measured."""

    def certified(self, node: yaml.Node, path: str) -> Certified:
        """Read one step of certified capacity."""
        fields = self.fields(node, path, CERTIFIED_KEYS, needed=("start", "quantity"))
        return Certified(
            start=self.moment(fields, f"{path}.start"),
            quantity=self.number(fields, f"{path}.quantity", 0.0),
            certificate=self.text(fields, f"{path}.certificate", ""),
        )

    def meter(self, node: yaml.Node, path: str) -> Meter:
        """Read a meter."""
        fields = self.fields(node, path, METER_KEYS, needed=("meter_id", "measure", "source_id"))
        word = self.text(fields, f"{path}.measure", Measure.USED)
        if word not in set(Measure):
            told = f"A measure must be one of {', '.join(Measure)}, was {word!r}{nearest(word, list(Measure))}."
            self.note(self.line(f"{path}.measure"), f"{path}.measure", "measure_unknown", told, word)
            word = Measure.USED
        return Meter(
            meter_id=self.text(fields, f"{path}.meter_id", path),
            measure=Measure(word),
            source_id=self.text(fields, f"{path}.source_id", "-"),
            pool_id=self.text(fields, f"{path}.pool_id", ""),
            start=self.moment_or_none(fields, f"{path}.start"),
            end=self.moment_or_none(fields, f"{path}.end"),
        )

    def source(self, node: yaml.Node, path: str) -> Source:
        """Read a source."""
        fields = self.fields(node, path, SOURCE_KEYS, needed=("source_id", "name_en", "cadence_s"))
        name_en = self.text(fields, f"{path}.name_en", "-")
        return Source(
            source_id=self.text(fields, f"{path}.source_id", path),
            name_en=name_en,
            name_zh=self.text(fields, f"{path}.name_zh", name_en),
            cadence_s=self.whole(fields, f"{path}.cadence_s", 1),
            lateness_s=self.whole(fields, f"{path}.lateness_s", 0),
            keys=self.each(fields, f"{path}.keys", self._key),
            agreement=self._agreement(fields["agreement"], f"{path}.agreement") if "agreement" in fields else None,
        )

    def exchange_point(self, node: yaml.Node, path: str) -> ExchangePoint:
        """Read an exchange point."""
        fields = self.fields(node, path, EXCHANGE_KEYS, needed=("exchange_id", "name_en", "lon_deg", "lat_deg"))
        name_en = self.text(fields, f"{path}.name_en", "-")
        lon_deg, lat_deg = (self.number(fields, f"{path}.{name}", 0.0) for name in ("lon_deg", "lat_deg"))
        return ExchangePoint(
            exchange_id=self.text(fields, f"{path}.exchange_id", path),
            name_en=name_en,
            name_zh=self.text(fields, f"{path}.name_zh", name_en),
            adcode=self.text(fields, f"{path}.adcode", ""),
            point=Point(lon_deg, lat_deg),
        )

    def link(self, node: yaml.Node, path: str) -> Link:
        """Read a direct link."""
        fields = self.fields(node, path, LINK_KEYS, needed=("link_id", "end_a", "end_b", "capacity_gbit_per_s"))
        has_round_trip = "round_trip_ms" in fields
        return Link(
            link_id=self.text(fields, f"{path}.link_id", path),
            end_a=self.text(fields, f"{path}.end_a", "-"),
            end_b=self.text(fields, f"{path}.end_b", "-"),
            capacity_gbit_per_s=self.number(fields, f"{path}.capacity_gbit_per_s", 1.0),
            round_trip_ms=self.number(fields, f"{path}.round_trip_ms", 0.0) if has_round_trip else None,
        )

    def data_resource(self, node: yaml.Node, path: str) -> DataResource:
        """Read a data set that lies at a site."""
        needed = ("data_id", "name_en", "site_id", "size_tb", "data_class")
        fields = self.fields(node, path, DATA_KEYS, needed=needed)
        name_en = self.text(fields, f"{path}.name_en", "-")
        return DataResource(
            data_id=self.text(fields, f"{path}.data_id", path),
            name_en=name_en,
            name_zh=self.text(fields, f"{path}.name_zh", name_en),
            site_id=self.text(fields, f"{path}.site_id", "-"),
            size_tb=self.number(fields, f"{path}.size_tb", 0.0),
            data_class=self.text(fields, f"{path}.data_class", "free"),
            resource_code=self.text(fields, f"{path}.resource_code", ""),
        )

    def whole(self, fields: Fields, path: str, stand_in: int) -> int:
        """Return a whole number."""
        number = self.number(fields, path, float(stand_in))
        if number == int(number):
            return int(number)
        self.note(self.line(path), path, "not_whole", f"A whole number must stand here, was {number}.", str(number))
        return stand_in

    def moment(self, fields: Fields, path: str) -> datetime:
        """Return a moment; it carries its zone."""
        return self.moment_or_none(fields, path) or datetime.fromisoformat(EPOCH)

    def moment_or_none(self, fields: Fields, path: str) -> datetime | None:
        """Return a moment, or nothing where none is written."""
        text = self.text(fields, path, "")
        if not text:
            return None
        try:
            return in_utc(datetime.fromisoformat(text))
        except (ValueError, OverflowError, BadInputError):
            told = f"A moment must be written as 2026-01-01T00:00:00+08:00, was {text!r}."
            self.note(self.line(path), path, "moment_malformed", told, text)
            return None

    def _key(self, node: yaml.Node, path: str) -> Key:
        fields = self.fields(node, path, KEY_KEYS, needed=("key_id", "public_key", "start"))
        return Key(
            key_id=self.text(fields, f"{path}.key_id", path),
            public_key=self.text(fields, f"{path}.public_key", "A" * 43 + "="),
            start=self.moment(fields, f"{path}.start"),
            end=self.moment_or_none(fields, f"{path}.end"),
        )

    def _agreement(self, node: yaml.Node, path: str) -> Agreement:
        fields = self.fields(node, path, AGREEMENT_KEYS, needed=("reference", "shared_with", "start"))
        return Agreement(
            reference=self.text(fields, f"{path}.reference", "-"),
            shared_with=self.text(fields, f"{path}.shared_with", "site"),
            start=self.moment(fields, f"{path}.start"),
            end=self.moment_or_none(fields, f"{path}.end"),
        )


def words_of(part: Any) -> dict[str, Any]:
    """Return a noun of this module in the words of the file, without what says nothing."""
    words: dict[str, Any] = {}
    for name in (field.name for field in fields_of(part)):
        value = _word(getattr(part, name))
        if value not in (None, "", [], {}):
            words |= value if name == "point" else {name: value}
    return words


def _word(value: Any) -> Any:
    if isinstance(value, Point):
        return {"lon_deg": _decimal(value.lon_deg), "lat_deg": _decimal(value.lat_deg)}
    if isinstance(value, tuple):
        return [words_of(part) for part in value]
    if is_dataclass(value):
        return words_of(value)
    plain: dict[type, Callable[[Any], Any]] = {datetime: datetime.isoformat, float: _decimal, Measure: str}
    return plain.get(type(value), lambda word: word)(value)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(float(number))).normalize()
