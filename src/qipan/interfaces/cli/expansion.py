"""``qipan dispatch expand``: what to build where and by when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import print_json
from qipan.interfaces.cli.search import Gap, Seconds, searching

app = typer.Typer()


@app.command()
def expand(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="JSON, or gzip of it.")],
    *,
    gap: Gap = 1e-4,
    seconds: Seconds = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Plan what to build where and by when: cost, worth of each build, and what doing otherwise would cost."""
    from qipan.bootstrap.files import read_prospect
    from qipan.dispatch.expansion.follow import weigh
    from qipan.dispatch.expansion.tell import tell
    from qipan.interfaces.cli.show_expansion import show

    prospect = read_prospect(read_bytes(file), lambda name: read_bytes(file.parent / name), session.settings().facts)
    with searching(seconds, spoken(lang)) as is_enough:
        weighed = weigh(prospect, gap=gap, is_enough=is_enough)
    told = tell(prospect, weighed)
    if as_json:
        print_json(told)
    else:
        show(told, spoken(lang))
