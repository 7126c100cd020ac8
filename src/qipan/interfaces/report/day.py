"""What a day's document says, in words: the three numbers, the accounts, what the figures rest on.

The document is that of `qipan.workflows.model.DayReport`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from qipan.interfaces.report import kinds, labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import carbon, grouped, moment, money, percent
from qipan.interfaces.report.words import Words

Document = Mapping[str, Any]

SAME_UNDER: Final = 0.0005
"""A relative change below this is written as 0.0 % and called the same."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the three numbers: ours, how it compares with home-first, and what home-first came to."""

    key: str
    title: str
    figure: str
    direction: Literal["lower", "higher", "same", "unknown"]
    change: str
    sentence: str
    note: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an account: its name, how many, and its share of the whole."""

    key: str
    title: str
    count: str
    share: float


@dataclass(frozen=True, slots=True)
class Account:
    """A whole and the parts that it is the sum of."""

    title: str
    whole: str
    parts: tuple[Part, ...]


def unit_hours(document: Document, words: Words) -> str:
    """Return what the unit-hours of a day are called, for example card-hours; just so where it has several kinds."""
    of_day = kinds.of_day(document)
    return kinds.unit_hours(of_day[0] if len(of_day) == 1 else "", words)


def drawn(document: Document, words: Words) -> str:
    """Say which kind map and charts draw; nothing where there is but one."""
    if len(kinds.of_day(document)) <= 1:
        return ""
    return words.say(
        "Drawn is work in %(unit)s; work of other kinds stands in the tables.",
        unit=kinds.unit_hours(kinds.drawn(document), words),
    )


def home_first(document: Document) -> Mapping[str, Any]:
    """Return the score of what people do today."""
    return next(score for score in document["scores"] if score["policy"] == "home_first")


def headlines(document: Document, words: Words) -> tuple[Headline, ...]:
    """Return cost and both carbon accounts, each against home-first."""
    ours, theirs, change = document["scores"][0], home_first(document), document["against_home_first"]
    return (
        _headline(
            "cost",
            words.say("Cost"),
            figure=money(ours["cost_fen"], words),
            base=money(theirs["cost_fen"], words),
            change=change["cost"],
            note=words.say("Money of what ran: energy, running and moving data."),
            words=words,
        ),
        _headline(
            "location",
            words.say("Carbon, location-based"),
            figure=carbon(ours["location_kg"], words),
            base=carbon(theirs["location_kg"], words),
            change=change["location_kg"],
            note=words.say("At the average of each site's grid."),
            words=words,
        ),
        _headline(
            "market",
            words.say("Carbon, market-based"),
            figure=carbon(ours["market_kg"], words),
            base=carbon(theirs["market_kg"], words),
            change=change["market_kg"],
            note=words.say("After retired certificates; uncovered use takes the residual mix."),
            words=words,
        ),
    )


def _headline(
    key: str, title: str, *, figure: str, base: str, change: float | None, note: str, words: Words
) -> Headline:
    if change is None:
        sentence = words.say("Home-first came to nothing that could be compared.")
        return Headline(key, title, figure, "unknown", "", sentence, note)
    amount = percent(abs(change))
    if abs(change) < SAME_UNDER:
        sentence = words.say("the same for an hour of work as home-first (in all %(base)s)", base=base)
        return Headline(key, title, figure, "same", amount, sentence, note)
    if change < 0:
        sentence = words.say(
            "%(amount)s lower for an hour of work than home-first (in all %(base)s)", amount=amount, base=base
        )
        return Headline(key, title, figure, "lower", amount, sentence, note)
    sentence = words.say(
        "%(amount)s higher for an hour of work than home-first (in all %(base)s)", amount=amount, base=base
    )
    return Headline(key, title, figure, "higher", amount, sentence, note)


def same_work(document: Document, words: Words) -> str:
    """Say how much work ran in the plan and in home-first, since costs compare only for the same work."""
    ours, theirs = document["scores"][0], home_first(document)
    return words.say(
        "Work that ran: %(ours)s in the plan, %(theirs)s in home-first. Since the two may differ, the changes compare "
        "what an hour of that work costs and emits, and not the sums.",
        ours=_ran(document, ours, words),
        theirs=_ran(document, theirs, words),
    )


def _ran(document: Document, score: Mapping[str, Any], words: Words) -> str:
    work, of_day = kinds.by_kind(score["work_unit_h"]), kinds.of_day(document)
    if len(of_day) == 1:
        work = {of_day[0]: sum(work.values())}
    return kinds.with_units(work, words)


def accounts(document: Document, words: Words) -> tuple[Account, ...]:
    """Return what became of every row read and of every job of the day."""
    account = document["account"]
    rows = {
        "accepted": (words.say("accepted"), account["rows_accepted"]),
        "quarantined": (words.say("quarantined"), account["rows_quarantined"]),
        "out_of_scope": (words.say("out of scope"), sum(account["out_of_scope"].values())),
    }
    jobs = {status: (words.say(title), account[status]) for status, title in labels.JOB_STATUS.items()}
    return (
        _account(words.say("Rows read"), account["rows_read"], rows),
        _account(words.say("Jobs of the day"), account["jobs"], jobs),
    )


def reasons(document: Document, words: Words) -> tuple[Part, ...]:
    """Return why jobs were refused, the most frequent reason first."""
    counts: Mapping[str, int] = document["account"]["refused_by_reason"]
    named = {
        code: (label(labels.REASON, code, words), counts[code]) for code in sorted(counts, key=_descending(counts))
    }
    return _parts(named, sum(counts.values()))


def carried_over(words: Words) -> str:
    """Say what becomes of jobs that are carried over."""
    return words.say(
        "Carried over: these jobs may wait past the day; a start after it is not yet firm. The next day does not take "
        "them up by itself: submit them anew on it, or use rolling operation, which keeps those who wait."
    )


def assumptions(document: Document) -> tuple[Part, ...]:
    """Return in how many jobs a written rule filled a column that the trace lacks, by the column's name."""
    counts: Mapping[str, int] = document["account"]["assumed"]
    named = {name: (name, counts[name]) for name in sorted(counts, key=_descending(counts))}
    return _parts(named, document["account"]["jobs"])


