"""Weigh indicators within what they are grouped under: alike, as told, by how they vary, or by comparison of pairs.

Source: `shannon1948` (entropy), `diakoulaki1995` (CRITIC), `oecd2008` (principal components), `saaty1980` (AHP and its
consistency).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.index.fill import unknown_method
from qipan.regions.model.array import Floats
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.recipe import Step

METHODS: Final = ("framework", "equal", "entropy", "critic", "pca", "pca_squared", "ahp")
CHANCE: Final = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Consistency index of comparisons made at random, by how many things are compared (Saaty)."""
INCONSISTENT: Final = 0.1
"""From which ratio on comparisons contradict each other too much."""
FEW: Final = 3
"""Regions without which nothing can be said of how indicators vary."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each node within its parent, by code; they add up to 1 there.

    Attributes
    ----------
    consistency
        Ratio of Saaty by parent, where pairs were compared.
    """

    of: Mapping[str, float]
    consistency: Mapping[str, float] = field(default_factory=dict)


def weigh(table: Indicators, framework: Framework, step: Step) -> Weights:
    """Return weights.

    Settings: ``method``, one of `METHODS`, for indicators within their groups; groups keep the weights of the
    framework. ``weights``, by code, go over the framework's. ``pairs``, by parent, are matrices of how much more the
    one matters than the other, ``{parent: {order, matrix}}``; ``inconsistent``, up to which ratio they are taken.

    Raises
    ------
    BadInputError
        ``method_unknown``, ``weights_unfit``, ``pairs_unfit``, ``pairs_inconsistent``.
    """
    method = step.setting("method", "framework")
    if method not in METHODS:
        raise unknown_method("weigh", method, METHODS)
    own = step.setting("weights", {})
    pairs = step.setting("pairs", {})
    of: dict[str, float] = {framework.top.code: 1.0}
    consistency = {}
    for group in framework.groups:
        under = framework.under(group.code)
        raw = np.array([float(own.get(one.code, one.weight)) for one in under])
        is_lowest = all(one.level == 1 for one in under)
        if group.code in pairs:
            raw, consistency[group.code] = compare(
                [one.code for one in under], pairs[group.code], group.code, step.setting("inconsistent", INCONSISTENT)
            )
        elif method == "equal":
            raw = np.ones(len(under))
        elif method not in {"framework", "ahp"} and is_lowest and len(under) > 1:
            columns = [table.column(one.code) for one in under]
            raw = _by_data(table.value[:, :, columns].reshape(-1, len(columns)), method, group.code)
        if not np.isfinite(raw).all() or raw.min() < 0.0 or raw.sum() <= 0.0:
            raise BadInputError(
                f"Weights under {group.code} must be 0 or more, and one above 0, was {_listed(raw)}.",
                code="weights_unfit",
                hint="Take another method, or write weights of your own.",
            )
        of |= dict(zip((one.code for one in under), (raw / raw.sum()).tolist(), strict=True))
    return Weights(of, consistency)


def entropy(value: Floats) -> Floats:
    """Return weights by how unevenly each indicator is spread; figures 0 or more, ``(regions, indicators)``.

    Examples
    --------
    >>> entropy(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])).round(6).tolist()
    [0.0, 1.0]
    """
    whole = value.sum(axis=0)
    share = value / np.where(whole > 0.0, whole, np.nan)
    told = np.where(share > 0.0, share * np.log(np.where(share > 0.0, share, 1.0)), 0.0).sum(axis=0)
    apart = np.where(whole > 0.0, 1.0 + told / np.log(len(value)), 0.0)
    return _shares(np.clip(apart, 0.0, None))


def critic(value: Floats) -> Floats:
    """Return weights by how much each indicator varies, and how little it goes with the others."""
    spread = value.std(axis=0)
    with np.errstate(invalid="ignore"):
        together = np.nan_to_num(np.corrcoef(value.T), nan=1.0)
    return _shares(spread * (1.0 - together).sum(axis=1))


