"""Learn from coded titles, and from the names of occupations, which sequences of characters speak for which code.

Ridge regression of one column for each code, solved by examples (its dual). What an example would be told had it been
left out follows from the same solution; probabilities are set by that.

Source: `hoerl1970`, `cawley2004` (leaving one out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import brentq

from qipan.labour.model.array import Ints
from qipan.labour.model.title import Coder, Counts, Example, Occupation, Singles
from qipan.labour.titles.spell_out import rarities, sequences, weigh

PENALTY: Final = 1.0
NAME_WEIGHT: Final = 0.3
"""What the name of an occupation counts beside a coded title."""
LIKENESS_WEIGHT: Final = 0.1
"""What the likeness to a name counts beside what was learned: codes without a coded title have little else."""
LOG_SHARPNESS: Final = (-2.0, 6.0)


def learn(occupations: Sequence[Occupation], examples: Sequence[Example]) -> Coder:
    """Return what names of occupations and coded titles teach; examples of unknown codes are left out."""
    known = {one.code for one in occupations}
    coded = [(one.title, one.code) for one in examples if one.code in known]
    named = sorted(((name, one.code) for one in occupations for name in one.names), key=lambda one: one[1])
    codes = tuple(sorted({code for _, code in (*coded, *named)}))
    at = {code: place for place, code in enumerate(codes)}
    spelled = [sequences(title) for title, _ in (*coded, *named)]
    place, rarity = rarities(spelled)
    seen = weigh(spelled, place, rarity)
    target = np.array([at[code] for _, code in (*coded, *named)])
    penalty = np.r_[np.full(len(coded), PENALTY), np.full(len(named), PENALTY / NAME_WEIGHT)]
    dual, left_out = _solved((seen @ seen.T).toarray(), penalty, target, len(codes))
    titles, names = seen[: len(coded)], seen[len(coded) :]
    coder = Coder(codes, place, rarity, np.asarray(seen.T @ dual, dtype=np.float32), target[len(coded) :], names, 1.0)
    if not coded:
        return coder
    scores = left_out[: len(coded)] + LIKENESS_WEIGHT * likeness_to_names(coder, titles)
    return replace(coder, sharpness=_sharpness(scores, target[: len(coded)]))


def likeness_to_names(coder: Coder, titles: Counts) -> Singles:
    """Return the cosine of each title with the most like name of each code, ``(titles, codes)``."""
    each = (titles @ coder.names.T).toarray()
    found = np.zeros((titles.shape[0], len(coder.codes)), dtype=np.float32)
    first = np.flatnonzero(np.diff(coder.named, prepend=-1))
    found[:, coder.named[first]] = np.maximum.reduceat(each, first, axis=1)
    return found


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
    """Return what makes the likeliest codes of examples as likely, on average, as they are right."""
    right = float((scores.argmax(axis=1) == target).mean())
    below = scores - scores.max(axis=1, keepdims=True)

    def excess(log_sharpness: float) -> float:
        return float((1.0 / np.exp(below * np.float32(np.exp(log_sharpness))).sum(axis=1)).mean()) - right

    least, most = LOG_SHARPNESS
    if excess(least) >= 0.0 or excess(most) <= 0.0:
        return float(np.exp(least if excess(least) >= 0.0 else most))
    return float(np.exp(brentq(excess, least, most, xtol=0.02)))
