"""A file of expansion, JSON, plain or gzipped: what could be built, the days and futures it must serve, and limits.

Instances of the representative days stand in it, or in files of their own. `prospect_form` describes every field.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from qipan.dispatch.expansion.annuity import yearly_fen
from qipan.dispatch.expansion.enlarge import limit_of, names_of
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.expansion import (
    Assumed,
    Carbon,
    Day,
    Growth,
    Limit,
    Line,
    Move,
    Option,
    Prospect,
    UnitCost,
)
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.sources import instance
from qipan.dispatch.sources.form import Wrong, findings_of, read_form
from qipan.dispatch.sources.prospect_form import DayForm, MoveForm, OptionForm, ProspectForm, broken
from qipan.kernel.errors import BadInputError


def read(data: bytes, open_file: Callable[[str], bytes], assumed: Assumed) -> Prospect:
    """Read a prospect.

    Parameters
    ----------
    open_file
        Returns what a named file of an instance holds.
    assumed
        What holds where the file leaves it out.

    Raises
    ------
    BadInputError
        ``expansion_unreadable`` for what is no JSON; ``expansion_bad`` with a finding for each thing against the form.
    """
    form = read_form(ProspectForm, data, unreadable=_unreadable, bad=_bad)
    wrong = list(broken(form))
    days = []
    for index, day in enumerate(form.days):
        try:
            days.append(Day(day.name, day.days_per_year, _instance(day, open_file)))
        except BadInputError as error:
            inner = [(one.column, one.message) for one in error.findings] or [("", error.message)]
            wrong += [(f"days.{index}.instance.{column}".rstrip("."), message) for column, message in inner]
    if not wrong:
        wrong = [one for day in days for one in _broken_on(form, day)]
    if wrong:
        raise _bad(wrong)
    return _prospect(form, days, assumed)


def _instance(day: DayForm, open_file: Callable[[str], bytes]) -> Instance:
    held = day.instance
    return instance.read(open_file(held) if isinstance(held, str) else json.dumps(held).encode())


def _unreadable(told: str) -> BadInputError:
    return BadInputError(
        f"A file of expansion must be JSON, plain or gzipped, was {told}.",
        code="expansion_unreadable",
        hint="Write it again by the form that `qipan dispatch schema --of expansion` prints.",
    )


def _bad(wrong: Wrong) -> BadInputError:
    return BadInputError(
        f"A file of expansion must keep the written form, was wrong in {len(wrong)} places, the first at "
        f"{wrong[0][0]}: {wrong[0][1]}.",
        code="expansion_bad",
        hint="Mend what is listed; the page on expansion describes the form.",
        findings=findings_of(wrong, "expansion_bad"),
    )


def _broken_on(form: ProspectForm, day: Day) -> Iterator[tuple[str, str]]:
    """Tell what does not fit the board of a day: names, lengths of shapes, and more closed than there is."""
    board = day.instance.board
    origins, sites = {one.origin_id for one in board.origins}, {one.site_id for one in board.sites}
    closed: dict[str, float] = {}
    for index, option in enumerate(form.options):
        for at, move in enumerate(option.moves):
            place = f"options.{index}.moves.{at}"
            if move.of not in names_of(board, move.limit):
                yield f"{place}.of", f"must be a {move.limit.value} of the day {day.name!r}, was {move.of!r}"
            elif len(move.shape.get(day.name, ())) not in (0, board.slot_count):
                yield (
                    f"{place}.shape.{day.name}",
                    f"must have {board.slot_count} entries, had {len(move.shape[day.name])}",
                )
            elif move.per_unit < 0:
                closed[move.of] = closed.get(move.of, 0.0) - move.per_unit * option.most
                yield from _more_closed(board, move, closed[move.of], place)
        for at, line in enumerate(option.lines):
            for field, name, known in (("origin", line.origin, origins), ("site", line.site, sites)):
                if name not in known:
                    yield f"options.{index}.lines.{at}.{field}", f"must be one of the day {day.name!r}, was {name!r}"


def _more_closed(board: Board, move: MoveForm, units: float, place: str) -> Iterator[tuple[str, str]]:
    least = float(limit_of(board, Limit.POOL)[names_of(board, Limit.POOL).index(move.of)].min())
    if units > least * (1.0 + 1e-9):
        yield f"{place}.per_unit", f"must close at most the {least:g} units of {move.of!r}, was {units:g} in all"


def _prospect(form: ProspectForm, days: Sequence[Day], assumed: Assumed) -> Prospect:
    rate = assumed.discount_rate if form.discount_rate is None else form.discount_rate
    carbon = form.carbon
    most = [None] * len(form.years) if carbon is None else carbon.most_kg
    over = assumed.over_fen_per_kg
    return Prospect(
        years=tuple(form.years),
        discount_rate=rate,
        days=tuple(days),
        growths=tuple(Growth(one.name, one.probability, _line(one.factor)) for one in form.growths),
        carbon=Carbon(
            _line([math.inf if kg is None else kg for kg in most]),
            "location" if carbon is None else carbon.account,
            over if carbon is None or carbon.over_fen_per_kg is None else carbon.over_fen_per_kg,
        ),
        options=tuple(_option(one, form.years[0], rate, assumed) for one in form.options),
    )


def _option(form: OptionForm, first_year: int, rate: float, assumed: Assumed) -> Option:
    shipped = assumed.costs[form.build]
    cost = UnitCost(
        _or(form.capital_fen_per_unit, shipped.capital_fen),
        _or(form.lifetime_years, shipped.lifetime_years),
        _or(form.upkeep_fen_per_unit_year, shipped.upkeep_fen_per_year),
    )
    return Option(
        option_id=form.option_id,
        build=form.build,
        name_en=form.name_en,
        name_zh=form.name_zh,
        where=form.where,
        moves=tuple(
            Move(one.limit, one.of, one.per_unit, {name: _line(shape) for name, shape in one.shape.items()})
            for one in form.moves
        ),
        cost_fen_per_unit_year=yearly_fen(cost, rate),
        most=form.most,
        most_per_year=_or(form.most_per_year, form.most),
        earliest=first_year if form.earliest is None else form.earliest,
        lines=tuple(Line(one.origin, one.site, one.round_trip_ms, one.transfer_fen_per_gb) for one in form.lines),
        line_gb_per_h=form.line_gb_per_h,
        needs=form.needs,
        lead_years=form.lead_years,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _line(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)
