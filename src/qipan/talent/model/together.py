"""Experts who move together, or not at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Together:
    """What came of two experts who move together.

    Attributes
    ----------
    experts
        Positions of both.
    contracts
        Positions of what both signed; empty where neither did.
    blocking
        Pairs of contracts that both would rather sign, and whose posts would take them: what the heuristic missed.
    """

    experts: tuple[int, int]
    contracts: tuple[int, ...]
    blocking: tuple[tuple[int, int], ...] = ()
