"""Carry orders out on Slurm through its commands; ``SLURM_CONF`` says which cluster.

A job's name is that of its attempt, its comment the job's own; jobs are known by name, for a controller that dies
forgets what it took in its last seconds and gives their ids away again. Commands hang where a controller is down, so
each is given a time. Nothing of the caller's environment goes along with a job but its
path and home.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from qipan.dispatch.engines.script import CLAIMED, LEASE_OVER, NO_CLAIM, TIME_OVER, script
from qipan.dispatch.model.submission import OPEN, Known, Order, State, prefix_of
from qipan.kernel.errors import EngineError

ACTIVE: Final = ("%A", "%j", "%T", "%r")
ENDED: Final = ("JobIDRaw", "JobName", "State", "ExitCode", "Start", "End")
MINUTE_S: Final = 60
CANCELLED_AT_ONCE: Final = 200
"""How many jobs one ``scancel`` is told of."""

STATES: Final = {
    "PENDING": State.WAITING,
    "REQUEUED": State.WAITING,
    "REQUEUE_HOLD": State.WAITING,
    "REQUEUE_FED": State.WAITING,
    "SPECIAL_EXIT": State.WAITING,
    "COMPLETED": State.FINISHED,
    "FAILED": State.FAILED,
    "OUT_OF_MEMORY": State.FAILED,
    "TIMEOUT": State.FAILED,
    "CANCELLED": State.CANCELLED,
    "BOOT_FAIL": State.LOST,
    "DEADLINE": State.LOST,
    "NODE_FAIL": State.LOST,
    "PREEMPTED": State.LOST,
    "REVOKED": State.LOST,
}
"""Slurm's word to ours; every other word is that of a job on a node.

Jobs are submitted with ``--no-requeue``, so a node that fails ends them for good: Slurm does not begin them again.
"""

CODES: Final = {
    LEASE_OVER: (State.LOST, "lease_over"),
    NO_CLAIM: (State.LOST, "no_claim"),
    # Another one of the name runs, or ran: what became of it is not known as yet.
    CLAIMED: (State.RUNNING, "claimed"),
    TIME_OVER: (State.FAILED, "time_over"),
}

RANK: Final = (State.FINISHED, State.RUNNING, State.FAILED, State.WAITING, State.CANCELLED, State.LOST)
"""Which one counts where several have one name."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command said, and the code it ended with."""

    code: int
    out: bytes
    told: str


Run = Callable[[Sequence[str], Mapping[str, str], bytes, float], Done]
"""Runs words in an environment, with an input, for so many seconds at most; raises as `subprocess.run`."""


def run(words: Sequence[str], environment: Mapping[str, str], given: bytes, seconds: float) -> Done:
    """Run a command of Slurm."""
    done = subprocess.run(
        words, env=environment, input=given, capture_output=True, timeout=seconds, check=False, start_new_session=True
    )
    return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


