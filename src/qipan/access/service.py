"""Manage users, their duties and tokens, tell who asks, and who has changed what.

Passwords are kept as Argon2id hashes, tokens as SHA-256 digests.

Source: RFC 9106 (Argon2), the second recommended option, which argon2-cffi takes.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from qipan.access import store
from qipan.access.allow import PASSWORD_CHARACTERS_MAX, check_mandate, checked_password, is_valid, plain_name
from qipan.access.model import Duty, Mandate, Role, Scope, Token, TrailEntry, User, caller_of_user
from qipan.kernel.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

KEY_PREFIX = "qipan_"
"""Begins every token's key, so that a key that leaked is recognised."""

TOKEN_LIFETIME = timedelta(days=90)

REFUSALS_NOTED_MAX: Final = 10
"""Refused sign-ins of one user that the trail takes within `REFUSALS_WINDOW`; those of unknown names count as one."""

REFUSALS_WINDOW: Final = timedelta(hours=1)

UNKNOWN_NAME: Final = "unknown name"
"""Subject of a refused sign-in of nobody: what was typed may be a password."""


class Access:
    """Users, their roles, duties and tokens."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def create_user(self, unit: UnitOfWork, name: str, *, password: str, role: Role, now: datetime) -> User:
        """Create a user.

        Raises
        ------
        BadInputError
            ``user_name_malformed``, ``password_length``.
        ConflictError
            ``user_exists``.
        """
        plain, hashed = plain_name(name), self._hasher.hash(checked_password(password))
        unit.lock("access")
        if store.users(unit, name=plain):
            raise ConflictError(
                f"A user's name must be new, was there already: {plain}.",
                code="user_exists",
                hint="Choose another name.",
                field="name",
            )
        made = store.insert_user(unit, name=plain, role=role, password_hash=hashed, created=in_utc(now))
        record_action(unit, "user_created", plain, now, role=role)
        return made

    def ensure_admin(
        self, unit: UnitOfWork, *, now: datetime, name: str = "admin", password: str | None = None
    ) -> str | None:
        """Create the first admin where there is no user yet; return the password, ``None`` when users are there.

        Without ``password`` one is drawn; it is not kept and can be shown only now.

        Raises
        ------
        BadInputError
            ``user_name_malformed``, ``password_length``.
        """
        unit.lock("access")
        if store.users(unit):
            return None
        password = secrets.token_urlsafe(18) if password is None else password
        self.create_user(unit, name, password=password, role=Role.ADMIN, now=now)
        return password

    def sign_in(self, unit: UnitOfWork, name: str, password: str, now: datetime) -> User:
        """Return the user of that name and password, and note the moment.

        The stored hash is renewed where the method has changed since.

        Raises
        ------
        NotAllowedError
            ``sign_in_refused``, the same for an unknown name, a wrong password and a disabled user.
        """
        user = self._user_named(unit, name)
        hashed = self._nobody if user is None else store.password_hash_of(unit, user.user_id)
        if not self._is_right(hashed, password) or user is None or user.is_disabled:
            raise NotAllowedError(
                "Name and password must belong together, was not so.",
                code="sign_in_refused",
                hint="Check both, or ask an admin.",
            )
        renewed = self._hasher.hash(password) if self._hasher.check_needs_rehash(hashed) else None
        store.change_user(unit, user.user_id, password_hash=renewed, signed_in=in_utc(now))
        record_action(replace(unit, caller=caller_of_user(user.name)), "signed_in", user.name, now)
        return replace(user, signed_in=in_utc(now))

    def record_refusal(self, unit: UnitOfWork, name: str, now: datetime, *, address: str) -> None:
        """Note a refused sign-in in a unit of work of its own, since the refused one is undone.

        Not every one of a flood: at most `REFUSALS_NOTED_MAX` of a user within `REFUSALS_WINDOW`.
        """
        user = self._user_named(unit, name)
        subject = UNKNOWN_NAME if user is None else user.name
        unit.lock("access.refusals")
        action, since = "sign_in_refused", in_utc(now) - REFUSALS_WINDOW
        known = store.trail(unit, action=action, subject=subject, since=since, limit=REFUSALS_NOTED_MAX)
        if len(known) < REFUSALS_NOTED_MAX:
            record_action(unit, action, subject, now, address=address)

    def issue_token(
        self, unit: UnitOfWork, user: User, *, name: str, now: datetime, lifetime: timedelta = TOKEN_LIFETIME
    ) -> tuple[str, Token]:
        """Issue a token for a user and return its key, which is shown only now.

        Raises
        ------
        BadInputError
            ``token_name_malformed`` unless 1 to 64 characters; ``token_lifetime`` unless it is positive.
        """
        if not 1 <= len(name) <= 64:
            raise BadInputError(
                f"A token's name must have 1 to 64 characters, was {len(name)}.",
                code="token_name_malformed",
                hint="Name the program that uses it, for example nightly import.",
                field="name",
            )
        if lifetime <= timedelta(0):
            raise BadInputError(
                f"A token must end after it is issued, was {lifetime} later.",
                code="token_lifetime",
                hint="Give at least a day.",
                field="lifetime",
            )
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        created = in_utc(now)
        token = store.insert_token(
            unit, user_id=user.user_id, name=name, digest=_digest(key), created=created, expires=created + lifetime
        )
        record_action(
            unit, "token_issued", f"{user.name}/{token.token_id}", now, program=name, expires=f"{token.expires:%F}"
        )
        return key, token

    def user_of_token(self, unit: UnitOfWork, key: str, now: datetime) -> tuple[User, Token]:
        """Return the token whose key this is, and its user.

        Raises
        ------
        NotAllowedError
            ``token_refused``, the same for an unknown, an expired and a revoked token and a disabled user.
        """
        for token in store.tokens(unit, digest=_digest(key)):
            (user,) = store.users(unit, user_id=token.user_id)
            if is_valid(token, in_utc(now)) and not user.is_disabled:
                return user, token
        raise NotAllowedError(
            "A token must be known, unexpired and not revoked, was not so.",
            code="token_refused",
            hint="Issue a new token.",
        )

    def users(self, unit: UnitOfWork) -> tuple[User, ...]:
        """Return all users in the order of their names."""
        return store.users(unit)

    def user(self, unit: UnitOfWork, name: str) -> User:
        """Return the user of a name.

        Raises
        ------
        NotFoundError
            ``user_not_found``.
        """
        user = self._user_named(unit, name)
        if user is None:
            raise NotFoundError(
                f"A user must exist, was not found: {name}.",
                code="user_not_found",
                hint="List the users to see their names.",
            )
        return user

    def tokens(self, unit: UnitOfWork, user: User | None = None) -> tuple[Token, ...]:
        """Return the tokens of a user, or all, in the order they were issued."""
        return store.tokens(unit, user_id=None if user is None else user.user_id)

    def disable_user(self, unit: UnitOfWork, name: str, now: datetime) -> User:
        """Disable a user; neither the password nor a token is accepted from now on.

        Raises
        ------
        NotFoundError
            ``user_not_found``.
        RuleBrokenError
            ``last_admin`` when nobody else could manage users.
        """
        unit.lock("access")
        user = self.user(unit, name)
        if not user.is_disabled:
            self._keep_an_admin(unit, user)
            store.change_user(unit, user.user_id, disabled=in_utc(now))
            record_action(unit, "user_disabled", user.name, now)
        return self.user(unit, name)

    def change_role(self, unit: UnitOfWork, name: str, role: Role, now: datetime) -> User:
        """Give a user another role.

        Raises
        ------
        NotFoundError
            ``user_not_found``.
        RuleBrokenError
            ``last_admin``, as `disable_user`.
        """
        unit.lock("access")
        user = self.user(unit, name)
        if role is not Role.ADMIN:
            self._keep_an_admin(unit, user)
        if role is not user.role:
            store.change_user(unit, user.user_id, role=role)
            record_action(unit, "role_changed", user.name, now, before=user.role, role=role)
        return self.user(unit, name)

    def scope(self, unit: UnitOfWork, user: User) -> Scope:
        """Return which sites a user may see: the whole country unless that was narrowed."""
        return store.scope_of(unit, user.user_id)

    def change_scope(self, unit: UnitOfWork, name: str, scope: Scope, now: datetime) -> User:
        """Say which sites a user may see, in place of what was said before.

        Raises
        ------
        BadInputError
            ``scope_empty`` when it holds neither the country nor a region nor a site.
        NotFoundError
            ``user_not_found``.
        """
        if scope == Scope():
            raise BadInputError(
                "A scope must hold the country, a region or a site, was empty.",
                code="scope_empty",
                hint="Name a region or a site; disable the user who may see nothing.",
            )
        user = self.user(unit, name)
        unit.lock("access")
        before = self.scope(unit, user)
        store.change_scope(unit, user.user_id, scope)
        after = self.scope(unit, user)
        if after != before:
            told = {"regions": sorted(after.adcodes), "sites": sorted(after.site_ids)}
            record_action(unit, "scope_changed", user.name, now, **told)
        return user

    def mandates(self, unit: UnitOfWork, user: User | None = None) -> tuple[Mandate, ...]:
        """Return the mandates of a user, or all."""
        return store.mandates(unit, None if user is None else user.user_id)

    def grant(self, unit: UnitOfWork, name: str, duty: Duty, now: datetime, *, party: str = "") -> Mandate:
        """Give a user a duty; the same again changes nothing.

        Raises
        ------
        BadInputError
            ``mandate_unfit``.
        NotFoundError
            ``user_not_found``.
        """
        unit.lock("access")
        user = self.user(unit, name)
        made = Mandate(user.user_id, duty, party)
        check_mandate(made)
        if made not in self.mandates(unit, user):
            store.insert_mandate(unit, made)
            record_action(unit, "mandate_granted", user.name, now, duty=duty, party=party)
        return made

    def withdraw(self, unit: UnitOfWork, name: str, duty: Duty, now: datetime, *, party: str = "") -> Mandate:
        """Take a duty from a user.

        Raises
        ------
        NotFoundError
            ``user_not_found``, ``mandate_not_found``.
        """
        unit.lock("access")
        user = self.user(unit, name)
        given = Mandate(user.user_id, duty, party)
        if given not in self.mandates(unit, user):
            raise NotFoundError(
                f"A mandate must have been granted, {user.name} was not {given}.",
                code="mandate_not_found",
                hint="List the mandates of the user.",
            )
        store.delete_mandate(unit, given)
        record_action(unit, "mandate_withdrawn", user.name, now, duty=duty, party=party)
        return given

    def change_password(self, unit: UnitOfWork, name: str, *, password: str, now: datetime) -> None:
        """Give a user another password; tokens stay valid until they are revoked.

        Raises
        ------
        BadInputError
            ``password_length``.
        NotFoundError
            ``user_not_found``.
        """
        user = self.user(unit, name)
        store.change_user(unit, user.user_id, password_hash=self._hasher.hash(checked_password(password)))
        record_action(unit, "password_changed", user.name, now)

    def revoke_token(self, unit: UnitOfWork, token_id: int, now: datetime) -> None:
        """Revoke a token; once revoked it stays so.

        Raises
        ------
        NotFoundError
            ``token_not_found``.
        """
        found = store.tokens(unit, token_id=token_id)
        if not found:
            raise NotFoundError(
                f"A token must exist, was not found: {token_id}.",
                code="token_not_found",
                hint="List the tokens to see their numbers.",
            )
        if found[0].revoked is None:
            (user,) = store.users(unit, user_id=found[0].user_id)
            store.revoke_token(unit, token_id, in_utc(now))
            record_action(unit, "token_revoked", f"{user.name}/{token_id}", now)

    def trail(
        self,
        unit: UnitOfWork,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        caller: str | None = None,
        action: str | None = None,
        limit: int | None = None,
    ) -> tuple[TrailEntry, ...]:
        """Return who has changed what from a moment on and before another, the newest first."""
        return store.trail(unit, since=since, until=until, caller=caller, action=action, limit=limit)

    @cached_property
    def _nobody(self) -> str:
        """What a sign-in under an unknown name is checked against, so that it takes as long as any other."""
        return self._hasher.hash(secrets.token_urlsafe(32))

    def _user_named(self, unit: UnitOfWork, name: str) -> User | None:
        try:
            plain = plain_name(name)
        except BadInputError:
            return None
        found = store.users(unit, name=plain)
        return found[0] if found else None

    def _is_right(self, hashed: str, password: str) -> bool:
        # A very long password is no user's, and hashing it would cost us time.
        if len(password) > PASSWORD_CHARACTERS_MAX:
            return False
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False

    def _keep_an_admin(self, unit: UnitOfWork, leaving: User) -> None:
        others = (user for user in store.users(unit) if user.user_id != leaving.user_id)
        if leaving.role is Role.ADMIN and not any(u.role is Role.ADMIN and not u.is_disabled for u in others):
            raise RuleBrokenError(
                f"One admin must remain, was {leaving.name} alone.",
                code="last_admin",
                hint="Make another user admin first.",
            )


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
