"""``qipan labour cross``: what an occupation is in another classification, and exposure carried across."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, write_text
from qipan.interfaces.cli.panels import say_findings
from qipan.interfaces.cli.print import counted, print_json, print_table, remark, say, table
from qipan.interfaces.report.numbers import percent
from qipan.kernel.errors import of_file

if TYPE_CHECKING:
    from qipan.labour.model.crosswalk import Crosswalk


TABLES = {".csv", ".gz", ".parquet", ".tsv", ".xlsx"}


def cross(
    asked: Annotated[
        str,
        typer.Argument(
            metavar="CODE|FILE", show_default=False, help="A code; or exposure: occupation, exposure, persons."
        ),
    ],
    *,
    of: Annotated[str, typer.Option("--from", metavar="NAME", help="Classification of what is given: csco, isco.")],
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Classification that is wanted: isco, csco.")],
    own: Annotated[
        Path | None,
        typer.Option(
            "--crosswalk", metavar="FILE", help="A crosswalk of your own: two columns of codes, weight, back."
        ),
    ] = None,
    digits: Annotated[
        int, typer.Option("--digits", min=0, max=10, help="Take codes together by their first signs.")
    ] = 0,
    most: Annotated[int, typer.Option("--most", min=1, max=50, help="How many candidates are shown.")] = 5,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write what was carried, as CSV.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell what an occupation is in another classification and how likely; or carry exposure across."""
    from qipan.bootstrap.crosswalks import choose

    language = spoken(lang)
    with of_file(own.name if own else ""):
        crosswalk, findings = choose(of, to, read_bytes(own) if own else None, own.name if own else "")
    say_findings(findings, (), language)
    path = Path(asked)
    if path.suffix in TABLES or path.is_file():
        _carry(path, crosswalk, language, out=out, as_json=as_json)
        return
    _candidates(asked, crosswalk, language, digits=digits, most=most, as_json=as_json)


def _candidates(code: str, crosswalk: Crosswalk, language: Language, *, digits: int, most: int, as_json: bool) -> None:
    from qipan.bootstrap.crosswalks import names_of
    from qipan.labour.cross.look_up import look_up

    found = look_up(crosswalk, code, digits=digits)
    names = names_of(crosswalk.to)
    shown = found[:most]
    rest = max(0.0, 1.0 - sum(share for _, share in shown))
    if as_json:
        asked = {"code": code, "name": names_of(crosswalk.of).get(code, ""), "from": crosswalk.of, "to": crosswalk.to}
        told = [{"code": one, "name": names.get(one, ""), "probability": share} for one, share in shown]
        print_json({**asked, "candidates": told, "others": rest, "source": crosswalk.source})
        return
    heads = (language.say("code", "代码"), language.say("name", "名称"), language.say("probability", "概率"))
    rows = [(one, names.get(one, ""), percent(share)) for one, share in shown]
    others = ("", language.say("others", "其他"), percent(rest))
    print_table(table(heads, [*rows, *([others] if rest > 1e-6 else [])], numbers=(2,), wide=(1,)))


def _carry(path: Path, crosswalk: Crosswalk, language: Language, *, out: Path | None, as_json: bool) -> None:
    from qipan.bootstrap.crosswalks import read_exposed
    from qipan.labour.cross.carry import carry

    with of_file(path.name):
        rows, findings = read_exposed(read_bytes(path))
    say_findings(findings, (), language)
    carried = carry(crosswalk, rows)
    if out is not None:
        lines = [f"{one.occupation},{one.exposure!r},{one.persons!r}" for one in carried.rows]
        write_text(out, "\n".join(["occupation,exposure,persons", *lines, ""]))
    if as_json:
        print_json({"rows": carried.rows, "unlinked": carried.unlinked, "rows_left_out": findings})
        return
    if carried.unlinked:
        few = ", ".join(carried.unlinked[:5])
        remark(
            language.say(
                f"Nothing links {counted(len(carried.unlinked), 'code')}: {few}.",
                f"{len(carried.unlinked)} 个代码无对应：{few}。",
            )
        )
    count, whole = len(rows) - len(carried.unlinked), sum(one.persons for one in carried.rows)
    exposed = sum(one.persons * one.exposure for one in carried.rows)
    say(
        language.say(
            f"{count} codes of {crosswalk.of} become {len(carried.rows)} of {crosswalk.to}: "
            f"{whole:g} persons, {exposed:g} of their work exposed, as before.",
            f"{crosswalk.of} 的 {count} 个代码转为 {crosswalk.to} 的 {len(carried.rows)} 个："
            f"人数 {whole:g}，其中受影响 {exposed:g}，与转换前一致。",
        )
    )
    if out is None:
        heads = (language.say("code", "代码"), language.say("exposure", "暴露度"), language.say("persons", "人数"))
        print_table(
            table(heads, [(o.occupation, f"{o.exposure:.3f}", f"{o.persons:g}") for o in carried.rows], numbers=(1, 2))
        )
