"""Show one day in the terminal: accounts, comparison, bound, tiers, sites, and the three numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from rich.text import Text

from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.large import large
from qipan.interfaces.cli.print import change, print_table, say, table
from qipan.interfaces.report import day as report
from qipan.interfaces.report import kinds, labels, power, reservations, substitutes, tables, upheld
from qipan.interfaces.report.day import Document
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, mwh, percent, yuan
from qipan.interfaces.report.words import words
from qipan.kernel.units import KG_PER_T, WH_PER_KWH

_STYLES = {"lower": "bold green", "higher": "bold red", "same": "bold", "unknown": ""}


def steps() -> dict[str, tuple[str, str]]:
    """Return what the steps of a day are called while it is run, in English and in Chinese."""
    return {step: (words("en").say(title), words("zh").say(title)) for step, title in labels.STEP.items()}


def show_day(document: Document, language: Language) -> None:
    """Print the report of a day."""
    _title(document, language)
    _accounts(document, language)
    _comparison(document, language)
    _bound(document, language)
    _tiers(document, language)
    _upheld(document, language)
    _substitutes(document, language)
    _sites(document, language)
    _reservations(document, language)
    _power(document, language)
    _basis(document, language)
    _three_numbers(document, language)


def _power(document: Document, language: Language) -> None:
    """Say how the plan meets the grid, where it knows of any."""
    from qipan.workflows.respond import is_modelled

    if document.get("power"):
        told = {**document["power"], "power_is_modelled": is_modelled(document)}
        say()
        say(power.power_sentence(told, words(language)))


def _reservations(document: Document, language: Language) -> None:
    """Print what reservations came to, where there are any."""
    told = reservations.told_of(document)
    if told is not None:
        names = {site["site_id"]: language.name_in(site) for site in document["sites"]}
        title = language.say("Reservations, in the day itself", "预留容量，仅当日")
        show_reservations(told, names, title, language)


def show_reservations(told: reservations.Report, names: Mapping[str, str], title: str, language: Language) -> None:
    """Print what reservations came to.

    Parameters
    ----------
    names
        Of sites by their ids, as far as they are known.
    """
    columns = (
        language.say("reservation\nholder", "预留容量\n持有方"),
        language.say("site", "站点"),
        language.say("covered\njobs", "保障\n作业"),
        language.say("reserved\nunit-h", "预留\n单位小时"),
        language.say("used\nunit-h", "已用\n单位小时"),
        language.say("unused\nunit-h", "未用\n单位小时"),
        language.say("sold\nunit-h", "售出\n单位小时"),
        language.say("LMP income\nyuan", "节点价收入\n元"),
        language.say("contract\nyuan", "合同价款\n元"),
        language.say("net\nyuan", "净额\n元"),
    )
    rows = [
        (
            f"{one['reservation_id']}\n{one['holder']}",
            names.get(one["site_id"], one["site_id"]),
            f"{grouped(one['covered_jobs'])}/{grouped(one['nominated_jobs'])}",
            *(grouped(one[f"{part}_unit_h"], 1) for part in ("reserved", "used", "unused", "sold")),
            *(yuan(one[f"{part}_fen"], 2) for part in ("lmp", "contract", "net")),
        )
        for one in told["rows"]
    ]
    if rows:
        print_table(table(columns, rows, numbers=range(2, len(columns)), wide=(0, 1), title=f"\n{title}"))
    say(reservations.sentence(told, words(language)))
    apart = reservations.rows_apart(told, words(language))
    if apart:
        kept = told["import_sequence"]
        say(apart if kept is None else f"{apart} qipan jobs findings {kept}")


def _title(document: Document, language: Language) -> None:
    fleet = language.name_in(document, "fleet_name")
    say(
        language.say(
            f"{document['day']} on {fleet}, plan {document['plan_id']}",
            f"{document['day']} {fleet}，计划 {document['plan_id']}",
        ),
        style="bold",
    )
    source = f"{document['jobs_name']} ({document['jobs_format']})"
    if document["is_generated"]:
        source = language.say("A generated workload, not real jobs", "生成的作业，并非真实作业")
    say(
        language.say(
            f"{source}, load x {document['load']:g}, seed {document['seed']}, times in {document['zone_name']}",
            f"{source}，负载 x {document['load']:g}，种子 {document['seed']}，时区 {document['zone_name']}",
        )
    )
    say()


def _accounts(document: Document, language: Language) -> None:
    said = words(language)
    rows, jobs = report.accounts(document, said)
    say(_sum(rows))
    for reason, count in tables.out_of_scope(document):
        say(f"    {grouped(count)}  {reason}")
    if document["account"]["rows_quarantined"]:
        look_up = f"qipan jobs findings {document['account']['import_sequence']}"
        say(language.say(f"    What was wrong with the rows set aside: {look_up}", f"    被隔离行的问题：{look_up}"))
    say(_sum(jobs))
    for part in report.reasons(document, said):
        say(f"    {part.count}  {part.title}")
    if document["account"]["carried_over"]:
        say(report.carried_over(said))
    elsewhere = document["account"]["jobs_outside_day"]
    if elsewhere:
        others = grouped(elsewhere)
        say(
            language.say(
                f"Accepted jobs of other days, left for their own day: {others}.", f"另有 {others} 个作业属于其他日期。"
            )
        )
    filled = said.say(", ").join(f"{part.title} {part.count}" for part in report.assumptions(document))
    if filled:
        say(language.say(f"Assumed by the written rule: {filled}", f"按书面规则假定：{filled}"))


def _sum(account: report.Account) -> str:
    return f"{account.title} {account.whole} = " + " + ".join(f"{part.count} {part.title}" for part in account.parts)


def _comparison(document: Document, language: Language) -> None:
    scores, of_day = document["scores"], kinds.of_day(document)
    columns = (
        language.say("policy", "策略"),
        language.say("cost\nyuan", "费用\n元"),
        language.say("planned\ncost yuan", "计划费用\n元"),
        language.say("carbon t\nlocation", "碳排放 t\n按地点"),
        language.say("carbon t\nmarket", "碳排放 t\n按市场"),
        language.say("real-time\np95 ms", "实时\np95 ms"),
        language.say("mean\nwait h", "平均\n等待 h"),
        language.say("peak\nkW", "峰值\nkW"),
        language.say("jobs\nrefused", "拒绝\n作业"),
        language.say("lost\nunit-h", "损失\n单位小时"),
    )
    rows = [
        (
            label(labels.POLICY, "plan" if score is scores[0] else score["policy"], words(language)),
            yuan(score["cost_fen"]),
            yuan(score.get("planned_fen")),
            grouped(score["location_kg"] / KG_PER_T, 2),
            grouped(score["market_kg"] / KG_PER_T, 2),
            grouped(score["realtime_p95_ms"], 1),
            grouped(score["mean_wait_h"], 2),
            grouped(score["peak_kw"]),
            grouped(score["jobs_refused"]),
            kinds.amount(kinds.by_kind(score["lost_unit_h"]), of_day, words(language)),
        )
        for score in scores
    ]
    title = language.say("Against simple rules on the same jobs", "同一批作业，与简单规则比较")
    print_table(table(columns, rows, numbers=range(1, len(columns)), wide=(0,), title=f"\n{title}"))


def _bound(document: Document, language: Language) -> None:
    bound = document["bound"]
    gap, programme = (percent(bound[key], 3) for key in ("gap", "gap_to_plan"))
    say()
    say(
        language.say(
            f"Gap to the bound for whole jobs: {gap}, unserved work at its value.\n"
            f"Gap to the linear programme, in which work may stop and go: {programme}.",
            f"与整作业下界的差距：{gap}（未服务作业按其价值计）。\n与线性规划（工作可走走停停）的差距：{programme}。",
        )
    )
    say(tables.good(words(language)))
    if document.get("upheld"):
        say(upheld.of_bound(words(language)))
    errors = (bound["payments_error"], bound["revenue_error"], bound["slackness_error"])
    payments, revenue, slackness = (f"{error:.0e}" if error else "0" for error in errors)
    kind = language.say("final", "最终") if bound["is_final"] else language.say("indicative", "参考性")
    say(
        language.say(
            f"Prices are {kind}; identities hold to {payments} (payments), {revenue} (revenue), "
            f"{slackness} (slackness) of payments.",
            f"价格为{kind}价格；恒等式相对误差：支付 {payments}，收入 {revenue}，互补松弛 {slackness}。",
        )
    )


def _tiers(document: Document, language: Language) -> None:
    of_day = kinds.of_day(document)
    columns = (
        language.say("tier", "时延层级"),
        language.say("jobs", "作业"),
        language.say("placed", "已安排"),
        language.say("carried\nover", "顺延"),
        language.say("refused", "拒绝"),
        language.say("work\nunit-h", "工作量\n单位小时"),
        language.say("moved to other\nmacro-region", "跨大区\n比例"),
        language.say("round trip\nms", "往返时延\nms"),
    )
    rows = [
        (
            label(labels.TIER, tier["tier"], words(language)),
            grouped(tier["jobs"]),
            grouped(tier["placed"]),
            grouped(tier["carried_over"]),
            grouped(tier["refused"]),
            kinds.amount({tier.get("kind", ""): tier["work_unit_h"]}, of_day, words(language)),
            percent(tier["moved_share"]),
            grouped(tier["round_trip_ms"], 1),
        )
        for tier in document["tiers"]
    ]
    title = language.say("By tier", "按时延层级")
    print_table(table(columns, rows, numbers=range(1, len(columns)), title=f"\n{title}"))


def _upheld(document: Document, language: Language) -> None:
    """Say whether every tier is served no worse than by the rule that was named."""
    if not document.get("upheld"):
        return
    told, said = upheld.upheld(document, words(language)), words(language)
    heads = [f"{head.title}\n{head.unit}".strip() for head in told.heads]
    rows = [tuple(cell.text for cell in row.cells) for row in told.rows]
    print_table(table(heads, rows, numbers=range(1, len(heads) - 1), title=f"\n{told.caption}"))
    say(upheld.sentence(document["upheld"], said))


def _substitutes(document: Document, language: Language) -> None:
    """Print what runs on something else than it asks for, if anything does, and what the tables that were given did."""
    shown = substitutes.substitutes(document, words(language))
    if shown is not None:
        columns = [f"{head.title}\n{head.unit}".strip() for head in shown.heads]
        rows = [[cell.text for cell in one.cells] for one in shown.rows]
        print_table(table(columns, rows, numbers=(2, 3, 4), wide=(0, 1), title=f"\n{shown.caption}"))
    for sentence in substitutes.told_of_tables(document, words(language)):
        say(sentence)


def _sites(document: Document, language: Language) -> None:
    day = slice(document["day_slots"])
    columns = (
        language.say("site", "站点"),
        language.say("product", "产品"),
        language.say("use", "使用率"),
        language.say("mean LMP\nyuan/unit-h", "平均节点价\n元/单位小时"),
        language.say("energy\nMWh", "用电\nMWh"),
        language.say("mean price\nyuan/kWh", "平均电价\n元/kWh"),
        "PUE",
    )
    rows = [
        (
            language.name_in(site),
            kinds.product(site, words(language)),
            percent(tables.used_share(site, document["day_slots"])),
            yuan(_mean(site["lmp_fen_per_unit_h"][day]), 3),
            mwh(sum(site["energy_kwh"][day]) * WH_PER_KWH, 2),
            yuan(_mean(site["price_fen_per_kwh"][day]), 3),
            grouped(site["pue"], 2),
        )
        for site in document["sites"]
    ]
    title = language.say("By site, in the day itself", "按站点，仅当日")
    print_table(table(columns, rows, numbers=range(2, len(columns)), wide=(0, 1), title=f"\n{title}"))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _basis(document: Document, language: Language) -> None:
    said = words(language)
    parts = said.say(", ").join(f"{part.title} {part.count}" for part in report.basis(document, said))
    say()
    say(language.say(f"Figures of the sites by status: {parts}", f"站点数据状态：{parts}"))
    say()


def _three_numbers(document: Document, language: Language) -> None:
    """Print cost and both carbon accounts against what people do today; large where a person watches."""
    said = words(language)
    colon, comma = language.say(": ", "："), language.say(", ", "，")
    say(language.say("Against home region first, as people do today", "与现状（本地优先）相比"), style="bold")
    for key, headline in zip(("cost", "location_kg", "market_kg"), report.headlines(document, said), strict=True):
        moved = document["against_home_first"][key]
        style = _STYLES[headline.direction]
        if sys.stdout.isatty() and moved is not None:
            say()
            for line in large(change(moved).replace(" %", "%")):
                say(f"  {line}", style=style)
        say(Text.assemble(f"  {headline.title}{colon}", (headline.figure, style), f"{comma}{headline.sentence}"))
    say(report.same_work(document, said))
