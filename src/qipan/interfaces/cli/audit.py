"""``qipan ledger discrepancies`` and ``suspicions``: what cannot be true, and what hardly is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.figures import Fleets, Modelled
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.figures import asked
from qipan.interfaces.report.numbers import grouped, percent
from qipan.kernel.time import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.interfaces.cli.language import Language
    from qipan.ledger.model.discrepancy import Discrepancy

app = typer.Typer()

SILENT = ("No meter told anything, so nothing was compared.", "没有任何表计数据，无法比对。")


@app.command()
def discrepancies(
    *, day: Day = None, fleet: Fleets = None, modelled: Modelled = False, lang: Lang = None, as_json: AsJson = False
) -> None:
    """Tell which meters contradict physics, the register or themselves; without a day, in the last 24 hours."""
    services, now = session.services(), session.now()
    interval = asked(day, now)
    with services.books.read() as unit:
        metered = services.figures.of(unit, interval, now, fleet_ids=fleet, with_modelled=modelled)
    miscounts = services.figures.miscounts(interval, now, with_modelled=modelled)
    found = services.audit.discrepancies(metered, miscounts)
    nothing = ("No meter contradicts another or the register.", "未发现相互矛盾的计量数据。")
    _print(found, nothing if metered.hourly.meter.size else SILENT, lang=lang, as_json=as_json)


@app.command()
def suspicions(
    *,
    day: Day = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days that are tried, the last one included.")] = 30,
    before: Annotated[int, typer.Option("--before", min=1, help="Days before them, to learn from.")] = 60,
    rate: Annotated[float, typer.Option("--rate", help="Probability, at most, that an honest pool is named.")] = 0.01,
    fleet: Fleets = None,
    modelled: Modelled = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell whose energy does not go with their use as before, or as at their peers; chance may explain it."""
    services, now = session.services(), session.now()
    end = asked(day, now).end
    since = end - timedelta(days=days)
    interval = Interval(since - timedelta(days=before), end)
    with services.books.read() as unit:
        metered = services.figures.of(unit, interval, now, fleet_ids=fleet, with_modelled=modelled)
    found = services.audit.suspicions(metered, since, rate)
    nothing = (
        "No pool stands out among those that told enough and have five peers.",
        "在数据充足且至少有五个同类可比的算力池中，未发现异常。",
    )
    _print(found, nothing if metered.hourly.meter.size else SILENT, lang=lang, as_json=as_json)


def _print(found: Sequence[Discrepancy], nothing: tuple[str, str], *, lang: Language | None, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    if not found:
        say(language.say(*nothing))
        return
    made = table(
        (
            language.say("subject", "对象"),
            language.say("rule", "规则"),
            language.say("from (UTC)", "起（UTC）"),
            language.say("until (UTC)", "止（UTC）"),
            language.say("size", "幅度"),
            language.say("false warnings", "误报率"),
            language.say("finding", "说明"),
            language.say("evidence", "证据"),
        ),
        [
            (
                one.subject,
                one.rule,
                f"{one.period.start:%m-%d %H:%M}",
                f"{one.period.end:%m-%d %H:%M}",
                percent(one.size),
                percent(one.false_warning_rate),
                one.message,
                "\n".join(f"{name} {grouped(value)}" for name, value in one.evidence.items()),
            )
            for one in found
        ],
        numbers=(4, 5),
        wide=(0, 6, 7),
    )
    print_table(made)
