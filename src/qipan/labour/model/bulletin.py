"""Nouns of the monthly bulletin: what had been told and done of a panel by the end of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qipan.kernel.time import Interval
from qipan.labour.model.issued import IssuedOutlook, IssuedWarning, Kept, Step


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What was told and done of a panel in a month, and how it stood at its end; nothing later is in it.

    Attributes
    ----------
    month
        Its first day.
    span
        The month, or what of it is over.
    newest
        What was told last by then, in the month or before.
    outlooks
        What was told in the month, the first first.
    warnings
        Every warning that had been issued by then, with its steps until then.
    kept
        What they came to by then, beside what was promised.
    """

    panel: str
    month: date
    span: Interval
    is_over: bool
    newest: IssuedOutlook
    outlooks: tuple[IssuedOutlook, ...]
    warnings: tuple[IssuedWarning, ...]
    kept: Kept

    def steps(self) -> tuple[tuple[IssuedWarning, Step], ...]:
        """Return what was done in the month, in its order."""
        found = [(one, step) for one in self.warnings for step in one.steps if step.at in self.span]
        return tuple(sorted(found, key=lambda it: (it[1].at, it[0].warning_id, it[1].number)))

    def stood(self, one: IssuedWarning) -> bool:
        """Tell whether a warning stood as the month began."""
        before = [step.act for step in one.steps if step.at < self.span.start]
        return bool(before) and not any(act.is_last for act in before)
