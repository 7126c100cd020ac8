"""The monthly bulletin of jobs at risk: what it tells, in parts, whatever it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report import assets
from qipan.interfaces.report.labour import ACTS, GRADES, reason_text, size_text
from qipan.interfaces.report.labour_pages import MOVED_OF, STANDING, cell_name, heat, in_words, names_of
from qipan.interfaces.report.numbers import NOTHING, moment, percent
from qipan.interfaces.report.render import environment
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.model.issued import Act
from qipan.labour.model.panel import Cadence

if TYPE_CHECKING:
    from qipan.facts.catalog import Catalog

FORMS: Final = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What a bulletin is written in, and the media type of each."""
WEIGHED: Final = 3
"""Inputs of a score that are named as evidence."""
_SILENT_MOST: Final = 200
"""Cells of which nothing is known that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bulletin: what it is called, sentences, and tables; a ``wide`` one is a map of cells."""

    title: str
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A bulletin in one language, ready to be written: its title, what stands under it, parts, and until when."""

    title: str
    lead: str
    parts: tuple[Part, ...]
    until: datetime


def document(told: Mapping[str, Any], catalog: Catalog, said: Words) -> Document:
    """Return a bulletin in a language.

    Parameters
    ----------
    told
        As `labour_month.tell` has it.
    catalog
        What regions and industries are called.
    """
    names = names_of(catalog.regions(), said)
    title = said.say("Jobs at risk: bulletin of %(month)s", month=told["month"])
    values = {"panel": told["panel"], "rule": told["events_rule"], "until": _local(told["until"])}
    lead = (
        said.say("Panel %(panel)s, losses of %(rule)s; as it stood at %(until)s (Beijing time).", **values)
        if told["is_over"]
        else said.say(
            "Panel %(panel)s, losses of %(rule)s; the month is not over: as it stood at %(until)s (Beijing time).",
            **values,
        )
    )
    parts = (
        _summary(told, said),
        _watch(told, names, said),
        _heat(told, names, catalog, said),
        _steps(told, names, said),
        _promise(told, said),
        _data(told, said),
        _untold(told, names, said),
    )
    return Document(title, lead, parts, told["until"])


def write(made: Document, form: str, lang: str, *, fonts: Path | None = None) -> bytes:
    """Return a bulletin as a file: a page that needs nothing else, a PDF or a workbook.

    Parameters
    ----------
    form
        One of `FORMS`.
    fonts
        A folder with more fonts than the machine has, for a PDF.

    Raises
    ------
    BadInputError
        ``language_unknown``; ``bulletin_form_unknown``.
    EngineError
        ``font_missing``, ``pdf_failed``.
    """
    parts = [(part.title, part.notes, part.tables) for part in made.parts]
    if form == "html":
        page = environment(lang).get_template("labour_bulletin.html")
        return page.render(document=made, style=assets.text(assets.STYLE)).encode()
    if form == "pdf":
        from qipan.interfaces.report.typeset import pdf

        return pdf(made.title, made.lead, parts, lang=lang, made=made.until, fonts=fonts)
    if form == "xlsx":
        from qipan.interfaces.report.spreadsheet import workbook

        (title, notes, tables), *others = parts
        return workbook([(title, (made.title, made.lead, *notes), tables), *others], made.until, made.title)
    raise BadInputError(
        f"A bulletin is written as {', '.join(FORMS)}, was {form!r}.",
        code="bulletin_form_unknown",
        hint="Write html, pdf or xlsx.",
        field="format",
    )


def served(panel: str, month: str, form: str) -> dict[str, str]:
    """Return the heads with which a bulletin is given away: a page is shown and may do nothing, others are files."""
    heads = {"Content-Type": FORMS[form]}
    if form == "html":
        return heads | {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}
    return heads | {"Content-Disposition": f'attachment; filename="jobs-at-risk-{panel}-{month}.{form}"'}


# --- its parts -----------------------------------------------------------------------------------------------------


def _summary(told: Mapping[str, Any], said: Words) -> Part:
    columns = ("stood", *(act.value for act in Act), "stands")
    heads = (
        Head(said.say("Grade"), is_number=False),
        Head(said.say("Stood as the month began")),
        *(Head(in_words(ACTS[act.value], said)) for act in Act),
        Head(said.say("Stand at its end")),
    )
    rows = [
        row(in_words(GRADES[one["grade"]], said), *(_count(one[name]) for name in columns)) for one in told["grades"]
    ]
    total = row(said.say("All"), *(_count(sum(one[name] for one in told["grades"])) for name in columns), is_own=True)
    standing = tuple(row(said.say(STANDING[name]), _count(count)) for name, count in told["standings"].items())
    note = (
        said.say("Warnings are counted under the grade that was told of them last.")
        if told["is_new"]
        else said.say(
            "Nothing was told of this panel in the month; how cells stand was told on %(day)s.", day=told["as_of"]
        )
    )
    return Part(
        said.say("Summary"),
        (note,),
        (
            Table(said.say("Warnings by grade"), heads, (*rows, total)),
            Table(
                said.say("Cells as of %(day)s", day=told["as_of"]),
                (Head(said.say("Standing"), is_number=False), Head(said.say("Cells"))),
                standing,
            ),
        ),
    )


def _watch(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Part:
    heads = (
        Head(said.say("Cell"), is_number=False),
        Head(said.say("Grade"), is_number=False),
        Head(said.say("State"), is_number=False),
        Head(said.say("Probability")),
        Head(said.say("Loss foretold for"), is_number=False),
        Head(said.say("Expected loss")),
        Head(said.say("80 % from")),
        Head(said.say("to")),
        Head(said.say("Alarm since"), is_number=False),
        Head(said.say("Told as of"), is_number=False),
        Head(said.say("Warning"), is_number=False),
    )
    rows = tuple(
        row(
            cell_name(one, names),
            Cell(in_words(GRADES[one["grade"]], said), tone=one["grade"]),
            _state(one, said),
            _share(one["probability"]),
            _window(one, told),
            *(Cell(size_text(one[name], told), value=one[name]) for name in ("expected_loss", "low", "high")),
            str(one["since"]),
            one["as_of"],
            one["warning"],
        )
        for one in told["watch"]
    )
    seen = ("cell", "industry", "region", "all")
    evidence_heads = (
        Head(said.say("Cell"), is_number=False),
        *(Head(said.say("Lost: %(of)s", of=said.say(MOVED_OF[of]))) for of in seen),
        Head(said.say("What weighs most"), is_number=False),
    )
    evidence = tuple(
        row(
            cell_name(one, names),
            *(_moved(one, of, told) for of in seen),
            ", ".join(part["name"] for part in one["contributions"][:WEIGHED]) or NOTHING,
        )
        for one in told["watch"]
    )
    note = said.say("The worst first: every warning that is not over. Losses are those since the least of a year.")
    empty = said.say("No cell is warned of.")
    return Part(
        said.say("Watch list"),
        (note,),
        (
            Table(said.say("Watch list"), heads, rows, empty=empty),
            Table(said.say("Evidence"), evidence_heads, evidence, empty=empty),
        ),
    )


def _heat(told: Mapping[str, Any], names: Mapping[str, str], catalog: Catalog, said: Words) -> Part:
    made = heat(told, names, catalog, said)
    columns = [" ".join(filter(None, (one["code"], one["name"]))) for one in made["columns"]]
    heads = (Head(said.say("Region"), is_number=False), *(Head(one, is_number=False) for one in columns))
    rows = tuple(
        row(region, *(Cell(one["text"], tone=one["tone"]) if one else "" for one in squares))
        for region, squares in made["rows"]
    )
    note = said.say(
        "How likely the loss is in each region and industry, and the grade where it is warned of, as it was told; "
        "every colour has its word."
    )
    caption = said.say("Regions and industries as of %(day)s", day=told["as_of"])
    return Part(said.say("Heat map"), (note,), (Table(caption, heads, rows),), is_wide=True)


def _steps(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Part:
    heads = tuple(
        Head(said.say(title), is_number=False)
        for title in (mark("Cell"), mark("Step"), mark("At"), mark("As of"), mark("Reason"), mark("Warning"))
    )
    rows = tuple(
        row(
            cell_name(one, names),
            in_words(ACTS[one["act"]], said),
            _local(one["at"]),
            one["as_of"],
            reason_text(one["reason"], said),
            one["warning"],
        )
        for one in told["steps"]
    )
    table = Table(said.say("What was done"), heads, rows, empty=said.say("Nothing was done in the month."))
    return Part(said.say("Done in the month"), (), (table,))


def _promise(told: Mapping[str, Any], said: Words) -> Part:
    heads = (
        Head(said.say("False alarms"), is_number=False),
        Head(said.say("A quiet year of a cell")),
        Head(said.say("At most, 95 %")),
        Head(said.say("False")),
        Head(said.say("Quiet years")),
    )
    tested, kept, track = told["promise"], told["kept"], told["track"]
    rows = (
        row(said.say("promised"), _number(tested["promised_a_year"]), NOTHING, NOTHING, NOTHING),
        row(
            said.say("back-test until %(day)s", day=told["as_of"]),
            *map(_number, (tested["realised_a_year"], tested["upper_95_a_year"], tested["count"])),
            _number(tested["quiet_years"]),
        ),
        row(
            said.say("warnings issued, of known outcome"),
            *map(_number, (kept["realised_a_year"], kept["upper_95_a_year"], kept["false"], kept["quiet_years"])),
        ),
    )
    came = said.say(
        "Of %(events)s events %(early)s were warned of early, %(late)s late, %(missed)s too late or never.",
        events=track["events"],
        early=track["warned_early"],
        late=track["warned_late"],
        missed=track["late_or_missed"],
    )
    notes = [came, said.say("Promises and their account are those of the whole panel.")]
    if not kept["quiet_years"]:
        notes.append(said.say("Of warnings issued since, no outcome is known yet."))
    table = Table(said.say("Promised and realised"), heads, rows)
    return Part(said.say("Promised and realised"), tuple(notes), (table,))


def _data(told: Mapping[str, Any], said: Words) -> Part:
    heads = (
        Head(said.say("Outlook")),
        Head(said.say("Issued"), is_number=False),
        Head(said.say("As of"), is_number=False),
        Head(said.say("Data until"), is_number=False),
        Head(said.say("Last release"), is_number=False),
        Head(said.say("Cells")),
        Head(said.say("Rows")),
        Head(said.say("SHA-256 of the data"), is_number=False),
    )
    rows = tuple(
        row(
            _count(one["number"]),
            _local(one["issued"]),
            one["as_of"],
            str(one["data"]["last_period"]),
            str(one["data"]["last_release"]),
            _count(one["data"]["cells"]),
            _count(one["data"]["rows"]),
            one["data"]["digest"],
        )
        for one in told["outlooks"]
    )
    return Part(said.say("Data it rests on"), (), (Table(said.say("Outlooks"), heads, rows),))


def _untold(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Part:
    silent = [one for one in told["cells"] if one["standing"] == "silent"]
    rows = tuple(row(cell_name(one, names), said.say(STANDING["silent"])) for one in silent[:_SILENT_MOST])
    heads = (Head(said.say("Cell"), is_number=False), Head(said.say("Why"), is_number=False))
    notes = [
        said.say(
            "%(count)s of %(all)s cells: nothing was known of them for a quarter of a year, or too little before.",
            count=len(silent),
            all=len(told["cells"]),
        ),
        said.say("What a warning cannot say: whether machines are the reason, and what help would have changed."),
    ]
    if len(silent) > len(rows):
        notes.append(said.say("The first %(count)s are named.", count=len(rows)))
    empty = said.say("Something could be told of every cell.")
    return Part(
        said.say("What could not be told"), tuple(notes), (Table(said.say("Silent cells"), heads, rows, empty=empty),)
    )


# --- cells ---------------------------------------------------------------------------------------------------------


def _state(one: Mapping[str, Any], said: Words) -> str:
    state = in_words(ACTS[one["state"]], said)
    return f"{state}{said.say(', ')}{in_words(ACTS[Act.TREATED], said)}" if one["is_treated"] else state


def _window(one: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Return the first and the last period in which the loss is foretold."""
    cadence, last = Cadence(told["data"]["cadence"]), date.fromisoformat(str(one["last_period"]))
    ends = (cadence.after(last, one["first"]), cadence.after(last, one["until"] - 1))
    pattern = "%Y-%m-%d" if cadence is Cadence.WEEK else "%Y-%m"
    return " – ".join(end.strftime(pattern) for end in ends)


def _moved(one: Mapping[str, Any], of: str, told: Mapping[str, Any]) -> str | Cell:
    found = next((moved["lost"] for moved in one["moved"] if moved["of"] == of), None)
    return Cell(size_text(found, told), value=found)


def _share(value: float | None) -> Cell:
    return Cell(percent(value, 0), value=value)


def _count(value: int) -> Cell:
    return Cell(f"{value:,}", value=value)


def _number(value: float | None) -> Cell:
    return Cell(NOTHING if value is None else f"{value:,.4g}", value=value)


def _local(at: datetime) -> str:
    return moment(at.isoformat(), BOARD_ZONE)
