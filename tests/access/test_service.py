"""Users and tokens: who signs in, who is refused, and what the books may know.

Tests that ask for ``books`` also run on PostgreSQL, see tests/engines/test_postgresql.py.
"""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from qipan.access.model import Duty, Mandate, Role, Scope
from qipan.access.service import REFUSALS_NOTED_MAX, REFUSALS_WINDOW, UNKNOWN_NAME, Access
from qipan.access.store import TOKEN, USER
from qipan.kernel.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError, RuleBrokenError
from qipan.storage.books import Books, metadata
from qipan.storage.trail import TRAIL

NOW = datetime(2017, 10, 9, tzinfo=UTC)
DAY = timedelta(days=1)
PASSWORD = "correct horse battery"
# As weak as the method allows, so that tests are quick.
ACCESS = Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def books():
    in_memory = Books("sqlite://")
    with in_memory.begin() as unit:
        metadata.create_all(unit.connection)
    yield in_memory
    in_memory.close()


@pytest.fixture
def unit(books):
    with books.begin() as opened:
        yield opened


def create(unit, name="li.wei", role=Role.VIEWER):
    return ACCESS.create_user(unit, name, password=PASSWORD, role=role, now=NOW)


def code_of(refused, ask):
    with pytest.raises(refused) as caught:
        ask()
    return caught.value.code


def test_sign_in_with_the_right_password_gives_the_user_and_notes_the_moment(unit):
    create(unit, role=Role.OPERATOR)
    user = ACCESS.sign_in(unit, "LI.Wei", PASSWORD, NOW + DAY)
    assert (user.name, user.role, user.signed_in) == ("li.wei", Role.OPERATOR, NOW + DAY)
    assert ACCESS.user(unit, "li.wei") == user


def test_sign_in_with_anything_wrong_is_refused_in_the_same_words(unit):
    create(unit)
    create(unit, "gone")
    ACCESS.disable_user(unit, "gone", NOW)
    messages = set()
    for name, password in [
        ("li.wei", "wrong"),
        ("li.wei", "x" * 10_000),
        ("nobody", PASSWORD),
        ("no such form", PASSWORD),
        ("gone", PASSWORD),
    ]:
        with pytest.raises(NotAllowedError) as caught:
            ACCESS.sign_in(unit, name, password, NOW)
        assert caught.value.code == "sign_in_refused"
        messages.add(caught.value.message)
    assert len(messages) == 1


