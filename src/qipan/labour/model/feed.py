"""Nouns of feeds: who sends which figures how often, the agreement on which they are shared, and whether they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.model.panel import JOBS, NAME, Cadence, Cell

ALWAYS: Final = ("region", "period", "value", "unit", "direction", "source", "released", "purpose")
"""Columns that any agreement allows: a figure cannot be told without them."""
PARTS: Final = ("region", "industry", "occupation")
FIELDS: Final = ("industry", "occupation", "persons")
"""Columns that an agreement may allow besides."""
COUNTS: Final = JOBS | {"postings": 1.0, "vacancies": 1.0, "claims": 1.0, "个": 1.0, "件": 1.0}
"""Units in which the value itself says how many people, jobs or cases stand behind it, and how many one of them is."""
DAYS_MOST: Final = 36_525
BACKDATED: Final = "release_backdated"
"""Rule of findings on rows that are let in, of which only the release was moved to the day on which they came."""


class Source(StrEnum):
    """Where figures of labour come from."""

    EMPLOYMENT = "employment"
    POSTINGS = "postings"
    INSURANCE = "insurance"
    VACANCIES = "vacancies"
    CLAIMS = "claims"
    OTHER = "other"


class Purpose(StrEnum):
    """What figures may be used for."""

    WARNING = "warning"
    BACKTEST = "backtest"


@dataclass(frozen=True, slots=True)
class Sharing:
    """The agreement on which a feed rests.

    Attributes
    ----------
    parties
        Who shares with whom.
    purposes
        What the figures may be used for, and nothing else.
    since, until
        Half-open: what is delivered on or after the day ``until`` is refused.
    columns
        Which of `FIELDS` may be told.
    least_shown
        Fewest people behind a figure that may be shown.
    kept_days
        How long after it came a delivery may be used.
    """

    parties: tuple[str, ...]
    purposes: frozenset[Purpose]
    since: date
    until: date
    columns: frozenset[str]
    least_shown: int
    kept_days: int

    def covers(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return self.since <= day < self.until


@dataclass(frozen=True, slots=True)
class Feed:
    """Who sends which figures how often.

    Attributes
    ----------
    title
        What people call it.
    holder
        The department whose figures they are.
    direction
        ``rise`` or ``fall``: which way the values move when jobs are lost.
    by
        Parts of a cell, of `PARTS`: what the figures are parted by.
    delay_days, grace_days
        From the end of a period until it is to be released, and how many days more before that is late.
    ended
        Day from which on nothing is expected of it, if it was ended.
    """

    name: str
    title: str
    holder: str
    source: Source
    indicator: str
    unit: str
    direction: str
    by: tuple[str, ...]
    cadence: Cadence
    delay_days: int
    grace_days: int
    sharing: Sharing
    ended: date | None = None

    @property
    def over(self) -> date:
        """Day from which on nothing may come: its own end, or that of the agreement."""
        return min(self.ended or date.max, self.sharing.until)

    def deadline(self, start: date) -> date:
        """Return the day by whose beginning the period that begins with a day must have been released."""
        return self.cadence.after(start, 1) + timedelta(days=self.delay_days + self.grace_days)


@dataclass(frozen=True, slots=True)
class Figure:
    """What was released of a cell for the period that begins with a day.

    Attributes
    ----------
    purpose
        The only use that its row allows; nothing where any that was agreed will do.
    """

    cell: Cell
    start: date
    value: float
    released: date
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """What of a delivery is let in, how many rows it had, and what is wrong with the others.

    A finding of the rule `BACKDATED` speaks of a row that is let in.
    """

    figures: tuple[Figure, ...]
    count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of a feed at once.

    Attributes
    ----------
    sequence
        Its place among all batches that were received.
    received
        Civil day on which it came.
    released
        Day of release of rows that name none.
    newest_period, newest_release
        Of the rows that were let in, if any.
    rows, refused
        All of its rows, and those that were not let in.
    """

    sequence: int
    feed: str
    received: date
    released: date
    newest_period: date | None
    newest_release: date | None
    rows: int
    refused: int


@dataclass(frozen=True, slots=True)
class OnHand:
    """What a feed has when a delivery comes.

    Attributes
    ----------
    received
        Day before that of the delivery on which something last came; a release may not be claimed for it, or before.
    weekday
        On which its weeks begin, 0 for Monday; nothing where no week has come.
    """

    received: date | None = None
    weekday: int | None = None


def held_before(before: Sequence[Delivery], cadence: Cadence, day: date) -> OnHand:
    """Return what a feed has of the deliveries before one that comes on a day."""
    weeks = [one.newest_period.weekday() for one in before if one.newest_period] if cadence is Cadence.WEEK else []
    return OnHand(max((one.received for one in before if one.received < day), default=None), next(iter(weeks), None))


