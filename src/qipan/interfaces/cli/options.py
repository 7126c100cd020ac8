"""Options that several commands share, and how what was typed is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from qipan.interfaces.cli.language import VARIABLE, Language
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.kernel.time import in_utc

_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


def read_day(text: str) -> date:
    """Read a day as it is typed.

    Examples
    --------
    >>> read_day("2017-10-09")
    datetime.date(2017, 10, 9)
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"A day is written as 2017-10-09, was {text!r}.") from error


def read_moment(text: str) -> datetime:
    """Read a moment as it is typed; it carries its zone.

    Raises
    ------
    BadInputError
        ``time_naive`` when the moment carries no zone.

    Examples
    --------
    >>> read_moment("2023-01-01T00:00:00+08:00").isoformat()
    '2022-12-31T16:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"A moment is written as 2023-01-01T00:00:00+08:00, was {text!r}.") from error
    return in_utc(moment)


def read_hub(text: str) -> str:
    """Read a hub as it is typed: by its id, its Chinese or its English name.

    Raises
    ------
    NotFoundError
        ``hub_unknown``.

    Examples
    --------
    >>> read_hub("宁夏")
    'ningxia'
    """
    from qipan.facts.catalog import Catalog
    from qipan.interfaces.cli import session
    from qipan.workflows.wares import hub_of

    return hub_of(text, Catalog.load(session.settings().facts))


def read_ware(text: str) -> str:
    """Read an instrument as it is typed; a hub that is named in Chinese is read as its id.

    Examples
    --------
    >>> read_ware("h100-80g@宁夏/2030-W10")
    'h100-80g@ningxia/2030-W10'
    """
    before, at, after = text.partition("@")
    hub, slash, window = after.partition("/")
    return text if text.isascii() or not slash else f"{before}{at}{read_hub(hub)}{slash}{window}"


def as_typed(command: str, options: Mapping[str, object]) -> str:
    """Return a command with those of its options that have a value.

    Examples
    --------
    >>> as_typed("dispatch roll", {"--jobs": "jobs.csv", "--from": None})
    'dispatch roll --jobs jobs.csv'
    """
    return " ".join([command, *(f"{name} {value}" for name, value in options.items() if value is not None)])


def read_month(text: str) -> date:
    """Read a month as it is typed.

    Examples
    --------
    >>> read_month("2027-01")
    datetime.date(2027, 1, 1)
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise typer.BadParameter(f"A month is written as 2027-01, was {text!r}.") from error


def read_epsilon(text: str) -> Fraction:
    """Read an epsilon as it is typed, exactly.

    Examples
    --------
    >>> read_epsilon("0.05")
    Fraction(1, 20)
    """
    return Fraction(read_decimal(text))


def read_decimal(text: str) -> Decimal:
    """Read a decimal as it is typed, exactly.

    Examples
    --------
    >>> read_decimal("0.6")
    Decimal('0.6')
    """
    if not _DECIMAL.fullmatch(text):
        raise typer.BadParameter(f"A decimal is written as 0.6, was {text!r}.")
    return Decimal(text)


def read_bytes(path: Path) -> bytes:
    """Return what a file holds.

    Raises
    ------
    NotFoundError
        ``file_not_found``.
    BadInputError
        ``file_not_open`` when it is a folder or may not be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(
            f"There must be a file of that name, was none: {path}.",
            code="file_not_found",
            hint="Check the path; it counts from the folder you are in.",
        ) from error
    except OSError as error:
        raise BadInputError(
            f"A file must open for reading, was refused ({error.strerror}): {path}.",
            code="file_not_open",
            hint="Give the path of a file that you may read.",
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a file anew.

    Raises
    ------
    BadInputError
        ``file_not_written`` when its folder is missing or may not be written.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file anew.

    Raises
    ------
    BadInputError
        ``file_not_written``, as `write_text`.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInputError(
            f"A file must be writable, was refused ({error.strerror}): {path}.",
            code="file_not_written",
            hint="Choose a path in a folder that exists and that you may write to.",
        ) from error


AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print JSON alone on the standard output, and an error as JSON on the error stream."),
]
Lang = Annotated[
    Language | None,
    typer.Option("--lang", envvar=VARIABLE, help="Language of tables; else that of the environment."),
]
Day = Annotated[date | None, typer.Option("--day", parser=read_day, metavar="DATE", help="Civil day, as 2017-10-09.")]
Power = Annotated[
    bool,
    typer.Option("--power", help="Model plants, stores and areas of the grid where the fleet states none."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything that is drawn.")]
TraceFile = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="CSV, Parquet or gzip of either.")]
Format = Annotated[str, typer.Option("--format", help="philly, openb, llm or generic.")]
Epoch = Annotated[
    datetime | None,
    typer.Option(
        "--epoch", parser=read_moment, metavar="MOMENT", help="Moment of second 0 where a trace has no date, with zone."
    ),
]
Zone = Annotated[
    str | None, typer.Option("--zone", metavar="NAME", help="Zone of a trace's wall clock, as Asia/Shanghai.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse the file if a single row is bad.")]
PlanId = Annotated[str | None, typer.Argument(metavar="[PLAN]", show_default=False, help="Plan; else the latest.")]
