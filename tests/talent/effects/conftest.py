"""The real trial, where its file is at hand, and trials whose truth is known."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from qipan.talent.model.trial import Trial

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def bonus_trial() -> bytes:
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "labour"
    path = folder / "reemployment_trial.txt.gz"
    if not path.exists():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return gzip.decompress(path.read_bytes())


def made(seed: int, *, persons: int = 800, steep: float = 0.0, average: float = 0.1, drawn: bool = True) -> Trial:
    """Return a trial whose effect is ``average + steep * a``; not drawn, who is treated follows ``c``."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(persons, 3))
    chance = 0.35 if drawn else 1.0 / (1.0 + np.exp(-columns[:, 2]))
    treated = rng.random(persons) < chance
    effect = average + steep * columns[:, 0]
    outcome = columns[:, 1] + columns[:, 2] + effect * treated + rng.normal(size=persons)
    return Trial(outcome, treated, columns, ("a", "b", "c"), drawn)
