"""Prove what the cluster scan promises, on real employment of 51 states in four sectors by the week, 2020 to 2022.

A fall of a tenth is put into three adjoining states of one sector, from a week on: found if within four weeks a cluster
of that sector is told that holds two of them or more. Clusters are false where states were dealt out at random, so
that who adjoins whom is chance; the threshold comes from other deals of earlier weeks.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.prove_attribution import share
from benchmarks.record import RESULTS, write

from qipan.labour.model.cluster import Board
from qipan.labour.model.panel import Cell
from qipan.labour.scan_clusters import count_begun, deviations, lay_out, learn_threshold

SHOCKS, DEALS, FALL, WEEKS, FALSE_A_YEAR = 400, 100, 0.10, 4, 1.0
FIRST, EVERY, PER_YEAR, BASE = 84, 13, 52.18, 52
"""Week from which on is tested; thresholds are learned anew once a quarter."""
SECTORS = ("emp_ss40", "emp_ss60", "emp_ss65", "emp_ss70")
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    began, chance = time.monotonic(), np.random.default_rng(asked.seed)
    cells, losses = sectors()
    board = lay_out(cells, borders())
    laid = losses.reshape(len(board.regions), len(board.branches), -1)
    weeks = range(BASE // 2 + 4, laid.shape[2])
    seen = {week: deviations(laid[:, :, : week + 1], week, BASE) for week in weeks}
    thresholds = {
        week: learn_threshold([seen[one] for one in weeks if one < week], board.weights, PER_YEAR, FALSE_A_YEAR, chance)
        for week in range(FIRST, laid.shape[2], EVERY)
    }
    limits = np.array([thresholds[week - (week - FIRST) % EVERY] for week in range(FIRST, laid.shape[2])])
    tested = [seen[week] for week in range(FIRST, laid.shape[2])]
    years = len(tested) / PER_YEAR
    false = [count_begun((dealt(one, board, chance) >= limits)[None]) for one in [tested] * asked.deals]
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
        "told_a_year_in_the_real_panel": round(count_begun((highest(tested, board) >= limits)[None]) / years, 3),
        "found_within_4_weeks": share(
            sum(is_found(laid, board, limits, chance) for _ in range(asked.shocks)), asked.shocks
        ),
        "took_s": round(time.monotonic() - began, 1),
    }
    print(whole)
    print(f"See {write('prove_clusters', whole, asked.results).name}.")
    least = whole["false_a_year_where_states_are_dealt_out"] - 1.64 * whole["standard_error"]
    return int(least > FALSE_A_YEAR)


def highest(seen: list[np.ndarray], board: Board) -> np.ndarray:
    """Return the highest score of each period."""
    return np.array([(board.weights @ one.reshape(len(one), -1)).max() for one in seen])


def dealt(seen: list[np.ndarray], board: Board, chance: np.random.Generator) -> np.ndarray:
    """Return the highest scores with regions dealt out anew in each branch."""
    order = chance.permuted(np.tile(np.arange(len(board.regions))[:, None], (1, len(board.branches))), axis=0)
    return highest([np.take_along_axis(one, order[:, :, None], axis=0) for one in seen], board)


def is_found(laid: np.ndarray, board: Board, limits: np.ndarray, chance: np.random.Generator) -> bool:
    """Put a fall into an area of three and return whether it is found in time."""
    threes = [area for area in board.areas if len(area) == 3]
    area, branch = threes[int(chance.integers(len(threes)))], int(chance.integers(len(board.branches)))
    since = int(chance.integers(FIRST, laid.shape[2] - WEEKS + 1))
    hit = laid.copy()
    hit[list(area), branch, since:] -= np.log1p(-FALL)
    for week in range(since, since + WEEKS):
        scores = (board.weights @ deviations(hit[:, :, : week + 1], week, BASE)[:, branch]).max(axis=1)
        best = int(scores.argmax())
        if scores[best] >= limits[week - FIRST] and len(set(board.areas[best]) & set(area)) >= 2:
            return True
    return False


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
