"""What tests of the market trade: one week of cards at one hub."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qipan.market.model.contract import Instrument, Window


@pytest.fixture
def week() -> Instrument:
    return Instrument("h100-80g", "ningxia", Window.named("2026-W10"))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 2, 1, tzinfo=UTC)
