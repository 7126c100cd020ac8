"""Live operation killed at any moment loses no job and places none twice, however often it is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.settings import Settings
from qipan.workflows.live import DECISION, JOBS

pytestmark = pytest.mark.slow

NOW = datetime(2026, 5, 30, tzinfo=UTC)
COUNT, FILES, KILLS = 120, 10, 5
WAIT_S = 240
HEADER = "job_id,submit,kind,quantity,requested_s,origin,tier,start_by\n"
STARTS_BY = "2026-06-02T08:00:00+08:00"
MAIN = "from qipan.interfaces.cli.app import main; main()"


def drop(folder: Path, number: int) -> None:
    """Give a file of ten jobs to the folder, whole at once; every third one comes twice."""
    rows = "".join(
        f"j{job},2026-06-01T00:{job % 60:02d}:00+08:00,intelligent,{1 + job % 8},3600,440000,"
        f"{('batch', 'offline')[job % 2]},{STARTS_BY}\n"
        for job in range(number * COUNT // FILES, (number + 1) * COUNT // FILES)
    )
    for name in [f"{number:02d}.csv"] + [f"{number:02d}-again.csv"] * (number % 3 == 0):
        new = folder / f".{name}.new"
        new.write_text(HEADER + rows, encoding="utf-8")
        new.replace(folder / name)


class Operation:
    """A home, a folder, and the command that operates them."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "home")
        initialise(self.settings, NOW)
        self.intake = folder / "intake"
        self.intake.mkdir()
        self.outs: list[Path] = []

    def begin(self) -> subprocess.Popen[bytes]:
        words = ["dispatch", "roll", "--live", "--intake", str(self.intake), "--from", "2026-06-01", "--speed", "600"]
        command = [sys.executable, "-c", MAIN, *words, "--every", "15m", "--json"]
        self.outs.append(self.intake.parent / f"out-{len(self.outs)}")
        with self.outs[-1].open("wb") as sink:
            environment = os.environ | {"QIPAN_HOME": str(self.settings.home)}
            return subprocess.Popen(command, env=environment, stdout=sink, stderr=subprocess.STDOUT)

    def wait(self, child: subprocess.Popen[bytes], is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + WAIT_S
        while not is_so():
            assert child.poll() is None, self.outs[-1].read_text()
            assert time.monotonic() < until
            time.sleep(0.1)

    def has_decided(self) -> bool:
        return b'"decision"' in self.outs[-1].read_bytes()

    def told(self) -> set[tuple[str, str, str]]:
        """Return every final seat that was printed; a killed line may be cut short."""
        lines = [line for out in self.outs for line in out.read_text(encoding="utf-8").splitlines()]
        seats = [
            seat
            for line in lines
            if line.startswith("{") and line.endswith("}}")
            for seat in json.loads(line).get("decision", {}).get("placed", [])
        ]
        return {(one["job_id"], one["pool_id"], one["start"]) for one in seats if one["is_final"]}


def kept_by(services: Services) -> tuple[int, list[dict[str, Any]]]:
    """Return how many files were taken in, and all decisions."""
    with services.books.read() as unit:
        decisions = services.observations.batches(unit, kind=DECISION)
        files = len(services.observations.batches(unit, kind=JOBS))
    return files, [json.loads(services.observations.data(one)) for one in decisions]


def final_seats(decisions: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(job, pool, start) for one in decisions for job, _, pool, start, is_final in one["placed"] if is_final]


def answered(decisions: list[dict[str, Any]]) -> list[str]:
    return [job for job, _, _ in final_seats(decisions)] + [job for one in decisions for job in one["lost"]]


def test_live_operation_killed_again_and_again_loses_nothing_and_places_nothing_twice(tmp_path: Path) -> None:
    operation, rng = Operation(tmp_path), random.Random(4)
    for kill in range(KILLS):
        child = operation.begin()
        operation.wait(child, operation.has_decided)
        for number in range(kill * FILES // KILLS, (kill + 1) * FILES // KILLS):
            drop(operation.intake, number)
            time.sleep(rng.uniform(0.0, 0.7))
        child.send_signal(signal.SIGKILL)
        child.wait()

    services = build(operation.settings)
    child = operation.begin()
    operation.wait(child, lambda: len(answered(kept_by(services)[1])) >= COUNT)
    # One Ctrl-C ends it well.
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 0

    files, decisions = kept_by(services)
    final = final_seats(decisions)
    assert files == FILES
    # Each job has one answer and only one; only a window that closed while nobody was there may make it a loss.
    assert sorted(answered(decisions)) == sorted(f"j{job}" for job in range(COUNT))
    assert len(final) > COUNT // 2
    assert [one.name for one in operation.intake.iterdir() if one.suffix == ".csv"] == []
    # Nobody was told of a seat that the books do not know.
    assert operation.told() <= set(final)
    assert operation.told()
    services.books.close()
