"""What Slurm's commands print becomes what is known; what they are asked is what an attempt needs."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from qipan.dispatch.engines.slurm import Done, Slurm, run
from qipan.dispatch.model.submission import State
from qipan.kernel.errors import EngineError

PLAN = "2026-01-02-7"
SINCE = datetime(2026, 1, 2, 7, 0, tzinfo=UTC)


class Commands:
    """Answers each command with what stands for it, and keeps what was asked."""

    def __init__(self, **answers: str | Done | Exception) -> None:
        self.answers = answers
        self.asked: list[tuple[list[str], dict[str, str], str]] = []

    def __call__(self, words, environment, given, _seconds) -> Done:
        self.asked.append((list(words), dict(environment), given.decode()))
        answer = self.answers[words[0]]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Done) else Done(0, answer.encode(), "")


def slurm(commands: Commands, **more) -> Slurm:
    return Slurm("north", conf="north.conf", folder="shared", runs=commands, **more)


def row(number: int, state: str, code: str = "0:0", name: str = "") -> str:
    name = name or f"qipan-{PLAN}-1-{number}"
    return f"{number}|{name}|{state}|{code}|2026-01-02T08:00:00|2026-01-02T08:00:09\n"


def test_known_joins_queue_and_accounting_and_leaves_other_plans_out() -> None:
    queue = (
        f"1|qipan-{PLAN}-1-1|PENDING|Priority\n2|qipan-{PLAN}-1-2|COMPLETING|None\n9|qipan-{PLAN}1-1-2|RUNNING|None\n"
    )
    ended = row(1, "RUNNING") + row(3, "COMPLETED") + row(4, "COMPLETED", name="somebody's")
    known = {one.engine_id: one for one in slurm(Commands(squeue=queue, sacct=ended)).known(PLAN, SINCE)}
    states = {number: one.state for number, one in known.items()}
    assert states == {"1": State.WAITING, "2": State.RUNNING, "3": State.FINISHED}
    assert known["1"].reason == "Priority"
    assert known["3"].ended == datetime(2026, 1, 2, 8, 0, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "code", "state", "reason"),
    [
        ("COMPLETED", "0:0", State.FINISHED, ""),
        ("FAILED", "2:0", State.FAILED, "exit_2_0"),
        ("FAILED", "74:0", State.LOST, "lease_over"),
        ("FAILED", "75:0", State.RUNNING, "claimed"),
        ("FAILED", "76:0", State.LOST, "no_claim"),
        ("FAILED", "124:0", State.FAILED, "time_over"),
        ("CANCELLED by 1000", "0:15", State.CANCELLED, "cancelled"),
        ("NODE_FAIL", "0:0", State.LOST, "node_fail"),
        ("DEADLINE", "0:0", State.LOST, "deadline"),
        ("TIMEOUT", "0:0", State.FAILED, "timeout"),
        ("SOMETHING_NEW", "0:0", State.RUNNING, "something_new"),
    ],
)
def test_ended_reads_every_state(told: str, code: str, state: State, reason: str) -> None:
    (one,) = slurm(Commands(sacct=row(1, told, code))).ended(PLAN, SINCE)
    assert (one.state, one.reason) == (state, reason)


def test_known_leaves_out_what_only_the_accounting_holds_for_active() -> None:
    # 1 has just ended, and its accounting is behind; 2 was forgotten; the id of 3 belongs to another by now.
    queue = f"1|qipan-{PLAN}-1-1|COMPLETED|None\n3|qipan-{PLAN}-1-x|PENDING|None\n"
    still = "".join(row(number, "RUNNING").replace("2026-01-02T08:00:09", "Unknown") for number in (1, 2))
    commands = Commands(squeue=queue, sacct=still + row(3, "COMPLETED"))
    known = {one.name[-1]: (one.state, one.is_active) for one in slurm(commands).known(PLAN, SINCE)}
    assert known == {"1": (State.RUNNING, True), "3": (State.FINISHED, False), "x": (State.WAITING, True)}
    assert "--states=all" in commands.asked[0][0]


def test_several_of_one_name_are_one_and_its_twins() -> None:
    name = f"qipan-{PLAN}-1-x"
    queue = f"5|{name}|PENDING|None\n6|{name}|RUNNING|None\n"
    (one,) = slurm(Commands(squeue=queue, sacct=row(7, "FAILED", "75:0", name))).known(PLAN, SINCE)
    assert (one.engine_id, one.state, one.twins) == ("6", State.RUNNING, ("5",))
    (one,) = slurm(Commands(sacct=row(7, "FAILED", "75:0", name) + row(8, "COMPLETED", "0:0", name))).ended(PLAN, SINCE)
    assert (one.engine_id, one.state) == ("8", State.FINISHED)


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("gres/gpu", ["--gpus=8"]),
        ("gres/gpu:a100", ["--gpus=a100:8"]),
        ("gres/npu", ["--ntasks=1", "--gres=npu:8"]),
        ("cpu", ["--ntasks=1", "--cpus-per-task=8"]),
        ("node", ["--nodes=8", "--exclusive"]),
    ],
)
def test_submit_asks_for_units_and_for_one_run_within_the_lease(order_of, resource: str, words: list[str]) -> None:
    commands = Commands(sbatch="4711;north\n")
    assert slurm(commands, partition="main").submit(order_of(resource=resource)) == "4711"
    ((asked, environment, script),) = commands.asked
    assert [word for word in words if word not in asked] == []
    for word in ("--no-requeue", "--comment=train / 1", "--time=91", "--partition=main", "--begin=2026-01-02T08:00:00"):
        assert word in asked
    assert not any(word.startswith("--deadline") for word in asked)
    assert environment["SLURM_CONF"] == "north.conf"
    assert set(environment) <= {"PATH", "HOME", "TZ", "SLURM_CONF"}
    assert "QIPAN_JOB='train / 1'" in script


def test_cancel_tells_many_in_few_words() -> None:
    commands = Commands(scancel="")
    slurm(commands).cancel([str(number) for number in range(450)])
    assert [len(words) - 2 for words, _, _ in commands.asked] == [200, 200, 50]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (subprocess.TimeoutExpired("squeue", 10), "engine_silent"),
        (FileNotFoundError(), "engine_missing"),
        (Done(1, b"", "squeue: error: Unable to contact slurm controller (connect failure)"), "engine_silent"),
        (Done(1, b"", "squeue: error: Invalid user"), "engine_failed"),
    ],
)
def test_what_is_wrong_with_the_engine_has_a_code(answer, code: str) -> None:
    with pytest.raises(EngineError) as told:
        slurm(Commands(squeue=answer)).known(PLAN, SINCE)
    assert told.value.code == code


def test_a_database_that_is_down_is_not_a_site_that_is_down() -> None:
    down = Done(1, b"", "sacct: error: Problem talking to the database: Connection refused")
    with pytest.raises(EngineError) as told:
        slurm(Commands(squeue="", sacct=down)).known(PLAN, SINCE)
    assert told.value.code == "accounting_silent"


def test_accounting_is_asked_for_everybody_in_utc() -> None:
    commands = Commands(sacct="JobIDRaw|End\n")
    assert slurm(commands, columns=("JobIDRaw", "End")).accounting(SINCE - timedelta(hours=1)) == b"JobIDRaw|End\n"
    ((asked, environment, _),) = commands.asked
    assert asked[1:] == [
        "--allusers",
        "--duplicates",
        "--parsable2",
        "--starttime=2026-01-02T06:00:00",
        "--format=JobIDRaw,End",
    ]
    assert environment["TZ"] == "UTC"


def test_run_returns_what_was_said_and_the_code() -> None:
    done = run(["/bin/sh", "-c", "cat; echo told >&2; exit 3"], {}, b"given", 10)
    assert done == Done(3, b"given", "told")
