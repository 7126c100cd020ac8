"""Explanations in tables and sentences, in both languages."""

from __future__ import annotations

from typing import Any

from qipan.dispatch.explanation.recall import tell_job, tell_price
from qipan.interfaces.report import explanation
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def job(**changed: Any) -> dict[str, Any]:
    return {
        "job_id": "a",
        "tier": "batch",
        "workload": "training",
        "kind": "intelligent",
        "card_model": "",
        "data_class": "free",
        "quantity": 2.0,
        "requested_h": 1.0,
        "planned_h": 1.0,
        "data_gb": 5.0,
        "latest_h": 2.0,
        "origin_id": "440000",
        "submit": "2017-10-09T14:00:00Z",
        "site_id": "zhongwei",
        "placed_model": "",
        "may_split": False,
        "stretches": [{"start": "2017-10-09T14:00:00Z", "end": "2017-10-09T15:00:00Z"}],
        "start": "2017-10-09T14:00:00Z",
        "status": "placed",
        "reason": "",
        "why_en": "",
        "why_zh": "",
    } | changed


def test_options_set_other_sites_against_the_own_one(document: dict[str, Any]) -> None:
    document["terms"]["products"][1]["units_max"] = 10.0
    told = tell_job(job(), document)
    table = explanation.options(told, EN)
    texts = [[cell.text for cell in row.cells] for row in table.rows]
    # 2 x 48 fen and 5 GB at 2 fen here; 2 x 48 fen of energy there, no rent and no network.
    assert texts[0] == ["Zhongwei", "1.060", "–", "0.800", "0.100", "0.000", "0.000", "0.160"]
    assert texts[1] == ["Shaoguan", "0.960", "−0.100", "+0.160", "−0.100", "0.000", "0.000", "−0.160"]
    assert [row.cells[0].note for row in table.rows] == [
        "placed, from 22:00",
        "from 22:00; cheaper at the plan's prices alone: whole jobs came out otherwise",
    ]
    assert explanation.job_sentence(told, EN).startswith("At Zhongwei from 22:00 it costs 1.060 yuan")
    assert explanation.job_sentence(told, ZH).startswith("在中卫集群自 22:00 起运行")


def test_excluded_sites_are_named_with_their_limit(document: dict[str, Any]) -> None:
    told = tell_job(
        job(tier="realtime", site_id=None, start=None, stretches=[], placed_model=None, why_en="Too far."), document
    )
    assert explanation.excluded(told, EN) == [
        ("Zhongwei", "is too far for its tier"),
        ("Shaoguan", "is without power"),
    ]
    assert explanation.job_sentence(told, EN) == "Too far."
    assert explanation.options(told, EN).rows == ()


def test_price_parts_end_with_the_price(document: dict[str, Any]) -> None:
    (price,) = tell_price("zhongwei", 1, document)["rows"]
    assert [[cell.text for cell in row.cells] for row in explanation.price_parts(price, EN).rows] == [
        ["Energy", "0.6000"],
        ["Scarce capacity", "0.1200"],
        ["LMP", "0.7200"],
    ]
    assert price["binding"] == ["capacity"]


def test_stretches_are_told_of_a_job_that_stops_and_goes(document: dict[str, Any]) -> None:
    assert explanation.stretches(tell_job(job(), document), EN) is None
    parts = [
        {"start": "2017-10-09T14:00:00Z", "end": "2017-10-09T14:30:00Z"},
        {"start": "2017-10-09T15:00:00Z", "end": "2017-10-09T15:30:00Z"},
    ]
    table = explanation.stretches(tell_job(job(stretches=parts, may_split=True), document), EN)
    assert table is not None
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["22:00", "22:30", "0.50"],
        ["23:00", "23:30", "0.50"],
    ]
