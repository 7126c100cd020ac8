"""Prove what the cluster scan promises, on real employment of 51 states in four sectors by the week, 2020 to 2022.

A fall of a tenth is put into three adjoining states of one sector, from a week on: found if within four weeks a cluster
of that sector is told that holds two of them or more. Clusters are false where states were dealt out at random, so
that who adjoins whom is chance; the threshold comes from other deals of earlier weeks.

What it is worth that industries adjoin too is asked of panels that are drawn (simulation): 31 provinces, 16 divisions
in five sections, three years by the week, heavy tails, noise that a province shares, an industry, and in half of them a
section within a province. Nothing happens in them, so every cluster of the last 40 weeks is false; falls are put in.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.prove_attribution import share
from benchmarks.record import RESULTS, write

from qipan.bootstrap.panels import adjacency, region_neighbours
from qipan.facts.catalog import Catalog
from qipan.labour.lay_out import lay_out
from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.cluster import Board
from qipan.labour.model.panel import Cell
from qipan.labour.scan_clusters import areas_above, count_begun, deviations, grid, highest_score, learn_threshold

SHOCKS, DEALS, FALL, WEEKS, FALSE_A_YEAR = 400, 100, 0.10, 4, 1.0
FIRST, EVERY, PER_YEAR, BASE = 84, 13, 52.18, 52
"""Week from which on is tested; thresholds are learned anew once a quarter."""
SECTORS = ("emp_ss40", "emp_ss60", "emp_ss65", "emp_ss70")
GRIDS, GRID_WEEKS, GRID_TESTED, FALLS = 24, 150, 40, {1: 0.06, 2: 0.04}
"""Panels that are drawn, their weeks, how many of them are tested, and falls by how many industries have them."""
DIVISIONS = [
    "C13",
    "C17",
    "C26",
    "C35",
    "C38",
    "C39",
    "F51",
    "F52",
    "H61",
    "H62",
    "I63",
    "I64",
    "I65",
    "J66",
    "J67",
    "J68",
]
DATA = Path(os.environ.get("QIPAN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "labour"
BESIDE = """AL:FL GA MS TN;AZ:CA CO NM NV UT;AR:LA MO MS OK TN TX;CA:NV OR;CO:KS NE NM OK UT WY;CT:MA NY RI;DE:MD NJ PA;
FL:GA;GA:NC SC TN;ID:MT NV OR UT WA WY;IL:IA IN KY MO WI;IN:KY MI OH;IA:MN MO NE SD WI;KS:MO NE OK;KY:MO OH TN VA WV;
LA:MS TX;ME:NH;MD:DC PA VA WV;MA:NH NY RI VT;MI:OH WI;MN:ND SD WI;MS:TN;MO:NE OK TN;MT:ND SD WY;NE:SD WY;NV:OR UT;NH:VT;
NJ:NY PA;NM:OK TX UT;NY:PA VT;NC:SC TN VA;ND:SD;OH:PA WV;OK:TX;OR:WA;PA:WV;SD:WY;TN:VA;UT:WY;VA:DC WV"""
"""States that share a border, each pair once; Alaska and Hawaii have none."""


def main() -> int:
    """Run the proof; exit 1 if more clusters are false than promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shocks", type=int, default=SHOCKS)
    parser.add_argument("--deals", type=int, default=DEALS, help="times that states are dealt out to count false ones")
    parser.add_argument("--grids", type=int, default=GRIDS, help="panels that are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    began, chance = time.monotonic(), np.random.default_rng(asked.seed)
    cells, losses = sectors()
    board = lay_out(cells, Adjacency(borders()))
    laid = grid(losses, board)
    weeks = range(BASE // 2 + 4, laid.shape[2])
    seen = {week: deviations(laid[:, :, : week + 1], week, BASE) for week in weeks}
    thresholds = {
        week: learn_threshold([seen[one] for one in weeks if one < week], board, PER_YEAR, FALSE_A_YEAR, chance)
        for week in range(FIRST, laid.shape[2], EVERY)
    }
    limits = np.array([thresholds[week - (week - FIRST) % EVERY] for week in range(FIRST, laid.shape[2])])
    tested = [seen[week] for week in range(FIRST, laid.shape[2])]
    years = len(tested) / PER_YEAR
    false = [count_begun((dealt(one, board, chance) >= limits)[None], PER_YEAR) for one in [tested] * asked.deals]
    whole: dict[str, Any] = {
        "seed": asked.seed,
        "states": len(board.regions),
        "sectors": len(SECTORS),
        "areas": len(board.areas),
        "tested_weeks": len(tested),
        "fall": FALL,
        "promised_false_a_year": FALSE_A_YEAR,
        "false_a_year_where_states_are_dealt_out": round(sum(false) / asked.deals / years, 3),
        "standard_error": round(float(np.std(false, ddof=1) / np.sqrt(asked.deals)) / years, 3),
        "told_a_year_in_the_real_panel": round(
            count_begun((highest(tested, board) >= limits)[None], PER_YEAR) / years, 3
        ),
        "found_within_4_weeks": share(
            sum(is_found(laid, board, limits, chance) for _ in range(asked.shocks)), asked.shocks
        ),
        "drawn": [drawn(noise, asked.grids, asked.seed) for noise in (0.0, 0.4) if asked.grids],
        "took_s": round(time.monotonic() - began, 1),
    }
    print(whole)
    print(f"See {write('prove_clusters', whole, asked.results).name}.")
    least = whole["false_a_year_where_states_are_dealt_out"] - 1.64 * whole["standard_error"]
    return int(least > FALSE_A_YEAR)


def highest(seen: list[np.ndarray], board: Board) -> np.ndarray:
    """Return the highest score of each period."""
    return np.array([highest_score(one, board) for one in seen])


def dealt(seen: list[np.ndarray], board: Board, chance: np.random.Generator) -> np.ndarray:
    """Return the highest scores with regions dealt out anew."""
    order = chance.permutation(len(board.regions))
    return highest([one[:, order] for one in seen], board)


def is_found(laid: np.ndarray, board: Board, limits: np.ndarray, chance: np.random.Generator) -> bool:
    """Put a fall into an area of three and return whether it is found in time."""
    threes = [area for area in board.areas if len(area) == 3]
    area, branch = threes[int(chance.integers(len(threes)))], int(chance.integers(len(board.branches)))
    since = int(chance.integers(FIRST, laid.shape[2] - WEEKS + 1))
    hit = laid.copy()
    hit[list(area), branch, since:] -= np.log1p(-FALL)
    for week in range(since, since + WEEKS):
        scores = (board.weights @ deviations(hit[:, :, : week + 1], week, BASE)[:, :, branch].T).max(axis=1)
        best = int(scores.argmax())
        if scores[best] >= limits[week - FIRST] and len(set(board.areas[best]) & set(area)) >= 2:
            return True
    return False


def drawn(section: float, grids: int, seed: int) -> dict[str, Any]:
    """Return false clusters a year in panels that are drawn, and falls found, where industries adjoin and do not."""
    catalog = Catalog.load()
    provinces = [one.adcode for one in catalog.regions() if one.macro4]
    cells = tuple(Cell(region, division) for region in provinces for division in DIVISIONS)
    board = lay_out(cells, adjacency(region_neighbours(catalog), catalog))
    boards = {"industries_adjoin": board, "industries_apart": replace(board, kinds=())}
    false = dict.fromkeys(boards, 0)
    hits = {(name, industries): 0 for name in boards for industries in FALLS}
    first, tested = BASE // 2 + 4, GRID_WEEKS - GRID_TESTED
    for grid_seed in range(seed, seed + grids):
        chance = np.random.default_rng(grid_seed)
        laid = grid(draw(cells, section, chance), board)
        seen = [deviations(laid, week, BASE) for week in range(first, GRID_WEEKS)]
        area = board.areas[chance.choice([at for at, one in enumerate(board.areas) if len(one) == 3])]
        pair = chance.choice(board.kinds[chance.integers(len(board.kinds))], 2, replace=False)
        since = int(chance.integers(tested, GRID_WEEKS - WEEKS))
        for name, one in boards.items():
            limit = learn_threshold(seen[: tested - first], one, PER_YEAR, FALSE_A_YEAR, np.random.default_rng(seed))
            false[name] += count_begun((highest(seen[tested - first :], one) >= limit)[None], PER_YEAR)
            for industries, fall in FALLS.items():
                hit = laid.copy()
                hit[np.ix_(area, pair[:industries], range(since, GRID_WEEKS))] -= np.log1p(-fall)
                hits[name, industries] += any(
                    is_seen(deviations(hit[:, :, : week + 1], week, BASE), one, limit, area, pair[:industries])
                    for week in range(since, since + WEEKS)
                )
    years = grids * GRID_TESTED / PER_YEAR
    return {
        "noise_of_a_section_in_a_province": section,
        "panels": grids,
        "areas": len(board.areas),
        **{f"false_a_year_{name}": round(count / years, 3) for name, count in false.items()},
        **{
            f"found_{fall:.0%}_in_{industries}_{name}": share(hits[name, industries], grids)
            for name in boards
            for industries, fall in FALLS.items()
        },
    }


def draw(cells: tuple[Cell, ...], section: float, chance: np.random.Generator) -> np.ndarray:
    """Return losses of cells in which nothing happens, ``(cells, weeks)``: random walks of about 1 % a week."""
    size = 0.01 * np.exp(chance.normal(0.0, 0.4, (len(cells), 1)))
    noise = chance.standard_t(4, (len(cells), GRID_WEEKS)) / np.sqrt(2.0)
    shared = (
        (0.4, [one.region for one in cells]),
        (0.5, [one.industry for one in cells]),
        (section, [one.region + one.industry[0] for one in cells]),
    )
    for weight, names in shared:
        kinds, group = np.unique(names, return_inverse=True)
        noise += weight * chance.normal(0.0, 1.0, (len(kinds), GRID_WEEKS))[group]
    return (size * noise).cumsum(axis=1)


def is_seen(seen: np.ndarray, board: Board, limit: float, area: tuple[int, ...], branches: np.ndarray) -> bool:
    """Tell whether the strongest cluster that is told holds two regions or more of a fall, and an industry of it."""
    told = areas_above(seen, board, limit)
    if not told:
        return False
    _, _, regions, kinds = told[0]
    return len(set(board.areas[regions]) & set(area)) >= 2 and bool(set(kinds) & set(branches.tolist()))


def sectors() -> tuple[tuple[Cell, ...], np.ndarray]:
    """Return cells and their losses, ``(cells, weeks)``: minus the logarithm of employment."""
    with (DATA / "us_state_ids.csv").open(encoding="utf-8") as file:
        names = {row["statefips"]: row["stateabbrev"] for row in csv.DictReader(file)}
    with gzip.open(DATA / "us_state_sector_employment_weekly_2020_2022.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    days = sorted({_day(row) for row in rows})
    cells = tuple(Cell(name, sector) for name in sorted(names.values()) for sector in SECTORS)
    place, week = {cell: at for at, cell in enumerate(cells)}, {day: at for at, day in enumerate(days)}
    losses = np.full((len(cells), len(days)), np.nan)
    for row in rows:
        for sector in SECTORS:
            if row[sector] not in {"", "."}:
                losses[place[Cell(names[row["statefips"]], sector)], week[_day(row)]] = -np.log1p(float(row[sector]))
    return cells, losses


def borders() -> dict[str, frozenset[str]]:
    """Return the states that adjoin each."""
    found: dict[str, set[str]] = {}
    for part in BESIDE.replace("\n", "").split(";"):
        state, others = part.split(":")
        for other in others.split():
            found.setdefault(state, set()).add(other)
            found.setdefault(other, set()).add(state)
    return {state: frozenset(others) for state, others in found.items()}


def _day(row: dict[str, str]) -> date:
    return date(int(row["year"]), int(row["month"]), int(row["day_endofweek"]))


if __name__ == "__main__":
    sys.exit(main())
