"""``qipan agreements value``: what a site's future income is worth, how that moves, and who is paid out of it."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import of_file
from qipan.kernel.money import FEN_PER_YUAN
from qipan.kernel.time import LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.agreements.model.prospectus import Prospectus, Valuation
    from qipan.agreements.model.waterfall import Payment

app = typer.Typer()

RATE_STEPS = tuple(map(Decimal, ("-0.01", "-0.005", "0", "0.005", "0.01")))
"""How far from its own discount rate the table looks."""
OCCUPANCIES = tuple(map(Decimal, ("0.6", "0.7", "0.8", "0.9", "1")))
"""Occupancies that the table looks at."""


@app.command()
def value(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="TOML of the prospectus.")],
    *,
    worth: Annotated[
        int | None, typer.Option("--worth", metavar="FEN", help="Also find the price at which it is worth so much.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Value a site's future income: cash by year, yields, sensitivity, and the waterfall of its bond."""
    from qipan.agreements.sensitivity import by_rate_and_occupancy, one_at_a_time
    from qipan.agreements.value import required_fen_per_unit
    from qipan.agreements.value import value as valued
    from qipan.agreements.waterfall import run_down
    from qipan.bootstrap.files import read_prospectus

    with of_file(file.name):
        prospectus, structure = read_prospectus(read_bytes(file))
        found = valued(prospectus)
        rates = [max(prospectus.discount_rate + step, Decimal(0)) for step in RATE_STEPS]
        moved = one_at_a_time(prospectus)
        grid = by_rate_and_occupancy(prospectus, rates, OCCUPANCIES)
        price = None if worth is None else required_fen_per_unit(prospectus, worth)
        paid = run_down([max(one.cash_fen, 0) for one in found.flows], structure) if structure else ()
    if as_json:
        told = _told(prospectus, found)
        told["sensitivity"] = {name: {"down_fen": low, "up_fen": high} for name, (low, high) in moved.items()}
        told["by_rate_and_occupancy"] = {
            "discount_rates": [float(rate) for rate in rates],
            "occupancies": [float(share) for share in OCCUPANCIES],
            "value_fen": grid,
        }
        told["waterfall"] = [{"year": one.year, **_plain(part)} for one, part in zip(found.flows, paid, strict=False)]
        print_json(told if worth is None else told | {"required": {"value_fen": worth, "fen_per_unit": price}})
        return
    language = spoken(lang)
    print_table(_inputs_table(prospectus, language))
    print_table(_flows_table(found, language))
    _say_value(found, language)
    if worth is not None:
        say(
            language.say(
                f"It is worth {_millions(worth)} million yuan at {price:,} fen a unit in the first year.",
                f"首年单价 {price:,} 分时,估值为 {_millions(worth)} 百万元。",
            )
        )
    print_table(_moved_table(moved, found.value_fen, language))
    print_table(_grid_table(rates, grid, language))
    if paid:
        print_table(_paid_table([one.year for one in found.flows], paid, language))


def _inputs_table(prospectus: Prospectus, language: Language) -> Any:
    """Lay out each input with where it comes from; what nobody published is marked as assumed."""
    names = [one.name for one in fields(prospectus) if one.name not in {"name", "sources", "capex_fen"}]
    written = {name: _written(getattr(prospectus, name), language) for name in names}
    rows = [
        (name, told or "0", prospectus.source(name))
        for name, told in written.items()
        if told or name in prospectus.sources
    ]
    rows += [
        (f"capex_fen {year}", f"{fen:,}", prospectus.source("capex_fen")) for year, fen in prospectus.capex_fen.items()
    ]
    columns = (language.say("input", "输入"), language.say("value", "数值"), language.say("source", "来源"))
    return table(columns, rows, title=prospectus.name, wide=(1, 2))


def _written(held: Any, language: Language) -> str:
    """Write an input for people; nothing for one that is not there."""
    from qipan.agreements.model.prospectus import Electricity, Growth, Step

    if isinstance(held, tuple):
        return ", ".join(_written(one, language) for one in held)
    if isinstance(held, Step):
        return f"{held.from_year}: {held.share}"
    if isinstance(held, Growth):
        every = language.say(f" every {held.every_years} years", f",每 {held.every_years} 年")
        return f"{held.from_year}: {held.rate:+}{every if held.every_years > 1 else ''}"
    if isinstance(held, Electricity):
        payer = (
            language.say("tenants pay", "租户承担")
            if held.is_passed_through
            else language.say("owner pays", "业主承担")
        )
        return f"{held.kwh_per_unit} kWh x PUE {held.pue} x {held.fen_per_kwh} fen, {payer}"
    if isinstance(held, int) and held > LAST_YEAR:
        return f"{held:,}"
    return str(held) if held else ""


