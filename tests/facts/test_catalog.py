"""Looking facts up, searching them, replacing some by a user's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.facts.catalog import Catalog, written
from qipan.facts.model import Fact, Status
from qipan.kernel.errors import BadInputError, NotFoundError

SHIPPED = Catalog.load()


def own(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode(encoding))
    return path


def rules(error: BadInputError) -> list[tuple[int, str, str]]:
    return [(finding.row, finding.column, finding.rule) for finding in error.findings]


def test_number_of_a_known_fact_is_returned(catalog: Catalog) -> None:
    assert catalog.number("grid/location_factor/440000/2022") == 0.4403
    assert catalog.fact("grid/location_factor/440000/2022").unit == "kg_per_kwh"


def test_fact_misspelt_names_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError) as caught:
        catalog.fact("cluster/zhongwei/pue_targets")
    assert caught.value.code == "fact_unknown"
    assert "cluster/zhongwei/pue_target" in caught.value.hint


def test_fact_like_nothing_points_to_search(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError) as caught:
        catalog.fact("???")
    assert "qipan facts" in caught.value.hint


def test_number_of_a_text_is_refused(catalog: Catalog) -> None:
    for fact_id in ("region/640000/name_zh", "tier/offline/round_trip_ms_max"):
        with pytest.raises(BadInputError) as caught:
            catalog.number(fact_id)
        assert (caught.value.code, caught.value.field) == ("fact_not_number", fact_id)


def test_number_or_none_tells_a_limit_from_no_limit(catalog: Catalog) -> None:
    limits = [
        catalog.number_or_none(f"tier/{tier}/round_trip_ms_max")
        for tier in ("realtime", "interactive", "batch", "offline")
    ]
    assert limits == [20.0, 40.0, 100.0, None]
    with pytest.raises(BadInputError):
        catalog.number_or_none("region/640000/name_zh")


def test_under_a_prefix_stops_at_the_slash(catalog: Catalog) -> None:
    assert {fact.fact_id.split("/")[1] for fact in catalog.under("cluster/yangtze_delta_zone")} == {
        "yangtze_delta_zone"
    }
    assert catalog.under("cluster/yangtze_delta") == ()
    assert catalog.under("price/spot_shape/") == catalog.under("price/spot_shape")
    assert catalog.under("fibre/detour") == (catalog.fact("fibre/detour"),)


def test_numbers_under_nothing_are_refused(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError) as caught:
        catalog.numbers("price/spot_shapes")
    assert caught.value.code == "fact_unknown"


def test_search_finds_in_both_languages(catalog: Catalog) -> None:
    chinese, english = catalog.search("宁夏 电力平均 2022"), catalog.search("NINGXIA grid electricity 2022")
    assert [fact.fact_id for fact in chinese] == ["grid/location_factor/640000/2022"]
    assert chinese == english


def test_search_reads_value_note_and_source(catalog: Catalog) -> None:
    assert "paper/table_1/07/firm" in {fact.fact_id for fact in catalog.search("deepseek")}
    assert "cluster/guian/intelligent_cards" in {fact.fact_id for fact in catalog.search("56.9 EFLOPS one card")}
    assert {fact.source for fact in catalog.search("epkeeperlib")} == {"tou_file"}
    assert catalog.search("no such word") == ()
    assert catalog.search(" ") == catalog.facts


@given(st.sampled_from(SHIPPED.facts))
def test_search_by_name_finds_the_fact(fact: Fact) -> None:
    assert fact in SHIPPED.search(fact.fact_id)
    assert fact in SHIPPED.search(fact.label_zh)
    assert fact in SHIPPED.under(fact.fact_id.rpartition("/")[0])


@pytest.mark.parametrize("name", ["宁夏", "宁夏回族自治区", "Ningxia", "ningxia", "640000", " 640000 "])
def test_region_is_found_by_every_name(catalog: Catalog, name: str) -> None:
    assert catalog.region(name).adcode == "640000"


def test_region_in_both_languages_is_the_same(catalog: Catalog) -> None:
    for region in catalog.regions():
        assert (
            catalog.region(region.name_zh) == catalog.region(region.name_en) == catalog.region(region.adcode) == region
        )


def test_region_misspelt_names_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError) as caught:
        catalog.region("Shanxii")
    assert caught.value.code == "region_unknown"
    assert "Shanxi 山西 (140000)" in caught.value.hint


def test_source_and_unit_unknown_are_refused(catalog: Catalog) -> None:
    assert catalog.source("paper").issuer.startswith("高国力")
    assert catalog.unit("share").most == 1.0
    with pytest.raises(NotFoundError, match="source"):
        catalog.source("nobody")
    with pytest.raises(NotFoundError, match="unit"):
        catalog.unit("furlong")


def test_load_with_own_file_replaces_only_what_it_names(tmp_path: Path, catalog: Catalog) -> None:
    path = own(
        tmp_path,
        "\ufefffact_id,value,unit,as_of,status,source,note\r\n"
        "price/industrial/640000,0.36,yuan_per_kwh,2026-03,official,,our contract\r\n"
        "tier/batch/round_trip_ms_max,none,,,,,\r\n"
        "region/640000/lon_deg,106.5,,,,,\r\n",
    )
    mine = Catalog.load(path)
    fact = mine.fact("price/industrial/640000")
    assert (fact.value, fact.as_of, fact.status, fact.note) == (0.36, "2026-03", Status.OFFICIAL, "our contract")
    assert mine.source(fact.source).title == "mine.csv"
    assert fact.label_zh == catalog.fact("price/industrial/640000").label_zh
    assert mine.number_or_none("tier/batch/round_trip_ms_max") is None
    assert mine.fact("region/640000/lon_deg").status is Status.ASSUMED
    assert mine.region("宁夏").seat.lon_deg == 106.5
    changed = {a.fact_id for a, b in zip(mine.facts, catalog.facts, strict=True) if a != b}
    assert changed == {"price/industrial/640000", "tier/batch/round_trip_ms_max", "region/640000/lon_deg"}


def test_load_with_broken_rows_reports_all_and_replaces_none(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        "fact_id,value,unit,as_of,status,source\n"
        "price/industrial/999999,0.4,,,,\n"
        "price/industrial/640000,dear,,,,\n"
        "price/industrial/640000,0.4,yuan_per_mwh,,,\n"
        "target/cluster/rack_up,65,,,,\n"
        "fibre/detour,nan,,,,\n"
        "fibre/detour,,,yesterday,certain,hearsay\n",
    )
    with pytest.raises(BadInputError) as caught:
        Catalog.load(path)
    assert caught.value.code == "facts_unreadable"
    assert rules(caught.value) == [
        (2, "fact_id", "fact_unknown"),
        (3, "value", "value_not_number"),
        (4, "fact_id", "fact_repeated"),
        (4, "unit", "unit_differs"),
        (5, "value", "value_out_of_range"),
        (6, "value", "value_not_number"),
        (7, "fact_id", "fact_repeated"),
        (7, "value", "value_missing"),
        (7, "as_of", "as_of_form"),
        (7, "status", "status_unknown"),
        (7, "source", "source_unknown"),
    ]
    assert "price/industrial/999999" in caught.value.findings[0].value


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "column_missing"),
        (b"fact_id\na/b\n", "column_missing"),
        (b"fact_id,value,colour\n", "column_unknown"),
        (b"fact_id,value,value\n", "column_repeated"),
        (b"fact_id,value\nfibre/detour\n", "row_width"),
        (b'fact_id,value\n"fibre/detour,1\n', "csv_broken"),
        (b"fact_id,value\nfibre/detour,\x001\n", "value_not_number"),
        ("fact_id,value\nregion/640000/name_zh,宁夏\n".encode("gb18030"), "file_unreadable"),
        (b"\x1f\x8b\x08\x00", "file_unreadable"),
    ],
)
def test_load_with_a_file_that_is_no_table_says_why(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        Catalog.load(path)
    assert caught.value.code == "facts_unreadable"
    assert rule in {finding.rule for finding in caught.value.findings}


def test_load_without_the_file_says_where(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.csv"):
        Catalog.load(tmp_path / "absent.csv")


def test_load_with_a_number_shipped_twice_is_refused(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    twice = catalog.fact("region/640000/lon_deg")
    monkeypatch.setattr("qipan.facts.catalog._figures", lambda *_: [twice])
    with pytest.raises(BadInputError, match="region/640000/lon_deg") as caught:
        Catalog.load()
    assert caught.value.code == "fact_repeated"


def test_load_with_own_windows_that_overlap_is_refused_when_read(tmp_path: Path) -> None:
    mine = Catalog.load(own(tmp_path, "fact_id,value\ntou/430000/year/sharp,18-22\n"))
    with pytest.raises(BadInputError) as caught:
        mine.tariff_bands("430000", month=1)
    assert caught.value.code == "windows_uneven"


def test_tariff_bands_of_a_region_without_windows_are_none(catalog: Catalog) -> None:
    assert catalog.tariff_bands("640000", month=1) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_written_number_reads_back(value: float) -> None:
    assert float(written(value)) == value
