"""``qipan ledger collect``: pull readings from where they are, seal them unsigned and receive them."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment
from qipan.interfaces.cli.print import remark
from qipan.interfaces.cli.readings import print_acknowledgements

MARGIN_S = 60

app = typer.Typer(name="collect", help="Pull readings from where they are.", no_args_is_help=True)

Since = Annotated[
    datetime | None,
    typer.Option("--from", parser=read_moment, metavar="MOMENT", help="Begin here; else where the source ended."),
]
Until = Annotated[
    datetime | None, typer.Option("--to", parser=read_moment, metavar="MOMENT", help="End here; else a minute ago.")
]


@app.callback()
def root() -> None:
    """Pull readings from where they are."""


@app.command()
def prometheus(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False, help="As http://127.0.0.1:9090")],
    map_file: Annotated[Path, typer.Argument(metavar="MAP", show_default=False, help="YAML: expressions to meters.")],
    *,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Source that is collected.")],
    since: Since = None,
    until: Until = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Collect whole periods that are over; a day back where nothing was collected yet."""
    services, now = session.services(), session.now()
    told = services.collection.prometheus(
        address,
        read_bytes(map_file),
        source_id=source,
        since=since,
        until=until or now,
        now=now,
        margin=timedelta(seconds=MARGIN_S),
    )
    if told is None:
        remark("No whole period is over yet.")
        return
    print_acknowledgements([told], lang, as_json=as_json)


@app.command()
def slurm(
    map_file: Annotated[Path, typer.Argument(metavar="MAP", show_default=False, help="YAML: partitions to meters.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="What sacct printed, - for a pipe.")],
    *,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Source that is collected.")],
    since: Since = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", parser=read_moment, metavar="MOMENT", help="When sacct was asked; else now."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Collect whole periods that are over from the accounting of Slurm."""
    text = sys.stdin.buffer.read() if str(file) == "-" else read_bytes(file)
    services, now = session.services(), session.now()
    told = services.collection.slurm(
        text, read_bytes(map_file), source_id=source, since=since, until=until or now, now=now
    )
    if told is None:
        remark("No whole period is over yet.")
        return
    print_acknowledgements([told], lang, as_json=as_json)
