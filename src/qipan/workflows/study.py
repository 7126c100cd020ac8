"""Studies: long questions that are asked, carried out aside, and whose answers are kept.

A study is acknowledged when its file and its terms are received; it is answered once, by a result or by an error. Who
carries it out may die: a study that nobody carries out and that has no answer is asked anew, it is not taken up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from qipan.dispatch.expansion.follow import weigh
from qipan.dispatch.expansion.tell import tell
from qipan.dispatch.model.expansion import Prospect
from qipan.kernel.errors import BadInputError, EngineError, NotFoundError, QipanError, RuleBrokenError, of_file
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.storage.books import Books, UnitOfWork
from qipan.storage.trail import record_action
from qipan.workflows.day import Day
from qipan.workflows.progress import OutOfTimeError, at
from qipan.workflows.request import DAY_TABLES, TABLES, DayRequest, RollRequest
from qipan.workflows.roll import Rolling

SOURCE: Final = "study"
ASKED: Final = "study_asked"
FILE: Final = "study_file"
ANSWER: Final = "study_answer"
TOLD: Final = ("code", "message", "hint", "field", "file")
"""What an answer tells of an error, besides its findings."""
LISTED_MOST: Final = 50
SECONDS_MOST: Final = 3600.0

Stopwatch = Callable[[], float]


class StudyKind(StrEnum):
    """What a study asks."""

    EXPANSION = "expansion"
    """What to build where and by when."""
    ROLL = "roll"
    """What not knowing the future costs."""
    DAY = "day"
    """Where the work of a day should run; the plan is kept as any other, and the answer names it."""


class Studies:
    """Keeps what is asked and answered, and carries it out.

    Parameters
    ----------
    read_prospect
        Reads a file of expansion that names no other file.
    """

    def __init__(
        self,
        *,
        books: Books,
        observations: Observations,
        day: Day,
        rolling: Rolling,
        read_prospect: Callable[[bytes], Prospect],
    ) -> None:
        self._books = books
        self._observations = observations
        self._day = day
        self._rolling = rolling
        self._read_prospect = read_prospect

    def ask_expansion(
        self, data: bytes, name: str, *, gap: float, seconds: float, now: datetime, caller: str | None = None
    ) -> int:
        """Receive a question of what to build, and return its number.

        Raises
        ------
        BadInputError
            ``option_out_of_range``; what the adapter refuses.
        """
        _check_range("gap", gap, 0.0, 1.0)
        _check_range("seconds", seconds, 1.0, SECONDS_MOST)
        self._read_prospect(data)
        terms = {"gap": gap, "seconds": seconds}
        return self._ask(StudyKind.EXPANSION, data, name, terms, now, caller)

    def ask_roll(self, request: RollRequest, *, seconds: float, now: datetime, caller: str | None = None) -> int:
        """Receive a question of rolling operation, and return its number.

        Raises
        ------
        BadInputError, NotFoundError
            ``option_out_of_range``; what `Rolling.check` refuses.
        """
        _check_range("seconds", seconds, 1.0, SECONDS_MOST)
        self._rolling.check(request)
        terms, tables = _apart(request, TABLES)
        return self._ask(StudyKind.ROLL, request.data, request.name, terms | {"seconds": seconds}, now, caller, tables)

    def ask_day(self, request: DayRequest, *, now: datetime, caller: str | None = None) -> int:
        """Receive a day to be run, and return the number of its study.

        Raises
        ------
        BadInputError, NotFoundError
            What `Day.check` refuses.
        """
        self._day.check(request)
        terms, tables = _apart(request, DAY_TABLES)
        return self._ask(StudyKind.DAY, request.data, request.name, terms, now, caller, tables)

    def _ask(
        self,
        kind: StudyKind,
        data: bytes,
        name: str,
        terms: Mapping[str, Any],
        now: datetime,
        caller: str | None,
        tables: Mapping[str, bytes] | None = None,
    ) -> int:
        with self._books.begin(caller=caller) as unit:
            file, *more = (
                self._observations.receive(unit, source=SOURCE, kind=FILE, data=one, now=now, rows=0).sequence
                for one in (data, *(tables or {}).values())
            )
            beside = dict(zip(tables or {}, more, strict=True))
            asked = {"kind": kind, "name": name, "terms": terms, "file": file, "tables": beside, "asked": now}
            # What is entered in the course of it is the doing of whoever asked.
            asked |= {"caller": unit.caller}
            receipt = self._observations.receive(unit, source=SOURCE, kind=ASKED, data=_written(asked), now=now, rows=0)
            record_action(unit, "study_asked", receipt.sequence, now, kind=str(kind), name=name)
        return receipt.sequence

    def studies(self, kind: StudyKind) -> list[dict[str, Any]]:
        """Return the newest studies of a kind, the newest first, without their answers."""
        with self._books.read() as unit:
            receipts = self._observations.batches(unit, kind=ASKED)
            of_kind = (one for one in map(self._asked, reversed(receipts)) if one["kind"] == kind)
            found = list(islice(of_kind, LISTED_MOST))
            answers = self._answers(unit, min((one["study_id"] for one in found), default=0))
        return [one | _state(answers.get(one["study_id"])) for one in found]

    def study(self, study_id: int, kind: StudyKind) -> dict[str, Any]:
        """Return a study with its answer: ``result``, or ``error``, or None in both as long as there is none.

        Raises
        ------
        NotFoundError
            ``study_unknown``.
        """
        with self._books.read() as unit:
            receipts = self._observations.batches(unit, kind=ASKED, after=study_id - 1, limit=1)
            asked = self._asked(receipts[0]) if receipts and receipts[0].sequence == study_id else None
            if asked is None or asked["kind"] != kind:
                raise NotFoundError(
                    f"A study must be one that was asked, was none of {kind} under {study_id}.",
                    code="study_unknown",
                    hint="The list of studies names them.",
                )
            answer = self._answers(unit, study_id).get(study_id)
        found = answer or {}
        return asked | _state(answer) | {"result": found.get("result"), "error": found.get("error")}

    def carry_out(
        self,
        study_id: int,
        *,
        cpu: Stopwatch,
        clock: Stopwatch,
        now: Callable[[], datetime],
        progress: Callable[[str], None],
    ) -> None:
        """Work a study out and keep its answer; nothing happens where it has one.

        Parameters
        ----------
        cpu, clock
            Seconds of CPU and of the clock; only differences are used.
        """
        with self._books.read() as unit:
            (receipt,) = self._observations.batches(unit, kind=ASKED, after=study_id - 1, limit=1)
            asked = self._asked(receipt)
            data = self._file(unit, asked["file"])
            tables = {name: self._file(unit, sequence) for name, sequence in asked.get("tables", {}).items()}
            if study_id in self._answers(unit, study_id):
                return
        ends = clock() + float(asked["terms"].get("seconds", math.inf))
        try:
            if asked["kind"] == StudyKind.EXPANSION:
                with of_file(asked["name"]):
                    result = self._expand(data, asked["terms"], lambda: clock() >= ends, progress)
            elif asked["kind"] == StudyKind.DAY:
                request = DayRequest(data=data, name=asked["name"], **_together(asked["terms"], tables, "day"))
                result = {"plan_id": self._day.run(request, now(), progress, caller=asked["caller"]).plan_id}
            else:
                result = self._roll(data, asked, ends, cpu, clock, progress, tables)
            answer: dict[str, Any] = {"study_id": study_id, "result": result}
        except QipanError as error:
            told = {name: getattr(error, name) for name in TOLD}
            findings = [asdict(finding) for finding in error.findings]
            answer = {"study_id": study_id, "error": told | {"findings": findings}}
        except Exception as error:
            # A defect of ours: whoever asked learns that it ended, and the server's log shows where.
            self._keep({"study_id": study_id, "error": _defect(error)}, now())
            raise
        self._keep(answer, now())

    def _file(self, unit: UnitOfWork, sequence: int) -> bytes:
        (receipt,) = self._observations.batches(unit, kind=FILE, after=sequence - 1, limit=1)
        return self._observations.data(receipt)

    def _keep(self, answer: dict[str, Any], ended: datetime) -> None:
        with self._books.begin() as unit:
            data = _written(answer | {"ended": ended})
            self._observations.receive(unit, source=SOURCE, kind=ANSWER, data=data, now=ended, rows=0)

    def _expand(
        self, data: bytes, terms: Mapping[str, Any], is_over: Callable[[], bool], progress: Callable[[str], None]
    ) -> dict[str, Any]:
        prospect = self._read_prospect(data)

        def is_enough(steps: int, cost_fen: float, bound_fen: float) -> bool:
            share = (cost_fen - bound_fen) / max(abs(bound_fen), 1.0)
            progress(f"{steps}: {share:.3%}")
            return is_over()

        return tell(prospect, weigh(prospect, gap=float(terms["gap"]), is_enough=is_enough))

    def _roll(
        self,
        data: bytes,
        asked: Mapping[str, Any],
        ends: float,
        cpu: Stopwatch,
        clock: Stopwatch,
        progress: Callable[[str], None],
        tables: Mapping[str, bytes],
    ) -> dict[str, Any]:
        terms = _together(asked["terms"], tables, "first_day")
        seconds = terms.pop("seconds")

        def told(step: str, share: float | None) -> None:
            if clock() >= ends:
                raise OutOfTimeError(step, share)
            progress(at(step, share))

        try:
            return asdict(self._rolling.run(RollRequest(data=data, name=asked["name"], **terms), cpu, clock, told))
        except OutOfTimeError as stopped:
            raise RuleBrokenError(
                f"A study must end within the time it was given, {seconds:g} s, was at {stopped}.",
                code="study_out_of_time",
                hint="Ask for fewer days, re-plans farther apart, or more seconds.",
            ) from stopped

    def _asked(self, receipt: Receipt) -> dict[str, Any]:
        asked: dict[str, Any] = json.loads(self._observations.data(receipt))
        return asked | {"study_id": receipt.sequence}

    def _answers(self, unit: UnitOfWork, after: int) -> dict[int, dict[str, Any]]:
        """Return the answers that came after a study was asked, by the study; of two, the first one stands."""
        found: dict[int, dict[str, Any]] = {}
        for receipt in self._observations.batches(unit, kind=ANSWER, after=after):
            answer = json.loads(self._observations.data(receipt))
            found.setdefault(answer["study_id"], answer)
        return found


def _apart(request: DayRequest | RollRequest, tables: Sequence[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what is asked besides the jobs: plain values, and files, each of which is kept for itself."""
    told = {name: value for name, value in asdict(request).items() if name not in ("data", "name")}
    files = {name: told.pop(name) for name in tables}
    return told, {name: data for name, data in files.items() if data is not None}


