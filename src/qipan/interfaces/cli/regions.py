"""``qipan regions``: how unequal regions are, whether that closes, and what each is good at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import indices, portfolio
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import BadInputError, of_file

if TYPE_CHECKING:
    from qipan.kernel.errors import Finding
    from qipan.regions.model.panel import Panel

app = typer.Typer(name="regions", help="How regions differ, and whether the gap closes.", no_args_is_help=True)

app.command("index")(indices.index)
app.command("template")(indices.template)
app.command("portfolio")(portfolio.portfolio)

SHOWN = 20
"""Regions and activities that are printed: the most complex ones."""

LEADING = 3
"""Regions of a club that are printed."""
CLEAR = 0.05
"""Up to which chance a region's neighbours are told."""
QUADRANTS = {
    "high-high": ("High among high", "高-高"),
    "low-high": ("Low among high", "低-高"),
    "low-low": ("Low among low", "低-低"),
    "high-low": ("High among low", "高-低"),
}

PanelFile = Annotated[
    Path,
    typer.Argument(
        metavar="PANEL", show_default=False, help="CSV, Parquet or Excel: region, year, value; or year and regions."
    ),
]
Per = Annotated[
    Path | None,
    typer.Option("--per", metavar="PANEL", show_default=False, help="Divide by this, as population, and weigh by it."),
]
Where = Annotated[
    list[str] | None, typer.Option("--where", metavar="COLUMN=TEXT", help="Only rows that say so; may be given again.")
]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="REGION", help="Leave a region out; may be given again.")
]
First = Annotated[int | None, typer.Option("--from", metavar="YEAR", show_default=False, help="First year.")]
Last = Annotated[int | None, typer.Option("--to", metavar="YEAR", show_default=False, help="Last year.")]


@app.callback()
def root() -> None:
    """Tell how regions differ, and whether the gap closes."""


@app.command()
def disparity(
    file: PanelFile,
    *,
    per: Per = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="PARTITION", help="As macro4; again for finer groups that nest."),
    ] = None,
    aversion: Annotated[float, typer.Option("--aversion", help="Of Atkinson's measure.")] = 1.0,
    where: Where = None,
    without: Without = None,
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell how unequal regions are in each year, and what of that lies within and between groups."""
    from qipan.regions.tell import tell_disparity

    language = spoken(lang)
    panel, left_out, noted = _panel(file, per, _pairs(where), without or ())
    say_findings(left_out, noted, language)
    told = tell_disparity(panel.between(first, last), by or (), aversion)
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
        return
    names = ("gini", "theil_t", "theil_l", "atkinson", "cv", "sigma")
    heads = [language.say("year", "年份"), language.say("regions", "地区"), *names]
    rows = [[one["year"], one["regions"], *(_digits(one[name]) for name in names)] for one in told["years"]]
    if by:
        heads += [language.say(f"between {name}, of T", f"{name} 组间占 T") for name in by]
        for row, one in zip(rows, told["years"], strict=True):
            row += [_share(one["theil_t_parts"]["between"][name], one["theil_t"]) for name in by]
    print_table(table(heads, [tuple(map(str, row)) for row in rows], numbers=range(len(heads))))
    if told["without_group"]:
        say(language.say("In no group: ", "不属任何组：") + ", ".join(told["without_group"]))


@app.command()
def convergence(
    file: PanelFile,
    *,
    per: Per = None,
    classes: Annotated[int, typer.Option("--classes", min=2, help="Classes of standing, of equal size.")] = 5,
    where: Where = None,
    without: Without = None,
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether poorer regions catch up (beta), whether all lie closer (sigma), and how they move."""
    from qipan.regions.tell import tell_convergence

    language = spoken(lang)
    panel, left_out, noted = _panel(file, per, _pairs(where), without or ())
    say_findings(left_out, noted, language)
    told = tell_convergence(panel.between(first, last), classes)
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
        return
    _show_convergence(told, language)


