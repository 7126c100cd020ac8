"""The shipped catalogue, read once, and the folder of real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qipan.facts.catalog import Catalog

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="session")
def data() -> Path:
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data"))
    if not folder.is_dir():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return folder
