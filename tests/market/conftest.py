"""What tests of the market trade: one week of cards at one hub; and books with members who may trade it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.market.made import Market

from qipan.market.model.contract import Instrument, Window


@pytest.fixture
def week() -> Instrument:
    return Instrument("h100-80g", "ningxia", Window.named("2026-W10"))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def market(books):
    """Return a market with a site that has certified cards, two firms, and two books."""
    made = Market(books)
    made.open()
    return made
