"""Who may: roles, tokens in time, names and passwords in form."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qipan.access.allow import checked_password, is_valid, plain_name, require
from qipan.access.model import Role, Token, User
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
