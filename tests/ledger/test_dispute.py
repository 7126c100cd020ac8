"""What stands already is repeated or disputed; only the same meter and period meet."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qipan.ledger.dispute import held_against
from qipan.ledger.model.reading import NO_COUNTER, Readings

Told = dict[tuple[str, int], int]


def readings(rows: Told) -> Readings:
    """Return readings of one second each: (meter, second) to value."""
    names = tuple(sorted({meter for meter, _ in rows}))
    start = np.array([second for _, second in rows], dtype=np.int64) * 1_000_000
    return Readings(
        names,
        np.array([names.index(meter) for meter, _ in rows], dtype=np.int32),
        start,
        start + 1_000_000,
        np.array(list(rows.values()), dtype=np.int64),
        np.full(len(rows), NO_COUNTER, dtype=np.int64),
        np.zeros(len(rows), dtype=np.int32),
        np.zeros(len(rows), dtype=np.int8),
    )


TOLD = st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), st.integers(0, 2), max_size=10)


@given(TOLD, TOLD)
def test_held_against_is_what_a_person_would_say(
    new: dict[tuple[str, int], int], before: dict[tuple[str, int], int]
) -> None:
    against = held_against(readings(new), np.ones(len(new), dtype=np.bool_), [(7, readings(before))])
    assert against.repeated.tolist() == [before.get(key) == value for key, value in new.items()]
    assert against.disputed.tolist() == [key in before and before[key] != value for key, value in new.items()]
    keys = list(new)
    assert sorted(against.evidence) == [
        (row, 7, before[keys[row]]) for row in np.flatnonzero(against.disputed).tolist()
    ]


def test_rows_that_are_not_kept_are_not_compared() -> None:
    one = readings({("a", 0): 1, ("a", 1): 2})
    against = held_against(one, np.array([False, True]), [(3, readings({("a", 0): 9, ("a", 1): 2}))])
    assert against.disputed.tolist() == [False, False]
    assert against.repeated.tolist() == [False, True]
