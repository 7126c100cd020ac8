"""One tree of errors, and the findings that bulk checks return.

::

    QipanError                 every error a user can meet; `code` is stable
    ├── BadInputError          what was given cannot be read, or breaks a written form
    ├── NotFoundError          nothing stands under that name
    ├── RuleBrokenError        the request is readable, a rule of the domain refuses it
    ├── ConflictError          the same identifier already holds other content
    ├── NotAllowedError        who asks may not
    └── EngineError            a database, solver or server outside failed

A message says what must hold, what was found and where; the hint says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a bulk check found wrong.

    Attributes
    ----------
    row
        Where the offending row stands: in files of jobs, contracts, links, substitutes, load, facts, sites and
        scenarios the line on which it begins, the header being line 1; elsewhere its number. 0 stands for the file as
        a whole.
    column
        Name of the offending column, empty where the row as a whole is meant.
    rule
        Stable code of the rule that was broken.
    message
        What must hold, what was found.
    value
        The offending value as it was written.
    """

    row: int
    column: str
    rule: str
    message: str
    value: str = ""


class QipanError(Exception):
    """An error that a user can meet, with a stable code and a way out.

    Attributes
    ----------
    field
        Name of the field or column that is meant, if one is.
    file
        Name of the file that is meant, if one is; who opened it says so, with `of_file`.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str,
        field: str = "",
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.field = field
        self.findings = tuple(findings)
        self.file = ""


class BadInputError(QipanError):
    """What was given cannot be read, or breaks a written form."""


class NotFoundError(QipanError):
    """Nothing stands under the name that was given."""


class RuleBrokenError(QipanError):
    """A rule of the domain refuses a request that is well formed."""


class ConflictError(QipanError):
    """The same identifier already holds other content."""


class NotAllowedError(QipanError):
    """Whoever asks may not do this."""


class EngineError(QipanError):
    """A database, solver or server outside failed or is missing."""


@contextmanager
def of_file(name: str) -> Iterator[None]:
    """Say of errors raised inside which file is meant; the innermost name stays.

    Examples
    --------
    >>> try:
    ...     with of_file("links.csv"):
    ...         raise BadInputError("A table must hold rows, was empty.", code="file_empty", hint="Fill it.")
    ... except QipanError as error:
    ...     error.file
    'links.csv'
    """
    try:
        yield
    except QipanError as error:
        error.file = error.file or name
        raise
