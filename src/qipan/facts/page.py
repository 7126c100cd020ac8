"""The reference page of all facts, as Markdown."""

from __future__ import annotations

from qipan.facts.catalog import PLACES, Catalog, written
from qipan.facts.model import Fact, Status

MARKS = {Status.OFFICIAL: "", Status.SECONDARY: "", Status.MODELLED: " ~", Status.ASSUMED: " *"}
"""What a cell of a table of places carries for its status."""


def facts_page(catalog: Catalog) -> str:
    """Write the page: a table of places for each place subject, a list for every other subject, then the sources.

    The same catalogue always gives the same text.
    """
    subjects = dict.fromkeys(fact.fact_id.split("/")[0] for fact in catalog.facts)
    parts = [
        "# Facts",
        f"{len(catalog.facts)} shipped numbers and words, written from the files under `src/qipan/facts`. "
        "A file of your own can replace each of them. "
        + " ".join(f"`{status}`: {sum(f.status is status for f in catalog.facts)}." for status in Status)
        + " In tables of places, `*` marks an assumed value and `~` a modelled one.",
    ]
    for subject in subjects:
        parts.append(f"## {subject}")
        facts = catalog.under(subject)
        parts += _places(catalog, facts) if subject in PLACES else [_list(facts)]
    rows = [[f"`{source.key}`", source.title, source.issuer, source.date] for source in catalog.sources()]
    parts += ["## Sources", _table(["key", "title", "issuer", "date"], rows)]
    return "\n\n".join(parts) + "\n"


def _places(catalog: Catalog, facts: tuple[Fact, ...]) -> list[str]:
    """Write one row for each place and, below, what each column means and where it was read."""
    cells = {tuple(fact.fact_id.split("/")[1:]): fact for fact in facts}
    keys = dict.fromkeys(path[0] for path in cells)
    columns = dict.fromkeys(path[1] for path in cells)
    rows = [[f"`{key}`", *(_cell(cells.get((key, column))) for column in columns)] for key in keys]
    meanings = []
    for column in columns:
        here = [cells[key, column] for key in keys if (key, column) in cells]
        meanings.append(
            [
                f"`{column}`",
                here[0].label_en.partition(": ")[2] or here[0].label_en,
                here[0].label_zh.partition(": ")[2] or here[0].label_zh,
                catalog.unit(here[0].unit).label_en,
                *("; ".join(sorted({text for text in texts if text})) for texts in _origins(here)),
            ]
        )
    head = ["column", "meaning", "含义", "unit", "about", "status", "source", "notes"]
    return [_table(["key", *columns], rows), _table(head, meanings)]


def _origins(facts: list[Fact]) -> tuple[list[str], list[str], list[str], list[str]]:
    return (
        [fact.as_of for fact in facts],
        [fact.status.value for fact in facts],
        [f"`{fact.source}`" for fact in facts],
        [fact.note for fact in facts],
    )


def _cell(fact: Fact | None) -> str:
    return "" if fact is None else f"{fact.bound} {written(fact.value)}".strip() + MARKS[fact.status]


def _list(facts: tuple[Fact, ...]) -> str:
    rows = [
        [
            f"`{fact.fact_id}`",
            f"{fact.bound} {written(fact.value)}".strip(),
            f"`{fact.unit}`",
            fact.as_of,
            fact.status.value,
            f"`{fact.source}`",
            f"{fact.label_en} / {fact.label_zh}",
            fact.note,
        ]
        for fact in facts
    ]
    return _table(["fact", "value", "unit", "about", "status", "source", "meaning", "note"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
