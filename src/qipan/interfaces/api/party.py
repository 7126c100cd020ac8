"""What routers of obligations share: which duty a route needs, whose rows a caller sees, how values are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from qipan.access.model import Duty, Role
from qipan.accounts.model.posting import AMOUNT_MAX
from qipan.interfaces.entry import Caller, caller_of, require_user
from qipan.kernel.time import in_utc

YEAR_FIRST, YEAR_LAST = 1970, 2199


def _in_reach(moment: datetime) -> datetime:
    if not YEAR_FIRST < moment.year < YEAR_LAST:
        raise ValueError(f"must lie in the years {YEAR_FIRST + 1} to {YEAR_LAST - 1}")
    return in_utc(moment)


Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")]
MaybeName = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
Text = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Count = Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Year = Annotated[int, Field(gt=YEAR_FIRST, lt=YEAR_LAST)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
RequestId = Annotated[
    str, Field(min_length=1, max_length=100, description="Chosen by who asks; the same request again changes nothing.")
]
"""Values of bodies: texts without control characters, numbers that every store holds, moments with their zone."""

PageNumber = Annotated[int, Query(alias="page", ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(alias="size", ge=1, le=1000)]

USERS: Final = Depends(require_user(Role.VIEWER))
"""Lets pass whoever has signed in, whatever the duties."""

User = Annotated[Caller, USERS]

ROWS_MOST: Final = 10_000
"""How many rows one body may hold."""


class Body(BaseModel):
    """What is asked; a field that the interface does not know is refused, since a slip may cost money."""

    model_config = ConfigDict(extra="forbid")


def has(duty: Duty, *others: Duty, reads: bool = False) -> Any:
    """Return a dependency that lets pass who has one of some duties of the whole house.

    The dependency raises ``sign_in_needed`` for a visitor and ``duty_missing`` for a user.
    """

    def dependency(request: Request) -> Caller:
        caller = caller_of(request)
        caller.require_duty(duty, *others, reads=reads)
        return caller

    return Depends(dependency)


def act_for(caller: Caller, party: str, *keepers: Duty) -> None:
    """Refuse a caller who neither acts for a party nor has one of the duties that keep its affairs.

    Raises
    ------
    NotAllowedError
        ``duty_missing``.
    """
    caller.require_duty(Duty.TRADER, Duty.SITE, *keepers, party=party)


def look_at(caller: Caller, party: str, *keepers: Duty) -> None:
    """Refuse a caller who may not read what is a party's: neither its trader or site, nor a keeper, nor an auditor.

    Raises
    ------
    NotAllowedError
        ``duty_missing``.
    """
    caller.require_duty(Duty.TRADER, Duty.SITE, *keepers, party=party, reads=True)


def sight(caller: Caller, party: str | None, *keepers: Duty) -> Callable[[str], bool]:
    """Return which parties' rows a caller is shown: of one that is named, else of all that they may read.

    Raises
    ------
    NotAllowedError
        ``duty_missing`` where that is none.
    """
    if party is not None:
        look_at(caller, party, *keepers)
        return lambda one: one == party
    if caller.has_duty(Duty.AUDITOR, *keepers, reads=True):
        return lambda _: True
    own = {one.party for one in caller.mandates if one.duty.is_of_party}
    if not own:
        caller.require_duty(Duty.AUDITOR, reads=True)
    return own.__contains__


def paged(found: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    """Return one page of a long list, plain, and how long it is.

    Examples
    --------
    >>> paged(["a", "b", "c"], 2, 2)
    {'rows': ['c'], 'total': 3, 'page': 2, 'size': 2}
    """
    rows = [plain(one) for one in found[(page - 1) * size : page * size]]
    return {"rows": rows, "total": len(found), "page": page, "size": size}


def is_entered(response: Response, *, is_new: bool) -> bool:
    """Say 201 for what is new and 200 for what stood before; return which."""
    response.status_code = 201 if is_new else 200
    return is_new


def plain(held: Any) -> Any:
    """Return a noun as JSON can hold it: fields by name, moments in UTC, fractions and decimals as numbers.

    Examples
    --------
    >>> plain({"share": Fraction(1, 4), "whole": Fraction(2), "months": (1, 2)})
    {'share': 0.25, 'whole': 2, 'months': [1, 2]}
    """
    if is_dataclass(held) and not isinstance(held, type):
        return {one.name: plain(getattr(held, one.name)) for one in fields(held)}
    if hasattr(held, "_asdict"):
        return plain(held._asdict())
    if isinstance(held, dict):
        return {str(key): plain(value) for key, value in held.items()}
    if isinstance(held, list | tuple | frozenset):
        return [plain(one) for one in held]
    if isinstance(held, Fraction):
        return held.numerator if held.denominator == 1 else float(held)
    return float(held) if isinstance(held, Decimal) else held


def first_of_month(month: str) -> date:
    """Return the first day of a month that is written as 2027-01; the pattern of `MonthName` has let it pass."""
    return date(int(month[:4]), int(month[5:]), 1)


MonthName = Annotated[str, Field(pattern=r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])$", description="As 2027-01.")]


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)
