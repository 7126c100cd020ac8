"""Settings of every test."""

from pathlib import Path

import pytest
from hypothesis import settings

# A machine that is busy is no defect: no test is judged by its time.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")

TESTS = Path(__file__).parent
DOORS = {"api", "cli", "console", "report", "scenarios", "workflows"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what goes through a door as slow: it sets up a whole home, so ``make check`` leaves it to ``make test``."""
    for item in items:
        if item.path.is_relative_to(TESTS) and item.path.relative_to(TESTS).parts[0] in DOORS:
            item.add_marker(pytest.mark.slow)
