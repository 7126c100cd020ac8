"""Books with two devices."""

from __future__ import annotations

import pytest
from tests.certificates.made import House


@pytest.fixture
def house(books):
    """Return a registry with a wind farm and a solar plant."""
    made = House(books)
    made.open()
    return made
