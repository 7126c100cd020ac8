"""The registry: one issuance per Wh, every move durable and told twice, refusals that leave nothing behind.

Tests that ask for ``house`` also run on PostgreSQL, see tests/engines/test_certificates_on_postgresql.py.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.certificates.made import MARCH, NOW, SUN, WIND, hour, made, used

from qipan.accounts.model.claim import Claim
from qipan.accounts.periods import expires as account_expires
from qipan.accounts.store.claim import CLAIM
from qipan.certificates.expire import expires
from qipan.certificates.model.certificate import BUNDLE_WH, Granularity, Production, State
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import (
    Allocate,
    Bundling,
    Issue,
    Release,
    Retire,
    Selection,
    Transfer,
    Withdraw,
)
from qipan.certificates.service.behind import behind
from qipan.certificates.service.correctable import correctable
from qipan.certificates.service.holdings import CERTIFICATE
from qipan.certificates.store.registry import DEVICE, ISSUANCE, REQUEST, USAGE
from qipan.kernel.errors import ConflictError, EngineError, QipanError, RuleBrokenError
from qipan.storage.trail import TRAIL

LATE = expires(Month(MARCH))


def issue(name, *productions, device=WIND):
    return Issue(name, device.device_id, productions)


def transfer(name, wh=None, **more):
    return Transfer(name, "west", "east", Selection(wh, **more))


def allocate(name, by=Granularity.HOUR, **more):
    return Allocate(name, "east", "2026-03", by, **more)


def test_a_month_of_green_power_from_the_meter_to_the_use_it_covers(house):
    assert house.told(issue("i", made(0, 600), made(1, 0), made(2, 900))) == (1500, 2, True)
    assert house.use(used("u0", 0, 500), used("u2", 2, 300)) == 2
    assert house.told(transfer("t", 1000)) == (1000, 2, True)
    assert house.held() == {("west", "held"): 500, ("east", "held"): 1000}
    assert house.told(allocate("a")) == (800, 2, True)
    assert house.told(Retire("r", "east", "east", allocation_id="a")) == (800, 2, True)
    assert house.held("east") == {("east", "held"): 200, ("east", "retired"): 800}
    score = house.score("east")
    assert (score.load_wh, score.hourly_wh, score.monthly_wh, score.hourly_share) == (800, 800, 800, 1.0)
    assert [house.balance(f"{name}/gec") for name in ("registry", "west", "east")] == [-1500, 500, 200]
    assert house.balance("east/gec/retired") == 800
    assert house.check() == ()


def test_what_is_sent_again_is_told_again_and_changes_nothing(house):
    house.use(used("u0", 0, 500))
    requests = [issue("i", made(0, 600)), transfer("t", 400), allocate("a"), Release("x", "a"), allocate("b")]
    requests += [Retire("r", "east", "east", allocation_id="b")]
    first = [house.told(one) for one in requests]
    before = house.everything()
    assert [house.told(one) for one in requests] == [(wh, count, False) for wh, count, _ in first]
    assert house.use(used("u0", 0, 500)) == 0
    assert house.everything() == before
    assert house.refused(transfer("t", 401)) == "certificate_request_differs"
    assert house.refused(Release("t", "a")) == "certificate_request_differs"


def test_an_hour_is_issued_once_whatever_the_request_and_by_hour_or_by_month(house):
    month = Production(Month(MARCH).start, Month(MARCH).end, 10**6, "grid")
    house.send(issue("i", made(0, 600)))
    assert house.refused(issue("j", made(0, 600))) == "issued_already"
    assert house.refused(issue("j", made(5, 1), made(0, 1))) == "issued_already"
    assert house.refused(issue("j", made(7, 1), made(7, 1))) == "issued_already"
    assert house.refused(issue("j", month)) == "issued_already"
    house.send(issue("s", month, device=SUN))
    assert house.refused(issue("j", made(3, 5), device=SUN)) == "issued_already"
    assert house.check() == ()


def test_the_engine_refuses_a_second_holder_of_a_part(house):
    house.send(issue("i", made(0, 600)))
    with house.books.begin() as unit:
        (extent,) = unit.execute(sa.select(CLAIM.c.extent_number).where(CLAIM.c.purpose == "held")).scalars()
    row = {
        "claim_id": "thief", "extent_number": extent, "holder": "thief", "purpose": "held", "unit_start": 599,
        "unit_end": 600, "start": hour(0), "end": hour(1), "is_final": False, "released": None,
    }  # fmt: skip
    with pytest.raises((sa.exc.IntegrityError, EngineError)), house.books.begin() as unit:
        unit.execute(sa.insert(CLAIM).values(row))
    claim = Claim("thief", "issuance/i/1", "thief", "held", 0, 1, hour(0), hour(1))
    with pytest.raises(RuleBrokenError), house.books.begin() as unit:
        house.claims.claim(unit, [claim], NOW)
    assert house.check() == ()


@pytest.mark.parametrize("table", [DEVICE, ISSUANCE, USAGE, REQUEST], ids=lambda one: one.name)
def test_what_was_entered_is_never_changed(house, table):
    house.send(issue("i", made(0, 600)))
    house.use(used("u", 0, 5))
    for statement in (sa.delete(table), sa.update(table).values({table.c[0].name: table.c[0]})):
        with pytest.raises((sa.exc.DBAPIError, EngineError)), house.books.begin() as unit:
            unit.execute(statement)


def test_bundles_hold_1000_kwh_and_the_remainder_is_carried_forward(house):
    house.send(issue("i", made(0, 1_400_000), made(1, 900_000)))
    assert house.told(Bundling("b", "wind-1", "2026-03")) == (2 * BUNDLE_WH, 2, True)
    assert house.told(Bundling("c", "wind-1", "2026-03")) == (0, 0, True)
    assert house.refused(transfer("t", 300_001)) == "certificates_short"
    assert house.told(transfer("t", 50_000)) == (50_000, 1, True)
    house.send(issue("j", made(24 * 31, 800_000)))
    assert house.told(Bundling("d", "wind-1", "2026-04")) == (BUNDLE_WH, 1, True)
    assert house.told(transfer("u", bundle_ids=("b/1", "d/1"))) == (2 * BUNDLE_WH, 3, True)
    assert house.refused(transfer("v", bundle_ids=("b/1",))) == "bundle_not_whole"
    assert house.told(Retire("r", "east", "maker", Selection(bundle_ids=("b/1",)))) == (BUNDLE_WH, 1, True)
    assert house.held("maker") == {("maker", "retired"): BUNDLE_WH}
    assert house.check() == ()
    assert house.refused(Bundling("e", "wind-1", "2026-05")) == "month_not_over"
    assert house.refused(Withdraw("w", "i")) == "issue_moved_on"


def test_what_is_released_can_be_used_again_and_what_is_retired_never_moves(house):
    house.send(issue("i", made(0, 600)))
    house.use(used("u0", 0, 500))
    house.send(transfer("t"))
    house.send(allocate("a"))
    assert house.refused(allocate("b")) == "match_none"
    assert house.refused(Transfer("t2", "east", "west", Selection(101))) == "certificates_short"
    house.send(Release("x", "a"))
    assert house.held("east") == {("east", "held"): 600}
    assert house.refused(Release("y", "a")) == "allocation_unknown"
    house.send(allocate("b", Granularity.MONTH))
    house.send(Retire("r", "east", "east", allocation_id="b"))
    for request in (Release("y", "b"), Retire("s", "east", "east", allocation_id="b"), Release("y", "t")):
        assert house.refused(request) == "allocation_unknown"
    with house.books.read() as unit:
        names = [one.claim_id for one in house.registry.holdings(unit, states=[State.RETIRED])]
    for name in [*names, *(one.replace("gec/", "use/") for one in names)]:
        with pytest.raises(RuleBrokenError) as caught, house.books.begin() as unit:
            house.claims.release(unit, name, NOW)
        assert caught.value.code == "claim_final"
    assert house.check() == ()


def test_use_is_covered_once_and_by_who_used_it(house):
    house.send(issue("i", made(0, 600)))
    house.use(used("u0", 0, 500), used("v", 0, 100, "other"))
    house.send(transfer("t"))
    assert house.refused(allocate("a", usage_ids=("v",))) == "usage_elsewhere"
    assert house.refused(Allocate("a", "east", "2026-04", Granularity.HOUR, ("u0",))) == "usage_elsewhere"
    assert house.refused(allocate("a", usage_ids=("none",))) == "usage_unknown"
    assert house.told(allocate("a", usage_ids=("u0",))) == (500, 1, True)
    assert house.refused(Retire("r", "east", "other", allocation_id="a")) == "beneficiary_other"
    assert house.refused(Retire("r", "west", "west", allocation_id="a")) == "beneficiary_other"
    assert house.refused(Retire("r", "east", "east", allocation_id="none")) == "allocation_unknown"
    with pytest.raises(ConflictError) as caught:
        house.use(used("u0", 0, 501))
    assert caught.value.code == "usage_taken"


def test_what_is_withdrawn_can_be_issued_right(house):
    house.send(issue("i", made(0, 600), made(1, 500)))
    house.send(transfer("t", 10))
    assert house.refused(Withdraw("w", "i")) == "issue_moved_on"
    house.send(Transfer("back", "east", "west", Selection()))
    assert house.told(Withdraw("w", "i")) == (1100, 3, True)
    assert house.refused(Withdraw("v", "i")) == "issue_moved_on"
    assert house.refused(Withdraw("v", "none")) == "issue_unknown"
    house.send(issue("j", made(0, 60)))
    assert house.held("west") == {("west", "held"): 60, ("west", "withdrawn"): 1100}
    assert house.balance("registry/gec") == -60
    assert house.check() == ()


def test_all_that_is_not_retired_expires_after_24_months(house):
    house.send(issue("i", made(0, 600), made(24 * 31, 70)))
    house.use(used("u0", 0, 100), used("u1", 0, 30))
    house.send(transfer("t", 200))
    house.send(allocate("a", usage_ids=("u0",)))
    house.send(allocate("b", usage_ids=("u1",)))
    house.send(Retire("r", "east", "east", allocation_id="a"))
    assert house.expire(NOW) is None
    assert house.refused(transfer("z", month="2026-03"), LATE) == "certificates_short"
    assert house.refused(Release("x", "b"), LATE) == "certificate_expired"
    house.send(issue("k", made(1, 20)))
    assert house.refused(Withdraw("w", "k"), LATE) == "certificate_expired"
    assert house.expire(LATE).entered.wh == 520
    assert house.expire(LATE) is None
    assert house.held() == {
        ("west", "held"): 70,
        ("west", "expired"): 420,
        ("east", "expired"): 100,
        ("east", "retired"): 100,
    }
    assert house.balance("registry/gec/expired") == 520
    assert house.check() == ()
    assert house.told(transfer("z"), LATE) == (70, 1, True)


def test_shares_of_all_holders_add_up_month_by_month(house):
    house.send(issue("i", made(0, 600), made(24 * 31, 70)))
    house.send(issue("s", made(0, 5), device=SUN))
    house.use(used("u0", 0, 500), used("v", 24 * 31, 90, "south"))
    house.send(transfer("t", 450))
    house.send(allocate("a"))
    house.send(Retire("r", "east", "east", allocation_id="a"))
    with house.books.read() as unit:
        march = {one.holder: one for one in house.registry.balance(unit, Month(MARCH))}
        all_ = {one.holder: one for one in house.registry.balance(unit)}
    assert all(one.is_even for one in (*march.values(), *all_.values()))
    assert (march["east"].residual_wh, march["east"].bought_wh, march["west"].open_wh) == (50, 450, 150)
    assert (all_["west"].made_wh, all_["west"].open_wh, all_["south"].residual_wh) == (670, 220, 90)
    assert house.balance("west/gec") == all_["west"].open_wh


def test_accounts_and_rules_agree_on_when_a_month_is_over():
    for number in range(60):
        month = Month.named("2024-01").later(number)
        assert account_expires(CERTIFICATE, month.start) == expires(month)


def test_own_use_is_issued_and_retired_and_not_traded(house):
    roof = replace(SUN, device_id="roof", is_self_used=True, owner="west")
    with house.books.begin() as unit:
        assert house.registry.enter_device(unit, roof, NOW)
    house.send(issue("i", made(0, 500), device=roof))
    house.send(issue("j", made(0, 70)))
    assert house.refused(transfer("t", device_id="roof")) == "certificate_not_traded"
    assert house.told(transfer("t")) == (70, 1, True)
    assert house.told(Retire("r", "west", "west", Selection(device_id="roof"))) == (500, 1, True)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Issue("a/b", "wind-1", (made(5, 1),)), "request_id_malformed"),
        (Issue("x", "none", (made(5, 1),)), "device_unknown"),
        (Issue("x", "wind-1", (made(5, -1),)), "production_unfit"),
        (Issue("x", "wind-1", (made(5, 55_000_001),)), "production_beyond_capacity"),
        (Bundling("x", "none", "2026-03"), "device_unknown"),
        (Bundling("x", "wind-1", "March"), "month_unreadable"),
        (transfer("x", -1), "selection_unfit"),
        (transfer("x", 601), "certificates_short"),
        (Transfer("x", "east", "west", Selection(1)), "certificates_short"),
        (Transfer("x", "west", "west", Selection(1)), "transfer_to_itself"),
        (Transfer("x", "west", "We st", Selection(1)), "holder_unfit"),
        (Transfer("x", "west", "registry", Selection(1)), "holder_unfit"),
        (Retire("x", "west", "", Selection(1)), "holder_unfit"),
        (Retire("x", "nobody", "east", Selection(1)), "certificates_short"),
        (allocate("x"), "match_none"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_a_code_and_nothing_is_left(house, request_, code):
    house.send(issue("i", made(0, 600)))
    assert house.refused(request_) == code


def test_a_device_keeps_what_it_was_entered_as(house):
    with house.books.begin() as unit:
        assert not house.registry.enter_device(unit, WIND, NOW)
    for change, code in (({"capacity_w": 1}, "device_taken"), ({"device_id": "a b"}, "device_unfit")):
        with pytest.raises(QipanError) as caught, house.books.begin() as unit:
            house.registry.enter_device(unit, replace(WIND, **change), NOW)
        assert caught.value.code == code


def test_the_check_finds_what_goes_past_the_registry(house):
    house.use(used("u0", 0, 100))
    house.send(issue("i", made(0, 600), made(1, 2 * BUNDLE_WH)))
    house.send(Bundling("b", "wind-1", "2026-03"))
    house.send(transfer("t", 500))
    assert house.check() == ()

    def found(change):
        with house.books.begin() as unit:
            change(unit)
            rules = {one.rule for one in house.registry.check(unit)}
            unit.connection.rollback()
        return rules

    def release(unit):
        (name,) = unit.execute(sa.select(CLAIM.c.claim_id).where(CLAIM.c.holder == "east")).scalars()
        house.claims.release(unit, name, NOW)

    def forge(unit):
        row = {"request_id": "forged", "kind": "issue", "record": "{}", "wh": 1, "count": 1, "at": NOW}
        unit.execute(sa.insert(REQUEST).values(row))

    def cover(unit):
        claim = Claim("use/forged/1", "usage/u0", "east", "allocated", 0, 5, hour(0), hour(1))
        house.claims.claim(unit, [claim], NOW)

    def free_the_hour(unit):
        house.claims.release(unit, "device/i/1", NOW)

    def bundle_more(unit):
        claim = Claim(
            "bundle/b/9", "bundling/i/2", "b/1", "bundled", 2 * BUNDLE_WH - 5, 2 * BUNDLE_WH, hour(1), hour(2)
        )
        house.claims.claim(unit, [claim], NOW)

    def lose(unit):
        house.log.append(unit, "certificate_request", b"{}", NOW)

    assert found(release) == {"issuance_torn", "account_differs"}
    assert found(forge) == {"request_unlogged"}
    assert found(cover) == {"pair_differs"}
    assert found(free_the_hour) == {"issuance_unclaimed"}
    assert "bundle_torn" in found(bundle_more)
    assert found(lose) == {"request_lost"}
    assert house.check() == ()


def test_behind_a_transfer_of_certificates_stands_its_request_in_the_log(house):
    house.told(issue("i", made(0, 600)))
    house.told(transfer("t", 500))
    with house.books.read() as unit:
        posted = {one.reference: one for one in house.accounts.transfers(unit)}
        for name in ("i", "t"):
            (payload,) = behind(unit, posted[name])
            assert correctable(unit, posted[name]) == 0
            assert [leaf.kind for leaf in house.log.find(unit, payload)] == ["certificate_request"]
            assert json.loads(payload)["request_id"] == name


def test_one_wh_is_retired_out_of_what_is_loose_and_breaks_no_bundle(house):
    house.send(issue("i", made(0, BUNDLE_WH), made(1, 500_000)))
    house.send(Bundling("b", "wind-1", "2026-03"))
    house.send(Retire("r", "west", "west", Selection(1)))
    assert house.told(transfer("t", bundle_ids=("b/1",))) == (BUNDLE_WH, 1, True)
    house.send(Retire("s", "west", "west", Selection(499_999)))
    house.send(Retire("u", "east", "east", Selection(1)))
    with house.books.read() as unit:
        query = sa.select(TRAIL.c.subject).where(TRAIL.c.action == "certificate_bundle_broken")
        told = list(unit.execute(query).scalars())
    assert told == ["b/1"]
    assert house.check() == ()
