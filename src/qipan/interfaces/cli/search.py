"""What commands that search for the least cost share: when they stop, and what they tell on the way."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.print import remark
from qipan.interfaces.report.numbers import grouped, yuan

if TYPE_CHECKING:
    from types import FrameType

Gap = Annotated[
    float, typer.Option("--gap", min=0, help="Stop once the cost is at most this share above the certified bound.")
]
Seconds = Annotated[
    float | None, typer.Option("--seconds", min=0, help="Stop after so long, however near; Ctrl-C does, too.")
]

IsEnough = Callable[[int, float, float], bool]
"""Asked after each step with its number, the cost and the bound so far."""


@contextmanager
def searching(seconds: float | None, language: Language) -> Iterator[IsEnough]:
    """Tell each step of a search, and end it at Ctrl-C or after so many seconds."""
    begun = monotonic()
    with stopping() as stopped:

        def is_enough(steps: int, cost_fen: float, bound_fen: float) -> bool:
            number, cost, bound = grouped(steps), yuan(cost_fen), yuan(bound_fen)
            remark(
                language.say(
                    f"{number:>9} steps  cost {cost}  bound {bound} yuan",
                    f"{number:>9} 步  费用 {cost} 元  下界 {bound} 元",
                )
            )
            return bool(stopped) or (seconds is not None and monotonic() - begun >= seconds)

        yield is_enough


@contextmanager
def stopping() -> Iterator[list[int]]:
    """Note a first Ctrl-C instead of ending; a second one ends."""
    stopped: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        stopped.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
