"""``qipan labour budget``: how much the releases of a feed may tell of one job, and what was spent of it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_epsilon
from qipan.interfaces.cli.print import print_json, print_table, table

if TYPE_CHECKING:
    from qipan.labour.model.privacy import Budget


def budget(
    feed: Annotated[str | None, typer.Argument(metavar="[FEED]", show_default=False, help="Else all of them.")] = None,
    *,
    epsilon: Annotated[
        Fraction | None,
        typer.Option(
            "--epsilon", parser=read_epsilon, metavar="EPSILON", help="State it, before anything is released."
        ),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell privacy budgets of feeds, and what was spent of them; or state that of one."""
    services, language = session.services(), spoken(lang)
    if feed is not None and epsilon is not None:
        with services.books.begin() as unit:
            found: tuple[Budget, ...] = (services.budgets.state(unit, feed, epsilon, session.now()),)
    else:
        with services.books.read() as unit:
            found = services.budgets.budgets(unit) if feed is None else (services.budgets.budget(unit, feed),)
    if as_json:
        print_json({"budgets": [_told(one) for one in found]})
        return
    heads = (
        ("feed", "数据来源"),
        ("budget, epsilon", "预算 ε"),
        ("spent", "已用"),
        ("left", "剩余"),
        ("releases", "公布次数"),
    )
    rows = [
        (one["feed"], *(f"{one[name]:g}" for name in ("epsilon", "spent", "left")), str(len(one["releases"])))
        for one in map(_told, found)
    ]
    print_table(table([language.say(*head) for head in heads], rows, numbers=range(1, 5)))


def _told(one: Budget) -> dict[str, Any]:
    from qipan.labour.model.privacy import MILLIONTHS, Entry

    return {
        "feed": one.feed,
        "epsilon": one.whole_millionths / MILLIONTHS,
        "spent": one.spent_millionths / MILLIONTHS,
        "left": one.left_millionths / MILLIONTHS,
        "releases": [
            {"what": entry.what, "epsilon": entry.epsilon_millionths / MILLIONTHS, "at": entry.at, "by": entry.by}
            for entry in one.entries
            if entry.entry is Entry.SPENT
        ],
    }
