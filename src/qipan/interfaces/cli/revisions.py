"""``qipan labour agree``: whether alarms on first releases are those that final data raise."""

from __future__ import annotations

from typing import Annotated

import typer

from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, Seed, read_bytes
from qipan.interfaces.cli.panels import Events, PanelFile, Promised, say_findings
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report.numbers import percent
from qipan.kernel.errors import of_file

app = typer.Typer()

_WAYS = {
    "as_released": ("as released", "按首发数据"),
    "unbiased": ("usual bias taken out", "扣除惯常偏差"),
    "corrected": ("and threshold widened", "并放宽阈值"),
}


@app.command()
def agree(
    file: PanelFile,
    *,
    events: Events,
    detector: Annotated[str, typer.Option("--detector", metavar="NAME", help="Which raises the alarms.")] = "hazard",
    promised: Promised = 0.05,
    doubt: Annotated[float, typer.Option("--doubt", min=0.0, help="Spreads by which a threshold is widened.")] = 2.0,
    is_synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Make releases of the usual sizes of revision for what is final.")
    ] = False,
    seed: Seed = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell how many alarms on what had been released by then agree with those on final data."""
    import numpy as np

    from qipan.bootstrap.panels import read_panel
    from qipan.labour.agree import agree as compared
    from qipan.labour.agree import tell_agreement
    from qipan.labour.make_releases import make_releases
    from qipan.labour.model.event import EventRule
    from qipan.labour.model.promise import Promise

    language, rule = spoken(lang), EventRule.read(events)
    with of_file(file.name):
        releases, findings = read_panel(read_bytes(file))
        rule.must_suit(releases)
        if is_synthetic:
            releases = make_releases(releases.latest(), rule.direction, np.random.default_rng(seed))
        told = tell_agreement(compared(releases, rule, detector, Promise(promised), doubt=doubt))
    say_findings(findings, releases.noted, language)
    if as_json:
        print_json({"detector": detector, "is_synthetic": is_synthetic, "rows_left_out": findings, **told})
        return
    if is_synthetic:
        say(language.say("Releases are synthetic.", "发布数据为合成数据。"))
    columns = (
        language.say("alarms on releases", "发布数据上的警报"),
        language.say("raised", "发出"),
        language.say("final data agree", "与最终数据相符"),
        language.say("due on final data", "最终数据应有"),
        language.say("found", "已发现"),
    )
    rows = [
        (
            language.say(*_WAYS[way]),
            str(one["raised"]),
            percent(one["share_agreeing"]),
            str(one["due"]),
            percent(one["share_found"]),
        )
        for way, one in told.items()
    ]
    print_table(table(columns, rows, numbers=range(1, 5)))
