"""The shipped figures: every one has its papers, and they add up."""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from qipan.facts.catalog import PLACES, Catalog
from qipan.facts.model import Status
from qipan.kernel.units import KM_PER_S_IN_FIBRE

TIERS = ("realtime", "interactive", "batch", "offline")


def test_every_fact_has_unit_date_source_and_labels(catalog: Catalog) -> None:
    used = {source.key for source in catalog.sources()} - {fact.source for fact in catalog.facts}
    assert used == {"own_file"}
    for fact in catalog.facts:
        assert catalog.unit(fact.unit).label_zh
        assert catalog.source(fact.source).date
        assert fact.as_of[:4].isdigit()
        assert fact.label_en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fact.label_zh)


def test_no_fact_claims_to_be_official(catalog: Catalog) -> None:
    assert not [fact for fact in catalog.facts if fact.status is Status.OFFICIAL]


def test_what_is_our_choice_is_assumed_and_nothing_else(catalog: Catalog) -> None:
    assert all(fact.status is Status.ASSUMED for fact in catalog.facts if fact.source == "choice")
    assert all(fact.status is Status.SECONDARY for fact in catalog.under("paper"))


def test_grid_factors_stand_for_30_provinces_and_not_tibet(catalog: Catalog) -> None:
    for year in ("2021", "2022"):
        have = {
            f.fact_id.split("/")[2] for f in catalog.under("grid/location_factor") if f.fact_id.endswith(f"/{year}")
        }
        provinces = {region.adcode for region in catalog.regions() if region.macro4}
        assert provinces - have == {"540000"}
    assert [catalog.number(f"grid/location_factor/cn/{y}") for y in range(2020, 2024)] == [
        0.5703,
        0.5568,
        0.5366,
        0.5306,
    ]


def test_grid_factors_order_grid_untraded_and_fossil(catalog: Catalog) -> None:
    grid, untraded, fossil = (
        catalog.number(f"grid/{name}/cn/2022") for name in ("location_factor", "untraded_factor", "fossil_factor")
    )
    assert (grid, untraded, fossil) == (0.5366, 0.5856, 0.8325)


def test_grid_factor_of_each_grid_lies_between_its_provinces(catalog: Catalog) -> None:
    members = {
        "north_china": "北京 天津 河北 山西 山东 内蒙古",
        "east_china": "上海 江苏 浙江 安徽 福建",
        "south_china": "广东 广西 云南 贵州 海南",
        "southwest": "重庆 四川",
        "northwest": "陕西 甘肃 青海 宁夏 新疆",
        "central_china": "河南 湖北 湖南 江西",
        "northeast": "辽宁 吉林 黑龙江",
    }
    for grid, names in members.items():
        factors = [catalog.number(f"grid/location_factor/{catalog.region(n).adcode}/2022") for n in names.split()]
        assert min(factors) < catalog.number(f"grid/location_factor/{grid}/2022") < max(factors)


def test_carbon_of_a_move_from_guangdong_to_ningxia_flips_its_sign(catalog: Catalog) -> None:
    here = catalog.number("grid/location_factor/440000/2022") * catalog.number("cluster/shaoguan/pue_target")
    there = catalog.number("grid/location_factor/640000/2022") * catalog.number("cluster/zhongwei/pue_target")
    green = catalog.number("target/new_large_site/green_share")
    assert there / here - 1 == pytest.approx(0.400, abs=5e-4)
    assert there * (1 - green) / here - 1 == pytest.approx(-0.720, abs=5e-4)


def test_carbon_of_the_move_does_not_fall_at_the_reported_cover(catalog: Catalog) -> None:
    here = catalog.number("grid/location_factor/440000/2022") * catalog.number("cluster/shaoguan/pue_target")
    there = catalog.number("grid/location_factor/640000/2022") * catalog.number("cluster/zhongwei/pue_target")
    residual = catalog.number("grid/untraded_factor/cn/2022") / catalog.number("grid/location_factor/cn/2022")
    cover = catalog.number("cluster/zhangjiakou/retired_certificate_share")
    assert cover == 0.309
    assert there * residual * (1 - cover) / here - 1 == pytest.approx(0.056, abs=5e-4)


