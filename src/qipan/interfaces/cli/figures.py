"""``qipan ledger``: what was metered: use and idle, energy and carbon, completeness, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, say, table
from qipan.interfaces.report import labels
from qipan.interfaces.report.contrast import stated, told
from qipan.interfaces.report.figures import asked, burn_row, completeness_row, group_names, heard, supply_row
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, mwh, percent
from qipan.interfaces.report.words import words
from qipan.ledger.model.figure import Group, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from qipan.bootstrap.services import Services
    from qipan.ledger.model.figure import Burn, Supply
    from qipan.ledger.service.figures import Metered

app = typer.Typer()

By = Annotated[Group, typer.Option("--by", help="What is added up.")]
Steps = Annotated[Step, typer.Option("--step", help="Length of each period.")]
Fleets = Annotated[list[str] | None, typer.Option("--fleet", metavar="NAME", help="Only this fleet; may be repeated.")]
Modelled = Annotated[bool, typer.Option("--modelled", help="Count readings of rehearsals too; they are marked.")]


@app.command()
def utilisation(
    *,
    day: Day = None,
    by: By = Group.SITE,
    step: Steps = Step.WHOLE,
    fleet: Fleets = None,
    modelled: Modelled = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell what was certified, used and idle; without a day, of the last 24 hours."""
    services = session.services()
    found = _metered(services, day, fleet, modelled=modelled).supply(by=by, step=step)
    if as_json:
        print_json([supply_row(one) for one in found])
        return
    language = spoken(lang)
    _print_supply(found, _names(services, by, language), language)


