"""Small prospects with everything awkward in them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from qipan.talent.model.guidance import Prospects


@st.composite
def prospects(draw: st.DrawFn, *, persons: int = 8, jobs: int = 5) -> Prospects:
    """Draw prospects in which persons without a job, jobs without an opening and ties are common."""
    many = draw(st.integers(1, jobs))
    openings = np.array(draw(st.lists(st.integers(0, 3), min_size=many, max_size=many)), dtype=np.int64)
    lists = draw(st.lists(st.sets(st.integers(0, many - 1)), min_size=1, max_size=persons))
    job = np.array([at for mine in lists for at in sorted(mine)], dtype=np.int64)
    first = np.concatenate(([0], np.cumsum([len(mine) for mine in lists]))).astype(np.int64)
    chance = st.sampled_from((0.1, 0.5, 0.5, 1.0))
    gain = st.sampled_from((0.5, 1.0, 1.0, 7.0))
    return Prospects(
        openings,
        first,
        job,
        np.array([draw(chance) for _ in job], dtype=np.float64),
        np.array([draw(gain) for _ in job], dtype=np.float64),
    )
