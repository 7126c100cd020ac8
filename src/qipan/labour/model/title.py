"""Nouns of job titles: occupations of a classification, titles that somebody coded, and what a title is coded as."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from qipan.labour.model.array import Floats, Ints

Singles = NDArray[np.float32]
Counts = csr_array
"""Weights of sequences by title, ``(titles, sequences)``."""


@dataclass(frozen=True, slots=True)
class Occupation:
    """An entry of a classification, of whatever level.

    Attributes
    ----------
    names
        Its name, and others that it goes by.
    """

    code: str
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A title that somebody coded."""

    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Classification:
    """Occupations, and titles that were coded by them.

    Attributes
    ----------
    source
        Where both come from, with its version.
    """

    occupations: tuple[Occupation, ...]
    examples: tuple[Example, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Coder:
    """What was learned from examples.

    Attributes
    ----------
    codes
        Codes that can be told.
    place, rarity
        Of each sequence of characters its column, and how much it says, ``(sequences,)``.
    weights
        How much a sequence speaks for a code, ``(sequences, codes)``.
    named, names
        Code of each name of an occupation, rising, ``(names,)``, and its sequences, ``(names, sequences)``.
    sharpness
        What scores are multiplied by before they are turned into probabilities.
    """

    codes: tuple[str, ...]
    place: dict[str, int]
    rarity: Floats
    weights: Singles
    named: Ints
    names: Counts
    sharpness: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A code that a title may have, and how likely it has it."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Coding:
    """What a title is coded as: choices, the likeliest first."""

    title: str
    choices: tuple[Choice, ...]
