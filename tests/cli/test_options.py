from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer

from qipan.interfaces.cli.options import read_bytes, read_day, read_moment, write_text
from qipan.kernel.errors import BadInputError, NotFoundError


def test_read_day_takes_an_iso_date_only() -> None:
    assert read_day("2024-02-29") == date(2024, 2, 29)
    with pytest.raises(typer.BadParameter, match="2017-10-09, was '9 October'"):
        read_day("9 October")


def test_read_moment_converts_to_utc_and_refuses_one_without_a_zone() -> None:
    assert read_moment("2023-01-01T00:00:00+08:00") == datetime(2022, 12, 31, 16, tzinfo=UTC)
    with pytest.raises(BadInputError) as refused:
        read_moment("2023-01-01T00:00:00")
    assert refused.value.code == "time_naive"
    with pytest.raises(typer.BadParameter):
        read_moment("noon")


def test_read_bytes_of_no_file_and_of_a_folder_says_which(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as missing:
        read_bytes(tmp_path / "none.csv")
    assert missing.value.code == "file_not_found"
    with pytest.raises(BadInputError) as folder:
        read_bytes(tmp_path)
    assert folder.value.code == "file_not_open"


def test_write_text_into_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refused:
        write_text(tmp_path / "none" / "report.html", "")
    assert refused.value.code == "file_not_written"
    write_text(tmp_path / "report.html", "棋盘")
    assert (tmp_path / "report.html").read_bytes().decode("utf-8") == "棋盘"
