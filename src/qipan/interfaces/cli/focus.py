"""``qipan ledger focus``: what pools used, in the form in which clouds bill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.figures import Fleets, Modelled
from qipan.interfaces.cli.options import Day, write_bytes
from qipan.interfaces.cli.print import counted, remark
from qipan.interfaces.report.figures import asked
from qipan.ledger.model.figure import Step

app = typer.Typer()


@app.command()
def focus(
    out: Annotated[Path, typer.Argument(metavar="OUT", show_default=False, help="Parquet; CSV if it ends in .csv.")],
    *,
    day: Day = None,
    step: Annotated[Step, typer.Option("--step", help="Length of each charge period.")] = Step.DAY,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> None:
    """Write what pools used as FOCUS 1.2 reads it, without prices; without a day, of the last 24 hours."""
    from qipan.bootstrap.focus import focus_file

    services, now = session.services(), session.now()
    with services.books.read() as unit:
        rows = services.figures.usage(unit, asked(day, now), now, step=step, fleet_ids=fleet, with_modelled=modelled)
    write_bytes(out, focus_file(rows, as_csv=out.suffix == ".csv"))
    remark(f"Wrote {out}: {counted(len(rows), 'row')}.")
