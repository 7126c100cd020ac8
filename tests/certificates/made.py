"""Devices, holdings and rows of use in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qipan.certificates.model.certificate import Holding, Part, Production, State, Usage
from qipan.certificates.model.device import Device, Source

NOW = datetime(2026, 5, 2, tzinfo=UTC)
MARCH = datetime(2026, 2, 28, 16, tzinfo=UTC)
"""First moment of March 2026 of UTC+8."""
HOUR = timedelta(hours=1)

WIND = Device("wind-1", "west", Source.WIND, "640500", 50_000_000, datetime(2024, 1, 1, tzinfo=UTC))
SUN = Device("sun-1", "south", Source.SOLAR, "640500", 2_000_000, datetime(2024, 1, 1, tzinfo=UTC))


def hour(number):
    """Return the start of the so-manieth hour of March."""
    return MARCH + number * HOUR


def made(number, wh, evidence="meter-1"):
    return Production(hour(number), hour(number + 1), wh, evidence)


def used(name, number, wh, consumer="east"):
    return Usage(name, consumer, hour(number), hour(number + 1), wh)


def held(issuance_id, wh, number=0, *, start=0, holder="west", bundle_id="", state=State.HELD):
    """Return a holding of Wh that were made in the so-manieth hour of March."""
    part = Part(issuance_id, start, start + wh)
    return Holding(part, holder, state, "wind-1", hour(number), hour(number + 1), f"c/{issuance_id}/{start}", bundle_id)
