"""Name the fields of the console's forms where an error names the options of the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from qipan.interfaces.report.words import Words, mark
from qipan.kernel.errors import QipanError

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

NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "day": mark("Day"),
        "first_day": mark("First day"),
        "days": mark("Number of days"),
        "every": mark("Minutes between re-plans"),
        "every_min": mark("Minutes between re-plans"),
        "demand": mark("Error in demand"),
        "errors demand": mark("Error in demand"),
        "price": mark("Error in prices"),
        "errors price": mark("Error in prices"),
        "renewable": mark("Error in wind and solar"),
        "errors renewable": mark("Error in wind and solar"),
        "plants": mark("Made solar plants, times the power cap"),
        "plants_share": mark("Made solar plants, times the power cap"),
        "notice": mark("Minutes of notice of reserved jobs"),
        "notice_min": mark("Minutes of notice of reserved jobs"),
        "load": mark("Load, times"),
        "seed": mark("Seed"),
        "epoch": mark("Start of a trace without dates"),
        "zone": mark("Zone of the trace's clocks"),
        "outlook_h": mark("Hours planned past the day"),
        "carbon_yuan_per_t": mark("Price of carbon, yuan/t"),
        "green_share": mark("Certificates' share of use, 0 to 1"),
        "grid_load_scale": mark("Hourly load of regions, times"),
        "seconds": mark("Seconds at most"),
        "gap": mark("Gap to the bound at most"),
        "place": mark("Area or site"),
        "mw": mark("Less by, MW"),
        "start": mark("Begins at"),
        "hours": mark("For, hours"),
        "side": mark("Side"),
        "hub": mark("Hub"),
        "lots": mark("Lots"),
        "yuan": mark("Yuan"),
        "order_yuan": mark("Limit, yuan a card-hour"),
        "gate": mark("Gate"),
        "fee_bp": mark("Fee on both sides, basis points"),
        "card_h": mark("Card-hours"),
        "cards": mark("Number of cards"),
        "end": mark("End, UTC+8"),
        "ends": mark("End, UTC+8"),
        "failures": mark("Failures, one a line: MEMBER@SITE=LOTS or MEMBER@SITE/WINDOW=LOTS"),
        "spot": mark("Prices on spot, one a line: YUAN or WINDOW=YUAN; else the mark"),
        "holders": mark("Holders, one a line: MEMBER=YUAN"),
        "percent": mark("Pays of a price, percent"),
        "cap_yuan": mark("At most of one purchase, yuan"),
        "margin_yuan": mark("Margin, yuan a card-hour, assumed"),
        "coverage": mark("Share of losses that it covers"),
        "last_trading": mark("Last trading, UTC+8 (else the window's start)"),
        "limit_yuan": mark("Pays at most, yuan"),
        "past": mark("Claims of past windows, yuan, with spaces between"),
        "periods": mark("Instalments, one a month"),
        "first_due": mark("First due"),
        "pue": mark("PUE, as a document says"),
        "year": mark("Year"),
        "kg": mark("Amount, kg"),
    }
)
"""What the fields of the forms are called, by what errors call them."""

_OPTION: Final = re.compile(r"--[a-z]+(?:-[a-z]+)*")


def field_of(error: QipanError, words: Words) -> str:
    """Return what the field that an error means is called; empty where it means none of the forms.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> error = QipanError("A seed must be 0 or more, was -1.", code="option_out_of_range", hint="", field="seed")
    >>> field_of(error, words("en"))
    'Seed'
    """
    return words.say(NAMED[error.field]) if error.field in NAMED else ""


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