def _together(terms: Mapping[str, Any], tables: Mapping[str, bytes], day: str) -> dict[str, Any]:
    """Return the same again, with the moments that JSON held as text; ``day`` is the field of the day."""
    moments = {day: date.fromisoformat, "epoch": datetime.fromisoformat}
    read = {name: None if terms[name] is None else reader(terms[name]) for name, reader in moments.items()}
    return {**terms, **read, **tables}


def _state(answer: Mapping[str, Any] | None) -> dict[str, Any]:
    if answer is None:
        return {"state": "open", "ended": None}
    return {"state": "done" if "result" in answer else "failed", "ended": answer["ended"]}


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BadInputError(
            f"{name} must be {least:g} to {most:g}, was {value:g}.",
            code="option_out_of_range",
            hint=f"Write {least:g} to {most:g}.",
            field=name,
        )


def _defect(error: Exception) -> dict[str, Any]:
    """Return what is told of a study that an error of our own ended."""
    told = EngineError(
        f"A study must end with an answer, was ended by {type(error).__name__}: {error}.",
        code="study_failed",
        hint="This is a defect of Qipan: report it with the file that was sent; the server's log shows where.",
    )
    return {**{name: getattr(told, name) for name in TOLD}, "findings": []}


def _written(value: Any) -> bytes:
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; a number that is not finite becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
