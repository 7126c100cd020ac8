"""``qipan labour home``: warnings are carried home to the regions that the people come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.kernel.errors import BadInputError, of_file


def home(
    warned: Annotated[
        str,
        typer.Argument(
            metavar="WARNINGS", show_default=False, help="What warn --json wrote, or the name of a panel in the books."
        ),
    ],
    came: Annotated[
        Path,
        typer.Argument(
            metavar="ORIGINS", show_default=False, help="destination, origin, industry?, and jobs or share."
        ),
    ],
    *,
    bridge: Annotated[
        Path | None, typer.Option("--bridge", metavar="FILE", help="region?, industry, occupation, share.")
    ] = None,
    jobs: Annotated[
        Path | None, typer.Option("--jobs", metavar="FILE", help="region, industry, jobs; or a panel of employment.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Carry warnings home: how many are affected by home region, in what occupations, and what support they need."""
    from qipan.bootstrap.home import carry, read_tables
    from qipan.facts.catalog import Catalog

    language, catalog = spoken(lang), Catalog.load(session.settings().facts)
    told = _told(warned)
    tables = read_tables(
        catalog, read_bytes(came), read_bytes(bridge) if bridge else None, read_bytes(jobs) if jobs else None
    )
    found = carry(told, tables, catalog)
    say_findings(tables.left_out, tables.noted, language)
    if as_json:
        print_json(found)
        return
    _show(found, catalog, language)


def _told(warned: str) -> Any:
    """Return an outlook: of a file, else the newest of a panel in the books."""
    path = Path(warned)
    if not path.is_file():
        services = session.services()
        with services.books.read() as unit:
            newest = services.warnings.newest(unit, warned)
        return {**newest.told, "panel": newest.panel}
    with of_file(path.name):
        try:
            told = json.loads(read_bytes(path))
        except ValueError as error:
            raise _unreadable(str(error)) from error
        if not isinstance(told, dict):
            raise _unreadable(type(told).__name__)
        return told


def _unreadable(what: str) -> BadInputError:
    return BadInputError(
        f"Warnings must be as qipan labour warn --json tells them, was something else at {what}.",
        code="warnings_unreadable",
        hint="Bring what this command prints, with --json: qipan labour warn",
    )


def _show(found: dict[str, Any], catalog: Any, language: Language) -> None:
    from qipan.interfaces.report.home import ASSUMED, TITLES, homes_table, part_table, summary, uncounted
    from qipan.interfaces.report.labour_pages import names_of
    from qipan.interfaces.report.words import words

    said = words(language)
    names = names_of(catalog.regions(), said)
    say(summary(found, said))
    for one in (homes_table(found, names, said), *(part_table(found, part, names, said) for part in TITLES)):
        if one is None or not one.rows:
            continue
        say(f"\n{one.caption}")
        heads = [f"{head.title}, {head.unit}" if head.unit else head.title for head in one.heads]
        rows = [
            tuple(f"{cell.text}: {cell.note}" if cell.note else cell.text for cell in line.cells) for line in one.rows
        ]
        print_table(table(heads, rows, numbers=range(1, len(heads)), wide=(0,)))
    for why in uncounted(found, said):
        say(f"! {why}")
    for key in found["assumed"]:
        say(f"- {said.say(ASSUMED[key])}")
