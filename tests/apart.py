"""Type a command in a process of its own, without importing the house each time: a server that has it forks."""

import os
import sys
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

TIMEOUT_S = 600.0
"""Long enough for a machine that does much else while kernels are compiled: no test is judged by its time."""

SOURCE = Path(__file__).resolve().parents[1] / "src"
# A command loads its own pillar; who serves all pages has all of them at hand.
ROOMS = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for room in ("bootstrap", "interfaces/cli")
    for path in sorted((SOURCE / "qipan" / room).rglob("[a-z]*.py"))
]

_house = get_context("forkserver")
_house.set_forkserver_preload([*ROOMS, "alembic.command"])


def run_apart(
    words: list[str], folder: Path, environment: dict[str, str], now: datetime | None = None
) -> tuple[int | None, str, str]:
    """Return exit code, standard output and standard error of a command, as a shell would see them at a moment."""
    told, said = folder.parent / "stdout", folder.parent / "stderr"
    process = _house.Process(target=_type, args=(words, folder, environment, now, told, said))
    process.start()
    process.join(TIMEOUT_S)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode, told.read_text("utf-8"), said.read_text("utf-8")


def _type(
    words: list[str], folder: Path, environment: dict[str, str], now: datetime | None, told: Path, said: Path
) -> None:
    for number, path in ((1, told), (2, said)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    from qipan.interfaces.cli import session
    from qipan.interfaces.cli.app import main

    if now is not None:
        session.now = lambda: now

    main()
