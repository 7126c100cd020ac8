"""Spell titles out as sequences of characters, weighed by how rare they are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from qipan.labour.model.array import Floats
from qipan.labour.model.title import Counts

LONGEST: Final = 3
"""Characters of the longest sequence."""

_NUMBERS = re.compile(r"[a-z]?\d+[a-z]*")
_OFFERS = re.compile("急聘|诚聘|高薪|招聘|急招|直招|包吃住|包食宿|包吃包住|五险一金|双休|周末|月入|年薪|底薪|日结")
_SIGNS = re.compile(r"[\W_]+")


def sequences(title: str) -> list[str]:
    """Return the sequences of one to three characters of a title; ``^`` and ``$`` stand at the ends of a word.

    Numbers, signs and what is offered with the job say nothing of it and part words.

    Examples
    --------
    >>> sequences("急聘保安3名")
    ['保', '安', '^保', '保安', '安$', '^保安', '保安$', '名', '^名', '名$', '^名$']
    """
    text = unicodedata.normalize("NFKC", title).lower()
    for nothing in (_NUMBERS, _OFFERS, _SIGNS):
        text = nothing.sub(" ", text)
    found: list[str] = []
    for word in text.split():
        found += word
        edged = f"^{word}$"
        for size in range(2, LONGEST + 1):
            found += [edged[at : at + size] for at in range(len(edged) - size + 1)]
    return found


def rarities(spelled: Sequence[Sequence[str]]) -> tuple[dict[str, int], Floats]:
    """Return the column of each sequence, and how much it says: the logarithm of how rare it is, and one."""
    titles = Counter(sequence for one in spelled for sequence in set(one))
    names = sorted(titles)
    found = np.array([titles[name] for name in names], dtype=np.float64)
    return {name: at for at, name in enumerate(names)}, np.log((1 + len(spelled)) / (1 + found)) + 1.0


def weigh(spelled: Sequence[Sequence[str]], place: dict[str, int], rarity: Floats) -> Counts:
    """Return the sequences of each title, weighed by number and rarity, each title of length one.

    Sequences that have no column count in the length, as the rarest: of what is unknown in a title nothing is told.

    Source: `salton1988`.
    """
    unknown = float(rarity.max(initial=1.0))
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for one in spelled:
        square = 0.0
        for sequence, count in Counter(one).items():
            at = place.get(sequence)
            weight = (1.0 + np.log(count)) * (unknown if at is None else rarity[at])
            square += weight**2
            if at is not None:
                columns.append(at)
                values.append(weight)
        length = np.sqrt(square) or 1.0
        values[ends[-1] :] = [weight / length for weight in values[ends[-1] :]]
        ends.append(len(values))
    data = np.array(values, dtype=np.float32)
    return csr_array((data, np.array(columns, np.int32), np.array(ends, np.int32)), shape=(len(spelled), len(place)))
