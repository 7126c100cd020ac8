"""What is carried out aside: studies, in processes of their own, so that no page waits for them."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from threading import Lock
from typing import Any, Final

from qipan.bootstrap.services import build
from qipan.kernel.errors import RuleBrokenError
from qipan.settings import Settings
from qipan.workflows.study import StudyKind

_SPAWN: Final = multiprocessing.get_context("spawn")
_WORDS_BYTES: Final = 200
_LEAVES_S: Final = 0.5


def asides() -> dict[StudyKind, Aside]:
    """Return what carries studies of each kind out: days wait for days alone, other studies for one another."""
    days, others = Aside(), Aside()
    return {kind: days if kind is StudyKind.DAY else others for kind in StudyKind}


class Aside:
    """The process that carries a study out, one at a time, and how far it is."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: BaseProcess | None = None
        self._study_id = 0
        self._is_over: Any = _SPAWN.Value("b", 0)
        self._words: Any = _SPAWN.Array("c", _WORDS_BYTES)

    def start(self, settings: Settings, ask: Callable[[], int]) -> int:
        """Carry a study out, and return its number.

        Parameters
        ----------
        ask
            Keeps the study and returns its number; it is called once the turn is taken, so that no study is kept that
            is not carried out.

        Raises
        ------
        RuleBrokenError
            ``run_in_progress``.
        QipanError
            What is refused when it is asked.
        """
        with self._lock:
            self._check()
            study_id = ask()
            # Each process has words of its own, which one on its way out no longer changes.
            self._words, self._is_over = _SPAWN.Array("c", _WORDS_BYTES), _SPAWN.Value("b", 0)
            self._study_id = study_id
            told = (self._words, self._is_over)
            self._process = _SPAWN.Process(target=_carry_out, args=(settings, study_id, *told), daemon=True)
            self._process.start()
            return study_id

    def _check(self) -> None:
        """Refuse a study while another one is carried out.

        Raises
        ------
        RuleBrokenError
            ``run_in_progress``.
        """
        if self._process is not None:
            # One whose answer can be read already may still be on its way out.
            self._process.join(_LEAVES_S)
        if self.running is not None:
            raise RuleBrokenError(
                f"One study is carried out at a time, was {self._study_id} running.",
                code="run_in_progress",
                hint="Wait until it is done, then send the request again.",
            )

    @property
    def running(self) -> int | None:
        """Number of the study that is carried out, if one is."""
        is_busy = self._process is not None and self._process.is_alive() and not self._is_over.value
        return self._study_id if is_busy else None

    def state(self, study: Mapping[str, Any]) -> dict[str, Any]:
        """Return a study with its state: ``done``, ``failed``, ``running`` with its ``progress``, or ``interrupted``.

        An interrupted one has no answer and nobody works at it, as after a restart of the server.
        """
        if study["state"] != "open":
            return {**study, "progress": ""}
        is_alive = self._process is not None and self._process.is_alive() and self._study_id == study["study_id"]
        words = self._words.value.decode() if is_alive else ""
        return {**study, "state": "running" if is_alive else "interrupted", "progress": words}


def _carry_out(settings: Settings, study_id: int, words: Any, is_over: Any) -> None:
    services = build(settings)

    def progress(told: str) -> None:
        words.value = told.encode()[: _WORDS_BYTES - 1]

    try:
        services.studies.carry_out(
            study_id,
            cpu=time.process_time,
            clock=time.perf_counter,
            now=lambda: datetime.now(UTC),
            progress=progress,
        )
    finally:
        is_over.value = 1
        services.books.close()
