"""East and west stand beside what was said of them, with the source's own comparison."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qipan.facts.catalog import Catalog
from qipan.interfaces.report.contrast import GREEN, VACANCY, cards, idle_share, stated
from qipan.interfaces.report.words import words
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.model.figure import Supply

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = Interval(START, START + timedelta(days=1))


def one(group: str, used_unit_h: float | None, kind: Kind = Kind.INTELLIGENT) -> Supply:
    return Supply(group, kind, DAY, 100.0, 80.0, used_unit_h, None, None)


def test_idle_is_a_share_of_what_was_told_of_cards() -> None:
    supply = [one("west", 70.0, Kind.GENERAL), one("west", 20.0), one("east", None)]
    assert idle_share(supply, "west") == 0.75
    assert idle_share(supply, "east") is None
    assert idle_share(supply, "central") is None


def test_cards_say_what_the_paper_says_and_whom_the_target_binds() -> None:
    catalog = Catalog.load()
    east, west, green = cards([one("east", 40.0), one("west", 20.0)], (), catalog, words("en"))
    assert (east.figure, west.figure, green.figure) == ("50.0 %", "75.0 %", "–")
    assert "> 50.0 %" in west.note
    assert "+25.0 points" in west.note
    assert "new large sites in hubs > 80.0 %" in green.note


def test_nothing_told_makes_no_gap() -> None:
    east, west, _ = cards([], (), Catalog.load(), words("zh"))
    assert (east.figure, west.figure) == ("–", "–")
    assert "个百分点" not in west.note


def test_stated_facts_keep_bound_and_status() -> None:
    found = stated(Catalog.load())
    assert found[VACANCY]["bound"] == ">"
    assert found[GREEN]["status"] == "secondary"
