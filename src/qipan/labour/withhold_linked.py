"""Withhold sums that are told side by side, until none that must stay back follows from those that are left.

Source: the audit of linked tables, as in `hundepool2012`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, diags, vstack

from qipan.labour.model.array import Bools, Floats

_RIDGE: Final = 1e-10
_FOLLOWS: Final = 1e-6
"""Part of a sum that others leave open, below which it follows from them: sums are of whole parts, so it is far off."""
_TAKES_PART: Final = 1e-4


def withhold_linked(
    sums: csr_matrix, values: Floats, *, is_fixed: Bools, is_withheld: Bools, secret: csr_matrix
) -> Bools:
    """Return which sums stay back, so that neither secret ones nor those that stay back follow from what is told.

    What follows is what can be added up of told sums, with or without a factor. Parts of a sum that is told as nothing
    are nothing. Of the sums that one follows from, the smallest stays back too. What follows from fixed sums alone is
    left as it is.

    Parameters
    ----------
    sums
        Which parts each sum has, ``(sums, parts)``: one or nothing.
    values
        ``(sums,)``.
    is_fixed
        Sums that are told in any case, ``(sums,)``.
    is_withheld
        Sums that stay back already, ``(sums,)``.
    secret
        Sums that nobody may work out, ``(secrets, parts)``.

    Examples
    --------
    One part of two is withheld; the other one and their sum would tell it.

    >>> sums = csr_matrix([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> fixed, back = np.array([False, False, True]), np.array([True, False, False])
    >>> withhold_linked(sums, np.array([3.0, 9.0, 12.0]), is_fixed=fixed, is_withheld=back, secret=sums[:1]).tolist()
    [True, True, False]
    """
    found = is_withheld.copy()
    while True:
        told = np.flatnonzero(~found)
        known = np.ones(sums.shape[1])
        known[np.unique(sums[told[values[told] == 0.0]].indices)] = 0.0
        rows = csr_matrix(sums[told] @ diags(known))
        asked = csr_matrix(vstack([secret, sums[np.flatnonzero(found & ~is_fixed)]]) @ diags(known))
        weights, follows = _follow(rows, asked)
        free = np.flatnonzero(~is_fixed[told])
        # What follows from fixed sums alone would still be told if it stayed back.
        _, is_idle = _follow(csr_matrix(rows[np.flatnonzero(is_fixed[told])]), csr_matrix(rows[free]))
        free = free[~is_idle]
        before = found.sum()
        for one in weights[follows]:
            parts = told[free[np.abs(one[free]) > _TAKES_PART]]
            if len(parts) and not found[parts].any():
                found[parts[np.argmin(values[parts])]] = True
        if found.sum() == before:
            return found


def _follow(rows: csr_matrix, asked: csr_matrix) -> tuple[Floats, Bools]:
    """Return the weights with which told sums come nearest to asked ones, ``(asked, told)``, and which they reach."""
    sizes = np.asarray(asked.multiply(asked).sum(axis=1)).ravel()
    if not rows.shape[0] or not sizes.any():
        return np.zeros((asked.shape[0], rows.shape[0])), np.zeros(asked.shape[0], dtype=np.bool_)
    gram = (rows @ rows.T).toarray()
    gram[np.diag_indices_from(gram)] += _RIDGE
    shared = (rows @ asked.T).toarray()
    weights = cho_solve(cho_factor(gram), shared)
    is_open = sizes - np.einsum("ta,ta->a", weights, shared) >= _FOLLOWS * sizes
    return weights.T, (sizes > 0.0) & ~is_open