def basis(document: Document, words: Words) -> tuple[Part, ...]:
    """Return how many of the figures behind the plan have each status, the surest first."""
    counts: Mapping[str, int] = document["basis"]
    order = [*labels.FACT_STATUS, *sorted(counts.keys() - labels.FACT_STATUS.keys())]
    named = {
        status: (label(labels.FACT_STATUS, status, words), counts[status]) for status in order if counts.get(status)
    }
    return _parts(named, sum(counts.values()))


def title(document: Document, words: Words) -> str:
    """Return what the day is called."""
    return words.say("Day %(day)s on %(fleet)s", day=document["day"], fleet=words.name(document, "fleet_name"))


def jobs_from(document: Document, words: Words) -> str:
    """Return where the jobs of a day came from: the file and its format, or that they were made."""
    if document["is_generated"]:
        return words.say("generated workload")
    return f"{document['jobs_name']} ({label(labels.FORMAT, document['jobs_format'], words)})"


def particulars(document: Document, words: Words) -> tuple[tuple[str, str], ...]:
    """Return where the work came from and how it was planned, as name and value."""
    return (
        (words.say("Jobs from"), jobs_from(document, words)),
        (words.say("Load"), f"× {document['load']:g}"),
        (words.say("Seed"), str(document["seed"])),
        (words.say("Time zone"), document["zone_name"]),
        (words.say("Planned at"), moment(document["created"], document["zone_name"])),
        (words.say("Plan"), document["plan_id"]),
    )


def _account(title: str, whole: int, named: Mapping[str, tuple[str, int]]) -> Account:
    return Account(title, grouped(whole), _parts(named, whole))


def _parts(named: Mapping[str, tuple[str, int]], whole: int) -> tuple[Part, ...]:
    return tuple(
        Part(key, title, grouped(count), count / whole if whole else 0.0) for key, (title, count) in named.items()
    )


def _descending(counts: Mapping[str, int]) -> Any:
    return lambda name: (-counts[name], name)
