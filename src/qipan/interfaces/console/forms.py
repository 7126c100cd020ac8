"""Read what a form of the console sends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import UploadFile

from qipan.kernel.errors import BadInputError

Read = TypeVar("Read")


def read_field(text: str, reader: Callable[[str], Read], field: str, hint: str) -> Read:
    """Read a field of a form.

    Raises
    ------
    BadInputError
        ``field_unreadable``.
    """
    try:
        return reader(text)
    except ValueError as error:
        raise BadInputError(
            f"The field {field} must be readable, was {text!r}.", code="field_unreadable", hint=hint, field=field
        ) from error


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


def read_tables(**files: UploadFile | str | None) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files that were uploaded, empty ones too, and how they are called, by their fields."""
    read = {field: read_file(file) for field, file in files.items()}
    names = {field: name for field, (_, name) in read.items() if name}
    return {field: read[field][0] for field in names}, names
