"""``qipan dispatch solve``: any day's programme that stands in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import counted, print_json, print_table, say, table
from qipan.interfaces.cli.search import Gap, Seconds, searching
from qipan.interfaces.report import labels
from qipan.interfaces.report.kinds import unit_hours
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, percent, yuan
from qipan.interfaces.report.words import words

if TYPE_CHECKING:
    from qipan.dispatch.model.plan import Instance
    from qipan.dispatch.solver.approach import Approach

app = typer.Typer()


@app.command()
def solve(
    file: Annotated[Path, typer.Argument(metavar="INSTANCE", show_default=False, help="JSON, or gzip of it.")],
    *,
    gap: Gap = 1e-3,
    seconds: Seconds = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Plan an instance at least cost: certified bounds at every moment, prices by site; of every slot with --json."""
    from qipan.bootstrap.files import read_instance
    from qipan.dispatch.solver.approach import approach
    from qipan.interfaces.report.solution import solution

    instance = read_instance(read_bytes(file))
    with searching(seconds, spoken(lang)) as is_enough:
        found = approach(*instance, gap=gap, is_enough=is_enough)
    if as_json:
        print_json(solution(instance, found))
    else:
        _show(instance, found, spoken(lang))


@app.command()
def schema(
    *,
    of: Annotated[Literal["instance", "expansion"], typer.Option("--of", help="Which file.")] = "instance",
) -> None:
    """Print the JSON Schema of an instance, or of a file of expansion."""
    from qipan.bootstrap.files import instance_schema, prospect_schema

    form = instance_schema() if of == "instance" else prospect_schema()
    say(json.dumps(form, indent=2, ensure_ascii=False))


def _show(instance: Instance, found: Approach, language: Language) -> None:
    from qipan.dispatch.model.job import KINDS, Tier

    plan, classes = found.plan, instance.classes
    cost, least = yuan(plan.objective_fen, 2), yuan(found.bound_fen, 2)
    say(
        language.say(
            f"Cost {cost} yuan; no plan can cost less than {least}: "
            f"gap {found.gap:.3%} after {counted(found.steps, 'step')}.",
            f"费用 {cost} 元；任何方案不低于 {least} 元：差距 {found.gap:.3%}，共 {found.steps} 步。",
        )
    )
    if not plan.is_final:
        say(language.say("Prices are indicative: the plan stopped at a gap.", "价格仅供参考：方案在给定差距处停止。"))
    rows, said = [], words(language)
    for kind, tier in sorted(set(zip(instance.kind.tolist(), classes.tier.tolist(), strict=True))):
        mine = (instance.kind == kind) & (classes.tier == tier)
        asked, lost = float(classes.demand_unit_h[mine].sum()), float(plan.unserved_unit_h[mine].sum())
        name, unit = label(labels.TIER, Tier(tier).label, said), unit_hours(KINDS[kind].value, said)
        rows.append((name, f"{grouped(asked, 1)} {unit}", grouped(lost, 1), percent(lost / asked)))
    say()
    print_table(
        table(
            (
                language.say("tier", "层级"),
                language.say("asked", "需求"),
                language.say("unserved", "未满足"),
                language.say("share", "占比"),
            ),
            rows,
            numbers=(1, 2, 3),
        )
    )
    say()
    _show_prices(instance, found, language)


def _show_prices(instance: Instance, found: Approach, language: Language) -> None:
    """Print what an hour of each product costs: the mean of its slots, the least and the most."""
    board, said = instance.board, words(language)
    rows = []
    for (site, kind, model), curve in zip(board.products, found.plan.lmp_fen_per_unit_h, strict=True):
        figures = (yuan(float(one), 2) for one in (curve.mean(), curve.min(), curve.max()))
        rows.append((board.sites[site].site_id, f"{label(labels.KIND, kind.value, said)} {model}".strip(), *figures))
    print_table(
        table(
            (
                language.say("site", "站点"),
                language.say("kind", "类别"),
                language.say("mean", "平均"),
                language.say("least", "最低"),
                language.say("most", "最高"),
            ),
            rows,
            numbers=(2, 3, 4),
            title=language.say("Prices, yuan/unit-hour", "价格，元/单位小时"),
        )
    )
    say(language.say("Prices of every slot: --json", "逐时段价格：--json"))
