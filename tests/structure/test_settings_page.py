"""The page of settings names every setting, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from qipan.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_page_of_settings_names_every_variable_once() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"QIPAN_[A-Z_]+", row)]
    assert sorted(named) == sorted([*(f"QIPAN_{name.upper()}" for name in Settings.model_fields), "QIPAN_LANG"])
