"""``qipan labour``: the paper's indicators: what machines do of an occupation's work, and how what is asked changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, Seed, read_bytes
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING, percent
from qipan.kernel.errors import of_file

if TYPE_CHECKING:
    from qipan.facts.catalog import Catalog
    from qipan.kernel.errors import Finding
    from qipan.labour.model.exposure import Employed, Exposure
    from qipan.labour.model.replacement import CredibleInterval, Replacement
    from qipan.labour.model.skills import Moved, SkillChange

app = typer.Typer()

Occupations = Annotated[
    list[str] | None,
    typer.Option(
        "--occupation", metavar="CODE", help="Only this one, or one that the paper names, as data_entry; repeat."
    ),
]
ExposureFiles = Annotated[
    list[Path],
    typer.Argument(metavar="EXPOSURE...", show_default=False, help="Tables of exposure, own or published."),
]


def _catalog() -> Catalog:
    from qipan.facts.catalog import Catalog

    return Catalog.load(session.settings().facts)


@app.command()
def occupations(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the occupations that the paper names as most at risk, with their codes."""
    from qipan.bootstrap.indicators import risk_occupations

    language, found = spoken(lang), risk_occupations(_catalog())
    if as_json:
        print_json(found)
        return
    columns = (language.say("key", "键"), language.say("occupation", "岗位"), "CSCO-2022", "ISCO-08", "SOC 2018")
    rows = [
        (key, language.name_in(one), one["csco_2022"], one["isco_08"], one["soc_2018"]) for key, one in found.items()
    ]
    print_table(table(columns, rows))


