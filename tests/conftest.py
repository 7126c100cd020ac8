"""Settings of every test, and books in a file of their own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from qipan.storage.books import Books

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


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of migrated books without a row."""
    path = tmp_path_factory.mktemp("empty") / "books.sqlite"
    made = Books(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture
def books(tmp_path: Path, empty: Path) -> Iterator[Books]:
    """Return books without a row, in a file."""
    shutil.copy(empty, tmp_path)
    with_file = Books(f"sqlite:///{tmp_path}/books.sqlite")
    yield with_file
    with_file.close()
