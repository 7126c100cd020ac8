"""Each step stands in the outbox with its commit, goes to who wants it, in order, until it has arrived."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.labour.conftest import panel_of, waves
from tests.labour.test_warn import released, terms_of

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError
from qipan.labour.model.issued import Act
from qipan.labour.model.subscription import Answer
from qipan.labour.model.warning import Grade
from qipan.labour.service.subscriptions import LEASE, Subscriptions
from qipan.labour.service.warnings import Warnings
from qipan.labour.warn import warn
from qipan.log.service import Log
from qipan.storage.trail import TRAIL
from qipan.workflows.notify import Notifying, Sent

NOW = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://labour.example/hook"
YES = Answer(is_accepted=True, is_reached=True, said="HTTP 204")
NO = Answer(is_accepted=False, is_reached=True, said="HTTP 400")
AWAY = Answer(is_accepted=False, is_reached=False, said="ConnectError")


@pytest.fixture(scope="module")
def outlooks():
    """Return what can be said on two days of a panel that loses from late in 2015 on."""
    releases = released(panel_of(waves(12, 240, seed=5)))
    return [warn(releases, day, terms_of()) for day in (date(2015, 9, 1), date(2015, 12, 1))]


def code_of(region):
    return Catalog.load().region(region).adcode


@pytest.fixture
def service() -> Subscriptions:
    return Subscriptions(b"key", lambda _: None, code_of)


def subscribe(books, service, **options):
    with books.begin(caller="user:li.wei") as unit:
        return service.subscribe(unit, URL, NOW, **options)


def issue(books, found):
    with books.begin(caller="user:li.wei") as unit:
        Warnings(Log()).issue(unit, "states", found, NOW)
        return Warnings(Log()).warnings(unit)


class Post:
    """Keeps what is sent, and answers what it is told to."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.sent = list(answers), []

    def __call__(self, url: str, body: str, heads: dict[str, str]) -> Answer:
        self.sent.append((url, json.loads(body), heads))
        return self.answers.pop(0) if self.answers else YES


def deliver(books, service, post, now=NOW):
    return Notifying(books, service, post).deliver(lambda: now)


def test_every_step_is_one_delivery_and_arrives_once(books, service, outlooks):
    subscribe(books, service)
    warnings = [*issue(books, outlooks[0]), *issue(books, outlooks[1])][-12:]
    steps = sum(len(one.steps) for one in warnings)
    post = Post()
    assert deliver(books, service, post) == Sent(steps, 0)
    names = [heads["webhook-id"] for _, _, heads in post.sent]
    assert len(set(names)) == len(names) == steps
    assert deliver(books, service, post) == Sent(0, 0)
    with books.read() as unit:
        (found,) = service.backlogs(unit)
    assert (found.delivered, found.waiting, found.failing, found.said) == (steps, 0, 0, "")


def test_what_people_do_is_told_too_and_an_undone_commit_tells_nothing(books, service, outlooks):
    (standing, *_) = [one for one in issue(books, outlooks[0]) if not one.has(Act.CONFIRMED)]
    subscribe(books, service)
    with books.begin() as unit:
        Warnings(Log()).act(unit, standing.warning_id, Act.TREATED, "courses", NOW)
        unit.connection.rollback()
    post = Post()
    assert deliver(books, service, post) == Sent(0, 0)
    with books.begin() as unit:
        Warnings(Log()).act(unit, standing.warning_id, Act.TREATED, "courses", NOW)
    assert deliver(books, service, post) == Sent(1, 0)
    assert [body["data"]["act"] for _, body, _ in post.sent] == ["treated"]


def test_only_what_is_wanted_is_told(books, service, outlooks):
    known = {one.cell.region for one in issue(books, outlooks[0])}
    region = min(known)
    with books.begin() as unit:
        unit.execute(sa.text("DELETE FROM labour_delivery"))
    subscribe(books, service, regions=[region])
    subscribe(books, service, grade=Grade.RED)
    warnings = issue(books, outlooks[1])
    post = Post()
    deliver(books, service, post)
    told = [(heads["webhook-id"].split(":")[0], body["data"]) for _, body, heads in post.sent]
    assert {data["region"] for name, data in told if name == "sub-1"} <= {region}
    red = {one.warning_id for one in warnings if any(step.told.get("grade") == "red" for step in one.steps)}
    assert {data["warning"] for name, data in told if name == "sub-2"} <= red


