"""``qipan dispatch volumes``: which work of the east the west should take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, PlanId
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report import labels
from qipan.interfaces.report.kinds import with_units
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped
from qipan.interfaces.report.volumes import FIELDS, WHY_NOT, excluded, name_of, sentence
from qipan.interfaces.report.words import words


def volumes(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Tell which kinds and volumes of eastern work the west should take, and what holds the rest back."""
    services = session.services()
    with services.books.read() as unit:
        told = services.dispatch.volumes(unit, plan_id)
    if as_json:
        print_json(told)
        return
    language = spoken(lang)
    say(f"{told['plan_id']}: {sentence(told['rows'], words(language))}")
    if told["rows"]:
        say()
        _print(told, language)


def _print(told: Mapping[str, Any], language: Language) -> None:
    said = words(language)
    with_kind = len({one["kind"] for one in told["rows"]}) > 1
    ordered = sorted(told["rows"], key=lambda one: (-one["standard_unit_h"], -one["asked_unit_h"]))
    columns = (
        language.say("workload", "任务类型"),
        language.say("asked\nunit-h", "需求\n单位小时"),
        language.say("should\ngo west", "承接\n标准"),
        language.say("moved\nwest", "已西迁"),
        language.say("stays:\nno room", "留东部：\n容量不足"),
        language.say("stays:\nnearness", "留东部：\n就近"),
        language.say("stays:\nprice", "留东部：\n价格"),
        language.say("eligible", "可承接"),
        language.say("not\neligible", "不可\n承接"),
    )
    rows = [
        (
            f"{label(labels.WORKLOAD, one['workload'], said)}\n{name_of(one, said, with_kind=with_kind)}",
            grouped(one["asked_unit_h"]),
            grouped(one["standard_unit_h"]),
            *(grouped(one[field]) for field in FIELDS),
            grouped(excluded(one)),
        )
        for one in ordered
    ]
    print_table(table(columns, rows, numbers=range(1, len(columns)), wide=(0,)))
    by_reason: dict[str, dict[str, float]] = {}
    for one in told["rows"]:
        for code, amount in one["excluded_unit_h"].items():
            of_code = by_reason.setdefault(code, {})
            of_code[one["kind"]] = of_code.get(one["kind"], 0.0) + amount
    for code, of_code in sorted(by_reason.items(), key=lambda item: -max(item[1].values())):
        why, much = label(WHY_NOT, code, said), with_units(of_code, said)
        say(language.say(f"Not eligible, {why}: {much}", f"不可承接，{why}：{much}"))
