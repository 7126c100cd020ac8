"""Insurance, leases and the compute bank as they are kept: paid once, pools that hold, credit that sums to zero."""

from __future__ import annotations

from datetime import date

import pytest
from tests.market.made import DAY, NOW, cover, later
from tests.market.test_delivery import AFTER, ENDED, LOT_H, RICH, code_of, sold, told

from qipan.accounts.model.posting import Draft
from qipan.log.note import SIGNS, Signer, sign
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.delivery import SiteStep
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.lease import Standing
from qipan.market.model.product import BankDeposit, BankDraw, Claimed, Lease
from qipan.market.model.request import Member
from qipan.market.record import signed_text
from qipan.market.service.bank import Bank
from qipan.market.service.insurance import Insurance
from qipan.market.service.leasing import Leasing, lease_record
from qipan.market.store import product as store

HOUR = Instrument(DAY.card_class, DAY.hub_id, Window.named("2026-03-03T05"))
POOL = "market/insurance"


@pytest.fixture
def insurance(market):
    return Insurance(market.trading, market.clearing, market.deliveries, market.accounts, market.log)


@pytest.fixture
def leasing(market):
    return Leasing(market.trading, market.accounts, market.log)


@pytest.fixture
def bank(market):
    return Bank(market.trading, market.accounts, market.log)


def do(market, act, *words):
    """Do something in a unit of work of its own."""
    with market.books.begin(caller="test") as unit:
        return act(unit, *words)


def sponsor(market, insurance, fen):
    do(market, insurance.open_pool, NOW)
    draft = Draft(transfer_id=f"sponsor/{fen}", debit="outside", credit=POOL, amount=fen, reason="insurance")
    do(market, market.accounts.post_whole, [draft], NOW)


def policy(name, risk, fen, *, insured="firm", card_h=10**6, limit=50_000, ware=DAY):
    return Policy(name, insured, risk, ware, card_h, fen, limit)


def checked(market, *services):
    assert market.check() == ()
    with market.books.read() as unit:
        assert [found for one in services for found in one.check(unit)] == []


def test_failed_delivery_is_claimed_once_out_of_a_pool_that_holds_it(market, insurance):
    market.fund(RICH)
    sponsor(market, insurance, 100_000)
    failure = policy("p1", Risk.FAILURE, 200)
    bought, is_new = do(market, insurance.sell, failure, [0, 1000], 2500, NOW)
    assert (bought.premium_fen, is_new) == (625, True)
    assert not do(market, insurance.sell, failure, [0, 1000], 2500, NOW)[1]
    assert code_of(lambda: do(market, insurance.sell, failure, [0], 0, NOW)) == "policy_differs"
    dear = policy("p2", Risk.PRICE_BELOW, 1100, insured="site", limit=50_625)
    assert code_of(lambda: do(market, insurance.sell, policy("p3", Risk.FAILURE, 1, limit=50_626), [0], 0, NOW)) == (
        "pool_short"
    )
    assert do(market, insurance.sell, dear, [0], 0, NOW)[1]
    assert market.money(POOL) == [(100_625, 100_625)]
    for bad in (policy("a b", Risk.FAILURE, 1), policy("x", Risk.FAILURE, 0), policy("x", Risk.FAILURE, 1, limit=0)):
        assert code_of(lambda bad=bad: do(market, insurance.sell, bad, [0], 0, NOW)) == "policy_unfit"
    assert code_of(lambda: do(market, insurance.sell, policy("y", Risk.FAILURE, 1), [], 0, NOW)) == "history_short"
    assert code_of(lambda: do(market, insurance.claim, "p9", NOW)) == "policy_unknown"
    assert code_of(lambda: do(market, insurance.claim, "p1", NOW)) == "delivery_unallocated"
    assert code_of(lambda: do(market, insurance.claim, "p2", NOW)) == "book_unsettled"
    checked(market, insurance)