def _flows_table(found: Valuation, language: Language) -> Any:
    to_say = language.say
    columns = (
        to_say("year", "年份"),
        to_say("income", "收入"),
        to_say("electricity", "电费"),
        to_say("operating", "运营"),
        to_say("NOI", "净运营收入"),
        to_say("capex", "资本支出"),
        to_say("cash", "现金流"),
        to_say("distributed", "可分派"),
        to_say("yield", "分派率"),
    )
    rows = [
        (
            str(one.year),
            *(
                _millions(fen)
                for fen in (
                    one.income_fen,
                    one.electricity_fen,
                    one.operating_fen,
                    one.noi_fen,
                    one.capex_fen,
                    one.cash_fen,
                    one.distributed_fen,
                )
            ),
            _percent(found.distribution_yields[one.year]),
        )
        for one in found.flows
    ]
    title = to_say("Cash by year, million yuan", "逐年现金流,百万元")
    return table(columns, rows, numbers=range(1, 9), title=title)


def _say_value(found: Valuation, language: Language) -> None:
    ratio = found.price_to_ffo
    multiple = NOTHING if ratio is None else f"{float(ratio):.2f}"
    say(
        language.say(
            f"Net present value: {_millions(found.value_fen)} million yuan, of which residual value "
            f"{_millions(found.residual_fen)}; P/FFO {multiple}.",
            f"净现值:{_millions(found.value_fen)} 百万元,其中残值 {_millions(found.residual_fen)};P/FFO {multiple}。",
        )
    )


def _moved_table(moved: dict[str, tuple[int, int]], base_fen: int, language: Language) -> Any:
    columns = (
        language.say("input", "输入"),
        language.say("10 % lower", "降低 10 %"),
        language.say("10 % higher", "提高 10 %"),
    )
    widest = sorted(moved.items(), key=lambda one: -max(abs(fen - base_fen) for fen in one[1]))
    rows = [(name, *(f"{(fen - base_fen) / (100 * 10**6):+,.2f}" for fen in both)) for name, both in widest]
    title = language.say("Change of the value, million yuan, one input at a time", "单项变动对估值的影响,百万元")
    return table(columns, rows, numbers=(1, 2), title=title)


def _grid_table(rates: Sequence[Decimal], grid: Sequence[Sequence[int]], language: Language) -> Any:
    columns = (language.say("discount rate", "折现率"), *(f"{share:.0%}" for share in OCCUPANCIES))
    rows = [(f"{rate:.2%}", *(_millions(fen) for fen in row)) for rate, row in zip(rates, grid, strict=True)]
    title = language.say("Value by discount rate and occupancy, million yuan", "折现率与上架率下的估值,百万元")
    return table(columns, rows, numbers=range(6), title=title)


def _paid_table(years: Sequence[int], paid: Sequence[Payment], language: Language) -> Any:
    to_say = language.say
    columns = (
        to_say("year", "年份"),
        to_say("inflow", "流入"),
        to_say("fees", "费用"),
        to_say("senior", "优先级"),
        to_say("to reserve", "转入储备"),
        to_say("junior", "次级"),
        to_say("residual", "剩余"),
        to_say("senior owed", "优先级余额"),
        to_say("cover", "偿债倍数"),
    )
    rows = [
        (
            str(year),
            *(
                _millions(fen)
                for fen in (
                    one.inflow_fen,
                    one.fees_fen,
                    one.senior_fen,
                    one.reserve_fen,
                    one.junior_fen,
                    one.residual_fen,
                    one.senior_owed_fen,
                )
            ),
            NOTHING if one.senior_cover is None else f"{float(one.senior_cover):.2f}",
        )
        for year, one in zip(years, paid, strict=True)
    ]
    return table(columns, rows, numbers=range(1, 9), title=to_say("Waterfall, million yuan", "分配瀑布,百万元"))


def _told(prospectus: Prospectus, found: Valuation) -> dict[str, Any]:
    ratio = found.price_to_ffo
    return {
        "name": prospectus.name,
        "inputs": {
            one.name: {"value": _plain(getattr(prospectus, one.name)), "source": prospectus.source(one.name)}
            for one in fields(prospectus)
            if one.name not in {"name", "sources"}
        },
        "value_fen": found.value_fen,
        "residual_fen": found.residual_fen,
        "price_fen": found.price_fen,
        "price_to_ffo": None if ratio is None else float(ratio),
        "years": [
            _plain(one)
            | {
                "noi_fen": one.noi_fen,
                "cash_fen": one.cash_fen,
                "distribution_yield": _plain(found.distribution_yields[one.year]),
            }
            for one in found.flows
        ],
    }


def _plain(held: Any) -> Any:
    """Return a noun as JSON can hold it: fields by name, fractions and decimals as numbers."""
    if hasattr(held, "__dataclass_fields__"):
        return {one.name: _plain(getattr(held, one.name)) for one in fields(held)}
    if isinstance(held, dict):
        return {str(key): _plain(value) for key, value in held.items()}
    if isinstance(held, tuple):
        return [_plain(one) for one in held]
    return float(held) if isinstance(held, Fraction | Decimal) else held


def _millions(fen: int) -> str:
    return f"{fen / (FEN_PER_YUAN * 10**6):,.2f}"


def _percent(share: Fraction | None) -> str:
    return NOTHING if share is None else f"{float(share):.2%}"
