"""``qipan dispatch stand-alone``: what each region would have had alone."""

from __future__ import annotations

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, PlanId
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import yuan
from qipan.interfaces.report.stand_alone import amounts, gain_fen, kinds_of, sentence, worse_tiers
from qipan.interfaces.report.words import words


def stand_alone(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Compare what each region has on the common board with what its own sites alone could do for it."""
    services = session.services()
    with services.books.read() as unit:
        told = services.dispatch.stand_alone(unit, plan_id)
    if as_json:
        print_json(told)
        return
    language = spoken(lang)
    said, of_rows = words(language), kinds_of(told["rows"])
    say(f"{told['plan_id']}: {sentence(told['rows'], said)}")
    say()
    columns = (
        language.say("region", "地区"),
        language.say("asked\nunit-h", "需求\n单位小时"),
        language.say("unserved", "未满足"),
        language.say("unserved\nalone", "单独调度\n未满足"),
        language.say("net cost\nyuan", "统筹净支出\n元"),
        language.say("costs alone\nyuan", "单独成本\n元"),
        language.say("gains\nyuan", "收益\n元"),
        language.say("better served alone", "单独更优的层级"),
    )
    rows = [
        (
            said.name(one),
            *amounts(one, of_rows, said),
            yuan(one["net_fen"]),
            yuan(one["alone_fen"]),
            yuan(gain_fen(one)),
            worse_tiers(one, said),
        )
        for one in sorted(told["rows"], key=lambda one: (-gain_fen(one), one["region_id"]))
    ]
    print_table(table(columns, rows, numbers=range(1, 7), wide=(0, 7)))
