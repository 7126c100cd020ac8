"""Hold new readings against those that stand under the same id: who says the same, and who says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qipan.ledger.check_readings import same_content
from qipan.ledger.model.reading import Readings


@dataclass(frozen=True, slots=True, eq=False)
class Against:
    """What stands against new readings.

    Attributes
    ----------
    repeated, disputed
        New rows that stand already with the same, or with other content, ``(readings,)``.
    evidence
        For each disputed row: its position, the batch of the reading that stands, and what that says.
    """

    repeated: NDArray[np.bool_]
    disputed: NDArray[np.bool_]
    evidence: tuple[tuple[int, int, int], ...]


def held_against(new: Readings, kept: NDArray[np.bool_], stand: Sequence[tuple[int, Readings]]) -> Against:
    """Compare new readings with readings of the same source and release that stand, by meter and period.

    Parameters
    ----------
    kept
        New rows that are to be compared, ``(readings,)``.
    stand
        Sequence and accepted readings of the batches before; no id stands in two of them.
    """
    repeated, disputed = np.zeros(len(new), dtype=np.bool_), np.zeros(len(new), dtype=np.bool_)
    evidence: list[tuple[int, int, int]] = []
    for sequence, before in stand:
        i, j = _pairs(new, np.flatnonzero(kept), before)
        is_same = same_content(new, i, before, j)
        repeated[i[is_same]] = True
        disputed[i[~is_same]] = True
        others = zip(i[~is_same].tolist(), before.value[j[~is_same]].tolist(), strict=True)
        evidence += [(row, sequence, value) for row, value in others]
    return Against(repeated, disputed, tuple(evidence))


def _pairs(new: Readings, rows: NDArray[np.int64], before: Readings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows of both that tell the same meter and period."""
    place = {meter_id: position for position, meter_id in enumerate(new.meter_ids)}
    known = np.array([place.get(meter_id, -1) for meter_id in before.meter_ids], dtype=np.int64)
    meter = known[before.meter] if len(before) else known[:0]
    shared = np.flatnonzero(meter >= 0)
    ours = np.stack([new.meter[rows].astype(np.int64), new.start_us[rows], new.end_us[rows]], axis=1)
    theirs = np.stack([meter[shared], before.start_us[shared], before.end_us[shared]], axis=1)
    # One number for each key, the same on both sides.
    _, key = np.unique(np.concatenate([ours, theirs]), axis=0, return_inverse=True)
    key = key.reshape(-1)
    _, i, j = np.intersect1d(key[: len(ours)], key[len(ours) :], assume_unique=True, return_indices=True)
    return rows[i], shared[j]
