"""The file of a day's programme: what is written comes back to the last bit, what is wrong is named."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.random_programme import programme

from qipan.dispatch.model.plan import Instance
from qipan.dispatch.sources.instance import read, write
from qipan.kernel.errors import BadInputError

EXAMPLE = (Path(__file__).resolve().parents[3] / "docs" / "examples" / "instance.json").read_bytes()


def same(one: Any, other: Any) -> bool:
    """Tell whether two nouns hold the same, array by array."""
    if isinstance(one, np.ndarray):
        return bool(one.shape == other.shape and (one == other).all())
    if isinstance(one, tuple) and not hasattr(one, "_fields"):
        return len(one) == len(other) and all(map(same, one, other))
    names = getattr(one, "_fields", None) or getattr(type(one), "__dataclass_fields__", None)
    if names:
        return all(same(getattr(one, name), getattr(other, name)) for name in names if name not in ("of_job", "sort"))
    return bool(one == other)


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("is_gzipped", [False, True])
def test_programme_comes_back_to_the_last_bit(coupled: bool, is_gzipped: bool) -> None:
    made = programme(3, 6, 20, 1, origins=3, coupled=coupled)
    data = write(made, is_gzipped=is_gzipped)
    assert data.startswith(b"\x1f\x8b") == is_gzipped
    back = read(data)
    assert same(back, made)
    assert write(back, is_gzipped=is_gzipped) == data


def test_example_of_the_docs_is_an_instance() -> None:
    instance = read(EXAMPLE)
    assert isinstance(instance, Instance)
    assert instance.takes.tolist() == [[1.0, 0.0], [1.0, 1.0]]
    assert instance.board.energy is not None
    assert np.isinf(instance.board.energy.areas.most_kw[0, 0])
    assert np.isinf(instance.board.power_cap_kw).all()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]x", gzip.compress(EXAMPLE)[:-30], b"\x1f\x8bno gzip"],
    ids=["none", "half", "odd", "cut", "not"],
)
def test_file_that_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadInputError) as refused:
        read(data)
    assert refused.value.code == "instance_unreadable"


def _set(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(form: dict[str, Any]) -> None:
        part: Any = form
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (_set("format", to="other"), "format"),
        (_set("colour", to="red"), "colour"),
        (_set("slots", to=4), "sites.0.price_fen_per_kwh"),
        (_set("day_slots", to=9), "day_slots"),
        (_set("sites", 0, "pue", to=0.9), "sites.0.pue"),
        (_set("sites", 1, "site_id", to="gz"), "sites.1"),
        (_set("sites", 1, "meter", "stored_kwh", to=5), "sites.1.meter.stored_kwh"),
        (_set("sites", 1, "power_cap_kw", to=0.5), "sites.1.meter.fixed_kw"),
        (_set("sites", 1, "meter", "fixed_kw", to=[1]), "sites.1.meter.fixed_kw"),
        (_set("pools", 0, "site", to="xx"), "pools.0.site"),
        (_set("pools", 0, "kind", to="magic"), "pools.0.kind"),
        (_set("pools", 0, "capacity", to=[1, -1, 1]), "pools.0.capacity.1"),
        (_set("areas", 0, "sites", to=["xx"]), "areas.0.sites"),
        (_set("origins", 0, "round_trip_ms", to=[1]), "origins.0.round_trip_ms"),
        (_set("streams", 0, "origin", to="xx"), "streams.0.origin"),
        (_set("streams", 0, "tier", to="soon"), "streams.0.tier"),
        (_set("streams", 0, "takes", to={"xx": 1}), "streams.0.takes"),
        (_set("streams", 0, "takes", to={"gz/intelligent/": 0}), "streams.0.takes.gz/intelligent/"),
        (_set("rules", "tiers", "batch", to=None), "rules.tiers.batch"),
        (_set("classes", "stream", 2, to=7), "classes.stream.2"),
        (_set("classes", "end_slot", 0, to=0), "classes.end_slot.0"),
        (_set("classes", "width", to=[1]), "classes.width"),
    ],
)
def test_what_breaks_the_form_is_named(change: Callable[[dict[str, Any]], None], column: str) -> None:
    form = json.loads(EXAMPLE)
    change(form)
    with pytest.raises(BadInputError) as refused:
        read(json.dumps(form).encode())
    assert refused.value.code == "instance_bad"
    assert column in [finding.column for finding in refused.value.findings]


def test_tier_that_is_left_out_is_missed() -> None:
    form = json.loads(EXAMPLE)
    del form["rules"]["tiers"]["offline"]
    with pytest.raises(BadInputError) as refused:
        read(json.dumps(form).encode())
    assert [finding.column for finding in refused.value.findings] == ["rules.tiers"]
