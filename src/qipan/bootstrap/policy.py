"""Files of policy meet their adapters, and the catalogue that has the parameters and knows where provinces lie."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qipan.bootstrap.regions import join, names_of, read_panel
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.places import great_circle_km
from qipan.policy.lay_out import lay_out
from qipan.policy.model.array import Floats
from qipan.policy.model.history import History
from qipan.policy.model.parameter import NAMES, Parameter, Parameters
from qipan.policy.model.study import Study
from qipan.policy.model.world import World
from qipan.policy.sources import regions_table, study_toml


def parameters_of(catalog: Catalog) -> dict[str, Parameter]:
    """Return the parameters that ship, each named by its fact."""
    found = {}
    for name in NAMES:
        low, likely, high = (catalog.number(f"policy/{name}/{part}") for part in ("low", "likely", "high"))
        fact = catalog.fact(f"policy/{name}/likely")
        found[name] = Parameter(name, low, likely, high, fact.unit, f"facts: {fact.source}")
    return found


def read_study(data: bytes, parameters: Parameters) -> Study:
    """Read a study.

    Raises
    ------
    BadInputError
        ``study_unreadable`` with everything that is wrong with it.
    """
    study, findings = study_toml.read(data, parameters)
    if study is None:
        raise BadInputError(
            f"A study must keep its form, was broken in {len(findings)} places.",
            code="study_unreadable",
            hint="Correct what the findings name, as docs/policy.md has it.",
            findings=findings,
        )
    return study


def read_world(data: bytes, catalog: Catalog, parameters: Parameters) -> tuple[World, tuple[Finding, ...]]:
    """Read the regions at the start, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``regions_unreadable``.
    RuleBrokenError
        ``regions_few``.
    """
    told, findings = regions_table.read(data, names_of(catalog).read)
    if told is None:
        raise BadInputError(
            f"A table of regions must have a row that can be read, had none: {len(findings)} findings.",
            code="regions_unreadable",
            hint="Write a row for each region: region,population,output, as docs/policy.md has them.",
            findings=findings,
        )
    nearness, groups = _places(told.regions, catalog)
    penetration = catalog.number("policy/start_penetration")
    return lay_out(told.regions, told.columns, parameters, penetration, nearness=nearness, groups=groups), findings


def read_history(
    output: bytes,
    people: bytes | None,
    catalog: Catalog,
    *,
    without: tuple[str, ...] = (),
    first: int | None = None,
    last: int | None = None,
) -> tuple[History, tuple[Finding, ...], tuple[Finding, ...]]:
    """Read a history of output per head: output over people, or a panel that is per head already.

    Raises
    ------
    BadInputError
        ``panel_unreadable``, ``panels_apart``, ``years_missing``, ``history_torn``, ``history_not_positive``.
    RuleBrokenError
        ``policy_history_short``.
    """
    panel, left_out, noted = read_panel(output, catalog, without=without)
    if people is not None:
        other, more, odd = read_panel(people, catalog, without=without)
        panel, apart = join(panel, other)
        left_out, noted = (*left_out, *more), (*noted, *odd, *apart)
    panel = panel.between(first, last)
    return History(panel.regions, panel.years, panel.value, panel.weight), left_out, noted


def ends_early(study: Study, history: History) -> tuple[Finding, ...]:
    """Return a finding where a history ends more than a year before the study begins."""
    last = history.years[-1]
    if last >= study.start_year - 1:
        return ()
    told = f"A history should reach the year before its study, ends in {last} before {study.start_year}."
    return (Finding(0, "history", "history_ends_early", told, str(last)),)


def _places(regions: tuple[str, ...], catalog: Catalog) -> tuple[Floats, Mapping[str, tuple[str, ...]]]:
    """Return how near regions are, by the distance of their capitals, and their groups; alike if no provinces."""
    provinces = {one.adcode: one for one in catalog.regions()}
    if not set(regions) <= set(provinces):
        return np.ones((len(regions), len(regions))), {}
    places = [provinces[one] for one in regions]
    km = np.array([[great_circle_km(a.seat, b.seat) for b in places] for a in places])
    return 1.0 / (1.0 + km / catalog.number("policy/near_km")), {
        "macro4": tuple(one.macro4 for one in places),
        "macro3": tuple(one.macro3 for one in places),
    }
