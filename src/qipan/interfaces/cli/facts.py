"""``qipan facts``: the shipped numbers, each with unit, date, source and status."""

from __future__ import annotations

from typing import Annotated

import typer

from qipan.facts.catalog import Catalog, written
from qipan.facts.model import Fact, Status
from qipan.interfaces.cli import session
from qipan.interfaces.cli.exits import SearchGroup
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import counted, pairs, print_json, print_table, remark, table
from qipan.interfaces.report import labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.words import words as words_of

app = typer.Typer(
    name="facts", cls=SearchGroup, help="Search the shipped numbers: `qipan facts WORDS`.", no_args_is_help=False
)


@app.command()
def search(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[QUERY]...", help="Words that a fact must hold.")
    ] = None,
    *,
    status: Annotated[Status | None, typer.Option("--status", help="Only facts of this status.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Find the facts that hold every word, in English or Chinese; all of them without a word."""
    # The catalogue ships with the package, so facts can be searched before `qipan init`.
    catalog = Catalog.load(session.settings().facts)
    found = [fact for fact in catalog.search(" ".join(words or ())) if status in {None, fact.status}]
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    print_table(
        table(
            (
                language.say("fact", "事实"),
                language.say("value", "数值"),
                language.say("unit", "单位"),
                language.say("as of", "时点"),
                language.say("status", "状态"),
                language.say("what it says", "含义"),
            ),
            [
                (
                    fact.fact_id,
                    _value(fact),
                    _unit(catalog, fact, language),
                    fact.as_of,
                    label(labels.FACT_STATUS, fact.status, words_of(language)),
                    language.say(fact.label_en, fact.label_zh),
                )
                for fact in found
            ],
            wide=(0, 5),
        )
    )
    remark(language.say(counted(len(found), "fact"), f"共 {len(found):,} 条"))


@app.command()
def show(
    fact_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show one fact with its source."""
    catalog = Catalog.load(session.settings().facts)
    fact = catalog.fact(fact_id)
    source = catalog.source(fact.source)
    if as_json:
        print_json({"fact": fact, "source": source})
        return
    language = spoken(lang)
    rows = [
        (language.say("fact", "事实"), fact.fact_id),
        (language.say("what it says", "含义"), language.say(fact.label_en, fact.label_zh)),
        (language.say("value", "数值"), f"{_value(fact)} {_unit(catalog, fact, language)}"),
        (language.say("as of", "时点"), fact.as_of),
        (language.say("status", "状态"), label(labels.FACT_STATUS, fact.status, words_of(language))),
        (
            language.say("source", "来源"),
            ", ".join(part for part in (source.title, source.issuer, source.date) if part),
        ),
        (language.say("note", "备注"), fact.note),
    ]
    print_table(pairs(row for row in rows if row[1]))


def _value(fact: Fact) -> str:
    return f"{fact.bound} {written(fact.value)}".strip()


def _unit(catalog: Catalog, fact: Fact, language: Language) -> str:
    unit = catalog.unit(fact.unit)
    return language.say(unit.label_en, unit.label_zh) if unit.is_number else ""
