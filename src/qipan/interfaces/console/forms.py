"""What the forms of the console share: an id by which a double click counts once, and fields read from text."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from fastapi import UploadFile

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import BOARD_ZONE, zone

T = TypeVar("T")


def new_form_id(stem: str = "web") -> str:
    """Return an id for what a form will ask; sent twice, it is the same request and is told the same."""
    return f"{stem}-{secrets.token_hex(8)}"


def read_field(text: str, reader: Callable[[str], T], field: str, hint: str) -> T:
    """Read a field of a form.

    Raises
    ------
    BadInputError
        ``field_unreadable``.
    """
    try:
        return reader(text)
    except (ValueError, InvalidOperation) as error:
        raise BadInputError(
            f"The field {field} must be readable, was {text!r}.", code="field_unreadable", hint=hint, field=field
        ) from error


def one_of(known: Mapping[str, T], text: str, field: str, hint: str) -> T:
    """Read a choice by its word.

    Raises
    ------
    BadInputError
        ``field_unreadable``.
    """
    if text not in known:
        raise BadInputError(
            f"The field {field} must be one of {', '.join(known)}, was {text!r}.",
            code="field_unreadable",
            hint=hint,
            field=field,
        )
    return known[text]


def whole(text: str, field: str) -> int:
    """Read a whole number; figures may be grouped.

    Raises
    ------
    BadInputError
        ``field_unreadable``.
    """
    return read_field(text.replace(",", ""), int, field, "Write a whole number.")


def fen(yuan: str, field: str) -> int:
    """Read an amount of yuan with at most two decimals, as fen.

    Raises
    ------
    BadInputError
        ``field_unreadable``.

    Examples
    --------
    >>> fen("12.5", "yuan"), fen("1,250", "yuan")
    (1250, 125000)
    """
    return read_field(yuan.replace(",", ""), _fen, field, "Write yuan with at most two decimals, such as 12.50.")


def wh(kwh: str, field: str) -> int:
    """Read an amount of kWh with at most three decimals, as Wh.

    Raises
    ------
    BadInputError
        ``field_unreadable``.

    Examples
    --------
    >>> wh("1.25", "kwh"), wh("2,000", "kwh")
    (1250, 2000000)
    """
    hint = "Write kWh with at most three decimals, such as 12.500."
    return read_field(kwh.replace(",", ""), lambda text: _whole_of(text, 1000), field, hint)


def moment(text: str, field: str) -> datetime | None:
    """Read a moment on the clock of UTC+8; an empty field names none.

    Raises
    ------
    BadInputError
        ``field_unreadable``.

    Examples
    --------
    >>> moment("2030-03-04T09:00", "until").isoformat()
    '2030-03-04T09:00:00+08:00'
    """
    if not text:
        return None
    read = read_field(text, datetime.fromisoformat, field, "Write for example 2030-03-04T09:00.")
    return read if read.tzinfo else read.replace(tzinfo=zone(BOARD_ZONE))


def day(text: str, field: str) -> date:
    """Read a day.

    Raises
    ------
    BadInputError
        ``field_unreadable``.

    Examples
    --------
    >>> day("2030-03-04", "day")
    datetime.date(2030, 3, 4)
    """
    return read_field(text, _day, field, "Write for example 2030-03-04.")


def read_epoch(text: str) -> datetime | None:
    """Read the moment of second 0 of a trace; an empty field names none.

    Raises
    ------
    BadInputError
        ``field_unreadable``.
    """
    if not text:
        return None
    return read_field(text, datetime.fromisoformat, "epoch", "Write for example 2023-01-01T00:00:00+08:00.")


def read_file(file: UploadFile | str | None) -> tuple[bytes, str]:
    """Return what was uploaded and how it is called: nothing without a name, where a form was sent without a file."""
    if file is None or isinstance(file, str) or not file.filename:
        return b"", ""
    return file.file.read(), file.filename


def read_text(file: UploadFile | None, pasted: str) -> str:
    """Return the text that was uploaded, else what was pasted.

    Raises
    ------
    BadInputError
        ``file_not_utf8``.
    """
    if file is None or not file.filename:
        return pasted
    try:
        return file.file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"A file must be UTF-8, was not at byte {error.start + 1}.",
            code="file_not_utf8",
            hint="Save it as UTF-8; files of older Chinese systems are often GB18030.",
        ) from error


def read_tables(**files: UploadFile | str | None) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files that were uploaded, empty ones too, and how they are called, by their fields."""
    read = {field: read_file(file) for field, file in files.items()}
    names = {field: name for field, (_, name) in read.items() if name}
    return {field: read[field][0] for field in names}, names


def _day(text: str) -> date:
    read = date.fromisoformat(text)
    if text != str(read):
        # Weeks and days without lines are dates to Python, and slips here.
        raise ValueError(text)
    return read


def _fen(yuan: str) -> int:
    return _whole_of(yuan, 100)


def _whole_of(text: str, parts: int) -> int:
    exact = Decimal(text) * parts
    if not exact.is_finite() or exact != int(exact):
        raise ValueError(text)
    return int(exact)
