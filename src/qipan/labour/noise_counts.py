"""Noise counts so that they tell little of any one job: discrete Laplace noise, drawn exactly, in whole numbers.

Source: `canonne2020`, algorithms 1 and 2; no step rounds, so that nothing leaks through fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.labour.model.array import Ints

Below = Callable[[int], int]
"""Draws a whole number from 0 to below another, each as likely: for what is released, one that nobody can foretell."""


def noise_counts(counts: Ints, epsilon: Fraction, below: Below) -> Ints:
    """Return counts with noise: one more or less in one of them changes the odds of any result by at most e^epsilon.

    Counts may come out below nothing.

    Raises
    ------
    BadInputError
        ``epsilon_bad``.

    Examples
    --------
    >>> import random
    >>> noise_counts(np.array([5, 5, 5]), Fraction(1), random.Random(3).randrange).tolist()
    [5, 8, 6]
    """
    if epsilon <= 0:
        raise BadInputError(
            f"An epsilon must be above 0, was {epsilon}.", code="epsilon_bad", hint="Write for example 0.1."
        )
    noise = [draw_noise(epsilon, below) for _ in range(counts.size)]
    noised: Ints = counts + np.array(noise, dtype=np.int64).reshape(counts.shape)
    return noised


def draw_noise(epsilon: Fraction, below: Below) -> int:
    """Return a whole number, as likely as e^(-epsilon |number|) is to the sum of all such."""
    part, whole = epsilon.numerator, epsilon.denominator
    while True:
        start = below(whole)
        if not _comes(start, whole, below):
            continue
        turns = 0
        while _comes(1, 1, below):
            turns += 1
        size = (start + whole * turns) // part
        is_negative = below(2) == 1
        if not (is_negative and size == 0):
            return -size if is_negative else size


def _comes(part: int, whole: int, below: Below) -> bool:
    """Tell whether something comes that is as likely as e^(-part/whole); the fraction is at most one."""
    tries = 1
    while below(whole * tries) < part:
        tries += 1
    return tries % 2 == 1
