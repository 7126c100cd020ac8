"""Templates in one language, with what every page may call."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qipan.interfaces.report import errors, labels, numbers, obligations
from qipan.interfaces.report.words import words


@cache
def environment(lang: str, *rooms: str) -> Environment:
    """Return the templates of some rooms of the doors and of this one, in one language.

    Everything that is filled in is escaped, and a name that is not given is an error.

    Parameters
    ----------
    rooms
        Rooms beside this one that have templates, searched first.

    Raises
    ------
    BadInputError
        ``language_unknown``.
    """
    said = words(lang)
    folders = [Path(str(resources.files("qipan.interfaces") / room / "templates")) for room in (*rooms, "report")]
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": said.say,
        "words": said,
        "labels": labels,
        "obligations": obligations,
        "label": lambda table, code: labels.label(table, code, said),
        "number": numbers,
        "errors": errors,
    }
    return made