def components(value: Floats, *, is_squared: bool = False) -> Floats:
    """Return weights by the first principal component of standardised indicators: its loadings, or their squares."""
    spread = value.std(axis=0)
    standard = (value - value.mean(axis=0)) / np.where(spread > 0.0, spread, np.inf)
    _, vectors = np.linalg.eigh(standard.T @ standard)
    first = vectors[:, -1]
    return _shares(first**2) if is_squared else first / (first.sum() or 1.0)


def compare(codes: Sequence[str], told: Mapping[str, Any], parent: str, inconsistent: float) -> tuple[Floats, float]:
    """Return weights from comparisons of pairs, and how inconsistent these are.

    Raises
    ------
    BadInputError
        ``pairs_unfit``, ``pairs_inconsistent``.

    Examples
    --------
    >>> told = {"order": ["a", "b", "c"], "matrix": [[1, 2, 4], [0.5, 1, 2], [0.25, 0.5, 1]]}
    >>> found, ratio = compare(["a", "b", "c"], told, "all", 0.1)
    >>> found.round(4).tolist(), round(ratio, 4)
    ([0.5714, 0.2857, 0.1429], 0.0)
    """
    order = told.get("order", codes)
    order = [str(one) for one in order] if isinstance(order, Sequence) else []
    try:
        matrix = np.array(told.get("matrix", ()), dtype=float)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    count = len(codes)
    is_fit = matrix.shape == (count, count) and sorted(order) == sorted(codes) and bool((matrix > 0.0).all())
    if not is_fit or not np.allclose(matrix * matrix.T, 1.0, rtol=1e-2) or count >= len(CHANCE):
        raise BadInputError(
            f"Pairs under {parent} must compare each of {', '.join(codes)} with each other, the one way the inverse of "
            "the other, did not.",
            code="pairs_unfit",
            hint="Write a square matrix with 1 on the diagonal, and with order the codes in its order.",
        )
    values, vectors = np.linalg.eig(matrix)
    greatest = int(np.argmax(values.real))
    found = np.abs(vectors[:, greatest].real)
    index = max(float(values[greatest].real) - count, 0.0) / max(count - 1, 1)
    ratio = index / CHANCE[count] if CHANCE[count] else 0.0
    if ratio > inconsistent:
        raise BadInputError(
            f"Comparisons under {parent} must have a consistency ratio of at most {inconsistent:g}, was {ratio:.4f}.",
            code="pairs_inconsistent",
            hint="Look at pairs that contradict each other, or allow more with inconsistent.",
        )
    return found[[order.index(code) for code in codes]] / found.sum(), ratio


def _by_data(value: Floats, method: str, parent: str) -> Floats:
    # What nobody publishes has no weight, and takes none from the others.
    told = np.isfinite(value).any(axis=0)
    if told.sum() < 2:
        return np.ones(value.shape[1])
    if not told.all():
        found = np.zeros(value.shape[1])
        found[told] = _by_data(value[:, told], method, parent)
        return found
    there = value[np.isfinite(value).all(axis=1)]
    if len(there) < FEW or (method == "entropy" and there.min() < 0.0):
        raise BadInputError(
            f"Weights under {parent} by {method} must have {FEW} regions or more without gaps, and for entropy no "
            f"figure below 0; was {len(there)} regions.",
            code="weights_unfit",
            hint="Fill gaps first, or take another method; for entropy normalise by min_max.",
        )
    if method == "entropy":
        return entropy(there)
    return critic(there) if method == "critic" else components(there, is_squared=method == "pca_squared")


def _shares(raw: Floats) -> Floats:
    whole = float(raw.sum())
    return np.asarray(raw / whole) if whole > 0.0 else np.full(len(raw), 1.0 / len(raw))


def _listed(raw: Floats) -> str:
    return ", ".join(f"{one:.4g}" for one in raw)
