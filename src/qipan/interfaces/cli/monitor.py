"""``qipan market monitor``: what somebody should look at; no flag is a verdict."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_moment
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.disputes import FIGURE, watched

app = typer.Typer()

MONTH = timedelta(days=31)


@app.command()
def monitor(
    *,
    since: Annotated[str | None, typer.Option("--since", metavar="MOMENT", help="A month before, if none.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="MOMENT", help="Now, if none.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Look for concentration, withheld capacity and wash trades; each flag can be cited in a dispute."""
    services = session.services()
    end = session.now() if until is None else read_moment(until)
    start = end - MONTH if since is None else read_moment(since)
    with services.books.read() as unit:
        watch = services.monitoring.watch(unit, start, end)
    if as_json:
        print_json(watched(watch))
        return
    language = spoken(lang)
    if not watch.flags:
        say(
            language.say(
                f"Nothing is to be looked at in {watch.trades} trades and {watch.hours} hours.",
                f"{watch.trades} 笔成交、{watch.hours} 个时段中无需查看之处。",
            )
        )
        return
    heads = (
        ("flag", "提示"),
        ("market", "市场"),
        ("members", "成员"),
        ("figures", "数值"),
        ("chance without intent", "无意而致的概率"),
        ("leaves", "日志叶"),
    )
    rows = [
        (
            one.flag_id,
            one.market,
            " ".join(one.members),
            ", ".join(f"{FIGURE[name]} {_figure(value)}" for name, value in one.figures.items()),
            "" if one.chance is None else f"{one.chance:.2%}",
            " ".join(map(str, one.leaves[:4])) + (" …" if len(one.leaves) > 4 else ""),
        )
        for one in watch.flags
    ]
    print_table(table([language.say(*head) for head in heads], rows))
    # Exact to the last figure: the same flags must be found by what is typed again.
    stretch = f"--since {watch.since.isoformat()} --until {watch.until.isoformat()}"
    say(language.say(f"The same flags are told again by: {stretch}", f"以下条件可再次得出相同提示：{stretch}"))
    say(language.say("Flags say what to look at; they prove nothing.", "提示仅指明应查看之处，不证明任何事。"))


def _figure(value: float) -> str:
    """Write a figure of a flag: whole numbers whole, grouped; others to three digits.

    Examples
    --------
    >>> _figure(10_000.0), _figure(0.98765), _figure(1234.5)
    ('10,000', '0.988', '1,234.5')
    """
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.3g}"
