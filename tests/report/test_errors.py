"""Errors speak the language of the door: each error and finding of the source has its text in Chinese."""

from __future__ import annotations

import csv
import re
import sys
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from qipan.accounts.model.posting import Outcome
from qipan.interfaces.report import errors
from qipan.kernel.errors import BadInputError, Finding, NotFoundError

ROOT = Path(__file__).parents[2]
ANY = "…"
"""A text that is known only when the program runs, such as a hint that a function words."""
NO_CODE = re.compile("[^a-z0-9_]")
"""Marks what the scan takes for a code and is none, since part of it is filled in: ``…_unknown`` of a word in YAML."""


def table() -> list[dict[str, str]]:
    file = resources.files("qipan.interfaces") / "locale" / "zh" / "errors.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


@cache
def raised() -> dict[bool, set[tuple[str, str, str]]]:
    """Return code, message and hint of each finding (``True``) and error that the source can make."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from scan_errors import FINDING, raised_in
    finally:
        sys.path.pop(0)
    made: dict[bool, set[tuple[str, str, str]]] = {True: set(), False: set()}
    for one in raised_in(ROOT / "src"):
        if not NO_CODE.search(one.code):
            made[one.kind == FINDING].add((one.code, one.message, one.hint))
    return made


def as_kept(text: str) -> str:
    """Return a text as the table keeps it: what is filled in side by side is one."""
    return re.sub(f"{ANY}+", ANY, text)


@pytest.mark.slow
def test_every_error_has_a_chinese_text_for_its_message_and_its_hint() -> None:
    known = {(code, row["en"]) for row in table() for code in row["codes"].split()}
    texts = {(code, as_kept(text)) for code, *both in raised()[False] for text in both}
    assert len(texts) > 800
    assert sorted((code, text) for code, text in texts - known if text != ANY) == []


@pytest.mark.slow
def test_every_finding_has_a_chinese_text() -> None:
    # A message that its helper completes ends there with what was found.
    told = {
        (code, message if message.endswith(".") else f"{message}, was {ANY}.")
        for code, message, _ in raised()[True]
        if message.strip(ANY)
    }
    assert len(told) > 250
    untold = [
        (code, text)
        for code, text in sorted(told)
        if not errors.finding(Finding(1, "", code, text.replace(ANY, "x")), "zh").is_translated
    ]
    assert untold == []


def test_every_refusal_of_a_transfer_has_a_chinese_text() -> None:
    refusals = [one.value for one in Outcome if not one.stands]
    assert [one for one in refusals if not re.search("[一-鿿]", errors.part(one, "zh"))] == []
    told = [errors.finding(Finding(1, "transfer_id", one, f"t-1 must stand, was {one}."), "zh") for one in refusals]
    assert [one.text for one in told if not one.is_translated] == []


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
