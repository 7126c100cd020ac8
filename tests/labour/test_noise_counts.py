"""Noise is drawn as the law of the discrete Laplace has it, in whole numbers, and spent epsilon is booked."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from qipan.kernel.errors import BadInputError
from qipan.labour.noise_counts import _comes, draw_noise, noise_counts

DRAWS = 20_000


def exactly_comes(part, whole, depth):
    """Return the probability that `_comes` says yes, by all that it can draw, up to so many draws."""
    likely, stands = Fraction(0), Fraction(1)
    for tries in range(1, depth):
        goes_on = Fraction(part, whole * tries)
        if tries % 2:
            likely += stands * (1 - goes_on)
        stands *= goes_on
    return likely


@given(st.integers(0, 9), st.integers(1, 9))
def test_comes_is_as_likely_as_the_exponential(part, whole):
    part = min(part, whole)
    assert float(exactly_comes(part, whole, 30)) == pytest.approx(math.exp(-part / whole), abs=1e-15)
    rng, wanted = random.Random(part * 10 + whole), math.exp(-part / whole)
    found = sum(_comes(part, whole, rng.randrange) for _ in range(2_000)) / 2_000
    assert abs(found - wanted) < 5 * math.sqrt(wanted * (1 - wanted) / 2_000) + 1e-12


@pytest.mark.parametrize("epsilon", [Fraction(1, 2), Fraction(1), Fraction(7, 5)])
def test_draw_noise_follows_the_discrete_laplace(epsilon):
    rng = random.Random(11)
    drawn = Counter(draw_noise(epsilon, rng.randrange) for _ in range(DRAWS))
    most, e = 5, float(epsilon)
    whole = (1 - math.exp(-e)) / (1 + math.exp(-e))
    inside = {size: whole * math.exp(-e * abs(size)) for size in range(-most, most + 1)}
    wanted = [*inside.values(), 1 - sum(inside.values())]
    seen = [*(drawn[size] for size in inside), sum(n for size, n in drawn.items() if abs(size) > most)]
    assert chisquare(seen, [DRAWS * one for one in wanted]).pvalue > 0.001


def test_noise_counts_keep_shape_and_mean_and_take_their_draws_from_outside():
    counts = np.full((40, 50), 7)
    found = noise_counts(counts, Fraction(1), random.Random(3).randrange)
    assert (found.shape, found.dtype) == (counts.shape, np.int64)
    assert abs(found.mean() - 7) < 0.2
    assert (noise_counts(counts, Fraction(1), random.Random(3).randrange) == found).all()


@pytest.mark.parametrize("epsilon", [Fraction(0), Fraction(-1)])
def test_noise_counts_without_an_epsilon_is_refused(epsilon):
    with pytest.raises(BadInputError) as refused:
        noise_counts(np.array([1]), epsilon, random.Random(1).randrange)
    assert refused.value.code == "epsilon_bad"
