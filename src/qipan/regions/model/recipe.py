"""How an index is made: steps in their order, and which choices are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from qipan.regions.model.framework import Framework

STEPS: Final = ("denominate", "impute", "screen", "treat", "normalise", "weigh", "aggregate")
"""Steps that there are, in the order in which they are usually taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step with its settings, and settings of single indicators that differ."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    of_indicator: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def setting(self, name: str, default: Any, code: str = "") -> Any:
        """Return a setting, that of an indicator first."""
        return self.of_indicator.get(code, {}).get(name, self.settings.get(name, default))


@dataclass(frozen=True, slots=True)
class Doubt:
    """Which choices are open, and how often to draw among them.

    Attributes
    ----------
    choices
        What each setting may be, by its path, as ``normalise.method``.
    weights_noise
        By which share weights may be off, either way.
    draws, base
        Draws for the intervals of ranks; rows of the design behind the indices of Sobol.
    """

    choices: Mapping[str, tuple[Any, ...]]
    weights_noise: float = 0.0
    draws: int = 500
    base: int = 128
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """Steps in their order, and the doubt about them, if it is asked for."""

    steps: tuple[Step, ...]
    doubt: Doubt | None = None

    def lost(self, framework: Framework) -> tuple[tuple[str, str], ...]:
        """Return settings of codes that a framework lacks, as the path of the setting and the code."""
        indicators = {one.code for one in framework.indicators}
        known = {"indicators": indicators, "weights": {one.code for one in framework.nodes}}
        known["pairs"] = {one.code for one in framework.groups}
        named = [
            (f"{step.name}.{setting}", code, setting)
            for step in self.steps
            for setting in known
            for code in (step.of_indicator if setting == "indicators" else step.settings.get(setting, ()))
        ]
        return tuple((path, code) for path, code, setting in named if code not in known[setting])
