"""The shipped places: regions, hubs, clusters, the backbone."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest

import qipan
from qipan.facts.catalog import Catalog
from qipan.facts.model import Status
from qipan.kernel.places import great_circle_km

MAP = Path(qipan.__file__).parent / "interfaces" / "console" / "geometry" / "china.topojson"
PARTITION_4 = {
    "east": "北京 天津 河北 上海 江苏 浙江 福建 山东 广东 海南",
    "central": "山西 安徽 江西 河南 湖北 湖南",
    "west": "内蒙古 广西 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆",
    "northeast": "辽宁 吉林 黑龙江",
    "": "台湾 香港 澳门",
}


def test_regions_are_34_with_unique_codes_and_names(catalog: Catalog) -> None:
    regions = catalog.regions()
    for names in ([getattr(r, field) for r in regions] for field in ("adcode", "name_zh", "name_en", "seat")):
        assert len(set(names)) == len(names) == 34
    assert all(re.fullmatch(r"\d{2}0000", region.adcode) for region in regions)
    assert [region.adcode for region in regions] == sorted(region.adcode for region in regions)


def test_regions_follow_the_partition_into_four(catalog: Catalog) -> None:
    for macro, names in PARTITION_4.items():
        assert {r.name_zh for r in catalog.regions() if r.macro4 == macro} == set(names.split())
    assert Counter(r.macro4 for r in catalog.regions()) == {"east": 10, "central": 6, "west": 12, "northeast": 3, "": 3}


def test_regions_in_three_split_the_northeast(catalog: Catalog) -> None:
    for region in catalog.regions():
        expected = {"辽宁": "east", "吉林": "central", "黑龙江": "central"}.get(region.name_zh, region.macro4)
        assert region.macro3 == expected
    assert Counter(r.macro3 for r in catalog.regions()) == {"east": 11, "central": 8, "west": 12, "": 3}


def test_regions_adjoin_where_their_outlines_share_a_border_in_the_map(catalog: Catalog) -> None:
    shapes = json.loads(MAP.read_text(encoding="utf-8"))["objects"]["provinces"]["geometries"]
    arcs = {
        shape["properties"]["adcode"]: {number for part in shape["arcs"] for ring in part for number in ring}
        for shape in shapes
    }
    for adcode, own in arcs.items():
        beside = [other for other, theirs in arcs.items() if other != adcode and own & {~number for number in theirs}]
        told = [str(fact.value) for fact in catalog.under(f"region/{adcode}/adjoins")]
        assert " ".join(told).split() == beside, adcode
        assert all(fact.status is Status.MODELLED for fact in catalog.under(f"region/{adcode}/adjoins"))


def test_only_hainan_and_guangdong_adjoin_by_sea_which_is_assumed_and_taiwan_adjoins_none(catalog: Catalog) -> None:
    by_sea = {fact.fact_id: fact for fact in catalog.facts if fact.fact_id.endswith("/adjoins_by_sea")}
    assert {name.split("/")[1]: fact.value for name, fact in by_sea.items()} == {"460000": "440000", "440000": "460000"}
    assert all(fact.status is Status.ASSUMED for fact in by_sea.values())
    assert not catalog.under("region/710000/adjoins")
    assert catalog.text("region/810000/adjoins") == catalog.text("region/820000/adjoins") == "440000"


def test_every_point_lies_in_the_box_of_china(catalog: Catalog) -> None:
    points = [r.seat for r in catalog.regions()] + [c.point for c in catalog.clusters()]
    points += [node.point for node in catalog.backbone()[0]]
    assert all(73.4 < p.lon_deg < 135.1 and 18.1 < p.lat_deg < 53.6 for p in points)


def test_load_codes_are_the_columns_of_the_load_table(catalog: Catalog, data: Path) -> None:
    with gzip.open(data / "compute" / "province_load_hourly.csv.gz", "rt", encoding="utf-8-sig") as file:
        columns = next(csv.reader(file))[1:]
    codes = [str(fact.value) for fact in catalog.facts if fact.fact_id.endswith("/load_code")]
    assert sorted(codes) == sorted(columns)
    assert len(codes) == 31


@pytest.mark.parametrize(
    ("file", "column"), [("china_gdp_2000_2015", "gdp_100m_yuan"), ("china_population_2000_2015", "population_10k")]
)
def test_accounts_of_regions_equal_the_source(catalog: Catalog, data: Path, file: str, column: str) -> None:
    with gzip.open(data / "regions" / f"{file}.csv.gz", "rt", encoding="utf-8-sig") as text:
        last = list(csv.DictReader(text))[-1]
    assert last.pop("year") == "2015"
    shipped = {f.fact_id for f in catalog.facts if f.fact_id.endswith(f"/{column}")}
    assert shipped == {f"region/{catalog.region(name).adcode}/{column}" for name in last}
    for name, value in last.items():
        assert catalog.number(f"region/{catalog.region(name).adcode}/{column}") == float(value)


def test_hubs_are_eight_and_each_has_a_cluster(catalog: Catalog) -> None:
    assert len(catalog.hubs()) == 8 == catalog.number("paper/hubs")
    assert {cluster.hub_id for cluster in catalog.clusters()} == {hub.hub_id for hub in catalog.hubs()}


def test_clusters_are_ten_in_existing_regions(catalog: Catalog) -> None:
    clusters = {cluster.cluster_id: cluster for cluster in catalog.clusters()}
    assert len(clusters) == 10 == catalog.number("paper/clusters")
    assert {cluster.adcode for cluster in clusters.values()} <= {region.adcode for region in catalog.regions()}
    assert catalog.region(clusters["wuhu"].adcode).name_zh == "安徽"
    assert catalog.region(clusters["helinger"].adcode).name_en == "Inner Mongolia"
    assert catalog.fact("cluster/yangtze_delta_zone/adcode").status is Status.ASSUMED


def test_clusters_stand_near_the_seat_of_their_region(catalog: Catalog) -> None:
    for cluster in catalog.clusters():
        assert great_circle_km(cluster.point, catalog.region(cluster.adcode).seat) < 480


def test_clusters_equal_table_two_of_the_paper(catalog: Catalog) -> None:
    hubs = {hub.hub_id: hub.name_zh for hub in catalog.hubs()}
    ours = {(hubs[c.hub_id], c.name_zh.removesuffix("集群")) for c in catalog.clusters()}
    rows = {fact.fact_id.split("/")[2] for fact in catalog.under("paper/table_2")}
    table = {
        (catalog.text(f"paper/table_2/{row}/hub"), catalog.text(f"paper/table_2/{row}/cluster").removesuffix("集群"))
        for row in rows
    }
    assert ours == table


def test_every_cluster_has_targets_cards_and_a_green_share(catalog: Catalog) -> None:
    for cluster in catalog.clusters():
        trunk = f"cluster/{cluster.cluster_id}"
        assert catalog.number(f"{trunk}/pue_target") in (1.2, 1.25)
        assert catalog.number(f"{trunk}/rack_up_target") == 0.65
        assert catalog.number(f"{trunk}/intelligent_cards") >= 500
        assert 0.3 < catalog.number(f"{trunk}/retired_certificate_share") < 0.9


def test_backbone_is_connected_and_reaches_the_west(catalog: Catalog) -> None:
    nodes, links = catalog.backbone()
    known = {node.node_id for node in nodes}
    assert (len(nodes), len(links)) == (38, 62)
    assert all({link.node_a, link.node_b} <= known and link.node_a != link.node_b for link in links)
    assert len({frozenset((link.node_a, link.node_b)) for link in links}) == len(links)
    reached, fresh = {"beijing"}, {"beijing"}
    while fresh:
        fresh = {
            n for link in links for n in (link.node_a, link.node_b) if fresh & {link.node_a, link.node_b}
        } - reached
        reached |= fresh
    assert reached == known
    assert {"hohhot", "guiyang", "lanzhou", "yinchuan", "chengdu", "chongqing"} <= known


def test_backbone_nodes_stand_in_their_regions(catalog: Catalog) -> None:
    for node in catalog.backbone()[0]:
        near = 1400 if node.node_id in ("kashi", "shiquanhe") else 400
        assert great_circle_km(node.point, catalog.region(node.adcode).seat) < near


def test_backbone_equals_the_topology_but_for_hong_kong(catalog: Catalog, data: Path) -> None:
    gml = (data / "compute" / "chinanet.gml").read_text(encoding="utf-8")
    raw = [dict(re.findall(r'(\w+) "?([^"\n]*)', block)) for block in re.findall(r"node \[(.*?)\n  \]", gml, re.DOTALL)]
    theirs = {(round(float(n["Longitude"]), 3), round(float(n["Latitude"]), 3)) for n in raw if "Longitude" in n}
    ours = {(node.point.lon_deg, node.point.lat_deg) for node in catalog.backbone()[0]}
    assert theirs - ours == {(100.518, 30.131)}
    assert ours - theirs == {(114.171, 22.277)}
