"""``qipan talent effect``: what a programme did on average, whom it helps, and what choosing by that gains."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.left_out import count_rules
from qipan.interfaces.cli.options import AsJson, Lang, Seed, read_bytes
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import of_file

if TYPE_CHECKING:
    from qipan.bootstrap.effects import Tried

SHOWN_LEVEL = 0.05
"""The level of the placebo that is printed; JSON has all of them."""
ESTIMATORS = {
    "means": ("difference of means", "均值之差"),
    "regression": ("regression", "回归调整"),
    "doubly_robust": ("doubly robust", "双重稳健"),
}
RULES_ZH = {"treat all": "人人参加", "treat none": "无人参加"}


def effect(
    outcomes: Annotated[
        Path, typer.Argument(metavar="OUTCOMES", show_default=False, help="A row a person: CSV, or with blanks.")
    ],
    *,
    treated: Annotated[str, typer.Option("--treated", metavar="COLUMN", help="Column that tells the arm.")],
    outcome: Annotated[str, typer.Option("--outcome", metavar="COLUMN", help="Column of what came of it.")],
    arm: Annotated[
        list[str] | None, typer.Option("--arm", metavar="VALUE", help="Arm that is treated, else 1; may be repeated.")
    ] = None,
    control: Annotated[str, typer.Option("--control", metavar="VALUE", help="Arm that is not.")] = "0",
    covariate: Annotated[
        list[str] | None, typer.Option("--covariate", metavar="COLUMN", help="Number known before; may be repeated.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option("--category", metavar="COLUMN", help="Name known before; may be repeated.")
    ] = None,
    is_log: Annotated[bool, typer.Option("--log", help="Take the logarithm of the outcome.")] = False,
    is_less_better: Annotated[bool, typer.Option("--less-is-better", help="As weeks without work.")] = False,
    least: Annotated[
        float, typer.Option("--least", help="Benefit a person that makes it worth it, in units of the outcome.")
    ] = 0.0,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="RULE", help='As "weeks>=26"; may be repeated.')
    ] = None,
    is_observed: Annotated[
        bool, typer.Option("--observed", help="No chance decided who is treated: learn it from covariates.")
    ] = False,
    placebo: Annotated[int, typer.Option("--placebo", min=0, help="Random splits of the controls; 0 for none.")] = 200,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what a programme did on average, whom it helps, and what choosing by that gains."""
    language = spoken(lang)
    if not math.isfinite(least):
        raise typer.BadParameter(language.say("--least must be a number.", "--least 须为数值。"))
    from qipan.bootstrap.effects import Columns, read_trial
    from qipan.talent.effects.tell import Asked, tell_effect

    columns = Columns(
        treated, outcome, tuple(arm or ("1",)), control, tuple(covariate or ()), tuple(category or ()), is_log,
        not is_observed,
    )  # fmt: skip
    with of_file(outcomes.name):
        tried = read_trial(read_bytes(outcomes), columns)
    told = tell_effect(tried.trial, Asked(not is_less_better, tuple(rule or ()), least, placebo, seed=seed))
    if as_json:
        print_json(_read(tried, columns.is_log) | told)
        return
    say_findings(tried.findings, (), language)
    _show_average(told, tried, language)
    _show_targeting(told, language)
    _show_placebo(told, language)


def _read(tried: Tried, is_log: bool) -> dict[str, Any]:
    return {
        "is_log": is_log,
        "other_arms": tried.other_arms,
        "left_out_by_arm": tried.left_out,
        "rows_left_out": count_rules(tried.findings),
    }


