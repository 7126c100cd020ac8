"""Books with a settlement that can be disputed, and users who open, answer and decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from tests.accounts.made import NOW, move

from qipan.access.model import Duty, Role
from qipan.access.service import Access
from qipan.accounts.model.dispute import Answer, Decision, Opening, Withdrawal
from qipan.accounts.model.posting import Account, Asset, AssetKind
from qipan.accounts.service.disputes import Disputes
from qipan.accounts.service.posting import Accounts
from qipan.log.note import SIGNS, Signer
from qipan.log.service import Log

WINDOW = timedelta(days=30)
SIGNER = Signer("qipan/test", SIGNS, bytes(32))
OWNERS = {"bank": "bank", "a": "a", "b": "b", "c": "c", "through": "house"}
ACCOUNTS = tuple(
    Account(name, owner, "fen", "cash", floor=None if name == "bank" else 0) for name, owner in OWNERS.items()
)
FUND = [move(f"fund-{name}", "bank", name, 1000) for name in "abc"]
SETTLED = [
    move("s/a", "a", "through", 300, linked=True),
    move("s/b", "b", "through", 100, linked=True),
    move("s/c", "through", "c", 400),
]
"""What a and b pay passes through the house to c."""
FEE = move("fee", "a", "b", 50)
WHOLE = {"s/a": 300, "s/c": 300}
"""What a decision corrects of a's part, on both sides."""
MANDATES = {
    "ann": (Duty.TRADER, "a"),
    "bob": (Duty.TRADER, "b"),
    "cat": (Duty.SITE, "c"),
    "clerk": (Duty.CLEARING, ""),
    "auditor": (Duty.AUDITOR, ""),
}


@dataclass
class Court:
    """The services of a test."""

    log: Log
    accounts: Accounts
    access: Access
    disputes: Disputes


def court_in(books):
    """Return services over books in which a settlement and a fee were posted."""
    log = Log()
    accounts, access = Accounts(log), Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = Court(log, accounts, access, Disputes(accounts, access, log, window=WINDOW))
    with books.begin(caller="test") as unit:
        accounts.open_asset(unit, Asset("fen", AssetKind.MONEY), NOW)
        for account in ACCOUNTS:
            accounts.open_account(unit, account, NOW)
        accounts.post_whole(unit, [*FUND, *SETTLED, FEE], NOW)
        for name, (duty, party) in MANDATES.items():
            access.create_user(unit, name, password="four unrelated words", role=Role.VIEWER, now=NOW)
            access.grant(unit, name, duty, NOW, party=party)
        access.create_user(unit, "nobody", password="four unrelated words", role=Role.VIEWER, now=NOW)
    return made


def opening(dispute_id="d-1", party="a", by="ann", transfers=("s/a",), ground="The price was another.", **more):
    return Opening(dispute_id=dispute_id, party=party, by=by, transfer_ids=transfers, ground=ground, **more)


def answer(dispute_id="d-1", party="c", by="cat", words="It was that price."):
    return Answer(dispute_id=dispute_id, party=party, by=by, words=words)


def withdrawal(dispute_id="d-1", by="ann", words="It was a slip."):
    return Withdrawal(dispute_id=dispute_id, by=by, words=words)


def decision(amounts=None, dispute_id="d-1", by="auditor", words="The log shows it."):
    return Decision(dispute_id=dispute_id, by=by, words=words, amounts=amounts or {})


def do(books, ask, act, now=NOW):
    with books.begin(caller="test") as unit:
        return ask(unit, act, now)
