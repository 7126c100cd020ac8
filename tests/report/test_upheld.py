"""Whether every tier is served no worse than by another rule, in a table and in a sentence."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from qipan.dispatch.model.upheld import Upheld, UpheldTier
from qipan.interfaces.report import assets, upheld
from qipan.interfaces.report.page import html
from qipan.interfaces.report.words import words

EN = words("en")
TOLD = Upheld(
    no_worse_than="home_first",
    tiers=(
        UpheldTier("intelligent", "batch", 40.0, 0.0, 30.0, 200_000.0, is_kept=True),
        UpheldTier("intelligent", "offline", 20.0, 50.0, 10.0, 200_200.0, is_kept=True),
    ),
    is_kept=True,
    rounds=1,
    is_known=False,
    free_fen=100_000.0,
    cost_fen=350_000.0,
)


def test_tiers_stand_with_what_each_leaves(document: dict[str, Any]) -> None:
    table = upheld.upheld(document | {"upheld": asdict(TOLD)}, EN)
    assert [head.title for head in table.heads][1] == "Home region first"
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Batch", "40.0", "0.0", "30.0", "2,000.00", "yes"],
        ["Offline", "20.0", "50.0", "10.0", "2,002.00", "yes"],
    ]
    assert upheld.upheld(document, EN).rows == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "by Home region first; against the plan without this promise the cost changes by 2,500 yuan",
        ),
        ({"rounds": 0, "cost_fen": 100_000.0}, "the plan keeps this by itself"),
        ({"is_known": True}, "the placement of a simple rule, with jobs moved where that costs less; against the plan"),
        (
            {"is_kept": False, "tiers": (replace(TOLD.tiers[0], is_kept=False), TOLD.tiers[1])},
            "Not kept: more is left unserved than by Home region first of Batch;",
        ),
    ],
)
def test_sentence_says_whether_it_is_kept_and_what_it_costs(changed: dict[str, Any], said: str) -> None:
    assert said in upheld.sentence(asdict(replace(TOLD, **changed)), EN)


def test_report_shows_it_only_where_it_was_asked(document: dict[str, Any]) -> None:
    plain, asked = (
        html(told, "en", assets.geometry(), assets.echarts())
        for told in (document, document | {"upheld": asdict(TOLD)})
    )
    assert "Unserved work by tier" not in plain
    assert "Unserved work by tier" in asked
    assert "the cost changes by 2,500 yuan" in asked


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_says_that_the_bound_is_without_the_promise(document: dict[str, Any], lang: str) -> None:
    told = upheld.of_bound(words(lang))
    assert told not in html(document, lang, "{}", "")
    assert told in html(document | {"upheld": asdict(TOLD)}, lang, "{}", "")


def test_report_says_what_tables_did(document: dict[str, Any]) -> None:
    given = {
        "substitutes_given": {"file": "s.csv", "rows": 3, "asked": 2, "held": 1, "used": 0},
        "links_given": {"file": "l.csv", "rows": 5, "limited": 4, "carrying": 2, "full": 1},
    }
    assert "s.csv" not in html(document, "en", "{}", "")
    shown = html(document | given, "zh", "{}", "")
    assert "替代表 s.csv：共 3 行；当日作业所要求的资源涉及其中 2 行" in shown
    assert "其中计划用于传输数据的有 2 条，某时段满载的有 1 条" in shown
