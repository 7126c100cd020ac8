"""Use as a file of FOCUS, from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Qipan, assert_refused
from tests.cli.test_readings import seal, signed, typed

__all__ = ["signed", "typed"]


def test_focus_writes_the_hours_that_were_told(typed: Qipan, signed: Path) -> None:
    assert typed("ledger", "send", str(seal(typed, signed, 1))).exit_code == 0
    words = ("ledger", "focus", "--day", "2026-01-05", "--step", "hour", "--fleet", "metered")
    assert typed(*words, str(signed / "use.csv")).exit_code == 0
    heading, row = (signed / "use.csv").read_text(encoding="utf-8").splitlines()
    assert heading.startswith('"BilledCost","BillingAccountId"')
    assert '"4.000000000","Card-Hours"' in row
    assert '"2026-01-05T01:00:00Z","2026-01-05T00:00:00Z"' in row
    assert typed(*words, str(signed / "use.parquet")).exit_code == 0
    assert (signed / "use.parquet").read_bytes().startswith(b"PAR1")
    assert_refused(typed(*words, str(signed / "none" / "use.csv")), 3, "file_not_written")