def test_steps_of_a_warning_arrive_in_order_and_are_tried_again_later(books, service, outlooks):
    subscribe(books, service)
    issue(books, outlooks[0])
    warnings = issue(books, outlooks[1])
    one = next(one for one in warnings if len(one.steps) > 1)
    refuse = Notifying(books, service, lambda _, body, __: NO if one.warning_id == warning_of(body) else YES)
    sent = refuse.deliver(lambda: NOW)
    assert sent.failed == 1
    post = Post()
    assert deliver(books, service, post, NOW + timedelta(seconds=59)) == Sent(0, 0)
    assert deliver(books, service, post, NOW + timedelta(seconds=60)) == Sent(len(one.steps), 0)
    assert [body["data"]["number"] for _, body, _ in post.sent] == [step.number for step in one.steps]


def warning_of(body: str) -> str:
    return json.loads(body)["data"]["warning"]


def test_who_is_away_is_asked_once_a_round(books, service, outlooks):
    subscribe(books, service)
    count = len(issue(books, outlooks[0]))
    post = Post(*[AWAY] * 100)
    assert deliver(books, service, post) == Sent(0, count)
    assert len(post.sent) == 1
    with books.read() as unit:
        (found,) = service.backlogs(unit)
    assert (found.waiting, found.failing, found.said) == (count, count, "ConnectError")
    post = Post()
    assert deliver(books, service, post, NOW + timedelta(minutes=1)) == Sent(count, 0)


def test_what_was_sent_and_not_kept_is_sent_again_under_the_same_name(books, service, outlooks):
    subscribe(books, service)
    issue(books, outlooks[0])
    with books.begin() as unit:
        taken = service.take(unit, NOW)
    post = Post()
    assert deliver(books, service, post, NOW + LEASE - timedelta(seconds=1)) == Sent(0, 0)
    assert deliver(books, service, post, NOW + LEASE) == Sent(len(taken), 0)
    assert {heads["webhook-id"] for _, _, heads in post.sent} == {one.message_id for one in taken}


def test_a_secret_is_told_once_and_stands_nowhere(books, service):
    made, secret = subscribe(books, service)
    other, another = subscribe(books, service)
    assert secret != another
    assert (made.subscription_id, other.subscription_id) == ("sub-1", "sub-2")
    with books.read() as unit:
        stored = [str(row) for row in unit.execute(sa.text("SELECT * FROM labour_subscription"))]
        trail = [str(row) for row in unit.execute(sa.select(TRAIL))]
    assert not [row for row in stored + trail if secret in row or secret[6:30] in row]
    assert any("labour_subscribed" in row for row in trail)


def test_what_waits_for_a_subscription_that_is_over_is_not_sent(books, service, outlooks):
    subscribe(books, service)
    issue(books, outlooks[0])
    with books.begin() as unit:
        assert service.unsubscribe(unit, "sub-1", NOW).ended == NOW
    post = Post()
    assert deliver(books, service, post) == Sent(0, 0)
    with books.begin() as unit, pytest.raises(RuleBrokenError, match="over"):
        service.unsubscribe(unit, "sub-1", NOW)
    with books.begin() as unit, pytest.raises(NotFoundError) as error:
        service.unsubscribe(unit, "sub-9", NOW)
    assert error.value.code == "subscription_unknown"


@pytest.mark.parametrize(
    ("region", "code", "hint"),
    [
        ("Guangdong", "region_named", "440000"),
        ("广东", "region_named", "440000"),
        ("Guangdnog", "region_unknown", "440000"),
    ],
)
def test_a_region_that_is_no_code_is_refused_and_the_nearest_named(books, service, region, code, hint):
    with pytest.raises((BadInputError, NotFoundError)) as refused:
        subscribe(books, service, regions=["330000", region])
    assert refused.value.code == code
    assert hint in refused.value.hint
    assert subscribe(books, service, regions=["440000"])[0].regions == ("440000",)


def test_an_address_that_is_not_allowed_is_not_entered(books):
    def refuse(url: str) -> None:
        raise RuleBrokenError("no", code="webhook_address_private", hint="no")

    with books.begin() as unit:
        with pytest.raises(RuleBrokenError):
            Subscriptions(b"key", refuse, code_of).subscribe(unit, URL, NOW)
        assert Subscriptions(b"key", refuse, code_of).backlogs(unit) == []
