"""The three numbers, the accounts and what they rest on, in words."""

from __future__ import annotations

from typing import Any

import pytest

from qipan.interfaces.report import day
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def test_headlines_say_down_and_up_honestly(document: dict[str, Any]) -> None:
    cost, location, market = day.headlines(document, EN)
    assert (cost.figure, cost.direction, cost.sentence) == (
        "¥800",
        "lower",
        "20.0 % lower for an hour of work than home-first (in all ¥1,000)",
    )
    assert (location.figure, location.direction) == ("5.1 t", "higher")
    assert location.sentence == "2.0 % higher for an hour of work than home-first (in all 5.0 t)"
    assert (market.direction, market.change) == ("lower", "5.0 %")
    assert [one.sentence for one in day.headlines(document, ZH)][1] == "每小时工作量比本地优先高 2.0 %（其合计 5.0 吨）"


@pytest.mark.parametrize(
    ("change", "direction"), [(0.0004, "same"), (-0.0004, "same"), (0.0006, "higher"), (None, "unknown")]
)
def test_headline_of_a_change_that_rounds_to_nothing_is_the_same(
    document: dict[str, Any], change: float | None, direction: str
) -> None:
    document["against_home_first"]["cost"] = change
    assert day.headlines(document, EN)[0].direction == direction


def test_accounts_add_up(document: dict[str, Any]) -> None:
    rows, jobs = day.accounts(document, EN)
    assert (rows.whole, [part.count for part in rows.parts]) == ("20", ["14", "4", "2"])
    assert (jobs.whole, [part.title for part in jobs.parts]) == ("10", ["placed", "carried over", "refused"])
    assert sum(part.share for part in rows.parts) == pytest.approx(1)
    assert sum(part.share for part in jobs.parts) == pytest.approx(1)


def test_accounts_of_an_empty_day_have_no_shares(document: dict[str, Any]) -> None:
    document["account"] |= {"jobs": 0, "placed": 0, "carried_over": 0, "refused": 0}
    assert [part.share for part in day.accounts(document, EN)[1].parts] == [0, 0, 0]


def test_reasons_and_basis_are_in_words(document: dict[str, Any]) -> None:
    assert [(part.title, part.count) for part in day.reasons(document, ZH)] == [("时延限制内没有站点", "1")]
    assert [(part.key, part.count) for part in day.basis(document, EN)] == [("official", "1"), ("assumed", "3")]
    assert [(part.key, part.share) for part in day.assumptions(document)] == [("tier", 1.0), ("origin", 0.3)]


def test_unit_hours_follow_the_kind_of_the_sites(document: dict[str, Any]) -> None:
    assert (day.unit_hours(document, EN), day.unit_hours(document, ZH)) == ("card-hours", "卡时")
    document["sites"][0]["product"] = "general epyc-9654"
    assert day.unit_hours(document, EN) == "unit-hours"
    document["origins"] = document["tiers"] = document["sites"] = []
    assert day.unit_hours(document, EN) == "unit-hours"


def test_title_and_particulars_name_fleet_and_work(document: dict[str, Any]) -> None:
    assert day.title(document, ZH) == "我的机群 · 2017-10-09"
    told = dict(day.particulars(document, EN))
    assert told["Jobs from"] == "<jobs>.csv (philly)"
    assert told["Planned at"] == "2017-10-10 08:30"
    document["is_generated"] = True
    assert dict(day.particulars(document, EN))["Jobs from"] == "generated workload"


def test_same_work_tells_how_much_ran(document: dict[str, Any]) -> None:
    assert day.same_work(document, EN).startswith(
        "Work that ran: 9 card-hours in the plan, 9 card-hours in home-first."
    )
