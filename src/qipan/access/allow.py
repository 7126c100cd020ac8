"""Decide who may: roles, the written form of names and passwords."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from qipan.access.model import Role, Token, User
from qipan.kernel.errors import BadInputError, NotAllowedError

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 256

_NAME = re.compile(r"\w[\w.@-]{0,63}")


def require(user: User, role: Role) -> None:
    """Refuse a user who may not do what the role may.

    Raises
    ------
    NotAllowedError
        ``role_too_low``; ``user_disabled``.
    """
    if user.is_disabled:
        raise NotAllowedError(
            f"A user must not be disabled, was: {user.name}.",
            code="user_disabled",
            hint="Ask an admin for a new user.",
        )
    if not user.role.includes(role):
        raise NotAllowedError(
            f"This needs the role {role}, was {user.role} for {user.name}.",
            code="role_too_low",
            hint=f"Ask an admin for the role {role}.",
        )


def is_valid(token: Token, now: datetime) -> bool:
    """Tell whether a token may be used at a moment; it ends at ``expires``."""
    return token.revoked is None and now < token.expires


def plain_name(name: str) -> str:
    """Return the one way a user's name is written: compatibility forms and capitals folded.

    Raises
    ------
    BadInputError
        ``user_name_malformed`` unless 1 to 64 letters or figures, with ``.``, ``_``, ``@``, ``-`` inside.

    Examples
    --------
    >>> plain_name("Ｌi.Wei"), plain_name("调度员")
    ('li.wei', '调度员')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    if not _NAME.fullmatch(plain):
        raise BadInputError(
            f"A user's name must be 1 to 64 letters or figures, with . _ @ - inside, was {name!r}.",
            code="user_name_malformed",
            hint="Write for example li.wei or 调度员.",
            field="name",
        )
    return plain


def checked_password(password: str) -> str:
    """Return a password that is long enough.

    Raises
    ------
    BadInputError
        ``password_length`` unless 12 to 256 characters.
    """
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        raise BadInputError(
            f"A password must have {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters, "
            f"was {len(password)}.",
            code="password_length",
            hint="Choose four unrelated words.",
            field="password",
        )
    return password