def _show_average(told: dict[str, Any], tried: Tried, language: Language) -> None:
    heads = (
        language.say("estimator", "估计方法"), language.say("effect", "效应"), language.say("error", "标准误"),
        language.say("95 % from", "95% 区间下限"), language.say("to", "上限"), "p",
    )  # fmt: skip
    rows = [
        (language.say(*ESTIMATORS[name]), *(_number(one[key], 4) for key in ("value", "error", "low_95", "high_95")),
         _number(one["p_value"], 3))
        for name, one in told["effects"].items()
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=range(1, 6)))
    aside = sum(tried.other_arms.values())
    say()
    if told["effects"]["regression"]["error"] is None:
        say(
            language.say(
                "No error of the regression: an arm has less than twice as many persons as its line has columns.",
                "回归调整未给出标准误：有一组的人数不足其回归列数的两倍。",
            )
        )
    say(
        language.say(
            f"{told['treated']:,} treated, {told['controls']:,} controls; {aside:,} of other arms are set aside. "
            f"Arms at least as far apart before it by chance alone: p = {told['imbalance']['p_value']:.3f}.",
            f"参加者 {told['treated']:,} 人，对照 {told['controls']:,} 人；其他组 {aside:,} 人未计入。"
            f"仅凭偶然，两组事前差异达到此程度的概率：{told['imbalance']['p_value']:.3f}。",
        )
    )
    if not told["is_randomised"]:
        say(
            language.say(
                f"Assumed: nothing but the covariates decided who is treated. Only the doubly robust estimate rests on "
                f"that alone; {told['chances_held']} chances were held within bounds.",
                f"假定：除协变量外，没有其他因素决定谁参加。只有双重稳健估计仅依赖这一假定；"
                f"{told['chances_held']} 个概率被限制在界内。",
            )
        )
        if not told["overlaps"]:
            say(
                language.say(
                    "These are more than 1 % of all: some kinds of persons stand in one arm only. So the doubly robust "
                    "estimate has no error, and choosing is not judged. Leave out persons who are sure of one arm.",
                    "这超过总人数的 1%：某些人群只出现在一组中。因此双重稳健估计不给出标准误，也不评判择人施策。"
                    "请略去必属某一组的人。",
                )
            )


def _number(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"


def _show_targeting(told: dict[str, Any], language: Language) -> None:
    if told["targeting"] is None:
        return
    say()
    first, second = told["targeting"]["halves"]
    heads = (
        language.say("choosing gains over", "择人施策相对于"), language.say("held-out half", "留出的一半"),
        language.say("at least (95 %)", "至少（95%）"), language.say("both halves in turn", "两半互换"),
        language.say("at least (95 %)", "至少（95%）"),
    )  # fmt: skip
    rows = [
        (language.say(name, RULES_ZH.get(name, name)), *(f"{one[name][key]:.4f}" for one, key in
         ((first["gains"], "gain"), (first["gains"], "lower_95"), (pooled, "gain"), (pooled, "lower_95"))))
        for pooled in [told["targeting"]["pooled"]] for name in pooled
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=range(1, 5)))
    say()
    shares = first["treated_share"], second["treated_share"]
    say(
        language.say(
            f"Gains are benefits a person. The policy learned from one half treats {shares[0]:.0%} of the other, "
            f"and the other way round {shares[1]:.0%}.",
            f"收益按每人计。由一半学得的策略让另一半中 {shares[0]:.0%} 的人参加，反之为 {shares[1]:.0%}。",
        )
    )
    if first["slope"] is None and second["slope"] is None:
        say(
            language.say(
                "Nothing tells whom it helps more than others: everybody is predicted alike.",
                "没有依据判断谁受益更多：对所有人的预测相同。",
            )
        )


def _show_placebo(told: dict[str, Any], language: Language) -> None:
    shown = [one for one in told["placebo"] if one["level"] == SHOWN_LEVEL]
    if not shown:
        return
    say()
    heads = (
        language.say("placebo, at 5 %", "安慰剂检验（5%）"), language.say("splits", "拆分次数"),
        language.say("effects found", "误报效应"), language.say("share", "比例"),
        language.say("95 % from", "95% 区间下限"), language.say("to", "上限"),
        language.say("nominal", "符合名义水平"),
    )  # fmt: skip
    rows = [
        (language.say(*ESTIMATORS[one["estimator"]]), str(one["draws"]), str(one["rejected"]), f"{one['share']:.1%}",
         f"{one['low_95']:.1%}", f"{one['high_95']:.1%}",
         language.say("yes", "是") if one["is_nominal"] else language.say("no", "否"))
        for one in shown
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=range(1, 6)))
    if not told["is_randomised"]:
        say()
        say(
            language.say(
                "Splits at random tell whether errors are of the right size, not whether something else decided who is "
                "treated.",
                "随机拆分只能检验标准误大小是否恰当，不能检验是否有其他因素决定谁参加。",
            )
        )