@dataclass(frozen=True, slots=True)
class Silent:
    """A cell that others of its feed have left behind."""

    cell: Cell
    since: date


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a feed came as it should have, as of a day.

    Attributes
    ----------
    newest_period, newest_release
        What came last.
    due_period
        The last period that should have been released by now; nothing where none should.
    missing
        How many periods are late.
    late_since
        Day on which the earliest of them became late.
    late_days
        How long that is ago; 0 where nothing is late.
    silent
        Cells that the newest period lacks, though they were there before.
    over_since
        Day on which agreement or feed ended, if they have.
    """

    feed: str
    as_of: date
    newest_period: date | None
    newest_release: date | None
    due_period: date | None
    missing: int
    late_since: date | None
    late_days: int
    silent: tuple[Silent, ...]
    over_since: date | None

    @property
    def is_late(self) -> bool:
        """Whether a period that should be here is not."""
        return self.missing > 0


def feed_of(told: Mapping[str, Any]) -> Feed:
    """Return the feed that plain values describe, as `tell_feed` writes them.

    Raises
    ------
    BadInputError
        ``feed_unfit``, naming the field.
    """
    shared = told.get("sharing")
    if not isinstance(shared, Mapping):
        raise _unfit("sharing", "be a table of the agreement", shared)
    by = _words(told, "by")
    columns = _words(shared, "columns", "sharing.", may_be_empty=True)
    purposes = _words(shared, "purposes", "sharing.")
    _known(told, {one.name for one in fields(Feed)} - {"ended"}, "")
    _known(shared, {one.name for one in fields(Sharing)}, "sharing.")
    made = Feed(
        name=_text(told, "name"),
        title=_text(told, "title"),
        holder=_text(told, "holder"),
        source=Source(_one_of(told, "source", Source)),
        indicator=_text(told, "indicator"),
        unit=_text(told, "unit"),
        direction=_one_of(told, "direction", ("rise", "fall")),
        by=tuple(part for part in PARTS if part in by),
        cadence=Cadence(_one_of(told, "cadence", Cadence)),
        delay_days=_days(told, "delay_days"),
        grace_days=_days(told, "grace_days"),
        sharing=Sharing(
            parties=_words(shared, "parties", "sharing."),
            purposes=frozenset(Purpose(one) for one in purposes if one in set(Purpose)),
            since=_day(shared, "since", "sharing."),
            until=_day(shared, "until", "sharing."),
            columns=frozenset(columns),
            least_shown=_days(shared, "least_shown", "sharing."),
            kept_days=_days(shared, "kept_days", "sharing."),
        ),
    )
    for must, holds, field, value in (
        (
            "be 1 to 32 small letters, figures, - and _, the first no - or _",
            NAME.fullmatch(made.name),
            "name",
            made.name,
        ),
        ("begin with region, then industry, occupation", "region" in by and set(by) <= set(PARTS), "by", by),
        (f"be of {', '.join(FIELDS)}", set(columns) <= set(FIELDS), "sharing.columns", columns),
        (f"be of {', '.join(Purpose)}", set(purposes) <= set(Purpose), "sharing.purposes", purposes),
        ("allow what the feed is parted by", set(by) - {"region"} <= set(columns), "sharing.columns", columns),
        ("name two parties or more", len(made.sharing.parties) > 1, "sharing.parties", made.sharing.parties),
        ("end after it begins", made.sharing.since < made.sharing.until, "sharing.until", made.sharing.until),
    ):
        if not holds:
            raise _unfit(field, must, value)
    return made


def tell_feed(feed: Feed) -> dict[str, Any]:
    """Return a feed as plain values; `feed_of` reads them."""
    shared = feed.sharing
    told: dict[str, Any] = {one.name: getattr(feed, one.name) for one in fields(Feed) if one.name != "ended"}
    told["by"] = list(feed.by)
    told |= {"source": feed.source.value, "cadence": feed.cadence.value}
    told["sharing"] = {one.name: getattr(shared, one.name) for one in fields(Sharing)} | {
        "parties": list(shared.parties),
        "purposes": sorted(shared.purposes),
        "columns": sorted(shared.columns),
        "since": shared.since.isoformat(),
        "until": shared.until.isoformat(),
    }
    return told


def _known(told: Mapping[str, Any], names: set[str], under: str) -> None:
    strange = sorted(set(told) - names)
    if strange:
        raise _unfit(f"{under}{strange[0]}", "be one of the fields of a feed", strange[0])


def _text(told: Mapping[str, Any], field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 200 or not value.isprintable():
        raise _unfit(field, "be a text of 1 to 200 signs", value)
    return value.strip()


def _one_of(told: Mapping[str, Any], field: str, known: Any) -> str:
    value = told.get(field)
    if value not in list(known):
        raise _unfit(field, f"be one of {', '.join(known)}", value)
    return str(value)


def _words(told: Mapping[str, Any], field: str, under: str = "", *, may_be_empty: bool = False) -> tuple[str, ...]:
    value = told.get(field)
    words = [one.strip() for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else None
    if words is None or len({*words} - {""}) < len(value or ()) or not (words or may_be_empty):
        raise _unfit(under + field, "be a list of different words", value)
    return tuple(words)


def _days(told: Mapping[str, Any], field: str, under: str = "") -> int:
    value = told.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= DAYS_MOST:
        raise _unfit(under + field, f"be a whole number from 0 to {DAYS_MOST}", value)
    return value


def _day(told: Mapping[str, Any], field: str, under: str = "") -> date:
    value = told.get(field)
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError as error:
        raise _unfit(under + field, "be a day such as 2026-01-01", value) from error


def _unfit(field: str, must: str, value: object) -> BadInputError:
    return BadInputError(
        f"The field {field} of a feed must {must}, was {value!r}.",
        code="feed_unfit",
        hint="Correct it; docs/feeds.md has every field.",
        field=field,
    )
