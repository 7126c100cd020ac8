"""User, role, duty, token, scope, and who asked for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

VISITOR: Final = "visitor"
"""Caller of whoever has not signed in."""


class Role(StrEnum):
    """What a user may do; each role includes those before it."""

    VIEWER = "viewer"
    """Reads."""
    OPERATOR = "operator"
    """Imports and runs days."""
    ADMIN = "admin"
    """Manages users."""

    def includes(self, other: Role) -> bool:
        """Tell whether this role may do all that the other may.

        Examples
        --------
        >>> Role.ADMIN.includes(Role.VIEWER), Role.VIEWER.includes(Role.OPERATOR)
        (True, False)
        """
        order = list(Role)
        return order.index(self) >= order.index(other)


class Duty(StrEnum):
    """What a user does where obligations are entered into; a role does not give it, but for admins, who may all."""

    TRADER = "trader"
    """Enters orders for a party, moves what it holds, and sees its account, positions and margin."""
    SITE = "site"
    """Nominates and supplies for a party, and sees what the trader sees."""
    CLEARING = "clearing"
    """Marks, settles, calls and closes out; posts what agreements lead to."""
    REGISTRY = "registry"
    """Issues, withdraws and expires certificates; grades centres."""
    LABOUR = "labour"
    """Issues, confirms, resolves and withdraws warnings of lost jobs, and says who was helped."""
    AUDITOR = "auditor"
    """Reads everything of any party, with its proofs; decides disputes, and changes nothing else."""

    @property
    def is_of_party(self) -> bool:
        """Whether it is done for one party; else for the whole house.

        Examples
        --------
        >>> [duty.value for duty in Duty if duty.is_of_party]
        ['trader', 'site']
        """
        return self in {Duty.TRADER, Duty.SITE}


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in; nothing here is secret. ``signed_in`` is the last time."""

    user_id: int
    name: str
    role: Role
    created: datetime
    signed_in: datetime | None
    disabled: datetime | None

    @property
    def is_disabled(self) -> bool:
        """Whether the user may no longer sign in."""
        return self.disabled is not None


@dataclass(frozen=True, slots=True)
class Mandate:
    """A duty that a user was given.

    Attributes
    ----------
    party
        For whom: the name by which accounts and the market know an owner; empty for duties of the whole house.
    """

    user_id: int
    duty: Duty
    party: str = ""

    def __str__(self) -> str:
        return f"{self.duty} of {self.party}" if self.party else str(self.duty)


@dataclass(frozen=True, slots=True)
class Token:
    """A key for programs, with the rights of its user; the key itself is shown once and not kept."""

    token_id: int
    user_id: int
    name: str
    created: datetime
    expires: datetime
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sites a user may see and enter; a scope narrows a role and never widens it.

    Attributes
    ----------
    adcodes
        Regions seen whole.
    site_ids
        Sites seen besides.
    is_country
        Whether everything is seen, whatever the other two hold.
    """

    adcodes: frozenset[str] = frozenset()
    site_ids: frozenset[str] = frozenset()
    is_country: bool = False

    def allows_site(self, site_id: str, adcode: str) -> bool:
        """Tell whether a site in a region is within the scope.

        Examples
        --------
        >>> department = Scope(adcodes=frozenset({"520000"}))
        >>> department.allows_site("guian-1", "520000"), department.allows_site("wuhu-1", "340000")
        (True, False)
        >>> Scope().allows_site("guian-1", "520000"), Scope(is_country=True).allows_site("guian-1", "520000")
        (False, True)
        """
        return self.is_country or adcode in self.adcodes or site_id in self.site_ids


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """Who changed what, when.

    Attributes
    ----------
    caller
        ``user:NAME``, ``token:NAME/NUMBER``, ``shell:NAME`` of the machine's account, or ``visitor``.
    action
        A stable code, as ``role_changed``.
    subject
        What it was done to.
    """

    entry_id: int
    at: datetime
    caller: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def caller_of_user(name: str, token_id: int | None = None) -> str:
    """Return how the trail names a user, at the console or by a token.

    Examples
    --------
    >>> caller_of_user("li.wei"), caller_of_user("li.wei", 3)
    ('user:li.wei', 'token:li.wei/3')
    """
    return f"user:{name}" if token_id is None else f"token:{name}/{token_id}"