@app.command()
def idle(
    *,
    day: Day = None,
    by: By = Group.SITE,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 10,
    fleet: Fleets = None,
    modelled: Modelled = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell where most compute stood idle."""
    services = session.services()
    found = _metered(services, day, fleet, modelled=modelled).top_idle(by=by, limit=limit)
    if as_json:
        print_json([supply_row(one) for one in found])
        return
    language = spoken(lang)
    _print_supply(found, _names(services, by, language), language)


@app.command()
def energy(
    *,
    day: Day = None,
    by: By = Group.SITE,
    step: Steps = Step.WHOLE,
    fleet: Fleets = None,
    modelled: Modelled = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell energy, PUE, WUE, carbon by both accounts, green share and rack-up rate."""
    services = session.services()
    found = _metered(services, day, fleet, modelled=modelled).burn(by=by, step=step)
    if as_json:
        print_json([burn_row(one) for one in found])
        return
    language = spoken(lang)
    _print_burn(found, _names(services, by, language), language)


@app.command()
def contrast(
    *, day: Day = None, fleet: Fleets = None, modelled: Modelled = False, lang: Lang = None, as_json: AsJson = False
) -> None:
    """Set east, central and west beside each other, as the paper does."""
    from qipan.ledger.service.sharing import View

    services = session.services()
    metered = heard(_metered(services, day, fleet, modelled=modelled))
    supply, burn = metered.supply(by=Group.MACRO3), metered.burn(by=Group.MACRO3)
    if as_json:
        rows = {"supply": [supply_row(one) for one in supply], "burn": [burn_row(one) for one in burn]}
        print_json(rows | {"stated": stated(services.catalog)})
        return
    language = spoken(lang)
    for one in told(View(metered), services.catalog, words(language)):
        say(f"{one.title}: {one.figure}{f' ({one.basis})' * bool(one.basis)}. {one.note}")
    names = _names(services, Group.MACRO3, language)
    _print_supply(supply, names, language)
    _print_burn(burn, names, language)


@app.command()
def complete(
    *, day: Day = None, fleet: Fleets = None, modelled: Modelled = False, lang: Lang = None, as_json: AsJson = False
) -> None:
    """Tell how much of its time each meter has told, and when it was silent."""
    services = session.services()
    found = _metered(services, day, fleet, modelled=modelled).completeness()
    if as_json:
        print_json([completeness_row(one) for one in found])
        return
    language = spoken(lang)
    lacking = [one for one in found if one.told_share < 1]
    say(
        language.say(
            f"{len(found) - len(lacking)} of {counted(len(found), 'meter')} told everything.",
            f"{len(found)} 个表计中 {len(found) - len(lacking)} 个数据完整。",
        )
    )
    if lacking:
        print_table(
            table(
                (
                    language.say("meter", "表计"),
                    language.say("site", "站点"),
                    language.say("told", "完整率"),
                    language.say("silent (UTC)", "静默时段（UTC）"),
                ),
                [
                    (
                        one.meter_id,
                        one.site_id,
                        percent(one.told_share),
                        ", ".join(f"{run.start:%m-%d %H:%M}–{run.end:%m-%d %H:%M}" for run in one.silences),
                    )
                    for one in lacking
                ],
                numbers=(2,),
                wide=(0, 3),
            )
        )


@app.command()
def sources(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Tell when each source was heard last, and which are late by their own cadence."""
    services = session.services()
    with services.books.read() as unit:
        found = services.figures.freshness(unit, session.now())
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    made = table(
        (
            language.say("source", "来源"),
            language.say("fleet", "机群"),
            language.say("heard", "最近收到"),
            language.say("told until", "数据截至"),
            language.say("state", "状态"),
            language.say("batches missing", "缺失批次"),
            language.say("agreement", "共享协议"),
        ),
        [
            (
                one.source_id,
                one.fleet_id,
                clock(one.heard, seconds=True) if one.heard else "–",
                clock(one.told_until, seconds=True) if one.told_until else "–",
                language.say("late", "逾期") if one.is_late else language.say("fresh", "正常"),
                language.say(f"{one.missing}, first {one.missing_number}", f"{one.missing}，最早 {one.missing_number}")
                if one.missing
                else "0",
                language.say("on record", "有") if one.has_agreement else language.say("none", "无"),
            )
            for one in found
        ],
    )
    print_table(made)


def _metered(services: Services, day: date | None, fleet_ids: list[str] | None, *, modelled: bool) -> Metered:
    now = session.now()
    with services.books.read() as unit:
        return services.figures.of(unit, asked(day, now), now, fleet_ids=fleet_ids, with_modelled=modelled)


def _names(services: Services, by: Group, language: Language) -> Mapping[str, str]:
    with services.books.read() as unit:
        return group_names(by, services.ledger.fleets(unit), services.catalog, words(language))


def _print_supply(found: tuple[Supply, ...], names: Mapping[str, str], language: Language) -> None:
    made = table(
        (
            language.say("group", "分组"),
            language.say("kind", "类别"),
            language.say("from", "起"),
            language.say("certified\nunit-h", "认证容量\n单位小时"),
            language.say("told", "完整率"),
            language.say("used\nunit-h", "使用\n单位小时"),
            language.say("idle\nunit-h", "闲置\n单位小时"),
            language.say("used", "使用率"),
            language.say("basis", "依据"),
        ),
        [
            (
                names.get(one.group, one.group) or "–",
                label(labels.KIND, one.kind, words(language)),
                clock(one.period.start),
                grouped(one.certified_unit_h),
                percent(one.told_share),
                grouped(one.used_unit_h),
                grouped(one.idle_unit_h),
                percent(one.used_share),
                _basis(language, is_modelled=one.is_modelled, is_told=one.used_unit_h is not None),
            )
            for one in found
        ],
        numbers=(3, 4, 5, 6, 7),
    )
    print_table(made)


def _print_burn(found: tuple[Burn, ...], names: Mapping[str, str], language: Language) -> None:
    made = table(
        (
            language.say("group", "分组"),
            language.say("grid\nMWh", "电网\nMWh"),
            language.say("machines\nMWh", "IT\nMWh"),
            "PUE",
            "WUE\nL/kWh",
            language.say("CUE kg/kWh\nlocation", "CUE kg/kWh\n基于位置"),
            language.say("CUE kg/kWh\nmarket", "CUE kg/kWh\n基于市场"),
            language.say("green", "绿电"),
            language.say("racked", "上架率"),
            language.say("basis", "依据"),
        ),
        [
            (
                names.get(one.group, one.group) or "–",
                mwh(one.grid_wh),
                mwh(one.it_wh),
                grouped(one.pue, 2),
                grouped(one.wue_l_per_kwh, 2),
                grouped(one.cue_kg_per_kwh, 3),
                grouped(one.cue_market_kg_per_kwh, 3),
                percent(one.green_share),
                percent(one.racked_share),
                _basis(language, is_modelled=one.is_modelled, is_told=one.grid_wh is not None),
            )
            for one in found
        ],
        numbers=(1, 2, 3, 4, 5, 6, 7, 8),
    )
    print_table(made)


def _basis(language: Language, *, is_modelled: bool, is_told: bool) -> str:
    if not is_told:
        return language.say("silent", "静默")
    return language.say("modelled", "推算") if is_modelled else language.say("metered", "计量")
