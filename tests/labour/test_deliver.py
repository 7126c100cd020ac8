"""What is sent is written one way, signed as Standard Webhooks asks, and tried again later each time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.labour.deliver import WAIT_MOST, body_of, heads_of, secret_of, wait
from qipan.labour.model.issued import Act, IssuedWarning, Step
from qipan.labour.model.panel import Cell
from qipan.labour.model.subscription import Message, Subscription, check_url, read_grade
from qipan.labour.model.warning import Grade

NOW, KEY = datetime(2026, 3, 1, 8, tzinfo=UTC), b"key of the house"


def step_of(number: int, act: Act, grade: str = "") -> Step:
    told = {"grade": grade, "probability": 0.5} if grade else {}
    return Step("p-1", number, act, NOW, date(2026, 3, 1), "user:x", "why", told, "")


def warning_of(*steps: Step, region: str = "440000") -> IssuedWarning:
    return IssuedWarning("p-1", "p", "fall 10%", Cell(region, "I64"), steps)


def subscription_of(grade: Grade = Grade.BLUE, regions: tuple[str, ...] = (), salt: str = "s") -> Subscription:
    return Subscription("sub-1", "https://a.example/hook", regions, grade, salt, NOW)


def test_a_receiver_can_check_the_signature_by_what_it_was_given():
    one = Message(subscription_of(), "p-1", 3, '{"a":"广东"}', 0)
    heads = heads_of(one, KEY, NOW)
    secret = base64.b64decode(secret_of(one.subscription, KEY).removeprefix("whsec_"))
    signed = f"{heads['webhook-id']}.{heads['webhook-timestamp']}.".encode() + one.body.encode()
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert heads["webhook-signature"] == f"v1,{wanted}"
    assert heads["webhook-id"] == "sub-1:p-1:3"
    assert heads["webhook-timestamp"] == str(int(NOW.timestamp()))


def test_every_subscription_has_a_secret_of_its_own():
    known = {
        secret_of(subscription_of(salt="a"), KEY),
        secret_of(subscription_of(salt="b"), KEY),
        secret_of(subscription_of(salt="a"), b"other"),
    }
    assert len(known) == 3
    assert all(len(base64.b64decode(one.removeprefix("whsec_"))) == 32 for one in known)


def test_a_body_tells_the_step_and_how_it_stands():
    told = json.loads(body_of(warning_of(step_of(1, Act.ISSUED, "orange"), step_of(2, Act.CONFIRMED))))
    assert told["type"] == "labour.warning.confirmed"
    data = told["data"]
    assert (data["number"], data["act"], data["grade"], data["state"]) == (2, "confirmed", "orange", "confirmed")
    assert (data["outcome"], data["region"], data["told"]["probability"]) == ("came", "440000", 0.5)
    assert "by" not in data


def test_a_warning_that_was_worse_is_told_to_its_end():
    steps = step_of(1, Act.ISSUED, "red"), step_of(2, Act.TOLD_AGAIN, "blue"), step_of(3, Act.RESOLVED)
    for until in (1, 2, 3):
        assert subscription_of(Grade.ORANGE).wants(warning_of(*steps[:until]))
    assert not subscription_of(Grade.ORANGE).wants(warning_of(step_of(1, Act.ISSUED, "yellow")))


def test_regions_are_kept_to():
    one = warning_of(step_of(1, Act.ISSUED, "red"))
    assert subscription_of(regions=("440000", "520000")).wants(one)
    assert not subscription_of(regions=("520000",)).wants(one)


@given(st.integers(1, 10_000))
def test_waits_grow_up_to_a_day(tries):
    assert timedelta(minutes=1) <= wait(tries) <= wait(tries + 1) <= WAIT_MOST


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:word@a.example/",
        "https://a.example/#x",
        "https://a.example/\n",
        "https://a b.example/",
        "https://a.example:99999/",
        "http://[::1",
        "gopher://a.example",
        "https://a.example/" + "x" * 500,
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(BadInputError) as error:
        check_url(url)
    assert error.value.code == "webhook_url_bad"


def test_a_grade_that_is_none_is_refused():
    with pytest.raises(BadInputError, match="blue, yellow, orange, red"):
        read_grade("purple")