def test_sign_in_after_the_method_changed_renews_the_hash(unit):
    create(unit)
    before = unit.execute(sa.select(USER.c.password_hash)).scalar_one()
    stronger = Access(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    stronger.sign_in(unit, "li.wei", PASSWORD, NOW)
    after = unit.execute(sa.select(USER.c.password_hash)).scalar_one()
    assert ("t=1" in before, "t=2" in after) == (True, True)
    stronger.sign_in(unit, "li.wei", PASSWORD, NOW)
    assert unit.execute(sa.select(USER.c.password_hash)).scalar_one() == after


def test_create_user_keeps_no_password(unit):
    create(unit)
    stored = str(unit.execute(sa.select(USER)).one())
    assert PASSWORD not in stored
    assert "$argon2id$" in stored


def test_create_user_of_a_name_that_is_there_is_refused(unit):
    create(unit)
    assert code_of(ConflictError, lambda: create(unit, "ＬI.WEI")) == "user_exists"


def test_create_user_with_a_short_password_is_refused(unit):
    ask = lambda: ACCESS.create_user(unit, "a", password="short", role=Role.VIEWER, now=NOW)  # noqa: E731
    assert code_of(BadInputError, ask) == "password_length"
    assert ACCESS.users(unit) == ()


def test_ensure_admin_where_there_is_no_user_makes_one_that_can_sign_in(unit):
    password = ACCESS.ensure_admin(unit, now=NOW)
    assert password is not None
    assert ACCESS.sign_in(unit, "admin", password, NOW).role is Role.ADMIN
    assert ACCESS.ensure_admin(unit, now=NOW) is None


def test_ensure_admin_takes_the_password_that_is_given(unit):
    assert ACCESS.ensure_admin(unit, now=NOW, name="first", password=PASSWORD) == PASSWORD
    assert ACCESS.sign_in(unit, "first", PASSWORD, NOW).role is Role.ADMIN


def test_user_of_token_gives_its_user_and_the_key_is_not_kept(unit):
    user = create(unit)
    key, token = ACCESS.issue_token(unit, user, name="nightly import", now=NOW)
    assert key.startswith("qipan_")
    assert ACCESS.user_of_token(unit, key, NOW)[0] == user
    assert key not in str(unit.execute(sa.select(TOKEN)).one())
    assert ACCESS.tokens(unit, user) == ACCESS.tokens(unit) == (token,)


def test_user_of_token_that_may_not_be_used_is_refused(unit):
    user = create(unit)
    key, _ = ACCESS.issue_token(unit, user, name="short", now=NOW, lifetime=DAY)
    revoked_key, revoked = ACCESS.issue_token(unit, user, name="revoked", now=NOW)
    ACCESS.revoke_token(unit, revoked.token_id, NOW)
    ACCESS.revoke_token(unit, revoked.token_id, NOW + DAY)
    assert ACCESS.tokens(unit)[1].revoked == NOW
    asks = [
        lambda: ACCESS.user_of_token(unit, key, NOW + DAY),
        lambda: ACCESS.user_of_token(unit, revoked_key, NOW),
        lambda: ACCESS.user_of_token(unit, "qipan_unknown", NOW),
        lambda: ACCESS.user_of_token(unit, "", NOW),
    ]
    assert {code_of(NotAllowedError, ask) for ask in asks} == {"token_refused"}
    assert ACCESS.user_of_token(unit, key, NOW)[0] == user
    ACCESS.disable_user(unit, user.name, NOW)
    assert code_of(NotAllowedError, lambda: ACCESS.user_of_token(unit, key, NOW)) == "token_refused"


def test_issue_token_of_another_form_is_refused(unit):
    user = create(unit)
    assert code_of(BadInputError, lambda: ACCESS.issue_token(unit, user, name="", now=NOW)) == "token_name_malformed"
    ask = lambda: ACCESS.issue_token(unit, user, name="a", now=NOW, lifetime=-DAY)  # noqa: E731
    assert code_of(BadInputError, ask) == "token_lifetime"


def test_disable_user_or_lower_the_role_of_the_last_admin_is_refused(unit):
    create(unit, "admin", Role.ADMIN)
    create(unit, "other", Role.OPERATOR)
    assert code_of(RuleBrokenError, lambda: ACCESS.disable_user(unit, "admin", NOW)) == "last_admin"
    assert code_of(RuleBrokenError, lambda: ACCESS.change_role(unit, "admin", Role.VIEWER, NOW)) == "last_admin"
    assert ACCESS.change_role(unit, "other", Role.ADMIN, NOW).role is Role.ADMIN
    assert ACCESS.disable_user(unit, "admin", NOW).disabled == NOW
    assert ACCESS.disable_user(unit, "admin", NOW + DAY).disabled == NOW
    assert code_of(RuleBrokenError, lambda: ACCESS.disable_user(unit, "other", NOW)) == "last_admin"


def test_change_password_ends_the_old_one(unit):
    create(unit)
    ACCESS.change_password(unit, "li.wei", password="another long password", now=NOW)
    assert code_of(NotAllowedError, lambda: ACCESS.sign_in(unit, "li.wei", PASSWORD, NOW)) == "sign_in_refused"
    assert ACCESS.sign_in(unit, "li.wei", "another long password", NOW).name == "li.wei"


def test_user_or_token_that_is_not_there_is_not_found(unit):
    assert code_of(NotFoundError, lambda: ACCESS.user(unit, "nobody")) == "user_not_found"
    assert code_of(NotFoundError, lambda: ACCESS.revoke_token(unit, 7, NOW)) == "token_not_found"
    assert code_of(NotFoundError, lambda: ACCESS.disable_user(unit, "nobody", NOW)) == "user_not_found"


def test_users_are_listed_by_name(unit):
    for name in ("b", "c", "a"):
        create(unit, name)
    assert [user.name for user in ACCESS.users(unit)] == ["a", "b", "c"]


def test_scope_is_the_country_until_it_is_narrowed(unit):
    user = create(unit)
    other = create(unit, "other")
    narrow = Scope(frozenset({"520000"}), frozenset({"wuhu-1", "wuhu-2"}))
    assert ACCESS.scope(unit, user) == Scope(is_country=True)
    assert ACCESS.change_scope(unit, "Li.Wei", narrow, NOW) == user
    assert ACCESS.scope(unit, user) == narrow
    assert ACCESS.scope(unit, other) == Scope(is_country=True)
    ACCESS.change_scope(unit, "li.wei", Scope(site_ids=frozenset({"wuhu-2"})), NOW)
    assert ACCESS.scope(unit, user) == Scope(site_ids=frozenset({"wuhu-2"}))
    ACCESS.change_scope(unit, "li.wei", Scope(is_country=True), NOW)
    assert ACCESS.scope(unit, user) == Scope(is_country=True)


def test_scope_of_nothing_or_of_nobody_is_refused(unit):
    create(unit)
    assert code_of(BadInputError, lambda: ACCESS.change_scope(unit, "li.wei", Scope(), NOW)) == "scope_empty"
    missing = Scope(is_country=True)
    assert code_of(NotFoundError, lambda: ACCESS.change_scope(unit, "nobody", missing, NOW)) == "user_not_found"


def test_mandates_are_granted_once_and_withdrawn_once_with_the_trail(books):
    with books.begin(caller="shell:root") as unit:
        user, other = create(unit), create(unit, "other")
        for _ in range(2):
            given = ACCESS.grant(unit, "Li.Wei", Duty.TRADER, NOW, party="east-1")
        ACCESS.grant(unit, "li.wei", Duty.AUDITOR, NOW)
        ACCESS.grant(unit, "other", Duty.TRADER, NOW, party="east-1")
        assert given == Mandate(user.user_id, Duty.TRADER, "east-1")
        assert ACCESS.mandates(unit, user) == (Mandate(user.user_id, Duty.AUDITOR), given)
        assert ACCESS.withdraw(unit, "li.wei", Duty.TRADER, NOW, party="east-1") == given
        assert ACCESS.mandates(unit) == (
            Mandate(user.user_id, Duty.AUDITOR),
            Mandate(other.user_id, Duty.TRADER, "east-1"),
        )

    def again():
        with books.begin() as unit:
            ACCESS.withdraw(unit, "li.wei", Duty.TRADER, NOW, party="east-1")

    assert code_of(NotFoundError, again) == "mandate_not_found"
    with books.read() as unit:
        assert told(unit)[2:] == [
            ("shell:root", "mandate_granted", "li.wei", {"duty": "trader", "party": "east-1"}),
            ("shell:root", "mandate_granted", "li.wei", {"duty": "auditor", "party": ""}),
            ("shell:root", "mandate_granted", "other", {"duty": "trader", "party": "east-1"}),
            ("shell:root", "mandate_withdrawn", "li.wei", {"duty": "trader", "party": "east-1"}),
        ]


def test_mandate_of_nobody_or_without_its_party_is_refused(unit):
    create(unit)
    assert code_of(NotFoundError, lambda: ACCESS.grant(unit, "nobody", Duty.CLEARING, NOW)) == "user_not_found"
    assert code_of(NotFoundError, lambda: ACCESS.withdraw(unit, "nobody", Duty.CLEARING, NOW)) == "user_not_found"
    assert code_of(BadInputError, lambda: ACCESS.grant(unit, "li.wei", Duty.SITE, NOW)) == "mandate_unfit"
    assert ACCESS.mandates(unit) == ()


def told(unit, **only):
    """Return the trail, the oldest first, without numbers and moments."""
    return [(one.caller, one.action, one.subject, one.detail) for one in reversed(ACCESS.trail(unit, **only))]


def test_trail_has_one_entry_for_each_change_and_none_for_what_changes_nothing(books):
    narrow = Scope(frozenset({"520000"}), frozenset({"wuhu-1"}))
    with books.begin(caller="shell:root") as unit:
        user = create(unit)
        create(unit, "boss", Role.ADMIN)
        _, token = ACCESS.issue_token(unit, user, name="nightly import", now=NOW)
        for _ in range(2):
            ACCESS.change_role(unit, "li.wei", Role.OPERATOR, NOW)
            ACCESS.change_scope(unit, "li.wei", narrow, NOW)
            ACCESS.revoke_token(unit, token.token_id, NOW)
            ACCESS.disable_user(unit, "LI.wei", NOW)
        ACCESS.change_password(unit, "boss", password="another long password", now=NOW)
        ACCESS.ensure_admin(unit, now=NOW)
    with books.begin(caller="visitor") as unit:
        ACCESS.sign_in(unit, "Boss", "another long password", NOW + DAY)
    with books.read() as unit:
        entries = told(unit)
        assert [one.at for one in ACCESS.trail(unit, limit=2)] == [NOW + DAY, NOW]
        assert told(unit, caller="user:boss") == told(unit, action="signed_in") == told(unit, since=NOW + DAY)
        assert told(unit, until=NOW + DAY) == entries[:-1]
    assert entries == [
        ("shell:root", "user_created", "li.wei", {"role": "viewer"}),
        ("shell:root", "user_created", "boss", {"role": "admin"}),
        ("shell:root", "token_issued", "li.wei/1", {"program": "nightly import", "expires": "2018-01-07"}),
        ("shell:root", "role_changed", "li.wei", {"before": "viewer", "role": "operator"}),
        ("shell:root", "scope_changed", "li.wei", {"regions": ["520000"], "sites": ["wuhu-1"]}),
        ("shell:root", "token_revoked", "li.wei/1", {}),
        ("shell:root", "user_disabled", "li.wei", {}),
        ("shell:root", "password_changed", "boss", {}),
        ("user:boss", "signed_in", "boss", {}),
    ]


def test_trail_has_nothing_of_a_change_that_is_refused_or_undone(books):
    with books.begin() as unit:
        create(unit, "boss", Role.ADMIN)

    def leave_nobody():
        with books.begin() as unit:
            create(unit)
            ACCESS.disable_user(unit, "boss", NOW)

    assert code_of(RuleBrokenError, leave_nobody) == "last_admin"
    with books.read() as unit:
        assert [entry[2] for entry in told(unit)] == ["boss"]


def test_trail_never_holds_a_password_or_a_key(books):
    with books.begin() as unit:
        user = create(unit)
        key, _ = ACCESS.issue_token(unit, user, name="nightly import", now=NOW)
        drawn = ACCESS.ensure_admin(unit, now=NOW) or "drawn"
        ACCESS.change_password(unit, "li.wei", password="another long password", now=NOW)
        ACCESS.sign_in(unit, "li.wei", "another long password", NOW)
        # Who types the password into the field of the name is not given away.
        ACCESS.record_refusal(unit, "another long password", NOW, address="192.0.2.1")
        rows = str(unit.execute(sa.select(TRAIL)).all())
        kept = [
            *unit.execute(sa.select(USER.c.password_hash)).scalars(),
            *unit.execute(sa.select(TOKEN.c.digest)).scalars(),
        ]
    assert UNKNOWN_NAME in rows
    assert [secret for secret in (PASSWORD, "another long password", key, drawn, *kept) if secret in rows] == []


def test_record_refusal_takes_no_flood(books):
    with books.begin(caller="visitor") as unit:
        create(unit)
        for _ in range(REFUSALS_NOTED_MAX + 5):
            ACCESS.record_refusal(unit, "LI.wei", NOW, address="192.0.2.1")
        for number in range(REFUSALS_NOTED_MAX + 5):
            ACCESS.record_refusal(unit, f"nobody-{number}", NOW, address=f"192.0.2.{number}")
        refused = told(unit, action="sign_in_refused")
        assert refused[0] == ("visitor", "sign_in_refused", "li.wei", {"address": "192.0.2.1"})
        assert [entry[2] for entry in refused] == ["li.wei"] * REFUSALS_NOTED_MAX + [UNKNOWN_NAME] * REFUSALS_NOTED_MAX
        later = NOW + REFUSALS_WINDOW + timedelta(seconds=1)
        ACCESS.record_refusal(unit, "li.wei", later, address="192.0.2.1")
        assert told(unit, since=later)[0][2] == "li.wei"