def test_claims_follow_from_the_delivery_and_the_mark_of_the_book(market, insurance):
    market.fund(RICH)
    sponsor(market, insurance, 10**8)
    do(market, insurance.sell, policy("p1", Risk.FAILURE, 20, limit=10**7), [0], 0, NOW)
    do(market, insurance.sell, policy("p2", Risk.PRICE_BELOW, 1100, insured="site", limit=10**7), [0], 0, NOW)
    do(market, insurance.sell, policy("p3", Risk.PRICE_ABOVE, 1100, limit=10**7), [0], 0, NOW)
    sold(market, nominate=3, is_funded=True)
    market.allocate(DAY, ENDED)
    assert code_of(lambda: do(market, insurance.claim, "p1", ENDED)) == "delivery_unsettled"
    market.deliver(told(spot=1300), AFTER)
    first, is_new = do(market, insurance.claim, "p1", AFTER)
    # The firm lacks two lots; the site sold five at 100 less than its strike; the mark is below the firm's.
    assert (first.figure, first.fen, is_new) == (2 * LOT_H, 2 * LOT_H * 20, True)
    assert do(market, insurance.claim, "p1", AFTER) == (first, False)
    assert do(market, insurance.claim, "p2", AFTER)[0].fen == 5 * LOT_H * 100
    assert do(market, insurance.claim, "p3", AFTER)[0].fen == 0
    paid = [one.transfer_id for one in market.transfers() if one.transfer_id.startswith("claim/")]
    assert paid == ["claim/p1", "claim/p2"]
    assert code_of(lambda: do(market, insurance.sell, policy("p4", Risk.FAILURE, 1), [0], 0, AFTER)) == "policy_late"
    checked(market, insurance)


def test_one_loss_is_paid_once_however_many_policies_are_of_it(market, insurance):
    market.fund(RICH)
    sponsor(market, insurance, 10**8)
    lacking = 2 * LOT_H
    for name, limit in (("p1", 20 * (lacking - 10) - 5), ("p2", 10**7), ("p3", 10**7), ("p4", 10**7)):
        do(market, insurance.sell, policy(name, Risk.FAILURE, 20, limit=limit), [0], 0, NOW)
    for name in ("q1", "q2"):
        below = policy(name, Risk.PRICE_BELOW, 1100, insured="site", card_h=3 * LOT_H, limit=10**7)
        do(market, insurance.sell, below, [0], 0, NOW)
    sold(market, nominate=3, is_funded=True)
    market.allocate(DAY, ENDED)
    market.deliver(told(spot=1300), AFTER)
    paid = {name: do(market, insurance.claim, name, AFTER)[0].fen for name in ("p1", "p2", "p3", "q1", "q2")}
    # The first reaches its limit in the midst of a card-hour; the site sold five lots.
    assert paid == {"p1": 20 * (lacking - 10) - 5, "p2": 200, "p3": 0, "q1": 300 * LOT_H, "q2": 200 * LOT_H}
    checked(market, insurance)
    with market.books.begin(caller="test") as unit:
        store.insert(unit, store.CLAIM, Claimed("p4", lacking, 5 * LOT_H, 20), AFTER)
        assert [one.rule for one in insurance.check(unit)] == ["policy_payment_differs", "loss_paid_twice"]


