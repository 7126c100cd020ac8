"""Nouns of the shipped numbers: a fact, its status, its source, its unit; nodes and links of the backbone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qipan.kernel.places import Point

NONE = "none"
"""How a numeric fact says that there is no such number, for example no limit."""


class Status(StrEnum):
    """How much stands behind a fact."""

    OFFICIAL = "official"
    """Compared with the text of the body that issued it."""
    SECONDARY = "secondary"
    """Read in a re-post, the press or a public code file, even where the issuer is official."""
    MODELLED = "modelled"
    """Computed from other numbers."""
    ASSUMED = "assumed"
    """Our choice; nobody published it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One shipped number or word.

    Attributes
    ----------
    fact_id
        Name in the grammar of the package, for example ``grid/location_factor/640000/2022``.
    value
        A float, or text where the unit holds text; ``"none"`` where a number does not exist, such as no limit.
    unit
        Key of a `Unit`.
    as_of
        What the value is about: ``2022``, ``2025-07`` or ``2025-06-30``.
    source
        Key of a `Source`.
    bound
        How the source compares: empty for "is", else ``>``, ``<``, ``>=`` or ``<=``.
    """

    fact_id: str
    value: float | str
    unit: str
    as_of: str
    status: Status
    source: str
    label_en: str
    label_zh: str
    note: str = ""
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts were read; ``date`` is that of publication, or of reading where that is unknown."""

    key: str
    title: str
    issuer: str
    date: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of facts: whether it holds numbers or text, and the range that a number must keep."""

    key: str
    is_number: bool
    least: float
    most: float
    label_en: str
    label_zh: str


@dataclass(frozen=True, slots=True)
class BackboneNode:
    """A city of the backbone network."""

    node_id: str
    name_zh: str
    name_en: str
    adcode: str
    point: Point


@dataclass(frozen=True, slots=True)
class BackboneLink:
    """A trunk between two cities of the backbone; it has no direction."""

    node_a: str
    node_b: str
