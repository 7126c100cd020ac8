"""Learn from coded titles, and from the names of occupations, which sequences of characters speak for which code.

Ridge regression of one column for each code, solved by examples (its dual). What an example would be told had it been
left out follows from the same solution; probabilities are set by that.

Source: `hoerl1970`, `cawley2004` (leaving one out).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize_scalar

from qipan.labour.model.array import Ints
from qipan.labour.model.title import Coder, Example, Occupation, Singles
from qipan.labour.titles.spell_out import rarities, sequences, weigh

PENALTY: Final = 1.0
NAME_WEIGHT: Final = 0.3
"""What the name of an occupation counts beside a coded title."""


def learn(occupations: Sequence[Occupation], examples: Sequence[Example]) -> Coder:
    """Return what names of occupations and coded titles teach; examples of unknown codes are left out."""
    known = {one.code for one in occupations}
    coded = [one for one in examples if one.code in known]
    named = [(name, one.code) for one in occupations for name in one.names]
    codes = tuple(sorted({one.code for one in coded} | {code for _, code in named}))
    at = {code: place for place, code in enumerate(codes)}
    spelled = [sequences(title) for title in (*(one.title for one in coded), *(name for name, _ in named))]
    place, rarity = rarities(spelled)
    seen = weigh(spelled, place, rarity)
    target = np.array([at[code] for code in (*(one.code for one in coded), *(code for _, code in named))])
    penalty = np.r_[np.full(len(coded), PENALTY), np.full(len(named), PENALTY / NAME_WEIGHT)]
    dual, left_out = _solved((seen @ seen.T).toarray(), penalty, target, len(codes))
    sharpness = _sharpness(left_out[: len(coded)], target[: len(coded)]) if coded else 1.0
    return Coder(codes, place, rarity, np.asarray(seen.T @ dual, dtype=np.float32), sharpness)


def _solved(likeness: Singles, penalty: np.ndarray, target: Ints, codes: int) -> tuple[Singles, Singles]:
    """Return the weights of examples, and the scores that each would have had without itself, ``(examples, codes)``."""
    wanted = np.zeros((len(target), codes), dtype=np.float32)
    wanted[np.arange(len(target)), target] = 1.0
    likeness[np.diag_indices_from(likeness)] += penalty.astype(np.float32)
    lower, _ = lapack.spotrf(likeness, lower=1)
    dual, _ = lapack.spotrs(lower, wanted, lower=1)
    inverse, _ = lapack.spotri(lower, lower=1, overwrite_c=1)
    return dual, wanted - dual / np.diag(inverse)[:, None]


def _sharpness(scores: Singles, target: Ints) -> float:
    """Return what makes the scores of examples likeliest, as logarithms of odds."""

    def surprise(log_sharpness: float) -> float:
        scaled = scores * np.float32(np.exp(log_sharpness))
        most = scaled.max(axis=1, keepdims=True)
        total = np.exp(scaled - most).sum(axis=1)
        return float((np.log(total) + most[:, 0] - scaled[np.arange(len(target)), target]).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-2.0, 5.0), method="bounded", options={"xatol": 0.05}).x))