class Slurm:
    """One cluster.

    Parameters
    ----------
    conf
        Its slurm.conf, as ``SLURM_CONF`` names it.
    folder
        Folder that the cluster's nodes share: claims are made there, and the output of jobs goes there.
    partition
        Where jobs go; empty for the cluster's default.
    columns
        What the ledger wants to read of the accounting.
    """

    def __init__(
        self,
        site_id: str,
        *,
        conf: str,
        folder: str,
        partition: str = "",
        columns: Sequence[str] = (),
        timeout_s: float = 10.0,
        runs: Run = run,
    ) -> None:
        self._site_id = site_id
        self._folder = folder
        self._partition = partition
        self._columns = tuple(columns)
        self._timeout_s = timeout_s
        self._runs = runs
        # Slurm prints and reads local time without a zone.
        told = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environment = told | {"TZ": "UTC", "SLURM_CONF": conf}

    def known(self, plan_id: str, since: datetime) -> Sequence[Known]:
        """Return what the cluster knows of a plan; the queue says what is active, the accounting what has ended.

        What is active in the accounting alone is left out: a controller that died forgot it, and nothing will end it.

        Raises
        ------
        EngineError
            ``engine_silent``, ``engine_failed``; ``accounting_silent`` where the controller answers and its database
            does not: then nobody can say what has ended.
        """
        out = self._ask("squeue", "--noheader", "--all", "--me", "--states=all", f"--format={'|'.join(ACTIVE)}")
        # The queue holds for some minutes what has ended, so accounting that is behind is told from what was forgotten.
        queue = [_active(line) for line in _lines(out, len(ACTIVE))]
        active = [one for one in queue if one.state in OPEN]
        held, queued = {_id_and_name(one) for one in queue}, {_id_and_name(one) for one in active}
        try:
            ended = self._accounts(plan_id, since)
        except EngineError as error:
            if error.code != "engine_silent":
                raise
            raise EngineError(
                f"The accounting of {self._site_id} must answer, was silent: {error.message}",
                code="accounting_silent",
                hint="Start slurmdbd; until then nothing is given to the site, and nothing there is given up.",
            ) from error
        is_forgotten = {_id_and_name(one) for one in ended if one.is_active} - held
        found = active + [one for one in ended if _id_and_name(one) not in queued | is_forgotten]
        return one_of_each(one for one in found if one.name.startswith(prefix_of(plan_id)))

    def ended(self, plan_id: str, since: datetime) -> Sequence[Known]:
        """Return what the accounting knows of a plan; it answers where the controller is down and its database is up.

        Raises
        ------
        EngineError
            ``engine_silent``, ``engine_failed``.
        """
        return one_of_each(self._accounts(plan_id, since))

    def submit(self, order: Order) -> str:
        """Give an attempt to the cluster; its lease stands in the script.

        Slurm's own deadline is not set: it overwrites the accounting of jobs that ended well before it and that the
        controller has not yet put away.

        Raises
        ------
        EngineError
            ``engine_silent``, ``engine_failed``.
        """
        attempt = order.attempt
        minutes = math.ceil(order.requested_s / MINUTE_S) + 1
        words = [
            "sbatch",
            "--parsable",
            "--no-requeue",
            "--export=PATH,HOME",
            f"--job-name={attempt.name}",
            f"--comment={attempt.job_id}",
            f"--chdir={self._folder}",
            f"--output={self._folder}/%x.out",
            f"--time={minutes}",
            *_asked(order),
        ]
        words += [f"--partition={self._partition}"] if self._partition else []
        if attempt.lease_ends is not None:
            words.append(f"--begin={_local(attempt.start)}")
        return self._ask(*words, given=script(order, self._folder).encode()).decode().strip().partition(";")[0]

    def cancel(self, engine_ids: Sequence[str]) -> None:
        """End jobs; one that has ended already is no fault.

        Raises
        ------
        EngineError
            ``engine_silent``, ``engine_failed``.
        """
        for first in range(0, len(engine_ids), CANCELLED_AT_ONCE):
            self._ask("scancel", "--quiet", *engine_ids[first : first + CANCELLED_AT_ONCE])

    def accounting(self, since: datetime) -> bytes:
        """Return the accounting of everybody's jobs since a moment, in UTC.

        Raises
        ------
        EngineError
            ``engine_silent``, ``engine_failed``.
        """
        asked = (
            "--allusers",
            "--duplicates",
            "--parsable2",
            f"--starttime={_local(since)}",
            f"--format={','.join(self._columns)}",
        )
        return self._ask("sacct", *asked)

    def _accounts(self, plan_id: str, since: datetime) -> list[Known]:
        """Return what the accounting knows of a plan, several of one name among them."""
        asked = (
            "--noheader",
            "--duplicates",
            "--allocations",
            "--parsable2",
            f"--user={os.getuid()}",
            f"--starttime={_local(since)}",
        )
        out = self._ask("sacct", *asked, f"--format={','.join(ENDED)}")
        found = [_ended(line) for line in _lines(out, len(ENDED))]
        return [one for one in found if one.name.startswith(prefix_of(plan_id))]

    def _ask(self, *words: str, given: bytes = b"") -> bytes:
        try:
            done = self._runs(words, self._environment, given, self._timeout_s)
        except FileNotFoundError as error:
            raise EngineError(
                f"Slurm's command {words[0]} must be installed, was not found.",
                code="engine_missing",
                hint="Install Slurm's client commands, or put them on the PATH.",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise self._silent(words[0], f"nothing within {self._timeout_s:g} s") from error
        if done.code == 0:
            return done.out
        if any(sign in done.told.casefold() for sign in SILENT):
            raise self._silent(words[0], done.told)
        raise EngineError(
            f"Slurm must do what {words[0]} asks, was: {done.told or f'exit code {done.code}'}, at {self._site_id}.",
            code="engine_failed",
            hint="Check the site's partition and resources in engines.toml; `sinfo` shows what the cluster has.",
        )

    def _silent(self, command: str, told: str) -> EngineError:
        return EngineError(
            f"The engine of {self._site_id} must answer {command}, was: {told}.",
            code="engine_silent",
            hint="Follow the plan on: its work goes elsewhere when its lease is over, or at once after "
            "`qipan dispatch fence`.",
        )


SILENT: Final = (
    "unable to contact",
    "connection refused",
    "connect failure",
    "timed out",
    "socket",
    "zero bytes",
    "slurm_persist_conn",
    "communication",
    "in standby mode",
    "problem talking to",
)
"""What Slurm's commands say where nobody answers them."""


def one_of_each(found: Iterable[Known]) -> tuple[Known, ...]:
    """Return one for each name: the one that ended well, else the one that runs; others that wait are its twins.

    Examples
    --------
    >>> [one.twins for one in one_of_each([Known("a", "8", State.WAITING), Known("a", "7", State.RUNNING)])]
    [('8',)]
    """
    by_name: dict[str, list[Known]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    chosen = []
    for several in by_name.values():
        first, *others = sorted(
            several, key=lambda one: (one.reason == "claimed", RANK.index(one.state), one.engine_id)
        )
        twins = tuple(one.engine_id for one in others if one.state is State.WAITING)
        chosen.append(replace(first, twins=twins))
    return tuple(chosen)


def _id_and_name(one: Known) -> tuple[str, str]:
    """Return what tells jobs apart: a controller that forgot some gives their ids to others."""
    return one.engine_id, one.name


def _asked(order: Order) -> tuple[str, ...]:
    """Return how a quantity is asked for; cards and nodes are whole."""
    units, resource = max(1, math.ceil(order.quantity)), order.resource
    if resource == "node":
        return (f"--nodes={units}", "--exclusive")
    if resource == "cpu":
        return ("--ntasks=1", f"--cpus-per-task={units}")
    name = resource.removeprefix("gres/")
    if name == "gpu" or name.startswith("gpu:"):
        card = name.removeprefix("gpu").removeprefix(":")
        return (f"--gpus={card}:{units}" if card else f"--gpus={units}",)
    return ("--ntasks=1", f"--gres={name}:{units}")


def _lines(out: bytes, cells: int) -> list[list[str]]:
    rows = [line.split("|") for line in out.decode(errors="replace").splitlines()]
    return [row for row in rows if len(row) == cells]


def _active(cells: Sequence[str]) -> Known:
    engine_id, name, state, reason = cells
    return Known(name, engine_id, STATES.get(state, State.RUNNING), reason="" if reason == "None" else reason)


def _ended(cells: Sequence[str]) -> Known:
    engine_id, name, told, code, start, end = cells
    word = told.partition(" ")[0]
    state, reason = STATES.get(word, State.RUNNING), "" if word == "COMPLETED" else word.lower()
    exit_code = int(code.partition(":")[0] or 0)
    if word == "FAILED":
        state, reason = CODES.get(exit_code, (state, f"exit_{code.replace(':', '_')}"))
    return Known(name, engine_id, state, _moment(start), _moment(end), reason)


def _local(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(text: str) -> datetime | None:
    return None if text in {"", "Unknown", "None"} else datetime.fromisoformat(text).replace(tzinfo=UTC)
