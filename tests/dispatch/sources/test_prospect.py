"""The file of expansion: what it says is read, what it leaves out is a fact, what is wrong is named."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qipan.bootstrap.files import expansion_facts, read_prospect
from qipan.dispatch.expansion.annuity import yearly_fen
from qipan.dispatch.model.expansion import Build, Limit, Prospect, UnitCost
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, NotFoundError

EXAMPLE = (Path(__file__).resolve().parents[3] / "docs" / "examples" / "expansion.json").read_bytes()
Form = dict[str, Any]


def no_file(name: str) -> bytes:
    raise NotFoundError(f"There must be a file, was none: {name}.", code="file_not_found", hint="Check it.")


def read(data: bytes) -> Prospect:
    return read_prospect(data, no_file)


def at(form: Form, *path: str | int) -> Any:
    part: Any = form
    for key in path:
        part = part[key]
    return part


def test_example_of_the_docs_is_read() -> None:
    prospect = read(EXAMPLE)
    assert prospect.years == (2026, 2027, 2028)
    assert prospect.shape == (3, 2, 1)
    assert prospect.weight.sum() == pytest.approx(365.0 * (1.0 + 1.06**-1 + 1.06**-2))
    assert prospect.carbon.most_kg.tolist() == [math.inf, math.inf, 90_000.0]
    wind = next(one for one in prospect.options if one.build is Build.WIND)
    assert (wind.needs, wind.lead_years, wind.earliest, wind.most_per_year) == ("land-nx", 1, 2026, 40.0)
    assert wind.moves[0].limit is Limit.RENEWABLE
    assert wind.moves[0].shape["day"].tolist() == [0.5, 0.2, 0.6, 0.6]
    assert read(gzip.compress(EXAMPLE)).options[0] == prospect.options[0]


def test_costs_left_out_are_the_facts_and_those_given_are_kept() -> None:
    form = json.loads(EXAMPLE)
    form["options"][4] |= {"capital_fen_per_unit": 1000, "lifetime_years": 4, "upkeep_fen_per_unit_year": 7}
    form["discount_rate"] = 0
    solar, wind = (read(json.dumps(form).encode()).options[index] for index in (4, 3))
    assert solar.cost_fen_per_unit_year == pytest.approx(257.0)
    facts = Catalog.load()
    capital, years, upkeep = (facts.number(f"expansion/wind/{name}") for name in ("capital", "lifetime", "upkeep"))
    assert wind.cost_fen_per_unit_year == pytest.approx(100.0 * (capital / years + upkeep))


def test_facts_give_every_build_a_cost() -> None:
    costs = expansion_facts(Catalog.load()).costs
    assert set(costs) == set(Build)
    assert {build for build, cost in costs.items() if yearly_fen(cost, 0.06) < 0} == {Build.CLOSING, Build.MERGING}


def test_annuity_pays_the_capital_back_with_interest() -> None:
    yearly = yearly_fen(UnitCost(1000.0, 7.0, 0.0), 0.05)
    assert sum(yearly * 1.05**-year for year in range(1, 8)) == pytest.approx(1000.0)


def test_instance_may_stand_in_a_file_of_its_own() -> None:
    form = json.loads(EXAMPLE)
    held = json.dumps(form["days"][0]["instance"]).encode()
    form["days"][0]["instance"] = "day.json"
    asked: list[str] = []

    def open_file(name: str) -> bytes:
        asked.append(name)
        return held

    prospect = read_prospect(json.dumps(form).encode(), open_file)
    assert asked == ["day.json"]
    assert (prospect.days[0].instance.takes == read(EXAMPLE).days[0].instance.takes).all()
    with pytest.raises(NotFoundError):
        read(json.dumps(form).encode())


@pytest.mark.parametrize("data", [b"", b"{", gzip.compress(EXAMPLE, mtime=0)[:-30], b"\x1f\x8bno gzip"])
def test_file_that_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadInputError) as refused:
        read(data)
    assert refused.value.code == "expansion_unreadable"


def put(*path: str | int, to: Any) -> Callable[[Form], None]:
    def change(form: Form) -> None:
        at(form, *path[:-1])[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (put("format", to="other"), "format"),
        (put("colour", to="red"), "colour"),
        (put("years", to=[]), "years"),
        (put("years", 1, to=2029), "years.1"),
        (put("discount_rate", to=-0.1), "discount_rate"),
        (put("growths", 0, "factor", to=[1]), "growths.0.factor"),
        (put("growths", 0, "probability", to=0.5), "growths"),
        (put("growths", 1, "name", to="slow"), "growths.1"),
        (put("carbon", "most_kg", to=[1]), "carbon.most_kg"),
        (put("days", 0, "days_per_year", to=400), "days"),
        (put("days", 0, "instance", "slots", to=5), "days.0.instance.sites.0.price_fen_per_kwh"),
        (put("options", 0, "option_id", to="line"), "options.8"),
        (put("options", 0, "build", to="castle"), "options.0.build"),
        (put("options", 0, "most", to=0), "options.0.most"),
        (put("options", 0, "moves", 0, "of", to="xx"), "options.0.moves.0.of"),
        (put("options", 0, "moves", 0, "limit", to="grid"), "options.0.moves.0.of"),
        (put("options", 1, "most", to=7), "options.1.moves.0.per_unit"),
        (put("options", 4, "moves", 0, "per_unit", to=-1), "options.4.moves.0.per_unit"),
        (put("options", 3, "needs", to="xx"), "options.3.needs"),
        (put("options", 3, "needs", to="wind-nx"), "options.3.needs"),
        (put("options", 3, "moves", 0, "shape", to={"night": [1]}), "options.3.moves.0.shape"),
        (put("options", 3, "moves", 0, "shape", "day", to=[1]), "options.3.moves.0.shape.day"),
        (put("options", 3, "moves", 0, "shape", "day", 0, to=2), "options.3.moves.0.shape.day.0"),
        (put("options", 8, "lines", 0, "origin", to="xx"), "options.8.lines.0.origin"),
        (put("options", 8, "lines", 0, "site", to="xx"), "options.8.lines.0.site"),
    ],
)
def test_what_breaks_the_form_is_named(change: Callable[[Form], None], column: str) -> None:
    form = json.loads(EXAMPLE)
    change(form)
    with pytest.raises(BadInputError) as refused:
        read(json.dumps(form).encode())
    assert refused.value.code == "expansion_bad"
    assert column in [finding.column for finding in refused.value.findings]


def test_everything_wrong_is_told_at_once() -> None:
    form = json.loads(EXAMPLE)
    put("years", 1, to=2029)(form)
    put("options", 3, "needs", to="xx")(form)
    put("days", 0, "instance", "sites", 0, "pue", to=0.5)(form)
    with pytest.raises(BadInputError) as refused:
        read(json.dumps(form).encode())
    assert {finding.column for finding in refused.value.findings} >= {
        "years.1",
        "options.3.needs",
        "days.0.instance.sites.0.pue",
    }


def test_shape_of_a_day_left_out_is_all_of_it() -> None:
    form = json.loads(EXAMPLE)
    form["options"][3]["moves"][0].pop("shape")
    assert read(json.dumps(form).encode()).options[3].moves[0].shape == {}
    assert np.isfinite(read(json.dumps(form).encode()).options[3].most)
