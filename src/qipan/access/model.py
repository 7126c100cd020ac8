"""User, role, token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
