"""``qipan ledger discrepancies``: what cannot be true."""

from __future__ import annotations

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.figures import Fleets, Modelled
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.figures import asked
from qipan.interfaces.report.numbers import grouped, percent

app = typer.Typer()


@app.command()
def discrepancies(
    *, day: Day = None, fleet: Fleets = None, modelled: Modelled = False, lang: Lang = None, as_json: AsJson = False
) -> None:
    """Tell which meters contradict physics, the register or themselves; without a day, in the last 24 hours."""
    services, now = session.services(), session.now()
    with services.books.read() as unit:
        metered = services.figures.of(unit, asked(day, now), now, fleet_ids=fleet, with_modelled=modelled)
    found = services.audit.discrepancies(metered)
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    if not found:
        say(language.say("No meter contradicts another or the register.", "未发现相互矛盾的计量数据。"))
        return
    made = table(
        (
            language.say("subject", "对象"),
            language.say("rule", "规则"),
            language.say("from (UTC)", "起 (UTC)"),
            language.say("until (UTC)", "止 (UTC)"),
            language.say("size", "幅度"),
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
                one.message,
                "\n".join(f"{name} {grouped(value)}" for name, value in one.evidence.items()),
            )
            for one in found
        ],
        numbers=(4,),
        wide=(0, 5, 6),
    )
    print_table(made)
