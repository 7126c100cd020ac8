"""Tell an index as plain values: scores and ranks, what each step did, what is missing, and how sure ranks are."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from qipan.regions.index.build import Built, build
from qipan.regions.index.vary import Varied, vary
from qipan.regions.model.array import Floats
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.recipe import Doubt, Recipe

BETWEEN = (0.05, 0.5, 0.95)
"""Which points of ranks are told."""


def tell_index(table: Indicators, framework: Framework, recipe: Recipe) -> dict[str, Any]:
    """Return scores, ranks, and all that they rest on; with a doubt in the recipe, intervals of ranks too.

    Raises
    ------
    BadInputError
        Those of the steps.
    """
    built = build(table, framework, recipe)
    varied = None if recipe.doubt is None else vary(table, framework, recipe, recipe.doubt)
    effective = _effective(built, framework)
    return {
        "index": framework.top.code,
        "framework": [_node(one) for one in framework.nodes],
        "regions": [{"region": one, "name": name} for one, name in zip(table.regions, table.names, strict=True)],
        "years": [year or None for year in table.years],
        "scores": _scores(table, framework, built, varied),
        "weights": [
            {
                "code": one.code,
                "parent": one.parent,
                "level": one.level,
                "weight": built.weights.of[one.code],
                "effective": effective[one.code],
            }
            for one in framework.nodes
        ],
        "consistency": dict(built.weights.consistency),
        "missing": _missing(table),
        "screened_out": [
            {"year": year or None, "region": region, "share": share}
            for one in built.prepared.screened
            for year, region, share in one.left_out
        ],
        "treated": [_treated(asdict(one), table) for one in built.prepared.treated],
        "steps": [
            {"step": name, "values": _values(after, after.value)}
            for name, after in [("raw", table), *built.prepared.after]
        ],
        "uncertainty": None if varied is None or recipe.doubt is None else _doubt(varied, recipe.doubt),
    }


def _node(node: Any) -> dict[str, Any]:
    return {name: _number(one) if isinstance(one, float) else one for name, one in asdict(node).items()}


def _scores(table: Indicators, framework: Framework, built: Built, varied: Varied | None) -> list[dict[str, Any]]:
    told = []
    for year, label in enumerate(table.years):
        points = None if varied is None else _points(varied.ranks[:, year])
        for at, region in enumerate(table.regions):
            one: dict[str, Any] = {
                "year": label or None,
                "region": region,
                "name": table.names[at],
                "known": float(np.isfinite(table.value[year, at]).mean()),
                "known_used": float(np.isfinite(built.prepared.table.value[year, at]).mean()),
                "rank": _rank(built.ranks[year, at]),
                "scores": {node.code: _number(built.scores[node.code][year, at]) for node in framework.groups[::-1]},
            }
            if points is not None:
                low, middle, high, least, most = (_number(row[at]) for row in points)
                one["ranks"] = {"low": low, "median": middle, "high": high, "best": least, "worst": most}
            told.append(one)
    return sorted(told, key=lambda one: (one["year"] or 0, one["rank"] or len(table.regions) + 1, one["region"]))


def _effective(built: Built, framework: Framework) -> dict[str, float]:
    """Return what each node weighs in the index: nodes without any score leave theirs to those beside them."""
    there = {code: bool(np.isfinite(score).any()) for code, score in built.scores.items()}
    of = built.weights.of
    found = {framework.top.code: 1.0}
    for group in framework.groups[::-1]:
        under = framework.under(group.code)
        whole = sum(of[one.code] for one in under if there[one.code])
        for one in under:
            found[one.code] = found[group.code] * of[one.code] / whole if there[one.code] and whole else 0.0
    return found


def _points(ranks: Floats) -> Floats:
    """Return the points of ranks that are told, then the best and the worst, ``(5, regions)``."""
    found = np.full((5, ranks.shape[1]), np.nan)
    some = np.isfinite(ranks).any(axis=0)
    if some.any():
        there = ranks[:, some]
        found[:3, some] = np.nanquantile(there, BETWEEN, axis=0)
        found[3, some], found[4, some] = np.nanmin(there, axis=0), np.nanmax(there, axis=0)
    return found


def _missing(table: Indicators) -> dict[str, Any]:
    there = np.isfinite(table.value)
    return {
        "cells": int((~there).sum()),
        "of": int(there.size),
        "indicators": {
            code: [
                {"year": table.years[year] or None, "region": table.regions[region]}
                for year, region in np.argwhere(~there[:, :, at])
            ]
            for at, code in enumerate(table.codes)
            if not there[:, :, at].all()
        },
        "nobody_publishes": [code for at, code in enumerate(table.codes) if not there[:, :, at].any()],
    }


def _treated(told: dict[str, Any], table: Indicators) -> dict[str, Any]:
    return {
        "indicator": told["code"],
        "year": told["year"] or None,
        "skew": [_number(told["before"][0]), _number(told["after"][0])],
        "kurtosis": [_number(told["before"][1]), _number(told["after"][1])],
        "winsorised": [table.regions[at] for at in told["winsorised"]],
        "transform": told["transform"] or None,
        "passes": told["passes"],
    }


def _values(table: Indicators, value: Floats) -> dict[str, Any]:
    """Return figures by year, region and indicator."""
    return {
        str(year or ""): {
            region: {code: _number(value[at, place, column]) for column, code in enumerate(table.codes)}
            for place, region in enumerate(table.regions)
        }
        for at, year in enumerate(table.years)
    }


def _doubt(varied: Varied, doubt: Doubt) -> dict[str, Any]:
    return {
        "draws": doubt.draws,
        "seed": doubt.seed,
        "failed_draws": varied.failed,
        "mean_shift": _number(varied.shift),
        "indices": [
            {name: _plain(one) for name, one in asdict(index).items()} for index in varied.indices
        ],
    }  # fmt: skip


def _plain(one: Any) -> Any:
    if isinstance(one, tuple | list):
        return [_number(number) for number in one]
    return _number(one) if isinstance(one, float) else one


def _rank(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
