"""``qipan dispatch expand``: what to build where and by when."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.instance import stopping
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import print_json, remark
from qipan.interfaces.report.numbers import grouped, yuan

app = typer.Typer()


@app.command()
def expand(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="JSON, or gzip of it.")],
    *,
    gap: Annotated[
        float, typer.Option("--gap", min=0, help="Stop once the cost is at most this share above the certified bound.")
    ] = 1e-4,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0, help="Stop after so long, however near; Ctrl-C does, too.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Plan what to build where and by when: cost, worth of each build, and what doing otherwise would cost."""
    from qipan.bootstrap import read_prospect
    from qipan.dispatch.expansion.follow import weigh
    from qipan.interfaces.cli.show_expansion import show
    from qipan.interfaces.report.expansion import expansion

    prospect = read_prospect(read_bytes(file), lambda name: read_bytes(file.parent / name), session.settings().facts)
    begun = monotonic()
    with stopping() as stopped:

        def is_enough(steps: int, cost_fen: float, bound_fen: float) -> bool:
            remark(f"{grouped(steps):>9} steps  cost {yuan(cost_fen)}  bound {yuan(bound_fen)} yuan")
            return bool(stopped) or (seconds is not None and monotonic() - begun >= seconds)

        weighed = weigh(prospect, gap=gap, is_enough=is_enough)
    told = expansion(prospect, weighed)
    if as_json:
        print_json(told)
    else:
        show(told, spoken(lang))
