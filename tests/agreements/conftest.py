"""Books with an agreement that both parties have signed, and money to pay with."""

from __future__ import annotations

import pytest
from tests.agreements.made import House


@pytest.fixture
def house(books):
    """Return services with an agreement in force."""
    made = House(books)
    made.open()
    return made
