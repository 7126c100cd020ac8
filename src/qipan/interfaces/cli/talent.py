"""``qipan talent``: from a warning to who is affected, courses and jobs; experts and posts of several regions meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import talent_plans, talent_skills
from qipan.interfaces.cli.effects import effect
from qipan.interfaces.cli.guidance import guide
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.left_out import count_rules, say_left_out
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING

if TYPE_CHECKING:
    from qipan.talent.model.exchange import Exchange

app = typer.Typer(name="talent", help="Assess, teach, place and share people.", no_args_is_help=True)
app.add_typer(talent_skills.app)
app.add_typer(talent_plans.app)

Experts = Annotated[Path, typer.Argument(metavar="EXPERTS", show_default=False, help="CSV of experts and their time.")]
Posts = Annotated[Path, typer.Argument(metavar="POSTS", show_default=False, help="CSV of posts, a row for each terms.")]
Contracts = Annotated[
    Path,
    typer.Argument(metavar="CONTRACTS", show_default=False, help="CSV of contracts, with the points of both sides."),
]
MODES_ZH = {
    "visit": "短期访问", "migratory": "候鸟", "project": "项目", "enclave": "飞地", "equity": "技术入股",
    "workstation": "工作站", "exchange": "互派",
}  # fmt: skip


@app.callback()
def root() -> None:
    """Assess, teach, place and share people."""


@app.command()
def match(experts: Experts, posts: Posts, contracts: Contracts, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Match experts and posts so that nobody would rather sign another contract, beside what the best sum would be."""
    language = spoken(lang)
    exchange, read = _read((experts, posts, contracts), language, is_silent=as_json)
    from qipan.talent.tell import tell_matching

    told = tell_matching(exchange)
    if as_json:
        print_json(read | told)
    else:
        _show_matching(told, language)


@app.command()
def balance(
    experts: Experts, posts: Posts, contracts: Contracts, *, lang: Lang = None, as_json: AsJson = False
) -> None:
    """Match, and tell by region what experts give and get: days out, in and back, home-grown beside external."""
    language = spoken(lang)
    exchange, read = _read((experts, posts, contracts), language, is_silent=as_json)
    from qipan.talent.balance import balance as balance_regions
    from qipan.talent.lay_out import lay_out
    from qipan.talent.move_together import match_everybody
    from qipan.talent.tell import tell_balance

    matching, _ = match_everybody(exchange, lay_out(exchange))
    told = tell_balance(balance_regions(exchange, matching))
    if as_json:
        rules = {role: count_rules(findings) for role, findings in read["rows_left_out"].items()}
        print_json(read | {"rows_left_out": rules, "regions": told})
    else:
        _show_balance(told, language)


app.command()(effect)
app.command()(guide)


def _read(files: tuple[Path, Path, Path], language: Language, *, is_silent: bool) -> tuple[Exchange, dict[str, Any]]:
    """Return the exchange and what is wrong with rows that are left out, told where JSON does not tell it."""
    from qipan.bootstrap.exchange import read_exchange

    experts, posts, contracts = files
    found = read_exchange(*((path.name, read_bytes(path)) for path in files))
    if not is_silent:
        say_left_out(found.left_out, language, {"experts": experts, "posts": posts, "contracts": contracts})
    return found.exchange, {"rows_left_out": found.left_out, "one_sided": found.one_sided}


def _show_matching(told: dict[str, Any], language: Language) -> None:
    heads = (
        language.say("expert", "专家"), language.say("post", "岗位"), language.say("mode", "方式"),
        language.say("months", "月份"), language.say("days a month", "每月天数"),
        language.say("yuan a month", "月薪（元）"), language.say("equity", "股权"),
    )  # fmt: skip
    rows = [
        (one["expert"], one["post"], _mode(one["mode"], language), f"{one['from']}/{one['until']}",
         str(one["days_a_month"]), f"{one['pay_fen_per_month'] / 100:,.0f}",
         f"{one['equity_ppm'] / 1e6:.2%}" if one["equity_ppm"] else NOTHING)
        for one in told["signed"]
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=(4, 5, 6)))
    beyond = len(told["overbooked"]) + len(told["overfull"])
    say()
    say(
        language.say(
            f"{len(rows):,} of {told['possible']:,} possible contracts are signed. Contracts that both sides would "
            f"rather sign: {len(told['blocking'])}; held beyond time or quotas: {beyond}.",
            f"{told['possible']:,} 份可能的合同中签订 {len(rows):,} 份。"
            f"双方更愿签订而未签的合同：{len(told['blocking'])} 份；超出时间或配额的：{beyond} 处。",
        )
    )
    say(
        language.say(
            f"Points of both sides: {told['value']:,.1f}; no matching has more than {told['bound']:,.1f}, "
            f"from which this is {told['gap']:.1%} away.",
            f"双方评分合计 {told['value']:,.1f}；任何匹配不超过 {told['bound']:,.1f}，相差 {told['gap']:.1%}。",
        )
    )
    if told["together"]:
        moved = sum(bool(one["signed"]) for one in told["together"])
        missed = sum(bool(one["blocking"]) for one in told["together"])
        say(
            language.say(
                f"Pairs that move together: {moved} of {len(told['together'])} signed; {missed} would rather others.",
                f"结伴流动的专家对：{len(told['together'])} 对中 {moved} 对签约；{missed} 对更愿另签。",
            )
        )


def _mode(mode: str, language: Language) -> str:
    return language.say(mode, MODES_ZH[mode])


def _show_balance(told: list[dict[str, Any]], language: Language) -> None:
    heads = (
        language.say("region", "地区"), language.say("stays, days", "留在本地（天）"), language.say("out", "流出"),
        language.say("in", "流入"), language.say("net", "净流入"), language.say("of in: back home", "其中回流"),
        language.say("of in: enclave", "其中飞地"), language.say("home-grown", "本土人才"),
        language.say("external", "外来人才"), language.say("retention", "留存率"),
    )  # fmt: skip
    names = [name for name in told[0] if name.endswith("_days")]
    rows = [
        (one["region"], *(f"{one[name]:,}" for name in names),
         NOTHING if one["retention"] is None else f"{one['retention']:.0%}")
        for one in told
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=tuple(range(1, 10))))
