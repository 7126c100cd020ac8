"""``qipan policy``: what AI does to the gap between regions, and which lever closes it at what cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import print_json, say
from qipan.interfaces.cli.show_policy import show_back_test, show_calibration, show_comparison, show_run
from qipan.kernel.errors import of_file

if TYPE_CHECKING:
    from qipan.kernel.errors import Finding
    from qipan.policy.model.history import History
    from qipan.policy.model.study import Study
    from qipan.policy.stage import Staged

app = typer.Typer(
    name="policy", help="Simulate what AI and levers do to the gap between regions.", no_args_is_help=True
)

StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", show_default=False, help="TOML; it names its table of regions.")
]
PanelFile = Annotated[
    Path, typer.Argument(metavar="PANEL", show_default=False, help="Output by region and year, as for qipan regions.")
]
Per = Annotated[
    Path | None,
    typer.Option("--per", metavar="PANEL", show_default=False, help="People; without it the panel is per head."),
]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="REGION", help="Leave a region out; may be given again.")
]
First = Annotated[int | None, typer.Option("--from", metavar="YEAR", show_default=False, help="First year.")]
Last = Annotated[int | None, typer.Option("--to", metavar="YEAR", show_default=False, help="Last year.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn.")]


@app.callback()
def root() -> None:
    """Simulate what AI and levers do to the gap between regions."""


@app.command()
def run(file: StudyFile, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Run a study with its levers and without: output, gap and jobs, each with its interval, and what they rest on."""
    from qipan.facts.catalog import Catalog
    from qipan.policy.simulate import simulate
    from qipan.policy.tell import tell_run

    language = spoken(lang)
    study, staged, read = _staged(file, language)
    flagged = Catalog.load(session.settings().facts).number("policy/flagged_growth")
    told = tell_run(study, staged, simulate(staged.scene, _pulled(study)), simulate(staged.scene), flagged)
    if as_json:
        print_json({**read, **told})
    else:
        show_run(told, language)


@app.command()
def compare(file: StudyFile, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Run all combinations of a study's levers on the same members: each lever's part, and which choices stand out."""
    from qipan.policy.compare import compare as compared
    from qipan.policy.tell import tell_comparison

    language = spoken(lang)
    study, staged, read = _staged(file, language)
    told = tell_comparison(study, staged, compared(staged.scene))
    if as_json:
        print_json({**read, **told})
    else:
        show_comparison(told, language)


@app.command()
def backtest(
    file: PanelFile,
    *,
    per: Per = None,
    ahead: Annotated[int, typer.Option("--ahead", min=1, max=20, help="Years ahead.")] = 5,
    members: Annotated[int, typer.Option("--members", min=10, max=100_000, help="Draws of each forecast.")] = 1000,
    seed: Seed = 0,
    without: Without = None,
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Foresee output per head from every year that a panel allows, and hold it against what came."""
    from qipan.bootstrap.policy import parameters_of
    from qipan.facts.catalog import Catalog
    from qipan.policy.back_test import back_test
    from qipan.policy.tell import tell_back_test

    language = spoken(lang)
    history, left_out, noted = _history(file, per, language, without=without, first=first, last=last)
    parameters = parameters_of(Catalog.load(session.settings().facts))
    told = tell_back_test(back_test(history, parameters, ahead=ahead, members=members, seed=seed))
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
    else:
        show_back_test(told, language)


@app.command()
def calibrate(
    file: PanelFile,
    *,
    per: Per = None,
    seed: Seed = 0,
    without: Without = None,
    first: First = None,
    last: Last = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Learn what a panel tells of the parameters, each with its interval; mark what it does not tell."""
    import numpy as np

    from qipan.bootstrap.policy import parameters_of
    from qipan.facts.catalog import Catalog
    from qipan.policy.calibrate import calibrate as calibrated
    from qipan.policy.tell import tell_calibration

    language = spoken(lang)
    history, left_out, noted = _history(file, per, language, without=without, first=first, last=last)
    told = tell_calibration(
        calibrated(history, parameters_of(Catalog.load(session.settings().facts)), np.random.default_rng(seed))
    )
    if as_json:
        print_json({"rows_left_out": left_out, "noted": noted, **told})
    else:
        show_calibration(told, language)


@app.command()
def template() -> None:
    """Print an empty table of regions for a study: a row for each province, a column for each figure."""
    from qipan.facts.catalog import Catalog
    from qipan.policy.model.world import MAY, NEEDED

    columns = (*NEEDED, *MAY)
    rows = [one.adcode + "," * len(columns) for one in Catalog.load(session.settings().facts).regions() if one.macro4]
    for line in (",".join(("region", *columns)), *rows):
        say(line)


def _staged(file: Path, language: Language) -> tuple[Study, Staged, dict[str, tuple[Finding, ...]]]:
    """Read a study and all that it names, and set its stage."""
    from qipan.bootstrap.policy import ends_early, parameters_of, read_study, read_world
    from qipan.facts.catalog import Catalog
    from qipan.policy.stage import stage

    catalog = Catalog.load(session.settings().facts)
    parameters = parameters_of(catalog)
    with of_file(file.name):
        study = read_study(read_bytes(file), parameters)
    with of_file(study.panel):
        world, left_out = read_world(read_bytes(file.parent / study.panel), catalog, {**parameters, **study.parameters})
    say_findings(left_out, (), language)
    history: History | None = None
    noted: tuple[Finding, ...] = ()
    if study.history:
        output, *people = (file.parent / name for name in study.history)
        history, more, odd = _history(output, people[0] if people else None, language)
        early = ends_early(study, history)
        say_findings((), early, language)
        left_out, noted = (*left_out, *more), (*odd, *early)
    with of_file(file.name):
        staged = stage(study, world, parameters, history)
    return study, staged, {"rows_left_out": left_out, "noted": noted}


def _history(
    file: Path,
    per: Path | None,
    language: Language,
    *,
    without: Sequence[str] | None = None,
    first: int | None = None,
    last: int | None = None,
) -> tuple[History, tuple[Finding, ...], tuple[Finding, ...]]:
    from qipan.bootstrap.policy import read_history
    from qipan.facts.catalog import Catalog

    with of_file(file.name):
        people, catalog = read_bytes(per) if per else None, Catalog.load(session.settings().facts)
        history, left_out, noted = read_history(
            read_bytes(file), people, catalog, without=tuple(without or ()), first=first, last=last
        )
    say_findings(left_out, noted, language)
    return history, left_out, noted


def _pulled(study: Study) -> tuple[Any, ...]:
    return tuple(one.lever for one in study.levers)
