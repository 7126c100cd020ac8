"""Agreements in the books: signed by both, billed, shared and split once, pledged once; refusals post nothing."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agreements.made import BANK_FEN, EAST, ENCLAVE, END, FUND, MONTHS, NOW, START, TERMS, WEST, House, deal

from qipan.accounts.model.claim import Claim
from qipan.agreements.model.agreement import Pool
from qipan.agreements.model.bill import Use
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.posted import REVENUE_PARTS, Pledge, PostedShare
from qipan.agreements.model.sharing import Shares, SharingTable
from qipan.agreements.pay import month_start
from qipan.agreements.record import record
from qipan.agreements.service.behind import behind
from qipan.agreements.store import agreement as store
from qipan.kernel.errors import EngineError, QipanError, RuleBrokenError
from qipan.storage.books import Books

HUNDRED = Decimal(100)
FEBRUARY, MARCH, JULY = MONTHS[1], MONTHS[2], MONTHS[6]
IN_FORCE = deal(replace(TERMS, contributions=(FUND,)), tables=ENCLAVE)
CHEAPER = replace(TERMS, holds_from=JULY, base_fen_per_card_h=1100)


def refused(house: House, what, *given, **named) -> str:
    """Return the code that a request is refused with; it must leave nothing behind."""
    before = rows(house)
    assert {"agreement_bill", "transfer", "claim", "log_leaf"} <= set(before)
    with pytest.raises(QipanError) as raised:
        house.do(what, *given, **named)
    assert rows(house) == before
    return raised.value.code


def rows(house: House) -> dict[str, int]:
    """Count what could be left behind."""
    with house.books.read() as unit:
        known = sa.inspect(unit.connection).get_table_names()
        names = [name for name in known if name.startswith(("agreement", "transfer", "claim", "account", "log_leaf"))]
        counts = {name: sa.select(sa.func.count()).select_from(sa.table(name)) for name in names}
        return {name: unit.execute(count).scalar_one() for name, count in counts.items()}


def use(taken: int = 700, month: date = START, available: int | None = None) -> Use:
    return Use(month, taken, available)


# --- signing -----------------------------------------------------------------------------------------------------


def test_an_agreement_is_in_force_once_both_have_signed_the_same(books) -> None:
    house = House(books)
    first, is_new = house.do(house.signing.sign, IN_FORCE, EAST, NOW)
    assert (is_new, first.is_in_force, first.number) == (True, False, 1)
    assert refused(house, house.settling.bill, "sh-nx", use(), NOW, HUNDRED) == "agreement_unsigned"
    assert house.do(house.signing.sign, IN_FORCE, EAST, NOW) == (first, False)
    second, _ = house.do(house.signing.sign, IN_FORCE, WEST, NOW)
    assert (second.is_in_force, second.digest) == (True, first.digest)
    with books.read() as unit:
        assert house.signing.in_force(unit, "sh-nx").agreement == IN_FORCE
        assert [leaf.kind for leaf in house.log.leaves(unit)].count("agreement_signature") == 2


def test_a_counter_proposal_lapses_what_one_party_had_signed(books) -> None:
    house = House(books)
    house.do(house.signing.sign, IN_FORCE, EAST, NOW)
    counter = replace(IN_FORCE, versions=(replace(IN_FORCE.versions[0], base_fen_per_card_h=1250),))
    house.do(house.signing.sign, counter, WEST, NOW)
    signed, _ = house.do(house.signing.sign, counter, EAST, NOW)
    assert (signed.number, signed.is_in_force) == (2, True)


def test_a_new_version_leaves_the_old_one_in_force_until_both_have_signed(house: House) -> None:
    amended = IN_FORCE.amended(CHEAPER)
    house.do(house.signing.sign, amended, WEST, NOW)
    with house.books.read() as unit:
        assert house.signing.in_force(unit, "sh-nx").number == 1
    house.do(house.signing.sign, amended, EAST, NOW)
    posted, _ = house.do(house.settling.bill, "sh-nx", use(month=JULY), NOW, HUNDRED)
    assert (posted.number, posted.bill.price.base_fen) == (2, 1100)


def test_the_terms_of_its_month_price_a_bill(house: House) -> None:
    fixed = replace(CHEAPER, index=None)
    for party in (EAST, WEST):
        house.do(house.signing.sign, IN_FORCE.amended(fixed), party, NOW)
    june, _ = house.do(house.settling.bill, "sh-nx", use(month=MONTHS[5]), NOW, HUNDRED)
    july, _ = house.do(house.settling.bill, "sh-nx", use(month=JULY), NOW)
    assert (june.bill.price.fen_per_card_h, july.bill.price.fen_per_card_h) == (1200, 1100)
    house.assert_sound()


@pytest.mark.parametrize(
    "changed",
    [replace(IN_FORCE, end=date(2029, 1, 1)), replace(IN_FORCE, versions=(TERMS,)), replace(IN_FORCE, tables={}),
     replace(IN_FORCE, tables={**ENCLAVE, Pool.RENT: SharingTable((Shares(START, {WEST: Decimal(1)}),))})],
)  # fmt: skip
def test_a_text_that_changes_what_holds_is_refused(house: House, changed) -> None:
    assert refused(house, house.signing.sign, changed, EAST, NOW) == "agreement_differs"


def test_a_version_for_months_that_were_posted_is_refused(house: House) -> None:
    house.do(house.settling.bill, "sh-nx", use(month=JULY), NOW, HUNDRED)
    assert refused(house, house.signing.sign, IN_FORCE.amended(CHEAPER), EAST, NOW) == "agreement_posted"


def test_a_second_signature_changes_no_month_that_was_posted_since_the_first(house: House) -> None:
    mine = SharingTable((*ENCLAVE[Pool.RENT].versions, Shares(FEBRUARY, {EAST: Decimal(1)})))
    ours = SharingTable((*ENCLAVE[Pool.ENCLAVE].versions, Shares(FEBRUARY, {EAST: Decimal(1)})))
    changed = replace(IN_FORCE, tables={**ENCLAVE, Pool.RENT: mine, Pool.ENCLAVE: ours})
    house.do(house.signing.sign, changed, EAST, NOW)
    told = PostedShare("sh-nx", Pool.RENT, FEBRUARY, 1000, "rent")
    event = Event("park-2027", FEBRUARY, {Item.TAX: 1000})
    shared = [
        house.do(house.settling.share, told, NOW)[0],
        house.do(house.settling.split, "sh-nx", event, NOW, "park")[0],
    ]
    assert shared[0] == {WEST: 700, EAST: 300}
    house.assert_sound()
    assert refused(house, house.signing.sign, changed, WEST, NOW) == "agreement_posted"
    later = replace(
        changed,
        tables={
            **ENCLAVE,
            Pool.RENT: replace(mine, versions=(*ENCLAVE[Pool.RENT].versions, Shares(MARCH, {EAST: Decimal(1)}))),
        },
    )
    for party in (EAST, WEST):
        house.do(house.signing.sign, later, party, NOW)
    assert house.do(house.settling.share, told, NOW) == (shared[0], False)
    assert house.do(house.settling.split, "sh-nx", event, NOW, "park") == (shared[1], False)
    house.assert_sound()


def test_who_is_no_party_cannot_sign_and_what_is_unknown_is_not_billed(house: House) -> None:
    assert refused(house, house.signing.sign, IN_FORCE, "110000", NOW) == "party_foreign"
    assert refused(house, house.settling.bill, "nobody", use(), NOW) == "agreement_unknown"


# --- bills -------------------------------------------------------------------------------------------------------


def test_a_month_is_paid_once_and_the_fund_with_it(house: House) -> None:
    posted, is_new = house.do(house.settling.bill, "sh-nx", use(), NOW, HUNDRED)
    assert (is_new, posted.bill.due_fen) == (True, 800 * 1200)
    assert house.do(house.settling.bill, "sh-nx", use(), NOW, Decimal("100.0")) == (posted, False)
    assert house.held(f"agreements/{WEST}") == 960_000
    assert house.held(f"agreements/{WEST}/fund") == FUND.fen_per_month
    assert house.held(f"agreements/{EAST}") == -960_000 - FUND.fen_per_month
    house.assert_sound()


@pytest.mark.parametrize(
    ("used", "index", "code"),
    [(use(701), HUNDRED, "posting_taken"), (use(), Decimal(101), "posting_taken"),
     (use(available=800), HUNDRED, "posting_taken"),
     (use(month=END), HUNDRED, "month_outside"), (use(1001, FEBRUARY), HUNDRED, "use_above_volume"),
     (use(month=FEBRUARY), None, "index_missing")],
)  # fmt: skip
def test_another_bill_or_one_that_breaks_a_rule_is_refused(house: House, used: Use, index, code: str) -> None:
    house.do(house.settling.bill, "sh-nx", use(), NOW, HUNDRED)
    assert refused(house, house.settling.bill, "sh-nx", used, NOW, index) == code


def test_a_month_is_billed_and_shared_from_its_end_on(house: House) -> None:
    told, over = PostedShare("sh-nx", Pool.RENT, FEBRUARY, 101, "rent"), month_start(MARCH)
    for before in (month_start(FEBRUARY), over - timedelta(microseconds=1)):
        assert refused(house, house.settling.bill, "sh-nx", use(month=FEBRUARY), before, HUNDRED) == "month_not_over"
        assert refused(house, house.settling.share, told, before) == "month_not_over"
    assert house.do(house.settling.bill, "sh-nx", use(month=FEBRUARY), over, HUNDRED)[1]
    assert house.do(house.settling.share, told, over)[1]


def test_a_buyer_without_money_pays_nothing_at_all(house: House) -> None:
    large = replace(TERMS, holds_from=FEBRUARY, card_h_per_month=2_000_000, index=None)
    for party in (EAST, WEST):
        house.do(house.signing.sign, IN_FORCE.amended(large), party, NOW)
    assert refused(house, house.settling.bill, "sh-nx", use(1_900_000, FEBRUARY), NOW) == "transfers_refused"
    assert house.held(f"agreements/{EAST}") == 0


# --- shares and events -------------------------------------------------------------------------------------------


def test_rent_is_shared_once_by_its_table(house: House) -> None:
    told = PostedShare("sh-nx", Pool.RENT, START, 101, "rent")
    parts, is_new = house.do(house.settling.share, told, NOW)
    assert (parts, is_new) == ({WEST: 71, EAST: 30}, True)
    assert house.do(house.settling.share, told, NOW) == (parts, False)
    assert (house.held(f"agreements/{WEST}"), house.held(f"agreements/{EAST}"), house.held("rent")) == (71, 30, -101)
    assert refused(house, house.settling.share, replace(told, fen=102), NOW) == "posting_taken"
    house.do(house.settling.share, replace(told, pool=Pool.GREEN_PREMIUM, month=FEBRUARY, fen=1000), NOW)
    assert house.held("agreements/fund") == 100
    house.assert_sound()


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"fen": 0}, "share_unfit"), ({"pool": Pool.ENCLAVE}, "share_unfit"), ({"month": END}, "month_outside"),
     ({"fen": BANK_FEN + 1}, "transfers_refused"), ({"source": "nobody"}, "transfers_refused")],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused(house: House, changed, code: str) -> None:
    told = PostedShare("sh-nx", Pool.RENT, START, 101, "rent")
    assert refused(house, house.settling.share, replace(told, **changed), NOW) == code


def test_rent_of_an_agreement_without_a_table_is_refused(books) -> None:
    house = House(books)
    for party in (EAST, WEST):
        house.do(house.signing.sign, replace(IN_FORCE, tables={}), party, NOW)
    told = PostedShare("sh-nx", Pool.RENT, START, 101, "rent")
    assert refused(house, house.settling.share, told, NOW) == "table_missing"


def test_an_event_stands_in_the_books_of_both_regions_and_its_memo_adds_up(house: House) -> None:
    amounts = {Item.TAX: 1001, Item.INCOME: 500, Item.MEMO: 90_001, Item.COST: 300, Item.LOSS: 7, Item.LAND: 40}
    event = Event("park-2027", date(2027, 12, 31), amounts)
    found, is_new = house.do(house.settling.split, "sh-nx", event, NOW, "park")
    assert is_new
    assert house.do(house.settling.split, "sh-nx", event, NOW, "park") == (found, False)
    year = datetime(2026, 12, 31, 16, tzinfo=UTC)
    memos = {region: house.held(f"memo/{region}", year) for region in (EAST, WEST)}
    assert memos == {region: found.parts[region][Item.MEMO] for region in (EAST, WEST)}
    assert sum(memos.values()) == 90_001
    assert sum(house.held(f"memo/{region}/issued", year) for region in (EAST, WEST)) == -90_001
    for region, parts in found.parts.items():
        gained = parts[Item.TAX] + parts[Item.INCOME] - parts[Item.COST] - parts[Item.LOSS]
        assert house.held(f"agreements/{region}") == gained
    assert house.held("park") == 300 + 7 - 1001 - 500
    with house.books.read() as unit:
        assert house.settling.events(unit, "sh-nx") == (event,)
    house.assert_sound()


@pytest.mark.parametrize(
    ("event", "source", "code"),
    [(Event("Park 1", MARCH, {Item.LAND: 1}), "", "event_id_unfit"),
     (Event("park", MARCH, {Item.TAX: 1}), "", "source_missing"),
     (Event("park", date(2026, 12, 31), {Item.MEMO: 1}), "", "table_not_yet"),
     (Event("once", MARCH, {Item.MEMO: 2}), "", "posting_taken")],
)  # fmt: skip
def test_an_event_that_cannot_be_split_is_refused(house: House, event: Event, source: str, code: str) -> None:
    house.do(house.settling.split, "sh-nx", Event("once", MARCH, {Item.MEMO: 1}), NOW)
    assert refused(house, house.settling.split, "sh-nx", event, NOW, source) == code


def test_a_memo_is_for_regions_only(books) -> None:
    house = House(books)
    table = SharingTable((Shares(START, {WEST: Decimal("0.5"), "firm": Decimal("0.5")}),))
    for party in (EAST, WEST):
        house.do(house.signing.sign, replace(IN_FORCE, tables={Pool.ENCLAVE: table}), party, NOW)
    assert refused(house, house.settling.split, "sh-nx", Event("e", MARCH, {Item.MEMO: 5}), NOW) == "memo_foreign"
    house.do(house.settling.split, "sh-nx", Event("e", MARCH, {Item.LAND: 5}), NOW)


# --- pledges -----------------------------------------------------------------------------------------------------

BOND = Pledge("bond-1", "sh-nx", "trustee", Decimal("0.6"), FEBRUARY, JULY)


def test_a_pledged_share_of_a_bill_goes_to_its_holder_while_it_stands(house: House) -> None:
    assert house.do(house.pledging.pledge, BOND, NOW)
    assert house.do(house.pledging.pledge, BOND, NOW) is False
    for month in (START, FEBRUARY, JULY):
        house.do(house.settling.bill, "sh-nx", use(1000, month), NOW, HUNDRED)
    assert house.held("agreements/trustee") == 720_000
    assert house.held(f"agreements/{WEST}") == 3 * 1_200_000 - 720_000
    house.assert_sound()
    with house.books.read() as unit:
        assert house.pledging.pledges(unit, "sh-nx") == (BOND,)


def test_revenue_is_not_pledged_twice_at_a_time(house: House) -> None:
    house.do(house.pledging.pledge, BOND, NOW)
    second = Pledge("reit-1", "sh-nx", "reit", Decimal("0.5"), MARCH, END)
    assert refused(house, house.pledging.pledge, second, NOW) == "revenue_pledged"
    assert house.do(house.pledging.pledge, replace(second, share=Decimal("0.4")), NOW)
    assert house.do(house.pledging.pledge, replace(second, pledge_id="reit-2", start=JULY), NOW)
    house.do(house.settling.bill, "sh-nx", use(1000, MARCH), NOW, HUNDRED)
    assert (house.held("agreements/trustee"), house.held("agreements/reit")) == (720_000, 480_000)
    assert house.held(f"agreements/{WEST}") == 0


def test_the_books_refuse_it_whoever_writes(house: House) -> None:
    house.do(house.pledging.pledge, BOND, NOW)
    start, end = month_start(MARCH), month_start(JULY)
    thief = Claim("thief", "revenue/sh-nx", "thief", "pledge", 0, REVENUE_PARTS, start, end)
    assert refused(house, house.claims.claim, [thief], NOW) == "claim_overlaps"


def test_a_pledge_that_is_released_frees_its_share_for_another(house: House) -> None:
    house.do(house.pledging.pledge, BOND, NOW)
    assert house.do(house.pledging.release, "sh-nx", "bond-1", NOW)
    assert house.do(house.pledging.release, "sh-nx", "bond-1", NOW) is False
    assert house.do(house.pledging.pledge, replace(BOND, pledge_id="bond-2", share=Decimal(1)), NOW)
    assert refused(house, house.pledging.pledge, BOND, NOW) == "pledge_taken"
    assert refused(house, house.pledging.release, "sh-nx", "bond-3", NOW) == "pledge_unknown"


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"holder": WEST}, "holder_unfit"), ({"end": date(2028, 2, 1)}, "pledge_outside"),
     ({"start": START}, "pledge_outside"),
     ({"agreement_id": "nobody"}, "agreement_unknown"), ({"share": Decimal("0.7")}, "pledge_taken")],
)  # fmt: skip
def test_a_pledge_that_breaks_a_rule_is_refused(house: House, changed, code: str) -> None:
    house.do(house.settling.bill, "sh-nx", use(), NOW, HUNDRED)
    house.do(house.pledging.pledge, BOND, NOW)
    name = BOND.pledge_id if code == "pledge_taken" else "other"
    assert refused(house, house.pledging.pledge, replace(BOND, pledge_id=name, **changed), NOW) == code


@pytest.mark.parametrize(
    "changed",
    [{"share": Decimal("0.0000001")}, {"share": Decimal(0)}, {"share": Decimal("1.1")}, {"share": Decimal("NaN")},
     {"start": JULY}, {"start": date(2027, 2, 2)}, {"holder": "The Trustee"}],
)  # fmt: skip
def test_a_pledge_that_is_not_well_formed_is_refused(changed) -> None:
    with pytest.raises(QipanError) as raised:
        replace(BOND, **changed)
    assert raised.value.code == "pledge_unfit"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 10), st.integers(0, 9), st.integers(1, 6), st.booleans()), min_size=1, max_size=6)
)
def test_whatever_is_pledged_and_released_no_part_has_two_holders(empty, tmp_path_factory, asked) -> None:
    folder = tmp_path_factory.mktemp("pledges")
    shutil.copy(empty, folder)
    books = Books(f"sqlite:///{folder}/books.sqlite")
    house = House(books)
    house.open()
    for number, (tenths, first, length, is_released) in enumerate(asked):
        months = MONTHS[first], MONTHS[min(first + length, 11)]
        wanted = Pledge(f"p{number}", "sh-nx", f"h{number}", Decimal(tenths) / 10, *months)
        with books.read() as unit:
            others = house.pledging.pledges(unit, "sh-nx")
        with suppress(RuleBrokenError):
            house.do(house.pledging.pledge, wanted, NOW)
            if is_released:
                house.do(house.pledging.release, "sh-nx", wanted.pledge_id, NOW)
            continue
        # Refused: together with all that stand at some time of it, it would be more than there is.
        near = [one.share for one in others if one.start < wanted.end and wanted.start < one.end]
        assert sum(near) + wanted.share > 1
    with books.read() as unit:
        standing = house.pledging.pledges(unit, "sh-nx")
    books.close()
    for month in MONTHS:
        assert sum(one.share for one in standing if one.start <= month < one.end) <= 1


# --- checks ------------------------------------------------------------------------------------------------------


def test_what_was_posted_is_never_changed(house: House) -> None:
    house.do(house.settling.bill, "sh-nx", use(), NOW, HUNDRED)
    for statement in (
        sa.update(store.BILL).values(untaken_card_h=0),
        sa.delete(store.SIGNATURE),
        sa.delete(store.TEXT),
    ):
        with pytest.raises(EngineError, match="append-only"), house.books.begin() as unit:
            unit.execute(statement)


def test_check_finds_a_bill_that_does_not_follow(house: House) -> None:
    house.do(house.settling.bill, "sh-nx", use(), NOW, HUNDRED)
    with house.books.begin() as unit:
        unit.connection.exec_driver_sql("DROP TRIGGER agreement_bill_no_update")
        unit.execute(sa.update(store.BILL).values(untaken_card_h=99))
    with house.books.read() as unit:
        assert [one.rule for one in house.settling.check(unit)] == ["bill_differs"]


def test_check_finds_a_text_that_was_never_logged(house: House) -> None:
    with house.books.begin() as unit:
        store.insert_text(
            unit, "other", 1, record=record(replace(IN_FORCE, agreement_id="other")), digest="0" * 64, now=NOW
        )
    with house.books.read() as unit:
        assert [(one.rule, one.value) for one in house.signing.check(unit)] == [("text_differs", "0" * 64)]


def test_check_finds_a_share_that_was_never_paid(house: House) -> None:
    with house.books.begin() as unit:
        store.insert_share(unit, PostedShare("sh-nx", Pool.RENT, START, 100, "rent"), 1, NOW)
    with house.books.read() as unit:
        assert {one.rule for one in house.settling.check(unit)} == {"transfer_differs"}


def test_behind_a_bill_stand_the_text_and_the_bill_in_the_log(house: House) -> None:
    house.do(house.settling.bill, "sh-nx", use(month=JULY), NOW, HUNDRED)
    with house.books.read() as unit:
        posted = {one.transfer_id: one for one in house.accounts.transfers(unit)}
        paid = next(one for name, one in posted.items() if name.startswith("bill/sh-nx/"))
        kinds = [leaf.kind for one in behind(unit, paid) for leaf in house.log.find(unit, one)]
        others = [one for name, one in posted.items() if not name.startswith("bill/")]
        others += [replace(paid, transfer_id=name) for name in ("bill/sh-nx/once", "bill/none/2026-07")]
        assert [behind(unit, one) for one in others] == [()] * len(others)
    assert kinds == ["agreement", "agreement_bill"]
