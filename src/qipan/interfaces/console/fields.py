"""Name the fields of the console's forms where an error names the options of the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from qipan.interfaces.report.words import Words, mark

FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "--jobs": mark("File of jobs"),
        "--format": mark("Format"),
        "--day": mark("Day"),
        "--fleet": mark("Fleet"),
        "--load": mark("Load, times"),
        "--seed": mark("Seed"),
        "--epoch": mark("Start of a trace without dates"),
        "--zone": mark("Zone of the trace's clocks"),
        "--strict": mark("Refuse a file with any bad row"),
        "--power": mark("Model plants, stores and areas of the grid"),
        "--grid-load": mark("Hourly load of regions"),
        "--grid-load-scale": mark("Hourly load of regions, times"),
        "--reservations": mark("Reservations"),
        "--no-worse-than": mark("No tier served worse than by"),
        "--substitutes": mark("Table of substitutes"),
        "--links": mark("Table of links"),
    }
)
"""What the fields of the forms are called, by the options that ask for the same."""

_OPTION: Final = re.compile(r"--[a-z]+(?:-[a-z]+)*")


def in_form(text: str, words: Words) -> str:
    """Return an error's text with the names of fields in place of options; commands and options without a field stay.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> in_form("Correct these rows, or leave out --strict to set them aside.", words("en"))
    'Correct these rows, or leave out “Refuse a file with any bad row” to set them aside.'
    """

    def named(found: re.Match[str]) -> str:
        field = FIELD.get(found[0])
        return found[0] if field is None else f"“{words.say(field)}”"

    return text if "qipan " in text else _OPTION.sub(named, text)
