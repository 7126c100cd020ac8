"""A published log as a folder of plain files that anyone can copy.

``checkpoints`` holds the signed notes with an empty line between them, ``entries`` one leaf a line, and
``payloads/ab/abcd...`` what was entered, named by its SHA-256. Publishing again adds what is new.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.log.model import Published

CHECKPOINTS: Final = "checkpoints"
ENTRIES: Final = "entries"
PAYLOADS: Final = "payloads"
_HALF: Final = "\n\n"


def read(folder: Path) -> Published:
    """Read a published log, without its payloads.

    Raises
    ------
    BadInputError
        ``published_unreadable`` when a file is missing, or is no text as it was published.
    """
    try:
        notes = (folder / CHECKPOINTS).read_bytes().decode()
        entries = (folder / ENTRIES).read_bytes()
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(folder, str(error)) from error
    halves = notes.split(_HALF)
    checkpoints = tuple(f"{a}{_HALF}{b}\n" for a, b in zip(halves[::2], halves[1::2], strict=False))
    # The last half keeps its own line feed.
    checkpoints = (*checkpoints[:-1], checkpoints[-1][:-1]) if checkpoints else ()
    if len(halves) % 2 or "\n".join(checkpoints) != notes:
        raise _unreadable(folder, "checkpoints are not notes with an empty line between them")
    if entries and not entries.endswith(b"\n"):
        raise _unreadable(folder, "the last entry has no end")
    lines = tuple(entries.split(b"\n")[:-1])
    payloads = {name: _path(name.rpartition("/")[2]) for name in files if name.startswith(f"{PAYLOADS}/")}
    good = {name for name, path in payloads.items() if name == path}
    strays = tuple(name for name in files if name not in {CHECKPOINTS, ENTRIES} | good)
    return Published(checkpoints, lines, frozenset(name.rpartition("/")[2] for name in good), strays)


def payload(folder: Path, digest: str) -> bytes:
    """Return what a payload's file holds.

    Raises
    ------
    BadInputError
        ``published_unreadable`` when it cannot be read.
    """
    try:
        return (folder / _path(digest)).read_bytes()
    except OSError as error:
        raise _unreadable(folder, str(error)) from error


def write(
    folder: Path,
    checkpoints: Iterable[str],
    entries: Iterable[bytes],
    digests: Iterable[str],
    payload_of: Callable[[str], bytes],
) -> int:
    """Publish a log to a folder; what is there already is not written again. Return how many payloads are new.

    Raises
    ------
    BadInputError
        ``published_unwritable`` when the folder refuses.
    """
    new = 0
    try:
        for digest in digests:
            path = folder / _path(digest)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                _replace(path, payload_of(digest))
                new += 1
        folder.mkdir(parents=True, exist_ok=True)
        # Checkpoints come last, so that they never speak of what is not there.
        _replace(folder / ENTRIES, b"".join(entry + b"\n" for entry in entries))
        _replace(folder / CHECKPOINTS, "\n".join(checkpoints).encode())
    except OSError as error:
        raise BadInputError(
            f"A log must be published to a folder that can be written, was refused ({error.strerror}): {folder}.",
            code="published_unwritable",
            hint="Choose another folder.",
        ) from error
    return new


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)  # noqa: PTH105


def _path(digest: str) -> str:
    return f"{PAYLOADS}/{digest[:2]}/{digest}"


def _unreadable(folder: Path, found: str) -> BadInputError:
    return BadInputError(
        f"A published log must hold {CHECKPOINTS}, {ENTRIES} and {PAYLOADS}, was not so: {found}, in {folder}.",
        code="published_unreadable",
        hint="Take the whole folder as it was published.",
    )
