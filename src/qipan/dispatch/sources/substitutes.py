"""On what else work may run: a table of what is asked for, what stands for it, and how many units of that."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.board import Substitute
from qipan.dispatch.model.job import KINDS
from qipan.dispatch.sources.cells import Quarantine, numbers, texts
from qipan.dispatch.sources.forms import SUBSTITUTES
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import BadInputError, Finding


def read(data: bytes) -> tuple[Substitute, ...]:
    r"""Read a table of substitutes, CSV or Parquet, with its columns in any order.

    ``units`` of the substitute stand for one that is asked for, and may be a fraction: a faster card takes fewer. An
    empty model asks for any of its kind, or is that of pools that state none. What fits without a table takes one unit
    for one, and cannot be told another number.

    Raises
    ------
    BadInputError
        As `table.read_table`; ``substitutes_unreadable`` with findings: ``row_width``, ``column_unknown``,
        ``kind_unknown``, ``units_malformed``, ``pair_repeated``, ``fits_itself``.

    Examples
    --------
    >>> read(b"kind,card_model,by_kind,by_card_model,units\nintelligent,A,intelligent,B,2.5\n")[0].units
    2.5
    """
    table = read_table(data, needed=SUBSTITUTES.needed)
    rows = Quarantine(table)
    rows.refuse_unknown_columns(SUBSTITUTES.needed)
    kind, by_kind = (
        rows.choice(
            KINDS,
            Finding(0, column, "kind_unknown", f"{column} must be one of {', '.join(KINDS)}"),
            required=True,
        )
        for column in ("kind", "by_kind")
    )
    units, _ = numbers(table.cells("units"))
    rows.refuse(~(units > 0), Finding(0, "units", "units_malformed", "units must be a number above 0"))
    model, by_model = (texts(table.cells(column)) for column in ("card_model", "by_card_model"))
    fits = np.asarray((model == by_model) | (model == "") | (by_model == ""), dtype=bool) & (kind == by_kind)
    unlike = rows.good & fits & (units != 1.0)
    itself = "units must be 1 where what stands for it is what is asked for"
    rows.refuse(unlike & (model == by_model), Finding(0, "units", "fits_itself", itself))
    any_model = "units must be 1 where a card model is left out: pools that state none take any model one for one"
    rows.refuse(unlike & (model != by_model), Finding(0, "units", "fits_itself", any_model))
    every = np.ones(len(table), dtype=bool)
    repeated = rows.repeated("kind", "card_model", "by_kind", "by_card_model", among=every)
    rows.refuse(repeated, Finding(0, "by_card_model", "pair_repeated", "A pair must have one row in the file"))
    if rows.findings:
        raise BadInputError(
            f"Every row of a table of substitutes must be sound, was wrong in {len(rows.findings)} places.",
            code="substitutes_unreadable",
            hint=f"Give a table with the columns {', '.join(SUBSTITUTES.needed)}; see docs/substitutes.md.",
            findings=rows.findings,
        )
    return tuple(
        Substitute(KINDS[kind[row]], model[row], KINDS[by_kind[row]], by_model[row], float(units[row]))
        for row in range(len(table))
    )
