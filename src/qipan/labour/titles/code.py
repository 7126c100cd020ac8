"""Code titles: which occupations each may be, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from qipan.labour.model.title import Choice, Coder, Coding
from qipan.labour.titles.learn import LIKENESS_WEIGHT, likeness_to_names
from qipan.labour.titles.spell_out import sequences, weigh

TITLES_AT_ONCE: Final = 2_000


def code(coder: Coder, titles: Sequence[str], names: Mapping[str, str], *, most: int = 5) -> Iterator[Coding]:
    """Yield what each title is coded as, in their order; a title without a letter has no choice.

    Parameters
    ----------
    names
        Name of each code.
    most
        Choices for each title.
    """
    for start in range(0, len(titles), TITLES_AT_ONCE):
        part = titles[start : start + TITLES_AT_ONCE]
        spelled = [sequences(title) for title in part]
        weighed = weigh(spelled, coder.place, coder.rarity)
        scores = weighed @ coder.weights + LIKENESS_WEIGHT * likeness_to_names(coder, weighed)
        scores = scores.astype(np.float64) * coder.sharpness
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        # Of equal ones the first code comes first.
        best = np.argsort(-odds, axis=1, kind="stable")[:, :most]
        for title, one, places, chances in zip(part, spelled, best.tolist(), odds, strict=True):
            told = [Choice(coder.codes[at], names[coder.codes[at]], float(chances[at])) for at in places]
            yield Coding(title, tuple(told) if one else ())