@pytest.mark.parametrize("adcode", ["310000", "430000", "460000"])
def test_tariff_windows_cover_every_hour_of_every_month(catalog: Catalog, adcode: str) -> None:
    for month in range(1, 13):
        bands = catalog.tariff_bands(adcode, month=month)
        assert bands is not None
        assert len(bands) == 24
        assert set(bands) <= set(catalog.numbers("price/band_ratio"))
        assert bands.count("valley") == 8


def test_tariff_of_shanghai_changes_with_the_season(catalog: Catalog) -> None:
    summer, winter = catalog.tariff_bands("310000", month=8), catalog.tariff_bands("310000", month=12)
    assert summer is not None
    assert winter is not None
    assert [hour for hour in range(24) if summer[hour] != winter[hour]] == [13, 14]
    assert catalog.tariff_bands("430000", month=8) == catalog.tariff_bands("430000", month=1)


def test_price_levels_are_assumed_and_fall_to_the_west(catalog: Catalog) -> None:
    prices = catalog.numbers("price/industrial")
    assert set(prices) == {region.adcode for region in catalog.regions() if region.macro4}
    assert all(fact.status is Status.ASSUMED for fact in catalog.under("price/industrial"))
    mean = {
        macro: math.fsum(p for a, p in prices.items() if catalog.region(a).macro3 == macro) / n
        for macro, n in (("east", 11), ("central", 8), ("west", 12))
    }
    assert mean["west"] < mean["central"] < mean["east"]


def test_spot_shape_means_one_with_a_midday_valley(catalog: Catalog) -> None:
    shape = list(catalog.numbers("price/spot_shape").values())
    assert len(shape) == 24
    assert math.fsum(shape) / 24 == pytest.approx(1.0, abs=5e-4)
    assert shape.index(min(shape)) == 12
    assert shape.index(max(shape)) == 17


