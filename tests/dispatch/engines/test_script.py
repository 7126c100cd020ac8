"""The script of an attempt keeps lease and claim by itself; a real shell runs it here."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qipan.dispatch.engines.script import CLAIMED, LEASE_OVER, NO_CLAIM, TIME_OVER, script


def run(text: str) -> tuple[int, str]:
    done = subprocess.run(["/bin/sh"], input=text, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stdout


def lease(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_script_runs_once_and_tells_the_job_who_it_is(order_of, tmp_path) -> None:
    order = order_of("a 'b'\n$(c)", 'echo $QIPAN_PLAN $QIPAN_ATTEMPT; echo "$QIPAN_JOB"', lease_ends=lease(9000))
    text = script(order, str(tmp_path))
    assert run(text) == (0, "2026-01-02-7 1\na 'b'\n$(c)\n")
    assert run(text) == (0, "")


def test_script_that_another_has_claimed_runs_nothing(order_of, tmp_path) -> None:
    order = order_of(command="echo ran", lease_ends=lease(9000))
    (tmp_path / f"{order.attempt.name}.claim").mkdir()
    assert run(script(order, str(tmp_path))) == (CLAIMED, "")


def test_script_of_a_job_that_ended_says_so_again_whenever_it_is_run(order_of, tmp_path) -> None:
    order = order_of(command="echo ran; exit 7", lease_ends=lease(9000))
    assert run(script(order, str(tmp_path))) == (7, "ran\n")
    late = replace(order, attempt=replace(order.attempt, lease_ends=lease(-60)))
    assert run(script(late, str(tmp_path))) == (7, "")


def test_script_that_comes_too_late_runs_nothing_and_claims_nothing(order_of, tmp_path) -> None:
    order = order_of(command="echo ran", lease_ends=lease(5400 + 5))
    assert run(script(order, str(tmp_path))) == (LEASE_OVER, "")
    assert list(tmp_path.iterdir()) == []


def test_script_without_room_for_a_claim_runs_nothing(order_of, tmp_path) -> None:
    order = order_of(command="echo ran", lease_ends=lease(9000))
    assert run(script(order, f"{tmp_path}/missing")) == (NO_CLAIM, "")


@pytest.mark.parametrize(("code", "told"), [(0, 0), (7, 7), (LEASE_OVER, 1), (CLAIMED, 1), (NO_CLAIM, 1)])
def test_script_ends_as_the_job_does_but_keeps_its_own_codes(order_of, tmp_path, code, told) -> None:
    order = order_of(command=f"exit {code}", lease_ends=lease(9000))
    assert run(script(order, str(tmp_path)))[0] == told


def test_script_ends_a_job_whose_time_is_over(order_of, tmp_path) -> None:
    order = order_of(command="sleep 20; echo ran", requested_s=0.5, lease_ends=lease(60))
    assert run(script(order, str(tmp_path))) == (TIME_OVER, "")
