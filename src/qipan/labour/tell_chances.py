"""Tell what chances were worth as plain values: mappings, lists and numbers."""

from __future__ import annotations

import math
from typing import Any, Final

from qipan.labour.model.reliability import Coverage, Judgement, Reliability, Share

PLACES: Final = 4


def tell_judgement(found: Judgement) -> dict[str, Any]:
    """Return what came of what was foretold; ends of stretches of time are half-open, in periods."""
    return {
        "of": found.of,
        "reliability": [_reliability(one) for one in found.reliabilities],
        "intervals": [_coverage(one) for one in found.coverages],
    }


def _reliability(one: Reliability) -> dict[str, Any]:
    return {
        "first": one.first,
        "until": one.until,
        "probability": _number(one.foretold),
        **_share(one.share),
        "brier": _number(one.brier),
        "brier_climatology": _number(one.climatology),
        "skill": _number(1.0 - one.brier / one.climatology) if one.climatology else None,
        "miscalibration": _number(one.miscalibration),
        "discrimination": _number(one.discrimination),
        "uncertainty": _number(one.uncertainty),
        "bins": [
            {"low": part.low, "high": part.high, "probability": _number(part.foretold), **_share(part.share)}
            for part in one.bins
        ],
    }


def _coverage(one: Coverage) -> dict[str, Any]:
    told = _share(one.share)
    return {"until": one.until, **told, "below": _number(one.below), "above": _number(one.above)}


def _share(one: Share) -> dict[str, Any]:
    return {
        "asked": one.asked,
        "came": _number(one.came),
        "lower_95": None if one.at_least is None else _number(one.at_least),
        "upper_95": None if one.at_most is None else _number(one.at_most),
    }


def _number(value: float) -> float | None:
    return round(value, PLACES) if math.isfinite(value) else None
