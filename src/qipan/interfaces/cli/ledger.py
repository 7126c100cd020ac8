"""``qipan ledger``: fleets, their sites, and how much of them was used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import audit, bulletin, collect, figures, focus, log, readings, register, session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang, read_bytes
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report import labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, mwh, percent
from qipan.interfaces.report.words import words
from qipan.kernel.time import Interval, civil_day

if TYPE_CHECKING:
    from qipan.facts.catalog import Catalog
    from qipan.ledger.model.fleet import Fleet, Site
    from qipan.ledger.model.use import Utilisation

EVER = Interval(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
"""Every period that a ledger can hold."""

app = typer.Typer(
    name="ledger", help="Fleets and their sites, what was metered there, and who says so.", no_args_is_help=True
)
importing = typer.Typer(name="import", help="Bring a fleet in.", no_args_is_help=True)
app.add_typer(importing)
app.add_typer(readings.app)
app.add_typer(figures.app)
app.add_typer(audit.app)
app.add_typer(log.app)
app.add_typer(bulletin.app)
app.add_typer(collect.app)
app.add_typer(focus.app)
app.add_typer(register.app)


@importing.command("sites")
def import_sites(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", show_default=False, help="YAML file of a fleet, or folder of its tables."),
    ],
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Register a fleet of your own: `qipan day run --fleet NAME` then plans on it."""
    is_folder = path.is_dir()
    files = {one.name: read_bytes(one) for one in (path.glob("*.csv") if is_folder else [path])}
    services = session.services()
    with services.books.begin() as unit:
        if is_folder:
            fleet = services.ledger.admit(unit, services.fleet_forms.read_tables(files), session.now())
        else:
            fleet = services.ledger.import_sites(unit, files[path.name], session.now())
    _print_fleets((fleet,), services.catalog, spoken(lang), as_json=as_json)


@app.command()
def fleets(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """List the fleets and their sites."""
    services = session.services()
    with services.books.read() as unit:
        known = services.ledger.fleets(unit)
    _print_fleets(known, services.catalog, spoken(lang), as_json=as_json)


@app.command()
def use(
    *,
    day: Day = None,
    fleet_id: Annotated[str | None, typer.Option("--fleet", metavar="NAME", help="Only this fleet.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell what was there, what of it was used and what that burnt, by site."""
    services = session.services()
    with services.books.read() as unit:
        known = [services.ledger.fleet(unit, fleet_id)] if fleet_id else services.ledger.fleets(unit)
    used = {
        fleet.fleet_id: services.ledger.utilisation(
            fleet, civil_day(day, fleet.zone_name) if day else EVER, session.now()
        )
        for fleet in known
    }
    if as_json:
        print_json(used)
        return
    language = spoken(lang)
    if not any(used.values()):
        say(
            language.say("No use is entered yet. Run: qipan day run --help", "尚无使用记录。运行：qipan day run --help")
        )
    for fleet in known:
        if used[fleet.fleet_id]:
            _print_use(fleet, used[fleet.fleet_id], language)


def _print_fleets(known: tuple[Fleet, ...], catalog: Catalog, language: Language, *, as_json: bool) -> None:
    if as_json:
        print_json([_fleet(fleet) for fleet in known])
        return
    regions = {region.adcode: language.say(region.name_en, region.name_zh) for region in catalog.regions()}
    for fleet in known:
        name = language.say(fleet.name_en, fleet.name_zh or fleet.name_en)
        made = table(
            (
                language.say("site", "站点"),
                language.say("name", "名称"),
                language.say("region", "地区"),
                language.say("holds", "资源"),
                "PUE",
                language.say("power cap\nMW", "功率上限\nMW"),
                language.say("green\nshare", "绿证\n覆盖"),
            ),
            [
                (
                    site.site_id,
                    language.say(site.name_en, site.name_zh or site.name_en),
                    regions.get(site.adcode, site.adcode),
                    _holds(site, language),
                    grouped(site.pue, 2),
                    grouped(site.power_cap_kw / 1000.0, 1),
                    percent(site.green_share),
                )
                for site in fleet.sites
            ],
            numbers=(3, 4, 5, 6),
            wide=(1, 2),
            title=f"{name} ({fleet.fleet_id}), {fleet.zone_name}",
        )
        print_table(made)


def _holds(site: Site, language: Language) -> str:
    """Say how many units of each kind a site has."""
    kinds = dict.fromkeys(pool.kind for pool in site.pools)
    return ", ".join(f"{grouped(site.quantity(kind))} {label(labels.UNITS, kind, words(language))}" for kind in kinds)


def _fleet(fleet: Fleet) -> dict[str, object]:
    """Return a fleet as JSON can name it: round trips stand by origin and then by site."""
    by_origin: dict[str, dict[str, float]] = {}
    for (origin_id, site_id), round_trip_ms in fleet.round_trip_ms.items():
        by_origin.setdefault(origin_id, {})[site_id] = round_trip_ms
    return {
        "fleet_id": fleet.fleet_id,
        "name_en": fleet.name_en,
        "name_zh": fleet.name_zh,
        "zone_name": fleet.zone_name,
        "sites": list(fleet.sites),
        "origins": list(fleet.origins),
        "round_trip_ms": by_origin,
    }


def _print_use(fleet: Fleet, used: tuple[Utilisation, ...], language: Language) -> None:
    names = {site.site_id: language.say(site.name_en, site.name_zh or site.name_en) for site in fleet.sites}
    made = table(
        (
            language.say("site", "站点"),
            language.say("kind", "类别"),
            language.say("capacity\nunit-h", "容量\n单位小时"),
            language.say("used\nunit-h", "使用\n单位小时"),
            language.say("idle\nunit-h", "闲置\n单位小时"),
            language.say("used", "使用率"),
            language.say("energy\nMWh", "用电\nMWh"),
        ),
        [
            (
                names[one.group],
                label(labels.KIND, one.kind, words(language)),
                grouped(one.capacity_unit_h),
                grouped(one.used_unit_h),
                grouped(one.idle_unit_h),
                percent(one.used_share),
                mwh(one.energy_wh),
            )
            for one in used
        ],
        numbers=(2, 3, 4, 5, 6),
        title=f"{language.say(fleet.name_en, fleet.name_zh or fleet.name_en)} ({fleet.fleet_id})",
    )
    print_table(made)