@app.command()
def complexity(
    file: Annotated[
        Path, typer.Argument(metavar="AMOUNTS", show_default=False, help="region, activity (or product), value.")
    ],
    *,
    least: Annotated[float, typer.Option("--least", min=0.0, help="RCA from which an activity is revealed.")] = 1.0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell what regions are good at, how complex they are, and which activities lie near to what they do."""
    from qipan.bootstrap.regions import read_activities
    from qipan.facts.catalog import Catalog
    from qipan.regions.tell import tell_complexity

    language = spoken(lang)
    with of_file(file.name):
        found, left_out = read_activities(read_bytes(file), Catalog.load(None))
    say_findings(left_out, (), language)
    told = tell_complexity(found, least)
    if as_json:
        print_json({"rows_left_out": left_out, "activities_names": found.activities, **told})
        return
    most = sorted(told["regions"], key=lambda one: -one["eci"])[:SHOWN]
    heads = [language.say(*one) for one in (("region", "地区"), ("activities", "活动"), ("sameness", "同质度"))]
    heads[2:2] = ["ECI", language.say("fitness", "适应度")]
    rows = [
        (
            one["region"],
            str(one["diversity"]),
            _digits(one["eci"]),
            _digits(one["fitness"]),
            _digits(one["mean_sameness"]),
        )
        for one in most
    ]
    print_table(table(heads, rows, numbers=range(1, 5)))


@app.command()
def clubs(
    file: PanelFile,
    *,
    per: Per = None,
    smooth: Annotated[
        float | None,
        typer.Option("--smooth", metavar="LAMBDA", min=0.0, help="Take logarithms and their trend, this smooth."),
    ] = None,
    as_is: Annotated[bool, typer.Option("--as-is", help="Figures are trends already.")] = False,
    trim: Annotated[float, typer.Option("--trim", help="Share of years that the test leaves out.")] = 1.0 / 3.0,
    sieve: Annotated[float, typer.Option("--sieve", help="What t must be to join a core, at first.")] = 0.0,
    where: Where = None,
    without: Without = None,
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Gather regions into clubs that converge, each by itself (log t), and merge those that converge together."""
    from qipan.regions.tell import tell_clubs

    language = spoken(lang)
    panel, left_out, noted = _panel(file, per, _pairs(where), without or ())
    say_findings(left_out, noted, language)
    told = tell_clubs(panel.between(first, last), smoothness=smooth, as_is=as_is, trim=trim, sieve=sieve)
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
        return
    _show_clubs(told, language)


@app.command()
def neighbours(
    file: PanelFile,
    *,
    per: Per = None,
    beside: Annotated[
        Path | None,
        typer.Option("--neighbours", metavar="FILE", help="region,neighbour; else provinces that adjoin."),
    ] = None,
    classes: Annotated[int, typer.Option("--classes", min=2, help="Classes of standing, of equal size.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the deals of chance.")] = 1,
    where: Where = None,
    without: Without = None,
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether neighbours are alike (Moran), where, how that moves regions, and whether growth spills over."""
    from qipan.bootstrap.panels import read_neighbours, region_neighbours
    from qipan.facts.catalog import Catalog
    from qipan.regions.tell import tell_neighbours

    language = spoken(lang)
    panel, left_out, noted = _panel(file, per, _pairs(where), without or ())
    around = region_neighbours(Catalog.load(None))
    if beside is not None:
        with of_file(beside.name):
            around, more = read_neighbours(read_bytes(beside))
        left_out = (*left_out, *more)
    say_findings(left_out, noted, language)
    told = tell_neighbours(panel.between(first, last), around, classes=classes, seed=seed)
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
        return
    _show_neighbours(told, language)


def _panel(
    file: Path, per: Path | None, where: Mapping[str, str], without: Sequence[str]
) -> tuple[Panel, tuple[Finding, ...], tuple[Finding, ...]]:
    """Read a panel, divided by another where one is named."""
    from qipan.bootstrap.regions import join, read_panel
    from qipan.facts.catalog import Catalog

    catalog = Catalog.load(None)
    with of_file(file.name):
        panel, left_out, noted = read_panel(read_bytes(file), catalog, where=where, without=without)
    if per is None:
        return panel, left_out, noted
    with of_file(per.name):
        other, more, odd = read_panel(read_bytes(per), catalog, without=without)
    joined, apart = join(panel, other)
    return joined, (*left_out, *more), (*noted, *odd, *apart)


def _pairs(where: Sequence[str] | None) -> dict[str, str]:
    found = {}
    for one in where or ():
        name, is_there, text = one.partition("=")
        if not is_there:
            raise BadInputError(
                f"What rows must say is written COLUMN=TEXT, was {one!r}.",
                code="where_unfit",
                hint="As --where item=R&D.",
            )
        found[name.strip()] = text.strip()
    return found


def _show_convergence(told: dict[str, Any], language: Language) -> None:
    beta, line, ends = told["beta"], told["beta"]["line"], told["sigma"]["years"]
    first, last, count = beta["first_year"], beta["last_year"], line["count"]
    rate, usual, robust = (_percent(beta[name]) for name in ("rate", "standard_error", "robust_error"))
    fits, half = _digits(line["r_squared"], 2), _digits(beta["half_life_years"], 1)
    say(
        language.say(
            f"Beta, {first} to {last}, {count} regions: {rate} a year (error {usual}, robust {robust}), R2 {fits}; "
            f"half of the gap closes in {half} years.",
            f"β 收敛，{first} 至 {last} 年，{count} 个地区：每年 {rate}（标准误 {usual}，稳健 {robust}），R2 {fits}；"
            f"差距缩小一半需 {half} 年。",
        )
    )
    begins, ends_at = (_digits(one["sigma"]) for one in (ends[0], ends[-1]))
    say(
        language.say(
            f"Sigma: {begins} in {ends[0]['year']}, {ends_at} in {ends[-1]['year']}.",
            f"σ：{ends[0]['year']} 年 {begins}，{ends[-1]['year']} 年 {ends_at}。",
        )
    )
    chain = told["classes"]
    heads = [language.say("from class", "从类别"), *(str(at + 1) for at in range(len(chain["steady"])))]
    rows = [
        (str(at + 1), *(_digits(one, 3) for one in chances), _digits(years, 1))
        for at, (chances, years) in enumerate(zip(chain["chances"], chain["stay_years"], strict=True))
    ]
    rows.append((language.say("steady", "稳态"), *(_digits(one, 3) for one in chain["steady"]), ""))
    heads.append(language.say("years", "停留年数"))
    print_table(table(heads, rows, numbers=range(1, len(heads))))


def _show_clubs(told: dict[str, Any], language: Language) -> None:
    settings, whole = told["settings"], told["whole"]
    first, last = settings["years"]
    smooth = settings["smoothness"]
    made = (
        language.say("figures as they are", "数据按原样使用")
        if smooth is None
        else language.say(f"logarithms, trend of smoothness {smooth:g}", f"取对数，趋势平滑参数 {smooth:g}")
    )
    t = _digits(whole["t"], 3)
    say(
        language.say(
            f"{first} to {last}, {made}; all together: t {t}.", f"{first} 至 {last} 年，{made}；全体：t 为 {t}。"
        )
    )
    heads = [language.say(*one) for one in (("club", "俱乐部"), ("regions", "地区数"), ("slope", "斜率"))]
    heads += [language.say(*one) for one in (("error", "标准误"), ("t", "t"), ("merged from", "合并自"))]
    heads.append(language.say("the leading ones", "领先者"))
    rows = [
        (
            str(one["club"]),
            str(one["count"]),
            *(_digits(one[name], 3) for name in ("slope", "standard_error", "t")),
            ", ".join(map(str, one["of"])),
            ", ".join(one["regions"][:LEADING]),
        )
        for one in told["merged"]
    ]
    print_table(table(heads, rows, numbers=range(5)))
    if told["divergent"]:
        say(language.say("In no club: ", "不属任何俱乐部：") + ", ".join(told["divergent"]))


def _show_neighbours(told: dict[str, Any], language: Language) -> None:
    heads = [language.say(*one) for one in (("year", "年份"), ("Moran's I", "莫兰指数"), ("z", "z"), ("p", "p"))]
    rows = [
        (str(one["year"]), _digits(one["statistic"]), _digits(one["z"], 2), _digits(one["p_chance"], 3))
        for one in told["moran"]
    ]
    print_table(table(heads, rows, numbers=range(4)))
    clear = [one for one in told["local"]["regions"] if one["p_chance"] is not None and one["p_chance"] <= CLEAR]
    for quadrant in dict.fromkeys(one["quadrant"] for one in clear):
        some = ", ".join(one["region"] for one in clear if one["quadrant"] == quadrant)
        say(f"{language.say(*QUADRANTS[quadrant])} ({told['local']['year']}): {some}")
    if told["without_neighbours"]:
        say(language.say("Without a neighbour: ", "无相邻地区：") + ", ".join(told["without_neighbours"]))
    if "beta" in told:
        lag, error = told["beta"]["lag"], told["beta"]["error"]
        heads = [language.say(*one) for one in (("beta with space", "空间 β"), ("a year", "每年"))]
        heads += [language.say(*one) for one in (("space", "空间系数"), ("error", "标准误"))]
        rows = [
            (name, _percent(one["rate"]), _digits(one["space"]), _digits(one["space_error"]))
            for name, one in ((language.say("lag", "空间滞后"), lag), (language.say("error", "空间误差"), error))
        ]
        print_table(table(heads, rows, numbers=range(1, 4)))


def _digits(value: float | None, digits: int = 4) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2%}"


def _share(part: float | None, whole: float | None) -> str:
    return NOTHING if part is None or not whole else f"{part / whole:.1%}"
