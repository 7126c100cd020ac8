"""``qipan ledger bulletin``: one day of the ledger as a page and as a table."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.figures import Fleets, Modelled
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Day, Lang, write_text
from qipan.interfaces.cli.print import print_json, remark
from qipan.interfaces.report.words import words
from qipan.kernel.time import BOARD_ZONE, zone

if TYPE_CHECKING:
    from datetime import date

app = typer.Typer()


@app.command()
def bulletin(
    *,
    day: Day = None,
    html_file: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the page.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table.")] = None,
    fleet: Fleets = None,
    modelled: Modelled = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Write the bulletin of a day, yesterday's without one: a page that needs nothing else, and a long table."""
    from qipan.interfaces.report.bulletin import gather, html, table_csv

    services, now, language = session.services(), session.now(), spoken(lang)
    chosen: date = day or now.astimezone(zone(BOARD_ZONE)).date() - timedelta(days=1)
    found = gather(services, chosen, now, words(language), fleet_ids=fleet, with_modelled=modelled)
    if html_file is not None:
        write_text(html_file, html(found, language))
        remark(f"Wrote {html_file}.")
    if csv_file is not None:
        write_text(csv_file, table_csv(found))
        remark(f"Wrote {csv_file}.")
    if as_json:
        print_json({"day": chosen, "is_modelled": found.is_modelled, "sites": len(found.idle)})
    elif html_file is None and csv_file is None:
        typer.echo(table_csv(found), nl=False)
