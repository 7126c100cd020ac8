"""Decide who may: roles and duties, the written form of names and passwords."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from qipan.access.model import Duty, Mandate, Role, Token, User
from qipan.kernel.errors import BadInputError, NotAllowedError

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 256

_NAME = re.compile(r"\w[\w.@-]{0,63}")
_PARTY = re.compile(r"\w[\w.:/@-]{0,63}")


def require(user: User, role: Role) -> None:
    """Refuse a user who may not do what the role may.

    Raises
    ------
    NotAllowedError
        ``role_too_low``; ``user_disabled``.
    """
    _require_enabled(user)
    if not user.role.includes(role):
        raise NotAllowedError(
            f"This needs the role {role}, was {user.role} for {user.name}.",
            code="role_too_low",
            hint=f"Ask an admin for the role {role}.",
        )


def has_duty(user: User, mandates: Iterable[Mandate], duty: Duty, party: str = "", *, reads: bool = False) -> bool:
    """Tell whether a user has a duty: by a mandate, or as an admin; an auditor has each where it only reads.

    Parameters
    ----------
    mandates
        Those of any users; only those of this one count.
    party
        For whom, where the duty is done for one party.
    reads
        Whether nothing is changed.

    Examples
    --------
    >>> now = datetime(2026, 1, 1)
    >>> li, trader = User(1, "li.wei", Role.VIEWER, now, None, None), Mandate(1, Duty.TRADER, "east-1")
    >>> has_duty(li, [trader], Duty.TRADER, "east-1"), has_duty(li, [trader], Duty.TRADER, "west-1")
    (True, False)
    >>> auditor = Mandate(1, Duty.AUDITOR)
    >>> has_duty(li, [auditor], Duty.TRADER, "west-1", reads=True), has_duty(li, [auditor], Duty.TRADER, "west-1")
    (True, False)
    """
    if user.is_disabled:
        return False
    held = {(one.duty, one.party) for one in mandates if one.user_id == user.user_id}
    audits = reads and (Duty.AUDITOR, "") in held
    return user.role is Role.ADMIN or audits or (duty, party) in held


def require_duty(user: User, mandates: Iterable[Mandate], duty: Duty, party: str = "", *, reads: bool = False) -> None:
    """Refuse a user who does not have a duty; the parameters are those of `has_duty`.

    Raises
    ------
    NotAllowedError
        ``duty_missing``; ``user_disabled``.
    """
    _require_enabled(user)
    if not has_duty(user, mandates, duty, party, reads=reads):
        needed = Mandate(user.user_id, duty, party)
        raise NotAllowedError(
            f"This needs the duty {needed}, was not given to {user.name}.",
            code="duty_missing",
            hint=f"Ask an admin for the duty {needed}.",
        )


def check_mandate(mandate: Mandate) -> None:
    """Refuse a mandate that names no party where its duty needs one, or one where it has none.

    Raises
    ------
    BadInputError
        ``mandate_unfit``.
    """
    party, is_of_party = mandate.party, mandate.duty.is_of_party
    if is_of_party and not _PARTY.fullmatch(party):
        raise BadInputError(
            f"A {mandate.duty} must have a party of 1 to 64 letters, figures and . : / @ _ -, was {party!r}.",
            code="mandate_unfit",
            hint="Name the owner as the market and the accounts do, for example east-1.",
            field="party",
        )
    if party and not is_of_party:
        raise BadInputError(
            f"The duty {mandate.duty} must be of the whole house, was asked for one party, {party!r}.",
            code="mandate_unfit",
            hint="Leave out the party; only trader and site have one.",
            field="party",
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


def _require_enabled(user: User) -> None:
    if user.is_disabled:
        raise NotAllowedError(
            f"A user must not be disabled, was: {user.name}.",
            code="user_disabled",
            hint="Ask an admin for a new user.",
        )
