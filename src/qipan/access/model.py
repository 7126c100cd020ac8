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