def test_lease_is_paid_in_order_falls_behind_and_is_repossessed(market, leasing):
    market.fund(10**6)
    with market.books.begin() as unit:
        step = SiteStep("site", "north", DAY.card_class, DAY.hub_id, NOW, 71, 0, "NC-2")
        market.nominating.certify_site(unit, step, NOW)
    lease = Lease("l1", "site", "firm", "64 h100-80g@ningxia/north", 100_000, 100, 3, 1, date(2026, 3, 1))
    assert do(market, leasing.agree, lease, "site", NOW)
    assert not do(market, leasing.agree, lease, "site", NOW)
    assert code_of(lambda: do(market, leasing.pay, "l1", 1, NOW)) == "lease_proposed"
    assert do(market, leasing.agree, lease, "firm", NOW)
    assert not do(market, leasing.agree, lease, "firm", NOW)
    more = Lease("l3", "site", "firm", "8 h100-80g@ningxia/north", 100_000, 100, 3, 1, date(2026, 3, 1))
    assert code_of(lambda: do(market, leasing.agree, more, "site", NOW)) == "lease_uncertified"
    with pytest.raises(Exception, match="lease"):
        do(
            market,
            leasing.agree,
            Lease("l1", "site", "firm", "8 h100-80g@ningxia/north", 1, 1, 1, 1, date(2026, 3, 1)),
            "site",
            NOW,
        )
    for bad in (
        ("l2", "site", "site", "8 h100@gui/x", 1, 0, 1, 0),
        ("l 2", "site", "firm", "8 h100@gui/x", 1, 0, 1, 0),
        ("l2", "site", "firm", "8 cards", 1, 0, 1, 0),
    ):
        made = Lease(*bad, date(2026, 3, 1))
        assert code_of(lambda made=made: do(market, leasing.agree, made, "site", NOW)) == "lease_unfit"
    assert code_of(lambda: do(market, leasing.agree, lease, "bank", NOW)) == "lease_foreign"
    assert code_of(lambda: do(market, leasing.pay, "l1", 2, NOW)) == "instalment_out_of_order"
    assert do(market, leasing.pay, "l1", 1, NOW)
    assert not do(market, leasing.pay, "l1", 1, NOW)
    assert market.money("firm/margin", "site/margin") == [(965_998, 965_998), (1_034_002, 1_034_002)]
    april, may = later(65 * 86_400), later(95 * 86_400)
    with market.books.read() as unit:
        found = [leasing.standing(unit, "l1", at) for at in (NOW, april, may)]
    assert found == [Standing.CURRENT, Standing.BEHIND, Standing.DEFAULT]
    assert code_of(lambda: do(market, leasing.repossess, "l1", 50_000, "outside", april)) == "lease_not_in_default"
    done, is_new = do(market, leasing.repossess, "l1", 70_000, "outside", may)
    # 66,998 of principal and the interest of two instalments; the rest is the lessee's.
    assert (done.balance_fen, done.overdue_fen, is_new) == (66_998, 670 + 337, True)
    assert market.money("firm/margin", "site/margin") == [
        (965_998 + 1_995, 965_998 + 1_995),
        (1_034_002 + 68_005, 1_034_002 + 68_005),
    ]
    assert do(market, leasing.repossess, "l1", 70_000, "outside", may) == (done, False)
    assert code_of(lambda: do(market, leasing.repossess, "l1", 1, "outside", may)) == "repossession_differs"
    assert code_of(lambda: do(market, leasing.pay, "l1", 2, may)) == "lease_repossessed"
    assert code_of(lambda: do(market, leasing.pay, "l9", 1, may)) == "lease_unknown"
    checked(market, leasing)


@pytest.mark.parametrize("first", ["site", "firm"])
def test_lease_holds_no_card_before_both_sides_agreed(market, leasing, first):
    market.fund(RICH)
    market.site("site", "north", 96)
    lease = Lease("grab", "site", "firm", "96 h100-80g@ningxia/north", 1, 0, 600, 600, date(2026, 4, 2))
    assert do(market, leasing.agree, lease, first, NOW)
    with market.books.read() as unit:
        assert leasing.standing(unit, "grab", NOW) is Standing.PROPOSED
        assert leasing.waits_for(unit) == {"grab": "firm" if first == "site" else "site"}
    # The lessor's cards are its own still: it sells an hour of them, so that the lease finds them promised.
    market.order(cover("c1", "site", 1, DAY))
    second = "firm" if first == "site" else "site"
    assert code_of(lambda: do(market, leasing.agree, lease, second, NOW)) == "lease_uncertified"
    market.order(cover("c2", "site", -1, DAY))
    assert do(market, leasing.agree, lease, second, NOW)
    with market.books.read() as unit:
        assert leasing.waits_for(unit) == {}
    assert code_of(lambda: market.order(cover("c3", "site", 1, DAY))) == "cover_uncertified"
    checked(market, leasing)


def test_lessee_learns_nothing_of_what_a_lessor_has_free(market, leasing):
    market.fund(RICH)
    lease = Lease("probe", "site", "firm", "9999 h100-80g@ningxia/north", 1, 0, 1, 1, date(2026, 3, 1))
    assert do(market, leasing.agree, lease, "firm", NOW)
    assert code_of(lambda: do(market, leasing.agree, lease, "site", NOW)) == "lease_uncertified"


def test_lease_of_a_side_with_a_key_needs_its_signature(market, leasing):
    market.fund(RICH)
    market.site("site", "north", 96)
    signer = Signer("keyed", SIGNS, bytes(32))
    do(market, market.margins.admit, Member("keyed", str(signer.verifier)), NOW)
    lease = Lease("k", "site", "keyed", "8 h100-80g@ningxia/north", 1, 0, 1, 1, date(2026, 4, 2))
    assert do(market, leasing.agree, lease, "site", NOW)
    assert code_of(lambda: do(market, leasing.agree, lease, "keyed", NOW)) == "request_forged"
    with market.books.begin() as unit:
        signature = str(sign(signed_text(lease_record(lease)), signer))
        assert leasing.agree(unit, lease, "keyed", NOW, signature=signature)


