"""Farrington flexible: a value against what seasons and trend of five years made expect, as epidemiology watches.

The baseline ends half a year before, so that a slow onset does not hide in it; values of it that were outlying
themselves count less. Counts are held against the tail of a negative binomial distribution; what is no count (rates,
indices, logarithms of them) against that of a normal one, fitted by the same steps without the link. The score is the
deviate: how many standard deviations of a normal value are as unlikely.

Source: `farrington1996`, `noufaily2013`. A reference window of seven weeks and 26 weeks left out are three months and
six by the month.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import betainc, ndtri

from qipan.labour.detect.ears import SPREAD_LEAST
from qipan.labour.detect.regress import MEAN_LEAST, Fit, Regression, fit_counts, fit_normal
from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.detector import Watch

BASELINE_YEARS: Final = 5.0
LEFT_OUT_YEARS: Final = 0.5
SEASONS: Final = 10
"""Levels of the time of the year: the window about the present one, and nine equal parts of the rest."""
REFERENCE_YEARS: Final = 3.0 / 52.0
"""Half of the window about the present time of the year."""
SEASON_YEARS: Final = 2.0
"""Baseline from which on seasons and a trend are told apart from one bad year; until then only the level is."""
LEAST_YEARS: Final = 0.5
OUTLYING: Final = 2.58
"""Residual above which a value of the baseline counts less, by its square."""
TAIL_LEAST: Final = 1e-300
"""Least chance that is told apart."""
OVERDISPERSED: Final = 1.001
"""Least dispersion of a negative binomial distribution: that of Poisson's is one."""


def farrington(watch: Watch) -> Floats:
    """Return how far a value lies above what was to be expected, in normal deviates, ``(cells, periods)``."""
    values = watch.losses if watch.counts is None else watch.counts
    left_out, most = watch.periods(LEFT_OUT_YEARS), watch.periods(BASELINE_YEARS)
    scores = np.full_like(values, np.nan)
    for at in range(left_out, values.shape[1]):
        first, until = max(0, at - left_out - most), at - left_out
        baseline, now = values[:, first:until], values[:, at]
        known = (~np.isnan(baseline)).sum(axis=1)
        told = (known >= watch.periods(LEAST_YEARS)) & ~np.isnan(now)
        if told.any():
            design = _design(at - np.arange(first, until), watch)
            has_seasons = known[told] >= watch.periods(SEASON_YEARS)
            scores[told, at] = _deviates(baseline[told], now[told], design, has_seasons, watch)
    return scores


def _design(ago: Ints, watch: Watch) -> Floats:
    """Return level, trend and seasons of periods so long ago; of the present one all but the level are nothing."""
    year = watch.per_year
    half = round(REFERENCE_YEARS * year)
    parts = min(SEASONS - 1, max(0, round(year) - 1 - 2 * half))
    # From just behind the present window of a year ago to just before the one of now.
    phase = np.minimum(np.mod(ago, year), year - 1e-9)
    in_rest = (phase > half) & (phase < year - half)
    part = np.floor((phase - half - 0.5) / max(1.0, year - 2 * half - 1) * max(1, parts))
    part = np.clip(part, 0, max(0, parts - 1))
    seasons = [in_rest & (part == one) for one in range(parts)]
    return np.column_stack([np.ones(len(ago)), -ago / year, *seasons]).astype(np.float64)


def _deviates(baseline: Floats, now: Floats, design: Floats, has_seasons: Bools, watch: Watch) -> Floats:
    is_known = ~np.isnan(baseline)
    values = np.where(is_known, baseline, 0.0)
    used = np.ones((len(values), design.shape[1]), dtype=np.bool_)
    used[:, 1:] = has_seasons[:, None]
    regression = fit_normal if watch.counts is None else fit_counts
    worse = 1.0 if watch.counts is None else watch.sign
    fit = _fit(regression, values, is_known, design, used, worse)
    # A trend that leads beyond all that was seen is not believed.
    least, most = np.nanmin(baseline, axis=1), np.nanmax(baseline, axis=1)
    expected = fit.weights[:, 0] if watch.counts is None else np.exp(fit.weights[:, 0])
    leads_away = used[:, 1] & ((expected < least) | (expected > most))
    if leads_away.any():
        used[leads_away, 1] = False
        fit = _fit(regression, values, is_known, design, used, worse)
    return _normal(fit, now, watch) if watch.counts is None else _negative_binomial(fit, now, worse)


def _fit(regression: Regression, values: Floats, is_known: Bools, design: Floats, used: Bools, worse: float) -> Fit:
    """Fit, and once more with what was outlying the bad way counting less."""
    counted = is_known.astype(np.float64)
    off = np.maximum(worse * regression(values, counted, design, used).residuals, 0.0)
    counted *= np.where(off > OUTLYING, 1.0 / np.maximum(off, 1.0) ** 2, 1.0)
    counted *= (is_known.sum(axis=1) / counted.sum(axis=1))[:, None]
    return regression(values, counted, design, used)


def _normal(fit: Fit, now: Floats, watch: Watch) -> Floats:
    spread = np.sqrt(fit.dispersion * (1.0 + fit.inverse[:, 0, 0]))
    found: Floats = (now - fit.weights[:, 0]) / np.maximum(spread, SPREAD_LEAST * watch.depth)
    return found


def _negative_binomial(fit: Fit, now: Floats, worse: float) -> Floats:
    """Return the normal deviate of how likely a count as bad is, half of that count itself."""
    mean = np.maximum(np.exp(fit.weights[:, 0]), MEAN_LEAST)
    over = np.maximum(fit.dispersion, OVERDISPERSED)
    size = mean / (over - 1.0)
    no_more = betainc(size, now + 1.0, 1.0 / over)
    as_many = np.where(now > 0.0, betainc(np.maximum(now, 1.0), size, 1.0 - 1.0 / over), 1.0)
    fewer = np.where(now > 0.0, betainc(size, np.maximum(now, 1.0), 1.0 / over), 0.0)
    more = betainc(now + 1.0, size, 1.0 - 1.0 / over)
    tail = (as_many + more) / 2.0 if worse > 0.0 else (no_more + fewer) / 2.0
    found: Floats = -ndtri(np.clip(tail, TAIL_LEAST, 1.0 - 1e-16))
    return found