def test_spot_shape_equals_the_hourly_means_of_the_source(catalog: Catalog, data: Path) -> None:
    hours: dict[int, list[float]] = {hour: [] for hour in range(24)}
    with gzip.open(data / "compute" / "spot_price_15min.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            hour, minute = map(int, row["time"].split(":")[:2])
            hours[(hour * 60 + minute - 15) // 60].append(float(row["clearing price (CNY/MWh)"]))
    mean = math.fsum(map(math.fsum, hours.values())) / sum(map(len, hours.values()))
    for hour, prices in hours.items():
        shipped = catalog.number(f"price/spot_shape/{hour:02d}")
        assert shipped == pytest.approx(math.fsum(prices) / len(prices) / mean, abs=5.1e-4)


def test_latency_says_one_way_only_where_the_source_does(catalog: Catalog) -> None:
    stated = {f.fact_id.split("/")[1]: f.value for f in catalog.under("latency") if f.fact_id.endswith("/stated_as")}
    assert {name for name, how in stated.items() if how == "one_way"} == {"guizhou_to_east"}
    assert set(stated.values()) == {"one_way", "unstated"}
    assert [catalog.number(f"latency/{n}/ms_max") for n in ("hub_to_hub", "cluster_to_city", "in_region")] == [20, 5, 1]


def test_fibre_agrees_with_the_conversion_of_the_kernel(catalog: Catalog) -> None:
    assert catalog.number("fibre/one_way_us_per_km") == 1e6 / KM_PER_S_IN_FIBRE


def test_tiers_loosen_in_latency_slack_and_value(catalog: Catalog) -> None:
    for quantity, order in (("slack_h", 1), ("lost_load_fen_per_card_h", -1), ("nearness_fen_per_card_h_ms", -1)):
        values = [order * catalog.number(f"tier/{tier}/{quantity}") for tier in TIERS]
        assert values == sorted(values)
    assert catalog.number("tier/interactive/round_trip_ms_max") == 2 * catalog.number("latency/hub_to_hub/ms_max")


def test_board_cards_follow_the_published_compute(catalog: Catalog) -> None:
    scale = catalog.number("board/cards_per_pflops") / catalog.number("board/real_cards_per_card")
    assert catalog.number("cluster/zhongwei/intelligent_cards") == catalog.number("scale/zhongwei/pflops/2025") * scale
    assert catalog.number("cluster/helinger/intelligent_cards") == catalog.number("paper/helinger_pflops") * scale
    guizhou = catalog.number("scale/guizhou/eflops/2025") * 1000 * scale
    assert catalog.number("cluster/guian/intelligent_cards") == pytest.approx(guizhou, abs=5)


def test_green_share_of_zhangjiakou_follows_from_its_energy(catalog: Catalog) -> None:
    green = catalog.number("scale/zhangjiakou/green_energy_kwh/2025_q1")
    share = green / catalog.number("scale/zhangjiakou/energy_kwh/2025_q1")
    assert catalog.number("cluster/zhangjiakou/retired_certificate_share") == pytest.approx(share, abs=5e-4)


def test_origin_weights_are_shares_of_gdp(catalog: Catalog) -> None:
    east, whole = catalog.numbers("origin/east_weight"), catalog.numbers("origin/weight")
    assert set(east) == {region.adcode for region in catalog.regions() if region.macro4 == "east"}
    assert set(whole) == {region.adcode for region in catalog.regions() if region.macro4}
    for weights in (east, whole):
        gdp = {adcode: catalog.number(f"region/{adcode}/gdp_100m_yuan") for adcode in weights}
        total = math.fsum(gdp.values())
        assert weights == {adcode: pytest.approx(value / total, abs=1e-6) for adcode, value in gdp.items()}
        assert math.fsum(weights.values()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "prefix",
    ["philly/submit_share", "philly/cards_share", "openb/qos_share", "openb/milli_card_share"],
)
def test_workload_shares_sum_to_one(catalog: Catalog, prefix: str) -> None:
    assert math.fsum(catalog.numbers(f"workload/{prefix}").values()) == pytest.approx(1.0, abs=2e-5)


def test_workload_quantiles_rise(catalog: Catalog) -> None:
    by_class: dict[str, list[float]] = {}
    for trace in ("philly", "openb"):
        for path, value in catalog.numbers(f"workload/{trace}/duration_s").items():
            by_class.setdefault(f"{trace}/{path.split('/')[0]}", []).append(value)
    assert len(by_class) == 7
    for values in by_class.values():
        assert len(values) == 8
        assert all(low < high for low, high in pairwise(values))


def test_workload_shape_equals_the_philly_trace(catalog: Catalog, data: Path) -> None:
    hours: Counter[str] = Counter()
    cards: Counter[str] = Counter()
    with gzip.open(data / "compute" / "philly.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            hours[row["timestamp"][11:13]] += 1
            cards[row["num_gpus"]] += 1
    for prefix, counts in (("submit_share", hours), ("cards_share", cards)):
        shares = {key: round(count / counts.total(), 6) for key, count in counts.items()}
        assert catalog.numbers(f"workload/philly/{prefix}") == shares


def test_divide_filings_sum_to_the_national_count(catalog: Catalog) -> None:
    filings = catalog.numbers("divide/deep_synthesis_filings")
    total = filings.pop("cn")
    assert math.fsum(filings.values()) == total == 3834
    assert math.fsum(catalog.numbers("divide/deep_synthesis_batch").values()) == total
    east = math.fsum(n for a, n in filings.items() if a != "others" and catalog.region(a).macro4 == "east")
    assert catalog.number("divide/deep_synthesis_share/east") == pytest.approx(east / total, abs=5e-4)
    shares = [n / total for a, n in filings.items() if a != "others"]
    assert catalog.number("divide/deep_synthesis_top_four_share") == pytest.approx(math.fsum(shares[:4]), abs=6e-4)


def test_paper_figures_keep_their_comparators(catalog: Catalog) -> None:
    expected = {
        "top_ai_firms_share_three_areas": ("", 0.837),
        "generative_ai_filings_share_core": ("", 0.805),
        "ai_investment_share_core": (">", 0.95),
        "intelligent_centres_share_east": ("", 0.56),
        "compute_in_use_share_five": (">", 0.48),
        "storage_top_ten_share_east": ("", 0.70),
        "west_compute_vacancy": (">", 0.50),
        "rack_up_lowest": ("<", 0.10),
        "smart_factories/370000": ("", 35),
        "smart_factories/320000": ("", 23),
        "smart_factories/330000": ("", 22),
        "technology_transfer_months_east": ("", 6),
        "technology_transfer_months_central_west": (">", 18),
        "ai_talent_share_central_west": ("<", 0.40),
        "hohhot_green_power_share": (">", 0.86),
        "helinger_pflops": (">", 100_000),
        "helinger_intelligent_share": (">", 0.95),
        "cluster_areas": ("", 21),
        "ai_platforms_greater_bay": (">", 20),
        "ai_platforms_central_west_low": ("", 3),
        "ai_platforms_central_west_high": ("", 5),
        "students_ai_courses_east": ("", 0.60),
        "rural_students_ai_courses_central_west": ("", 0.12),
        "shanghai_imaging_cloud_hospitals": (">", 0.90),
        "shanghai_imaging_cloud_residents": ("", 20_000_000),
        "rural_medical_ai_central_west": ("<", 0.15),
        "elderly_health_devices_east": ("", 0.35),
        "elderly_health_devices_central_west": ("", 0.08),
    }
    found = {name: (catalog.fact(f"paper/{name}").bound, catalog.number(f"paper/{name}")) for name in expected}
    assert found == expected


def test_paper_tables_have_ten_full_rows(catalog: Catalog) -> None:
    for table in ("table_1", "table_2"):
        facts = catalog.under(f"paper/{table}")
        assert len(facts) == 30
        assert Counter(fact.fact_id.split("/")[2] for fact in facts) == {f"{row:02d}": 3 for row in range(1, 11)}
    assert catalog.text("paper/table_1/07/firm") == "DeepSeek"
    assert catalog.text("paper/table_2/10/place") == "宁夏中卫"


def test_places_and_figures_share_no_subject_by_accident(catalog: Catalog) -> None:
    subjects = {fact.fact_id.split("/")[0] for fact in catalog.facts}
    assert set(PLACES) <= subjects
    figures = (
        "audit board certification dispute divide expansion fibre grid industry labour latency llm load monitor origin "
        "paper policy power price quota rehearsal replacement risk_occupation rule scale target tier tou workload"
    )
    assert subjects - set(PLACES) == set(figures.split())


@pytest.mark.slow
def test_load_facts_are_those_of_the_hourly_file(catalog: Catalog) -> None:
    folder = Path(os.environ.get("QIPAN_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
    path = folder / "compute" / "province_load_hourly.csv.gz"
    if not path.is_file():
        words = f"real data are not at {path}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8-sig"))))
    codes = sorted({cluster.adcode for cluster in catalog.clusters()})
    assert sorted({fact.fact_id.split("/")[2] for fact in catalog.under("load/peak_gw")}) == codes
    for code in codes:
        load = [float(row[catalog.text(f"region/{code}/load_code")]) for row in rows]
        assert catalog.number(f"load/peak_gw/{code}") == pytest.approx(max(load) / 1000.0, abs=5e-4)
        for hour, share in enumerate(catalog.numbers(f"load/shape/{code}").values()):
            assert share == pytest.approx(sum(load[hour::24]) / 365 / max(load), abs=5e-5)


def test_industries_are_twenty_sections_of_ninety_seven_divisions(catalog: Catalog) -> None:
    found = {fact.fact_id: fact for fact in catalog.facts if fact.fact_id.startswith("industry/")}
    sections = {name: str(fact.value).split() for name, fact in found.items() if name.count("/") == 1}
    assert len(sections) == 20
    assert [code for codes in sections.values() for code in codes] == [f"{number:02}" for number in range(1, 98)]
    for name, codes in sections.items():
        assert {found[f"{name}/{code}"].value for code in codes} == {name[-1].upper()}


def test_risk_occupations_stand_in_three_classifications(catalog: Catalog) -> None:
    found = [fact.fact_id for fact in catalog.facts if fact.fact_id.startswith("risk_occupation/")]
    assert len(found) == 20
    assert {name.rsplit("/", 1)[-1] for name in found} >= {"csco_2022", "isco_08", "soc_2018"}
