"""Nouns of being told elsewhere: who subscribes, and what is delivered to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from qipan.kernel.errors import BadInputError
from qipan.labour.model.issued import IssuedWarning
from qipan.labour.model.warning import Grade

URL_CHARACTERS_MAX: Final = 500
SCHEMES: Final = ("http", "https")


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that is told every step of the warnings it wants.

    Attributes
    ----------
    regions
        Those that it is told of; all of them, if there are none.
    grade
        The least grade: a warning that ever had it, or a worse one, is told to its end.
    salt
        Makes its secret its own.
    """

    subscription_id: str
    url: str
    regions: tuple[str, ...]
    grade: Grade
    salt: str
    created: datetime
    ended: datetime | None = None

    def wants(self, one: IssuedWarning) -> bool:
        """Tell whether a step of a warning, the last of those that it has, is told."""
        grades = list(Grade)
        worst = max(grades.index(Grade(step.told["grade"])) for step in one.steps if step.told)
        return (not self.regions or one.cell.region in self.regions) and worst >= grades.index(self.grade)


@dataclass(frozen=True, slots=True)
class Message:
    """One step of a warning on its way to a subscription.

    Attributes
    ----------
    number
        That of the step.
    body
        What is sent, JSON.
    tries
        How often it was sent in vain.
    """

    subscription: Subscription
    warning_id: str
    number: int
    body: str
    tries: int

    @property
    def message_id(self) -> str:
        """The same whenever it is sent again, so that receivers can drop what they have."""
        return f"{self.subscription.subscription_id}:{self.warning_id}:{self.number}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending.

    Attributes
    ----------
    is_reached
        Whether somebody answered who is neither away nor too busy.
    said
        The status, or why there was none.
    """

    is_accepted: bool
    is_reached: bool
    said: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a subscription fares.

    Attributes
    ----------
    failing
        Deliveries that were sent in vain and wait to be sent again, among ``waiting``.
    said
        What the receiver said of the one that was sent in vain most often; empty if there is none.
    """

    subscription: Subscription
    delivered: int
    waiting: int
    failing: int
    said: str


def read_grade(text: str) -> Grade:
    """Return a grade by its name.

    Raises
    ------
    BadInputError
        ``grade_unknown``.

    Examples
    --------
    >>> read_grade("orange")
    <Grade.ORANGE: 'orange'>
    """
    try:
        return Grade(text)
    except ValueError as error:
        raise BadInputError(
            f"A grade must be one of {', '.join(Grade)}, was {text!r}.",
            code="grade_unknown",
            hint="Write for example orange: it and red are told.",
            field="grade",
        ) from error


def check_url(url: str) -> str:
    """Return an address that can be told, if it is one.

    Raises
    ------
    BadInputError
        ``webhook_url_bad``.

    Examples
    --------
    >>> check_url("https://labour.example/hook")
    'https://labour.example/hook'
    """
    try:
        parts = urlsplit(url)
        is_good = (
            parts.scheme in SCHEMES
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and not parts.fragment
            and parts.port != 0
            and len(url) <= URL_CHARACTERS_MAX
            and url.isprintable()
            and " " not in url
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise BadInputError(
            f"The address of a webhook must be http or https, with a host and no name or password, in at most "
            f"{URL_CHARACTERS_MAX} characters, was {url[:URL_CHARACTERS_MAX]!r}.",
            code="webhook_url_bad",
            hint="Write for example https://labour.example/warnings.",
            field="url",
        )
    return url
