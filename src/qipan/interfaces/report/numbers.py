"""Write figures the way people read them; a missing figure is a dash."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from qipan.interfaces.report.words import Words
from qipan.kernel.money import yuan_from_fen
from qipan.kernel.time import zone
from qipan.kernel.units import WH_PER_MWH

NOTHING: Final = "–"
"""Stands for a figure that nobody has."""


def grouped(value: float | None, digits: int = 0) -> str:
    """Write a number with thousands set apart.

    Examples
    --------
    >>> grouped(1234567.891, 1), grouped(-0.04, 1), grouped(None)
    ('1,234,567.9', '0.0', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{_without_minus_zero(value, digits):,.{digits}f}"


def mwh(energy_wh: float | None, digits: int = 1) -> str:
    """Write an energy in megawatt-hours, without its unit; one that would read as zero has more digits.

    Examples
    --------
    >>> mwh(1_234_567_890), mwh(5_400), mwh(0), mwh(None)
    ('1,234.6', '0.0054', '0.0', '–')
    """
    if not energy_wh or not math.isfinite(energy_wh):
        return grouped(energy_wh, digits)
    energy_mwh = energy_wh / WH_PER_MWH
    if round(energy_mwh, digits) == 0:
        digits = 1 - math.floor(math.log10(abs(energy_mwh)))
    return grouped(energy_mwh, digits)


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.1234), percent(-0.0001), percent(None)
    ('12.3 %', '0.0 %', '–')
    """
    return NOTHING if share is None or not math.isfinite(share) else f"{grouped(share * 100, digits)} %"


def yuan(amount_fen: float | None, digits: int = 0) -> str:
    """Write an amount in yuan, without its unit.

    Examples
    --------
    >>> yuan(123456), yuan(1250, 2)
    ('1,235', '12.50')
    """
    return NOTHING if amount_fen is None else grouped(yuan_from_fen(amount_fen), digits)


def money(amount_fen: float, words: Words) -> str:
    """Write an amount of money in few figures, with its unit.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> money(123_456_789, words("en")), money(123_456_789, words("zh"))
    ('¥1.23 million', '123.5 万元')
    >>> money(98_765, words("en")), money(98_765, words("zh"))
    ('¥988', '988 元')
    """
    amount_yuan = yuan_from_fen(amount_fen)
    if words.lang == "zh":
        return f"{grouped(amount_yuan / 1e4, 1)} 万元" if abs(amount_yuan) >= 1e5 else f"{grouped(amount_yuan)} 元"
    if abs(amount_yuan) >= 1e6:
        return f"¥{grouped(amount_yuan / 1e6, 2)} million"
    return f"¥{grouped(amount_yuan)}"


def carbon(amount_kg: float, words: Words) -> str:
    """Write an amount of carbon dioxide in few figures, with its unit.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> carbon(123_456, words("en")), carbon(98.7, words("en"))
    ('123.5 t', '98.7 kg')
    """
    unit, amount = (words.say("t"), amount_kg / 1000) if abs(amount_kg) >= 1000 else (words.say("kg"), amount_kg)
    return f"{grouped(amount, 1)} {unit}"


def moment(iso: str | None, zone_name: str) -> str:
    """Write a moment on the wall clock of a zone.

    Examples
    --------
    >>> moment("2017-10-08T16:00:00+00:00", "Asia/Shanghai")
    '2017-10-09 00:00'
    """
    return NOTHING if not iso else f"{_local(iso, zone_name):%Y-%m-%d %H:%M}"


def clock(iso: str | None, zone_name: str, day: str) -> str:
    """Write a moment on the wall clock of a zone, with its date unless that is the day that is spoken of.

    Examples
    --------
    >>> clock("2017-10-08T16:00:00Z", "Asia/Shanghai", "2017-10-09")
    '00:00'
    >>> clock("2017-10-09T16:00:00Z", "Asia/Shanghai", "2017-10-09")
    '10-10 00:00'
    """
    if not iso:
        return NOTHING
    here = _local(iso, zone_name)
    return f"{here:%H:%M}" if here.date().isoformat() == day else f"{here:%m-%d %H:%M}"


def _local(iso: str, zone_name: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(zone(zone_name))


def _without_minus_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0
