from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown


def test_facts_with_words_finds_them_in_either_language_before_any_init(qipan: Qipan, tmp_path: Path) -> None:
    found = shown(qipan("facts", "中卫", "上架率", "--json", at=tmp_path / "none"))
    assert [fact["fact_id"] for fact in found] == ["cluster/zhongwei/rack_up_target"]
    assert shown(qipan("facts", "search", "中卫", "上架率", "--json", at=tmp_path / "none")) == found


def test_facts_without_words_lists_all(qipan: Qipan) -> None:
    assert len(shown(qipan("facts", "--json"))) > 1000


def test_facts_of_one_status_leaves_out_the_others(qipan: Qipan) -> None:
    every = shown(qipan("facts", "PUE", "--json"))
    assumed = shown(qipan("facts", "PUE", "--status", "assumed", "--json"))
    assert assumed == [fact for fact in every if fact["status"] == "assumed"]
    assert 0 < len(assumed) < len(every)


@pytest.mark.parametrize(("lang", "label"), [("en", "Ningxia"), ("zh", "宁夏")])
def test_facts_table_speaks_the_language_asked_for(qipan: Qipan, lang: str, label: str) -> None:
    result = qipan("facts", "grid/location_factor/640000", "--lang", lang)
    assert result.exit_code == 0
    assert label in result.stdout
    assert "0.6423" in result.stdout


def test_facts_language_follows_the_environment(qipan: Qipan) -> None:
    told = qipan("facts", "宁夏", QIPAN_LANG="zh").stdout
    assert "数值" in told
    assert "转引" in told
    assert "secondary" not in told
    assert "数值" in qipan("facts", "宁夏", LANG="zh_CN.UTF-8").stdout


def test_show_prints_the_fact_with_its_source(qipan: Qipan) -> None:
    result = qipan("facts", "show", "grid/location_factor/640000/2022")
    assert result.exit_code == 0
    assert "0.6423 kg of carbon dioxide a kWh" in result.stdout
    told = shown(qipan("facts", "show", "grid/location_factor/640000/2022", "--json"))
    assert told["source"]["key"] == told["fact"]["source"]


def test_show_of_an_unknown_fact_names_the_nearest(qipan: Qipan) -> None:
    result = qipan("facts", "show", "grid/location_factor/640000/202")
    assert_refused(result, 4, "fact_unknown", "grid/location_factor/640000/2022")


def test_facts_with_a_broken_file_of_ones_own_is_refused_with_findings(qipan: Qipan, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("fact_id,value\nno/such/fact,1\n", encoding="utf-8")
    assert_refused(qipan("facts", "PUE", QIPAN_FACTS=str(own)), 3, "facts_unreadable", "no/such/fact")
