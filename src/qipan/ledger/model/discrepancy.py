"""Nouns of the audit: what does not agree with physics, with the register, or with peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qipan.kernel.time import Interval


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that does not agree, with the evidence and how often honest sites would be named so.

    Attributes
    ----------
    rule
        Stable code of the rule: ``host_above_pdu``, ``pue_below_one``, ``used_above_allocated`` ...
    subject
        Site, pool or meter it speaks of.
    size
        By how much, as a share of what was expected; signed.
    false_warning_rate
        Probability that an honest subject is named within the period, at most; 0 for laws of nature beyond the
        accuracy of the meters.
    evidence
        The numbers it rests on, by name with unit.
    """

    rule: str
    subject: str
    period: Interval
    size: float
    false_warning_rate: float
    message: str
    evidence: Mapping[str, float] = field(default_factory=dict)
