from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import (
    FINDINGS_SHOWN,
    advancing,
    change,
    counted,
    findings_table,
    plain,
    print_error,
    print_json,
    print_table,
    say_disproved,
    table,
    working,
)
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind

MANY = tuple(Finding(row, "quantity", "quantity_not_positive", f"quantity was -{row}") for row in range(1, 34))


@dataclass(frozen=True)
class Thing:
    kind: Kind
    day: date
    wait_h: float


def test_plain_turns_dataclasses_enums_dates_and_missing_numbers_into_json() -> None:
    value = {"thing": Thing(Kind.GENERAL, date(2025, 1, 6), math.nan), "at": datetime(2025, 1, 6, tzinfo=UTC)}
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == {
        "thing": {"kind": "general", "day": "2025-01-06", "wait_h": None},
        "at": "2025-01-06T00:00:00+00:00",
    }


@given(st.recursive(st.floats() | st.text() | st.integers() | st.none(), st.lists))
def test_plain_of_any_value_is_json(value: object) -> None:
    json.dumps(plain(value), allow_nan=False)


def test_print_json_keeps_chinese_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name_zh": "宁夏", "path": str(Path("a"))})
    assert capsys.readouterr().out == '{\n  "name_zh": "宁夏",\n  "path": "a"\n}\n'


def test_print_error_with_many_findings_shows_twenty_and_counts_all(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(BadInputError("Every row must be good, was not.", code="rows_bad", hint="Mend them.", findings=MANY))
    told = capsys.readouterr()
    assert told.out == ""
    assert f"quantity was -{FINDINGS_SHOWN}" in told.err
    assert f"quantity was -{FINDINGS_SHOWN + 1}" not in told.err
    assert "and 13 more of 33 findings" in told.err
    assert told.err.splitlines()[-2:] == ["hint: Mend them.", "code: rows_bad"]


def test_print_error_that_holds_markup_prints_it_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(BadInputError("A name must be plain, was [/red][bold] :smile:.", code="name_bad", hint="Write [a]."))
    assert "was [/red][bold] :smile:." in capsys.readouterr().err


def test_findings_of_a_whole_file_say_file_instead_of_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(findings_table((Finding(0, "colour", "column_unknown", "colour is not read"),)))
    assert " ".join(capsys.readouterr().out.splitlines()[-1].split()) == "file colour column_unknown colour is not read"


def test_table_on_a_narrow_terminal_breaks_only_wide_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_table(table(("site", "what"), [("zhongwei", "words " * 12)], wide=(1,)))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[2].startswith("zhongwei")
    assert "".join(lines).count("words") == 12


@pytest.mark.parametrize(("share", "text"), [(0.123, "+12.3 %"), (-0.0004, "+0.0 %"), (-1.0, "-100.0 %"), (None, "–")])
def test_change_always_carries_its_sign(share: float | None, text: str) -> None:
    assert change(share) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 entries"), (1, "1 entry"), (2000, "2,000 entries")])
def test_counted_tells_one_from_many(number: int, text: str) -> None:
    assert counted(number, "entry", "entries") == text
    assert counted(number, "job") == text.replace("entries", "jobs").replace("entry", "job")


def test_advancing_where_nobody_watches_prints_a_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    with advancing({"run": ("Run", "运行")}, Language.ZH) as progress:
        for share in (0.0, 0.01, 0.5, 1.0):
            progress("run", share)
        progress("a step without a name", None)
        progress("another", 0.54)
    told = capsys.readouterr()
    assert told.out == ""
    assert re.sub(r"\d+\.\d 秒", "… 秒", told.err).splitlines() == [
        "运行",
        "运行：100%，… 秒",
        "a step without a name",
        "a step without a name：100%，… 秒",
        "another",
        "another：54%，… 秒",
    ]


def test_disproved_is_said_first_and_findings_that_are_alike_once(capsys: pytest.CaptureFixture[str]) -> None:
    same = Finding(0, "note", "note_unsigned", "A note must be signed, was not.")
    say_disproved([same, same, Finding(2, "entry", "entry_missing", "An entry must stand, was missing.")], Language.EN)
    told = capsys.readouterr().out
    assert told.startswith("NOT proved: 3 findings.")
    assert told.count("A note must be signed, was not.") == 1
    assert "note_unsigned: told 2 times." in told


def test_working_where_nobody_watches_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with working({"read": ("Read", "读取")}, Language.ZH) as progress:
        progress("read")
        progress("a step without a name")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")
