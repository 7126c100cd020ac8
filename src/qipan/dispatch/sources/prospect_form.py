"""The form of a file of expansion, field by field, and what no field can tell alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from qipan.dispatch.model.expansion import Build, Limit
from qipan.dispatch.sources.instance_form import Amount, Amounts, Count, Form, Number

FORMAT: Final = "qipan-expansion-1"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]


class DayForm(Form):
    """A representative day."""

    name: Name
    days_per_year: Positive
    instance: Annotated[
        dict[str, Any] | str,
        Field(description="An instance, or the file of one, counted from the folder of this file."),
    ]


class GrowthForm(Form):
    """A future of demand."""

    name: Name
    probability: Annotated[float, Field(gt=0, le=1)]
    factor: Annotated[Amounts, Field(description="Demand over that of the days, (years,).")]


class CarbonForm(Form):
    """What the board may emit."""

    most_kg: Annotated[list[Amount | None], Field(description="Of each year, null for no limit, (years,).")]
    account: Literal["location", "market"] = "location"
    over_fen_per_kg: Annotated[Amount | None, Field(description="Each kilogram beyond; else the shipped fact.")] = None


class MoveForm(Form):
    """By how much a unit moves a limit of the board."""

    limit: Limit
    of: Annotated[str, Field(description="Pool, site, link or area, by its name in the instances.")]
    per_unit: Annotated[Number, Field(description="Below zero where a pool is closed.")] = 1.0
    shape: Annotated[
        dict[str, Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(description="(slots,)")]],
        Field(
            default_factory=dict,
            description="Share of it that there is in each slot, by day; all of it in a day left out.",
        ),
    ]


class LineForm(Form):
    """A direct way that crosses no link of the board."""

    origin: str
    site: str
    round_trip_ms: Amount
    transfer_fen_per_gb: Number = 0.0


class OptionForm(Form):
    """Something that could be built or closed; a cost left out is the shipped fact of what is built."""

    option_id: Name
    build: Build
    name_en: str = ""
    name_zh: str = ""
    where: str = ""
    moves: Annotated[list[MoveForm], Field(default_factory=list)]
    lines: Annotated[list[LineForm], Field(default_factory=list)]
    line_gb_per_h: Annotated[Amount, Field(description="What a unit carries over all its lines together.")] = 1.0
    most: Annotated[Positive, Field(description="Units in all.")]
    most_per_year: Annotated[Positive | None, Field(description="Units in a single year; else the most.")] = None
    earliest: Annotated[int | None, Field(description="First year in which it can stand; else the first.")] = None
    capital_fen_per_unit: Number | None = None
    lifetime_years: Positive | None = None
    upkeep_fen_per_unit_year: Annotated[Number | None, Field(description="Below zero where closing saves.")] = None
    needs: Annotated[str, Field(description="Option of which as many units must have stood before.")] = ""
    lead_years: Annotated[Count, Field(description="How many years before.")] = 0


class ProspectForm(Form):
    """Years ahead: representative days, futures, limits, and what could be built."""

    format: Literal["qipan-expansion-1"]
    years: Annotated[list[int], Field(min_length=1)]
    discount_rate: Annotated[float | None, Field(ge=0, lt=1, description="Else the shipped fact.")] = None
    days: Annotated[list[DayForm], Field(min_length=1)]
    growths: Annotated[list[GrowthForm], Field(min_length=1)]
    carbon: CarbonForm | None = None
    options: list[OptionForm]


def broken(form: ProspectForm) -> Iterable[tuple[str, str]]:
    """Tell what no field can tell alone and no instance is needed for: years, chances, names, what needs what."""
    for index, year in enumerate(form.years[1:], start=1):
        if year != form.years[index - 1] + 1:
            yield f"years.{index}", f"must follow {form.years[index - 1]}, was {year}"
    for index, growth in enumerate(form.growths):
        if len(growth.factor) != len(form.years):
            yield f"growths.{index}.factor", f"must have {len(form.years)} entries, had {len(growth.factor)}"
    if form.carbon is not None and len(form.carbon.most_kg) != len(form.years):
        yield "carbon.most_kg", f"must have {len(form.years)} entries, had {len(form.carbon.most_kg)}"
    chance = sum(growth.probability for growth in form.growths)
    if abs(chance - 1.0) > 1e-6:
        yield "growths", f"must have probabilities that sum to 1, was {chance:g}"
    count = sum(day.days_per_year for day in form.days)
    if count > 366:
        yield "days", f"must stand for at most 366 days of a year together, was {count:g}"
    for place, names in (
        ("days", [day.name for day in form.days]),
        ("growths", [growth.name for growth in form.growths]),
        ("options", [option.option_id for option in form.options]),
    ):
        yield from _repeated(place, names)
    yield from _broken_options(form)


def _repeated(place: str, names: Sequence[str]) -> Iterable[tuple[str, str]]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"{place}.{index}", f"must have a name of its own, was {name!r} again"


def _broken_options(form: ProspectForm) -> Iterable[tuple[str, str]]:
    options = {option.option_id: option for option in form.options}
    days = {day.name for day in form.days}
    for index, option in enumerate(form.options):
        place = f"options.{index}"
        if option.needs and option.needs not in options:
            yield f"{place}.needs", f"must be one of the options, was {option.needs!r}"
        elif option.needs and (options[option.needs].needs or option.needs == option.option_id):
            yield f"{place}.needs", f"must be an option that needs no other, was {option.needs!r}"
        for at, move in enumerate(option.moves):
            if move.per_unit < 0 and move.limit is not Limit.POOL:
                yield f"{place}.moves.{at}.per_unit", f"must not be below zero but for a pool, was {move.per_unit:g}"
            for name in move.shape:
                if name not in days:
                    yield f"{place}.moves.{at}.shape", f"must be one of the days, was {name!r}"
