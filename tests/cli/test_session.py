from __future__ import annotations

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
