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

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a bulk check found wrong.

    Attributes
    ----------
    row
        Number of the offending row; the first row of data is 1. 0 stands for the file as a whole.
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
    """An error that a user can meet, with a stable code and a way out."""

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
