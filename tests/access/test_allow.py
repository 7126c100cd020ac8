"""Who may: roles, tokens in time, names and passwords in form."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qipan.access.allow import (
    check_mandate,
    checked_password,
    has_duty,
    is_valid,
    plain_name,
    require,
    require_duty,
)
from qipan.access.model import Duty, Mandate, Role, Token, User
from qipan.kernel.errors import BadInputError, NotAllowedError

NOW = datetime(2017, 10, 9, tzinfo=UTC)
OPERATOR = User(1, "li.wei", Role.OPERATOR, NOW, None, None)


def test_require_a_role_that_is_included_passes():
    require(OPERATOR, Role.VIEWER)
    require(OPERATOR, Role.OPERATOR)


def test_require_a_higher_role_is_refused():
    with pytest.raises(NotAllowedError) as caught:
        require(OPERATOR, Role.ADMIN)
    assert caught.value.code == "role_too_low"
    assert caught.value.message == "This needs the role admin, was operator for li.wei."


def test_require_of_a_disabled_user_is_refused():
    with pytest.raises(NotAllowedError) as caught:
        require(replace(OPERATOR, disabled=NOW), Role.VIEWER)
    assert caught.value.code == "user_disabled"


def test_duty_is_of_the_user_the_duty_and_the_party_that_the_mandate_names():
    mandates = [Mandate(1, Duty.TRADER, "east-1"), Mandate(2, Duty.CLEARING)]
    require_duty(OPERATOR, mandates, Duty.TRADER, "east-1")
    assert has_duty(OPERATOR, mandates, Duty.TRADER, "east-1", reads=True)
    assert not has_duty(OPERATOR, mandates, Duty.TRADER, "west-1")
    assert not has_duty(OPERATOR, mandates, Duty.TRADER)
    assert not has_duty(OPERATOR, mandates, Duty.SITE, "east-1")
    assert not has_duty(OPERATOR, mandates, Duty.CLEARING)
    assert has_duty(replace(OPERATOR, user_id=2), mandates, Duty.CLEARING)


@pytest.mark.parametrize("duty", list(Duty))
def test_admin_has_every_duty_and_an_auditor_each_that_only_reads(duty):
    party = "east-1" if duty.is_of_party else ""
    admin, auditor = replace(OPERATOR, role=Role.ADMIN), [Mandate(1, Duty.AUDITOR)]
    assert has_duty(admin, [], duty, party)
    assert has_duty(OPERATOR, auditor, duty, party, reads=True)
    assert has_duty(OPERATOR, auditor, duty, party) is (duty is Duty.AUDITOR)
    assert not has_duty(OPERATOR, [], duty, party, reads=True)


def test_require_a_duty_that_was_not_given_is_refused():
    with pytest.raises(NotAllowedError) as caught:
        require_duty(OPERATOR, [Mandate(1, Duty.SITE, "east-1")], Duty.TRADER, "east-1")
    assert caught.value.code == "duty_missing"
    assert caught.value.message == "This needs the duty trader of east-1, was not given to li.wei."
    assert caught.value.hint == "Ask an admin for the duty trader of east-1."


def test_require_a_duty_of_a_disabled_user_is_refused():
    gone = replace(OPERATOR, role=Role.ADMIN, disabled=NOW)
    assert not has_duty(gone, [Mandate(1, Duty.CLEARING)], Duty.CLEARING)
    with pytest.raises(NotAllowedError) as caught:
        require_duty(gone, [Mandate(1, Duty.CLEARING)], Duty.CLEARING)
    assert caught.value.code == "user_disabled"


@pytest.mark.parametrize("duty", list(Duty))
def test_mandate_names_a_party_where_its_duty_is_of_one_and_only_there(duty):
    fit, unfit = ("east-1", "") if duty.is_of_party else ("", "east-1")
    check_mandate(Mandate(1, duty, fit))
    with pytest.raises(BadInputError) as caught:
        check_mandate(Mandate(1, duty, unfit))
    assert (caught.value.code, caught.value.field) == ("mandate_unfit", "party")


@pytest.mark.parametrize("party", ["a b", "-a", "a" * 65, "a\n"])
def test_mandate_for_a_party_of_another_form_is_refused(party):
    with pytest.raises(BadInputError) as caught:
        check_mandate(Mandate(1, Duty.SITE, party))
    assert caught.value.code == "mandate_unfit"


def test_is_valid_ends_at_the_very_moment_and_when_revoked():
    token = Token(1, 1, "import", NOW, NOW + timedelta(days=1), None)
    assert is_valid(token, token.expires - timedelta(microseconds=1))
    assert not is_valid(token, token.expires)
    assert not is_valid(replace(token, revoked=NOW), NOW)


@pytest.mark.parametrize(
    ("name", "plain"), [("Li.Wei", "li.wei"), ("ＬＩ", "li"), ("调度员", "调度员"), ("a@b", "a@b")]
)
def test_plain_name_folds_to_one_writing(name, plain):
    assert plain_name(name) == plain


@pytest.mark.parametrize("name", ["", " ", "a b", ".a", "a" * 65, "a\nb", "a\n", "<script>"])
def test_plain_name_of_another_form_is_refused(name):
    with pytest.raises(BadInputError) as caught:
        plain_name(name)
    assert caught.value.code == "user_name_malformed"


@pytest.mark.parametrize("length", [0, 11, 257])
def test_checked_password_of_another_length_is_refused(length):
    with pytest.raises(BadInputError) as caught:
        checked_password("x" * length)
    assert caught.value.code == "password_length"
    assert str(length) in caught.value.message
    assert "xxx" not in caught.value.message
