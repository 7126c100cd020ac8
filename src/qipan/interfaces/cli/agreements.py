"""``qipan agreements``: what an agreement between regions would bring each of them, before it is signed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import agreed, finance, owed, session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.kernel.errors import of_file

if TYPE_CHECKING:
    from qipan.agreements.model.simulation import Gain, PriceRange, Simulation

app = typer.Typer(
    name="agreements",
    help="Long-term agreements between regions: what each gains, before they sign; what future income is worth.",
    no_args_is_help=True,
)
app.add_typer(agreed.app)
app.add_typer(owed.app)
app.add_typer(finance.app)

COMPONENTS = {
    "compute": ("compute at the base price", "按基准价的算力"),
    "index": ("index", "指数联动"),
    "limits": ("floor and cap", "保底价与封顶价"),
    "take_or_pay": ("take-or-pay", "照付不议"),
    "rent": ("congestion rent", "拥塞租金"),
    "green_premium": ("green premium", "绿色溢价"),
    "fund": ("industry-transfer fund", "产业转移基金"),
    "aid": ("aid, modelled", "援助(模型值)"),
}
"""Components of a gain in both languages."""


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="TOML of the agreement.")],
    *,
    scenarios: Annotated[Path, typer.Option("--scenarios", metavar="FILE", help="CSV of what may happen, by month.")],
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Say what each party gains against no agreement, who may sign, and at which base prices nobody loses."""
    from qipan.agreements.simulate import simulate as simulated
    from qipan.bootstrap.files import read_agreement, read_scenarios

    with of_file(file.name):
        agreement = read_agreement(read_bytes(file), session.settings().facts)
    with of_file(scenarios.name):
        found = simulated(agreement, read_scenarios(read_bytes(scenarios)))
    if as_json:
        print_json(_told(agreement.agreement_id, found))
        return
    language = spoken(lang)
    print_table(_gains_table(found, language))
    for one in found.gains:
        say(_verdict(one, language))
    say(_range(found.in_expectation, language, language.say("in expectation", "期望意义下")))
    say(_range(found.in_every_scenario, language, language.say("in every scenario", "每个情景下")))


def _gains_table(found: Simulation, language: Language) -> Any:
    """Lay out what each party gains in expectation by component, and the worst that may come."""
    names = _names(found, language)
    rows = [
        (language.say(*COMPONENTS[component]), *(f"{round(one.expected[component]):,}" for one in found.gains))
        for component in found.gains[0].expected
        if any(parts[component] for one in found.gains for parts in one.by_scenario.values())
    ]
    rows.append((language.say("expected", "期望合计"), *(f"{round(one.expected_fen):,}" for one in found.gains)))
    rows.append((language.say("worst", "最差情景"), *(f"{one.worst[1]:,}" for one in found.gains)))
    rows.append((language.say("worst in", "最差情景名"), *(one.worst[0] for one in found.gains)))
    columns = (language.say("gain, fen", "收益,分"), *(names[one.party] for one in found.gains))
    return table(columns, rows, numbers=range(1, len(columns)))


def _names(found: Simulation, language: Language) -> dict[str, str]:
    from qipan.facts.catalog import Catalog

    regions = {one.adcode: one for one in Catalog.load(session.settings().facts).regions()}
    return {
        one.party: language.say(regions[one.party].name_en, regions[one.party].name_zh)
        if one.party in regions
        else one.party
        for one in found.gains
    }


def _verdict(gain: Gain, language: Language) -> str:
    """Say whether a party may sign, else what it loses by."""
    if gain.is_rational:
        return language.say(f"{gain.party} may sign: it does not lose.", f"{gain.party} 可以签约:不受损失。")
    lost = f"{-round(gain.expected_fen):,}"
    reasons = language.say("; ", ";").join(
        f"{language.say(*COMPONENTS[one.component])} {round(one.fen):,} ({', '.join(one.scenarios)})"
        for one in gain.reasons
    )
    return language.say(
        f"{gain.party} should not sign: it loses {lost} fen in expectation, by {reasons}.",
        f"{gain.party} 不宜签约:期望损失 {lost} 分,源于 {reasons}。",
    )


def _range(prices: PriceRange, language: Language, when: str) -> str:
    from qipan.agreements.model.agreement import MOST_FEN_PER_CARD_H

    low, high = prices.least_fen, prices.most_fen
    if low is None or high is None or low > high:
        seller = _bound(low, language, ("the seller needs at least {}", "卖方至少需要 {}", "卖方在任何价格下都受损"))
        buyer = _bound(high, language, ("the buyer pays at most {}", "买方至多支付 {}", "买方在任何价格下都受损"))
        return language.say(
            f"Somebody loses {when} at every base price: {seller}, {buyer}.",
            f"{when},任何基准价下都有一方受损:{seller},{buyer}。",
        )
    if high == MOST_FEN_PER_CARD_H:
        return language.say(
            f"Nobody loses {when} at a base price of {low:,} fen a card-hour or more: the cap protects the buyer.",
            f"{when},基准价不低于 {low:,} 分/卡时时各方均不受损:封顶价保护买方。",
        )
    return language.say(
        f"Nobody loses {when} at a base price of {low:,} to {high:,} fen a card-hour.",
        f"{when},基准价在 {low:,} 至 {high:,} 分/卡时之间时各方均不受损。",
    )


def _bound(fen: int | None, language: Language, words: tuple[str, str, str]) -> str:
    """Say what a party needs of the price, or that it loses at any."""
    en, zh, zh_never = words
    if fen is None:
        return language.say(f"{' '.join(en.split()[:2])} loses at any", zh_never)
    return language.say(en, zh).format(f"{fen:,}")


def _told(agreement_id: str, found: Simulation) -> dict[str, Any]:
    return {
        "agreement": agreement_id,
        "is_rational": found.is_rational,
        "gains": [_told_gain(one) for one in found.gains],
        "base_price_fen_per_card_h": {
            name: {"least": prices.least_fen, "most": prices.most_fen, "is_empty": prices.is_empty}
            for name, prices in (
                ("in_expectation", found.in_expectation),
                ("in_every_scenario", found.in_every_scenario),
            )
        },
    }


def _told_gain(gain: Gain) -> dict[str, Any]:
    scenario, fen = gain.worst
    return {
        "party": gain.party,
        "is_rational": gain.is_rational,
        "expected_fen": _number(gain.expected_fen),
        "expected": {name: _number(value) for name, value in gain.expected.items()},
        "worst": {"scenario": scenario, "fen": fen},
        "scenarios": gain.by_scenario,
        "reasons": [
            {"component": one.component, "fen": _number(one.fen), "scenarios": one.scenarios} for one in gain.reasons
        ],
    }


def _number(value: Fraction) -> float:
    """Return an expectation as JSON can hold it."""
    return value.numerator if value.denominator == 1 else float(value)
