"""What the services of accounts leave behind: locks, leaves of the log, the trail; and what they tell."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from tests.accounts.made import ACCOUNTS, ASSETS, HOUR, NOW, later, move
from tests.accounts.test_claims import DAY, claim

from qipan.accounts.model.posting import AMOUNT_MAX, Account, Action, Asset, AssetKind, Outcome
from qipan.accounts.record import account_record, asset_record, claim_record, extent_record, release_record
from qipan.accounts.service.posting import TOLD_MAX
from qipan.accounts.store.posting import TRANSFER
from qipan.kernel.errors import ConflictError, NotFoundError, QipanError, RuleBrokenError
from qipan.log.note import SIGNS, Signer
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import TRAIL

SIGNER = Signer("qipan/test", SIGNS, bytes(32))
NEW_ASSET = Asset("h200@gui", AssetKind.COMPUTE, "H200", "gui")
NEW_ACCOUNT = Account("new", "n", "fen", "cash")


@pytest.fixture
def locks(monkeypatch):
    """Return the names of the locks that are taken, in their order."""
    names = []
    monkeypatch.setattr(UnitOfWork, "lock", lambda _unit, name: names.append(name))
    return names


def trail(books, *actions):
    columns = TRAIL.c.action, TRAIL.c.subject, TRAIL.c.at, TRAIL.c.detail
    with books.read() as unit:
        rows = unit.execute(sa.select(*columns).where(TRAIL.c.action.in_(actions)).order_by(TRAIL.c.entry_id)).all()
    return [(row.action, row.subject, row.at, json.loads(row.detail)) for row in rows]


def leaves(books, house, kind):
    with books.read() as unit:
        return [(leaf.digest, leaf.at) for leaf in house.log.leaves(unit, kind=kind)]


def digest(record):
    return sha256(record).hexdigest()


def refused(kind, does, *words, **more):
    with pytest.raises(QipanError) as caught:
        does(*words, **more)
    assert isinstance(caught.value, kind)
    return caught.value.code, caught.value.message


def test_what_is_opened_is_entered_with_its_time_and_owner(opened, house, locks):
    with opened.begin(caller="test") as unit:
        assert house.accounts.open_asset(unit, NEW_ASSET, later(5))
        assert house.accounts.open_account(unit, NEW_ACCOUNT, later(6))
        assert house.accounts.asset(unit, "h200@gui") == NEW_ASSET
        assert house.accounts.account(unit, "new") == NEW_ACCOUNT
        assert set(house.accounts.accounts(unit, asset_id="fen")) == {"bank", "a", "b", "debt", "gone", "new"}
        assert house.accounts.accounts(unit, owner="n") == {"new": NEW_ACCOUNT}
        assert not house.accounts.open_asset(unit, NEW_ASSET, later(7))
        assert not house.accounts.open_account(unit, NEW_ACCOUNT, later(7))
    assert set(locks) == {"log"}
    assert leaves(opened, house, "asset")[-1] == (digest(asset_record(NEW_ASSET)), later(5))
    assert leaves(opened, house, "account")[-1] == (digest(account_record(NEW_ACCOUNT)), later(6))
    assert trail(opened, "asset_opened")[-1] == ("asset_opened", "h200@gui", later(5), {})
    told = {"owner": "n", "asset": "fen"}
    assert trail(opened, "account_opened")[-1] == ("account_opened", "new", later(6), told)
    assert len(trail(opened, "asset_opened", "account_opened")) == len(ASSETS) + len(ACCOUNTS) + 2


def test_one_owner_has_many_purposes_and_one_account_of_each(opened, house):
    with opened.begin(caller="test") as unit:
        assert house.accounts.open_account(unit, Account("a2", "a", "fen", "margin"), NOW)
        assert house.accounts.open_account(unit, Account("a3", "a", "a100@gui", "cash"), NOW)
        code, message = refused(
            ConflictError, house.accounts.open_account, unit, Account("z", "a", "fen", "margin"), NOW
        )
        assert (code, message.endswith("was another: a2.")) == ("account_taken", True)
        code, message = refused(ConflictError, house.accounts.open_asset, unit, replace(ASSETS[0], lifetime_h=None,
                                kind=AssetKind.MEMO, place="gui"), NOW)  # fmt: skip
        assert (code, message.endswith("was another: fen.")) == ("asset_taken", True)
        assert refused(NotFoundError, house.accounts.asset, unit, "none") == (
            "asset_unknown", "An asset must be entered before it is used, was not: none.",
        )  # fmt: skip
        assert (
            refused(NotFoundError, house.accounts.account, unit, "none")[1] == "An account must be open, was not: none."
        )


def test_postings_are_entered_at_their_moment_under_the_lock_of_the_log(opened, house, locks):
    with opened.begin(caller="test") as unit:
        assert house.accounts.post(unit, [move("x", "bank", "a", 5)], later(9)) == (Outcome.CREATED,)
        assert house.accounts.post(unit, [move("y", "a", "b", 5)], later(3)) == (Outcome.CREATED,)
    assert set(locks) == {"log"}
    assert [at for _, at in leaves(opened, house, "transfer")] == [later(9), later(9)]
    assert [(row[2], row[3]) for row in trail(opened, "transfers_posted")] == [(later(9), {"count": 1})] * 2


def test_refused_drafts_are_told_by_row_and_only_so_many(opened, house):
    drafts = [move("x", "bank", "a", 5), *(move(f"y{number}", "a", "none", 1) for number in range(TOLD_MAX + 1))]
    with pytest.raises(RuleBrokenError) as caught, opened.begin(caller="test") as unit:
        house.accounts.post_whole(unit, drafts, NOW, first_row=2)
    assert len(caught.value.findings) == TOLD_MAX
    first = caught.value.findings[0]
    assert (first.row, first.column, first.rule) == (3, "transfer_id", "credit_unknown")
    assert first.message == "y0 must stand, was credit_unknown."
    assert f"was refused: {TOLD_MAX + 1} of {TOLD_MAX + 2}, first credit_unknown." in caught.value.message
    with pytest.raises(RuleBrokenError) as caught, opened.begin(caller="test") as unit:
        house.accounts.post_whole(unit, drafts[1:2], NOW)
    assert caught.value.findings[0].row == 1
    assert "was refused: 1 of 1, first credit_unknown." in caught.value.message
    with opened.begin(caller="test") as unit:
        assert house.accounts.post_whole(unit, drafts[:1], NOW) == 1
        assert house.accounts.post_whole(unit, [*drafts[:1], move("new", "bank", "a", 1)], NOW) == 1


def test_expiry_moves_all_that_is_free_of_what_is_over_to_the_account_for_it(opened, house, locks):
    ends = HOUR + timedelta(hours=1)
    with opened.begin(caller="test") as unit:
        drafts = [move("x", "site", "h", AMOUNT_MAX, period=HOUR), move("y", "site", "h", 3, period=HOUR),
                  move("z", "site", "i", 1, period=HOUR)]  # fmt: skip
        assert house.accounts.post_whole(unit, drafts, NOW) == 3
        locks.clear()
        assert refused(NotFoundError, house.accounts.expire, unit, "none", ends)[0] == "asset_unknown"
        code, message = refused(NotFoundError, house.accounts.expire, unit, "fen", ends)
        assert (code, message.endswith("was none: fen.")) == ("expired_account_missing", True)
        assert house.accounts.expire(unit, "a100@gui", ends) == (Outcome.CREATED,) * 2
        # One transfer holds no more than this; the rest goes the next time, under another id.
        assert house.accounts.expire(unit, "a100@gui", ends) == (Outcome.CREATED,)
        assert house.accounts.expire(unit, "a100@gui", later(10**9)) == ()
    assert set(locks) == {"log"}
    with opened.read() as unit:
        swept = list(house.accounts.transfers(unit))[3:]
    assert sorted((one.debit, one.amount) for one in swept) == [("h", 3), ("h", AMOUNT_MAX), ("i", 1)]
    assert {(one.credit, one.action, one.reason, one.period, one.at) for one in swept} == {
        ("over", Action.EXPIRE, "expired", HOUR, ends)
    }
    mark = sha256(f"i {HOUR} 1".encode()).hexdigest()[:32]
    assert f"expiry/{mark}" in {one.transfer_id for one in swept}


def test_the_check_tells_leaves_that_hold_another_transfer_or_none(opened, house, monkeypatch):
    with opened.begin(caller="test") as unit:
        house.accounts.post(unit, [move("x", "bank", "a", 5), move("y", "a", "b", 5)], NOW)
    first, second = (leaf for leaf in range(len(ASSETS) + len(ACCOUNTS), len(ASSETS) + len(ACCOUNTS) + 2))

    def found():
        with opened.read() as unit:
            return [(one.row, one.column, one.rule, one.message) for one in house.accounts.check(unit)]

    assert found() == []
    read = house.log.leaves
    monkeypatch.setattr(house.log, "leaves", lambda unit, **more: [*read(unit, **more)][:1])
    assert found() == [(2, "leaf", "leaf_differs", f"Leaf {second} must be the transfer y, was not.")]
    monkeypatch.setattr(house.log, "leaves", lambda unit, **more: [*read(unit, **more), replace(read(unit)[0], seq=99)])
    assert found() == [(0, "leaf", "leaf_differs", "Leaf 99 must have its transfer, was gone.")]
    monkeypatch.setattr(
        house.log, "leaves", lambda unit, **more: [replace(one, digest="0") for one in read(unit, **more)]
    )
    assert [one[:3] for one in found()] == [(1, "leaf", "leaf_differs"), (2, "leaf", "leaf_differs")]
    assert f"Leaf {first} must be the transfer x, was not." in found()[0][3]


def test_a_statement_ends_with_the_newest_checkpoint(opened, house):
    with opened.begin(caller="test") as unit:
        house.accounts.post(unit, [move("x", "bank", "a", 5), move("w", "bank", "b", 5)], NOW)
        house.log.checkpoint(unit, SIGNER, NOW)
        house.accounts.post(unit, [move("y", "a", "b", 2)], NOW)
        made = house.accounts.statement(unit, "a")
        assert refused(NotFoundError, house.accounts.statement, unit, "none")[0] == "account_unknown"
        (leaf,) = unit.execute(sa.select(TRANSFER.c.leaf).where(TRANSFER.c.transfer_id == "x")).scalars()
        assert made.lines[0].proof == house.log.proof(unit, leaf)
        (opened_at,) = house.log.find(unit, account_record(ACCOUNTS[1]))
        assert made.proof == house.log.proof(unit, opened_at.seq)
    assert [one.transfer.transfer_id for one in made.lines] == ["x"]
    assert (made.account, made.balances[None].posted) == (ACCOUNTS[1], 5)


def test_claims_leave_leaves_and_trail_and_take_the_lock_of_the_log(opened, house, locks):
    more = replace(DAY, extent_id="more")
    with opened.begin(caller="test") as unit:
        assert house.claims.open_extents(unit, [DAY, more], later(1)) == 2
        assert not house.claims.open_extent(unit, DAY, later(2))
        assert set(locks) == {"log"}
        locks.clear()
        one, two = claim("x", (0, 10)), claim("y", (10, 20))
        assert house.claims.claim(unit, [one, two], later(3)) == 2
        assert set(locks) == {"log"}
        locks.clear()
        assert house.claims.claim(unit, [one, claim("z", (20, 21))], later(4)) == 1
        assert house.claims.release_all(unit, ["y", "x"], later(5)) == 2
        assert set(locks) == {"log"}
        assert not house.claims.release(unit, "x", later(6))
    assert leaves(opened, house, "extent") == [(digest(extent_record(one)), later(1)) for one in (DAY, more)]
    assert leaves(opened, house, "claim") == [
        (digest(claim_record(one)), at)
        for one, at in ((one, later(3)), (two, later(3)), (claim("z", (20, 21)), later(4)))
    ]
    assert leaves(opened, house, "claim_release") == [
        (digest(release_record(name, later(5))), later(5)) for name in ("y", "x")
    ]
    assert trail(opened, "extent_opened", "claimed", "claim_released") == [
        ("extent_opened", "cards", later(1), {"count": 2}),
        ("claimed", "x", later(3), {"count": 2}),
        ("claimed", "z", later(4), {"count": 1}),
        ("claim_released", "y", later(5), {"count": 2}),
    ]


def test_claims_that_are_refused_say_which(opened, house):
    with opened.begin(caller="test") as unit:
        house.claims.open_extent(unit, DAY, NOW)
        strange = [replace(DAY, extent_id=name, asset_id=name) for name in ("zz", "none")]
        code, message = refused(NotFoundError, house.claims.open_extents, unit, strange, NOW)
        assert (code, message.endswith("was not: none.")) == ("asset_unknown", True)
        for change, field in (
            ({"claim_id": ""}, "claim_id"),
            ({"holder": ""}, "holder"),
            ({"purpose": "A"}, "purpose"),
        ):
            with pytest.raises(QipanError) as caught:
                house.claims.claim(unit, [replace(claim("x", (0, 1)), **change)], NOW)
            assert (caught.value.code, caught.value.field) == ("name_unfit", field)
        assert refused(RuleBrokenError, house.claims.claim, unit, [claim("x", (0, 0))], NOW)[0] == "claim_empty"
        assert refused(RuleBrokenError, house.claims.claim, unit, [claim("x", (0, 101))], NOW)[0] == "claim_outside"
        assert house.claims.claim(unit, [claim("x", (0, 1))], NOW) == 1
        other = [claim("x", (0, 1)), claim("y", (5, 6)), claim("x", (0, 2))]
        code, message = refused(ConflictError, house.claims.claim, unit, other, NOW)
        assert (code, message.endswith("was another: x.")) == ("claim_taken", True)
        twice = [claim("v", (5, 6)), claim("w", (6, 7)), claim("w", (6, 7))]
        assert refused(ConflictError, house.claims.claim, unit, twice, NOW)[1].endswith("was another: w.")
        assert house.claims.claim(unit, [], NOW) == 0
    code, message = refused(NotFoundError, lambda: claimed_nowhere(opened, house))
    assert (code, message.endswith("was not: nowhere.")) == ("extent_unknown", True)


def claimed_nowhere(opened, house):
    with opened.begin(caller="test") as unit:
        house.claims.claim(unit, [replace(claim("x", (0, 1)), extent_id="nowhere")], NOW)


def test_claims_are_found_by_extent_holder_purpose_and_name(opened, house):
    more = replace(DAY, extent_id="more")
    with opened.begin(caller="test") as unit:
        house.claims.open_extents(unit, [DAY, more], NOW)
        some = [claim("x", (0, 1)), replace(claim("y", (0, 1)), extent_id="more"),
                replace(claim("z", (1, 2)), holder="west", purpose="sold")]  # fmt: skip
        assert house.claims.claim(unit, some, NOW) == 3
        assert house.claims.release(unit, "x", later(1))

        def names(**wanted):
            return {one.claim_id for one in house.claims.standing(unit, **wanted)}

        assert names() == {"y", "z"}
        assert names(extent_ids=["cards"]) == {"z"}
        assert names(holder="east") == {"y"}
        assert names(purposes=["sold"]) == {"z"}
        assert names(names=["x", "y"]) == {"y"}
        assert {one.claim_id for one in house.claims.claims(unit, "cards")} == {"x", "z"}
        assert {one.claim_id for one in house.claims.claims(unit, "cards", standing_only=True)} == {"z"}
