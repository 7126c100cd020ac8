"""Errors speak the language of the door: each of dispatch, the ledger, access and stores has its text in Chinese."""

from __future__ import annotations

import csv
import re
import sys
from importlib import resources
from pathlib import Path

import pytest

from qipan.interfaces.report import errors
from qipan.kernel.errors import BadInputError, Finding, NotFoundError

ROOT = Path(__file__).parents[2]
SHOWN_BY = (
    "qipan.access",
    "qipan.bootstrap.services",
    "qipan.dispatch",
    "qipan.facts.catalog",
    "qipan.interfaces",
    "qipan.kernel",
    "qipan.labour",
    "qipan.ledger",
    "qipan.observations",
    "qipan.settings",
    "qipan.storage",
    "qipan.workflows",
)
"""Modules whose errors a door of dispatch and of the ledger can show."""


def table() -> list[dict[str, str]]:
    file = resources.files("qipan.interfaces") / "locale" / "zh" / "errors.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def as_kept(text: str) -> str:
    """Return a text as the table keeps it: what is filled in side by side is one, and a sum is what it comes to."""
    return re.sub("…+", "…", text).replace("…1)", "…)")


def raised() -> set[tuple[str, str]]:
    """Return code and text of each error that the source of those modules makes."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from scan_errors import FINDING, raised_in
    finally:
        sys.path.pop(0)
    made = [one for one in raised_in(ROOT / "src") if one.kind != FINDING and one.module.startswith(SHOWN_BY)]
    texts = {(one.code, as_kept(text)) for one in made for text in (one.message, one.hint)}
    return {(code, text) for code, text in texts if text != "…" and re.fullmatch(r"[a-z0-9_]+", code)}


@pytest.mark.slow
def test_every_error_that_a_door_of_dispatch_and_ledger_can_show_has_a_chinese_text() -> None:
    known = {(code, row["en"]) for row in table() for code in row["codes"].split()}
    assert len(raised()) > 100
    assert sorted(raised() - known) == []


def test_translations_fill_in_no_more_than_their_originals() -> None:
    for row in table():
        asked = [int(number) for number in re.findall(r"\{(\d+)\}", row["zh"])]
        assert len(set(asked)) == len(asked), row
        assert set(asked) <= set(range(1, row["en"].count("…") + 1)), row
        assert re.search("[一-鿿]", row["zh"]), row


def test_error_is_said_in_chinese_with_what_was_found() -> None:
    error = BadInputError(
        "Every row must be good in a strict import, was bad in 3 of 16 rows of jobs.csv.",
        code="rows_bad",
        hint="Correct these rows, or leave out --strict to set them aside.",
    )
    assert errors.message(error, "zh").text == "严格导入时每行须无误，jobs.csv 的 16 行中有 3 行有误。"
    assert errors.hint(error, "zh") == errors.Said("请更正这些行，或去掉严格模式以隔离它们。", is_translated=True)
    assert errors.message(error, "en") == errors.Said(error.message, is_translated=False)


FINDINGS_SHOWN_BY = (
    "qipan.dispatch.board",
    "qipan.dispatch.jobs",
    "qipan.dispatch.reservation",
    "qipan.dispatch.sources",
    "qipan.ledger",
    "qipan.observations",
)
FINDINGS_ELSEWHERE = ("engines_toml", "instance", "prospect")
"""Sources whose findings are those of a form, or that no page reads."""
COLUMNS = ("period_s", "step_s", "zone")
"""What the scan takes for codes where a finding names its column first."""


@pytest.mark.slow
def test_every_finding_that_a_page_lists_of_a_table_has_a_chinese_text() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from scan_errors import FINDING, raised_in
    finally:
        sys.path.pop(0)
    made = [
        (one.code, one.message if one.message.endswith(".") else f"{one.message}, was ….")
        for one in raised_in(ROOT / "src")
        if one.kind == FINDING
        and one.module.startswith(FINDINGS_SHOWN_BY)
        and not one.module.endswith(FINDINGS_ELSEWHERE)
        and one.code not in COLUMNS
        and one.message.strip("…")
        and re.fullmatch(r"[a-z0-9_]+", one.code)
    ]
    assert len(made) > 50
    untold = [
        (code, text)
        for code, text in made
        if not errors.finding(Finding(1, "", code, text.replace("…", "x")), "zh").is_translated
    ]
    assert untold == []


def test_finding_is_said_in_chinese_with_what_was_found() -> None:
    empty = Finding(2, "job_id", "job_id_missing", "job_id must be given, was empty.")
    assert errors.finding(empty, "zh").text == "job_id 须填写，实为 空。"
    wrong = Finding(2, "tier", "tier_unknown", "tier must be one of batch, offline, was 'x'.", "x")
    assert errors.finding(wrong, "zh").text == "tier 须为 batch、offline 之一，实为 'x'。"
    key = Finding(3, "sites[0].pu", "key_unknown", "A key must be known, was 'pu'; meant pue?.", "pu")
    assert errors.finding(key, "zh").text == "键须为已知键，实为 'pu'；或应为 pue。"
    assert errors.finding(wrong, "en") == errors.Said(wrong.message, is_translated=False)


def test_finding_that_a_message_repeats_is_said_in_chinese_too() -> None:
    unmet = Finding(
        2, "site", "site_unknown", "Reservation r1 must be at a site of fleet mine, was at x; the nearest names are a."
    )
    error = BadInputError(
        f"Reservations must fit together on the board, was not: {unmet.message}",
        code="reservations_unmet",
        hint="Correct the contracts.",
        findings=[unmet],
    )
    said = errors.finding(unmet, "zh")
    assert said.is_translated
    assert errors.message(error, "zh").text == f"全部预留合同须能同时履行，现不能：{said.text}"


def test_words_that_are_filled_in_are_said_in_chinese() -> None:
    error = BadInputError(
        "Options must be in range, was not: load must be above 0; outlook must be 0 to 168 h.",
        code="option_out_of_range",
        hint="Correct the named options.",
    )
    assert errors.message(error, "zh").text == "选项须在范围内，实不在：负载须大于 0；展望期须为 0 至 168 小时。"
    none = BadInputError(
        "The day must have jobs, was 2026-06-02 with none; the file has 3 jobs on 1 days; 2 of its 5 rows were set "
        "aside for fleet mine.",
        code="day_empty",
        hint="Its busiest days are 2026-06-01.",
    )
    assert errors.message(none, "zh").text == (
        "当日须有作业，2026-06-02 没有；文件在 1 天内有 3 个作业；其 5 行中有 2 行按机群 mine 被隔离。"
    )


def test_error_that_the_table_lacks_stays_in_english() -> None:
    error = NotFoundError("There must be a star of that name, was 'x'.", code="star_unknown", hint="Look up.")
    assert errors.message(error, "zh") == errors.Said(error.message, is_translated=False)