@app.command()
def exposure(files: ExposureFiles, *, asked: Occupations = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show which share of an occupation's hours each kind of machine could do, as files of exposure say."""
    from qipan.bootstrap.indicators import codes_of

    language, catalog = spoken(lang), _catalog()
    rows, findings = _exposures(files, catalog)
    say_findings(findings, (), language)
    is_asked = codes_of(asked or [], catalog)
    found = [one for one in rows if is_asked(one.occupation)]
    if as_json:
        print_json({"exposure": found, "rows_left_out": findings})
        return
    columns = (
        language.say("occupation", "职业"),
        language.say("machine", "机器"),
        language.say("year", "年份"),
        language.say("least", "下限"),
        language.say("likeliest", "最可能值"),
        language.say("most", "上限"),
    )
    cells = [
        (
            one.occupation,
            _channel(one.channel, language),
            str(one.year or NOTHING),
            *(percent(end) for end in (one.share.low, one.share.likely, one.share.high)),
        )
        for one in found
    ]
    print_table(table(columns, cells, numbers=range(2, 6)))


@app.command()
def replaced(
    files: ExposureFiles,
    *,
    adoption: Annotated[
        Path, typer.Option("--adoption", metavar="FILE", help="Table: channel, year, share, standard_error, and whose.")
    ],
    employed: Annotated[
        Path | None, typer.Option("--employed", metavar="FILE", help="Table: occupation, year, persons, and where.")
    ] = None,
    base: Annotated[int, typer.Option("--base", metavar="YEAR", help="What people did in this year is compared.")],
    year: Annotated[int, typer.Option("--year", metavar="YEAR", help="With what machines do in this one.")],
    asked: Occupations = None,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Estimate the share of people's hours that machines have taken over, with an interval, by kind of machine."""
    import numpy as np

    from qipan.bootstrap.indicators import assumed, codes_of, read_adoption, read_employed
    from qipan.labour.estimate_replacement import estimate_replacement
    from qipan.labour.model.exposure import Adoptions, Exposures

    language, catalog = spoken(lang), _catalog()
    exposures, findings = _exposures(files, catalog)
    with of_file(adoption.name):
        adoptions, more = read_adoption(read_bytes(adoption))
        findings += more
    people: tuple[Employed, ...] = ()
    if employed:
        with of_file(employed.name):
            people, more = read_employed(read_bytes(employed))
            findings += more
    rates = estimate_replacement(
        Exposures.of(exposures), Adoptions.of(adoptions), people, assumed(catalog),
        base=base, year=year, rng=np.random.default_rng(seed),
    )  # fmt: skip
    is_asked = codes_of(asked or [], catalog)
    found = [one for one in rates if is_asked(one.occupation)]
    say_findings(findings, (), language)
    if as_json:
        print_json({"base": base, "year": year, "level": 0.9, "ratios": found, "rows_left_out": findings})
        return
    say(
        language.say(
            f"Share of the hours that people worked in {base} which machines do in {year}; 90 % intervals.",
            f"{base} 年由人完成的工时中，{year} 年已由机器完成的比例；90% 区间。",
        )
    )
    print_table(table(_ratio_columns(language), [_ratio_row(one, language) for one in found], numbers=range(3, 8)))


@app.command()
def skills(
    file: Annotated[
        Path, typer.Argument(metavar="SKILLS", show_default=False, help="Table: occupation, period, skill, postings.")
    ],
    *,
    base: Annotated[
        str, typer.Option("--base", metavar="PERIOD", help="Compare with it; else the first of each.")
    ] = "",
    asked: Occupations = None,
    alike: Annotated[
        float,
        typer.Option("--alike", metavar="TIMES", help="Variance, against skills asked for one by one; 1 or more."),
    ] = 1.0,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell how much what occupations ask for has changed, and how much of that chance alone would make."""
    import numpy as np

    from qipan.bootstrap.indicators import codes_of, read_skills
    from qipan.labour.compare_skills import compare_skills
    from qipan.labour.model.skills import SkillCounts

    language = spoken(lang)
    with of_file(file.name):
        rows, findings = read_skills(read_bytes(file))
        is_asked = codes_of(asked or [], _catalog())
        counts = SkillCounts.of(one for one in rows if is_asked(one.occupation))
        found = compare_skills(counts, rng=np.random.default_rng(seed), base=base, alike=alike)
    say_findings(findings, (), language)
    if as_json:
        print_json({"changes": found, "rows_left_out": findings})
        return
    print_table(table(_change_columns(language), [_change_row(one) for one in found], numbers=range(4, 8), wide=(8, 9)))


def _exposures(files: list[Path], catalog: Catalog) -> tuple[list[Exposure], tuple[Finding, ...]]:
    from qipan.bootstrap.indicators import read_exposure

    rows: list[Exposure] = []
    findings: tuple[Finding, ...] = ()
    for file in files:
        with of_file(file.name):
            read, more = read_exposure(read_bytes(file), catalog)
        rows += read
        findings += more
    return rows, findings


_CHANNELS = {
    "language_models": ("language models", "大语言模型"),
    "software": ("software", "软件"),
    "robots": ("robots", "机器人"),
}
_VERDICTS = {
    "agrees": ("employment agrees", "与就业相符"),
    "cannot_tell": ("cannot tell", "无法判断"),
    "unchecked": ("unchecked", "未核对"),
}


def _channel(channel: str, language: Language) -> str:
    return language.say(*_CHANNELS[channel])


def _ratio_columns(language: Language) -> tuple[str, ...]:
    return (
        language.say("region", "地区"),
        language.say("industry", "行业"),
        language.say("occupation", "职业"),
        language.say("replaced", "替代比例"),
        *(_channel(one, language) for one in _CHANNELS),
        language.say("jobs gone", "岗位减少"),
        language.say("verdict", "判断"),
    )


def _ratio_row(one: Replacement, language: Language) -> tuple[str, ...]:
    channels: dict[Any, CredibleInterval] = dict(one.by_channel)
    return (
        one.region or NOTHING,
        one.industry or NOTHING,
        one.occupation,
        _interval(one.ratio),
        *(_interval(channels.get(channel)) for channel in _CHANNELS),
        _interval(one.realised),
        language.say(*_VERDICTS[one.verdict]),
    )


def _interval(one: CredibleInterval | None) -> str:
    return NOTHING if one is None else f"{percent(one.middle)} ({one.low * 100:.1f}…{one.high * 100:.1f})"


def _change_columns(language: Language) -> tuple[str, ...]:
    return (
        language.say("region", "地区"),
        language.say("occupation", "职业"),
        language.say("from", "自"),
        language.say("to", "至"),
        language.say("index", "指数"),
        language.say("90 %", "90% 区间"),
        language.say("plain", "未校正"),
        language.say("chance alone", "随机噪声"),
        language.say("rising", "上升"),
        language.say("falling", "下降"),
    )


def _change_row(one: SkillChange) -> tuple[str, ...]:
    def told(moves: tuple[Moved, ...]) -> str:
        return ", ".join(f"{move.skill} {(move.after - move.before) * 100:+.1f}" for move in moves[:3])

    return (
        one.region or NOTHING,
        one.occupation,
        one.base,
        one.period,
        f"{one.index:.3f}",
        f"{one.low:.3f}…{one.high:.3f}",
        f"{one.plain:.3f}",
        f"{one.floor:.3f}",
        told(one.rising),
        told(one.falling),
    )