def test_idle_hours_are_drawn_on_credit_that_sums_to_zero(market, bank):
    market.fund(RICH)
    market.site("site", "north", 40)
    market.site("bank", "east", 16)
    for member, limit in (("site", 0), ("firm", 1200), ("bank", 0)):
        assert do(market, bank.join, member, limit, NOW)
    idle = BankDeposit("d1", "site", HOUR.name, "north", 8)
    assert do(market, bank.deposit, idle, NOW)
    assert not do(market, bank.deposit, idle, NOW)
    assert do(market, bank.deposit, BankDeposit("d2", "bank", HOUR.name, "east", 16), NOW)
    more = BankDeposit("d3", "bank", HOUR.name, "east", 1)
    assert code_of(lambda: do(market, bank.deposit, more, NOW)) == "deposit_uncertified"
    assert code_of(lambda: do(market, bank.deposit, BankDeposit("d1", *("site", HOUR.name, "north", 9)), NOW)) == (
        "deposit_differs"
    )
    assert code_of(lambda: do(market, bank.deposit, BankDeposit("d4", "site", DAY.name, "north", 1), NOW)) == (
        "deposit_unfit"
    )
    assert code_of(lambda: do(market, bank.draw, BankDraw("w1", "firm", HOUR.name, 13, 100, {}), NOW)) == "credit_short"
    assert code_of(lambda: do(market, bank.draw, BankDraw("w1", "firm", HOUR.name, 25, 1, {}), NOW)) == "deposits_short"
    found, is_new = do(market, bank.draw, BankDraw("w1", "firm", HOUR.name, 12, 100, {}), NOW)
    assert (found.taken_card_h, is_new) == ({"d1": 4, "d2": 8}, True)
    assert do(market, bank.draw, BankDraw("w1", "firm", HOUR.name, 12, 100, {}), NOW) == (found, False)
    # What the site earned it uses elsewhere; its own deposit costs it nothing.
    assert do(market, bank.draw, BankDraw("w2", "site", HOUR.name, 6, 100, {}), NOW)[0].taken_card_h == {
        "d1": 2,
        "d2": 4,
    }
    with market.books.read() as unit:
        assert bank.credits(unit) == {"site": 0, "firm": -1200, "bank": 1200}
        assert [card_h for _, card_h in bank.left(unit, HOUR.name)] == [2, 4]
    assert (
        code_of(lambda: do(market, bank.draw, BankDraw("w3", "firm", HOUR.name, 1, 1, {}), HOUR.window.start))
        == "deposit_late"
    )
    checked(market, bank)


def test_hours_in_the_bank_are_promised_to_no_buyer(market, bank):
    market.fund(RICH)
    market.site("site", "north", 24)
    do(market, bank.join, "site", 0, NOW)
    do(market, bank.deposit, BankDeposit("d1", "site", HOUR.name, "north", 8), NOW)
    assert code_of(lambda: sold(market, is_funded=True)) == "cover_uncertified"


def test_who_has_not_joined_neither_deposits_nor_draws(market, bank):
    market.fund(RICH)
    lent = BankDeposit("d1", "site", HOUR.name, "north", 1)
    assert code_of(lambda: do(market, bank.deposit, lent, NOW)) == "bank_unjoined"
    assert code_of(lambda: do(market, bank.draw, BankDraw("w", "firm", HOUR.name, 1, 1, {}), NOW)) == "bank_unjoined"
    assert code_of(lambda: do(market, bank.join, "firm", -1, NOW)) == "credit_limit_negative"


def test_a_draw_under_the_longest_id_credits_the_member_of_the_longest_name(market):
    bank, owner = Bank(market.trading, market.accounts, market.log), "s" * 20
    do(market, market.margins.admit, Member(owner), NOW)
    market.site(owner, "north", 24)
    for member in (owner, "firm"):
        do(market, bank.join, member, 1000, NOW)
    do(market, bank.deposit, BankDeposit("d1", owner, HOUR.name, "north", 8), NOW)
    assert do(market, bank.draw, BankDraw("x" * 40, "firm", HOUR.name, 1, 100, {}), NOW)[1]
    with market.books.read() as unit:
        assert bank.credits(unit) == {"firm": -100, owner: 100}
    checked(market, bank)
