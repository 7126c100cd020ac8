"""``qipan labour bulletin``: one month of warnings as a page, a PDF or a workbook."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import VARIABLE, Language, spoken
from qipan.interfaces.cli.options import AsJson, read_month, write_bytes
from qipan.interfaces.cli.print import print_json, print_table, remark, say, table
from qipan.kernel.time import BOARD_ZONE, zone

if TYPE_CHECKING:
    from qipan.interfaces.report.table import Table

app = typer.Typer()

PanelName = Annotated[str, typer.Argument(metavar="PANEL", show_default=False, help="Name it was issued under.")]
Month = Annotated[
    date | None, typer.Option("--month", parser=read_month, metavar="YYYY-MM", help="Civil month; else the last one.")
]
Form = Annotated[
    str | None, typer.Option("--format", metavar="FORM", help="html, pdf or xlsx; else as the file's name ends.")
]
Spoken = Annotated[
    Language | None,
    typer.Option("--lang", "--language", envvar=VARIABLE, help="Language; else that of the environment."),
]


@app.command()
def bulletin(
    panel: PanelName,
    *,
    month: Month = None,
    form: Form = None,
    file: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")] = None,
    lang: Spoken = None,
    as_json: AsJson = False,
) -> None:
    """Tell what was warned of in a month and how it stood at its end: page, PDF or Excel; without a file, in short."""
    from qipan.access.model import Scope
    from qipan.interfaces.report.labour_bulletin import document, write
    from qipan.interfaces.report.labour_month import tell
    from qipan.interfaces.report.words import words

    services, now, language = session.services(), session.now(), spoken(lang)
    chosen = month or _last_month(now.astimezone(zone(BOARD_ZONE)).date())
    with services.books.read() as unit:
        told = tell(services, unit, panel, chosen, now, scope=Scope(is_country=True))
    made = document(told, services.catalog, words(language))
    if file is not None:
        kind = form or file.suffix.removeprefix(".").lower() or "html"
        write_bytes(file, write(made, kind, language, fonts=services.settings.fonts))
        remark(f"Wrote {file}.")
    if as_json:
        print_json(told)
    elif file is None:
        say(f"{made.title}\n{made.lead}")
        for one in (made.parts[0].tables[0], made.parts[1].tables[0]):
            _print(one)


def _print(one: Table) -> None:
    if not one.rows:
        say(one.empty)
        return
    numbers = [at for at, head in enumerate(one.heads) if head.is_number]
    rows: list[tuple[Any, ...]] = [tuple(cell.text for cell in row.cells) for row in one.rows]
    print_table(table([head.title for head in one.heads], rows, numbers=numbers))


def _last_month(today: date) -> date:
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
