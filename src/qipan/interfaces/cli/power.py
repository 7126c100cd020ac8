"""``qipan dispatch power``, ``call`` and ``flexibility``: compute and grid together (算电协同)."""

from __future__ import annotations

from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.explain import print_shown
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, PlanId
from qipan.interfaces.cli.print import print_json, say, working
from qipan.interfaces.cli.show import steps
from qipan.interfaces.report import power as report
from qipan.interfaces.report.words import words
from qipan.kernel.errors import BadInputError


def power(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Tell how a plan meets the grid: peaks of its areas, renewable energy taken up and curtailed."""
    told = session.services().responding.power(plan_id)
    if as_json:
        print_json(told)
        return
    said = words(spoken(lang))
    say(f"{told['plan_id']}: {report.power_sentence(told, said)}")
    for table in (report.areas(told, said), report.uptake(told, said)):
        if table.rows:
            say()
            print_shown(table)


def call(
    plan_id: PlanId = None,
    *,
    mw: Annotated[float, typer.Option("--mw", metavar="MW", show_default=False, help="How much less to draw.")],
    start: Annotated[
        str,
        typer.Option(
            "--from", metavar="TIME", show_default=False, help="19:00 of the plan's day, or a moment with zone."
        ),
    ],
    hours: Annotated[float, typer.Option("--hours", metavar="HOURS", help="How long.")] = 2.0,
    region: Annotated[str, typer.Option("--region", metavar="NAME", help="Its sites are asked: Ningxia, 640000.")] = "",
    area: Annotated[str, typer.Option("--area", metavar="ID", help="Or those of an area of the fleet.")] = "",
    site: Annotated[str, typer.Option("--site", metavar="ID", help="Or one site.")] = "",
    most: Annotated[
        float | None, typer.Option("--most", metavar="YUAN", help="What a kWh less may cost at most; else any price.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Answer a call of the grid: draw some MW less in a region for some hours, and tell what that costs."""
    if sum(map(bool, (region, area, site))) != 1:
        raise BadInputError(
            f"A call must name one place, was region {region!r}, area {area!r}, site {site!r}.",
            code="call_unclear",
            hint="Write --region NAME, --area ID or --site ID.",
        )
    from qipan.workflows.respond import CallRequest

    services, language = session.services(), spoken(lang)
    place = services.catalog.region(region).adcode if region else area or site
    with working(steps(), language) as progress:
        told = services.responding.call(CallRequest(place, mw, start, hours, most), plan_id, progress)
    if as_json:
        print_json(told)
        return
    said = words(language)
    say(f"{told['plan_id']}: {report.call_sentence(told, said)}")
    for table in (report.call_hours(told, said), report.shifted(told, said)):
        say()
        print_shown(table)


def flexibility(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Tell what it is worth that work of each tier may wait, and may leave its region; takes some minutes."""
    services, language = session.services(), spoken(lang)
    with working(steps(), language) as progress:
        told = services.responding.flexibility(plan_id, progress)
    if as_json:
        print_json(told)
        return
    said = words(language)
    print_shown(report.flexibility(told, said))
    for note in report.basis(told, said):
        say(note)
