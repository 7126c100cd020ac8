"""The folder of real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def compute() -> Path:
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "compute"
    if not folder.is_dir():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return folder
