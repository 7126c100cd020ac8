"""Settings of every test, and books in a file of their own."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, settings

from qipan.storage.books import Books

# A machine that is busy is no defect: no test is judged by its time.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")
# Mutants of `make prove-tests` meet the same few examples each time; what fails need not be made smaller.
settings.register_profile(
    "mutants",
    parent=settings(),
    derandomize=True,
    database=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
)

TESTS = Path(__file__).parent
DOORS = {"api", "cli", "console", "report", "scenarios", "workflows"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what goes through a door as slow: it sets up a whole home, so ``make check`` leaves it to ``make test``."""
    for item in items:
        if item.path.is_relative_to(TESTS) and item.path.relative_to(TESTS).parts[0] in DOORS:
            item.add_marker(pytest.mark.slow)


@cache
def migrated() -> bytes:
    """Return migrated books without a row; a process that runs many sessions, as that of mutants, makes them once."""
    with TemporaryDirectory() as name:
        made = Books(f"sqlite:///{name}/books.sqlite")
        made.migrate()
        made.close()
        return Path(name, "books.sqlite").read_bytes()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of migrated books without a row."""
    path = tmp_path_factory.mktemp("empty") / "books.sqlite"
    path.write_bytes(migrated())
    return path


@pytest.fixture
def books(tmp_path: Path, empty: Path) -> Iterator[Books]:
    """Return books without a row, in a file."""
    shutil.copy(empty, tmp_path)
    with_file = Books(f"sqlite:///{tmp_path}/books.sqlite")
    yield with_file
    with_file.close()
