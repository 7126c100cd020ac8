from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qipan.interfaces.cli import session
from qipan.kernel.errors import BadInputError


def test_settings_with_broken_variables_name_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIPAN_PORT", "eighty")
    monkeypatch.setenv("QIPAN_ANONYMOUS_ROLE", "admin")
    with pytest.raises(BadInputError) as refused:
        session.settings()
    assert refused.value.code == "setting_invalid"
    assert [finding.column for finding in refused.value.findings] == ["QIPAN_PORT", "QIPAN_ANONYMOUS_ROLE"]


def test_now_carries_its_zone() -> None:
    assert session.now().utcoffset() is not None


def test_missing_home_is_told_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    asked = (
        "import sys\n"
        "from qipan.interfaces.cli import session\n"
        "from qipan.kernel.errors import NotFoundError\n"
        "try:\n"
        "    session.services()\n"
        "except NotFoundError as error:\n"
        "    print(error.code, 'qipan.bootstrap' in sys.modules, 'numpy' in sys.modules)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"QIPAN_HOME": str(tmp_path)},
    )
    assert told.stdout == "not_initialised False False\n"
