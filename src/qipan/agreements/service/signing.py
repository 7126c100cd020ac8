"""Texts of agreements are signed by both parties; what both have signed is in force."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from qipan.accounts.model.claim import Extent
from qipan.accounts.model.posting import ISSUED, Account, Asset, AssetKind
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.agreements.amend import check_amends
from qipan.agreements.model.agreement import ADCODE, Agreement, Pool
from qipan.agreements.model.posted import REVENUE_PARTS, Signed
from qipan.agreements.pay import account, fund_account, memo_account, memo_issued, month_start
from qipan.agreements.pledge import revenue
from qipan.agreements.record import SIGNATURE_KIND, TEXT_KIND, leaf, read, record
from qipan.agreements.store import agreement as store
from qipan.kernel.errors import Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

MONEY: Final = Asset("fen", AssetKind.MONEY)
"""What everything is paid in."""


def lock_of(agreement_id: str) -> str:
    """Return the name of the lock of whoever changes an agreement; it comes before that of the log."""
    return f"agreements/{agreement_id}"


class Signing:
    """Who has signed what; every text and every signature is a leaf of the log."""

    def __init__(self, accounts: Accounts, claims: Claims, log: Log) -> None:
        self._accounts = accounts
        self._claims = claims
        self._log = log

    def sign(self, unit: UnitOfWork, agreement: Agreement, party: str, now: datetime) -> tuple[Signed, bool]:
        """Sign a text for a party; return how it stands, and whether the signature is new.

        Another text than the newest is a new proposal: one that only one party had signed lapses, one in force stays so
        until both have signed the new one. With the second signature its accounts are opened.

        Raises
        ------
        RuleBrokenError
            ``party_foreign`` for a name that is neither buyer nor seller; ``agreement_posted`` where it changes what
            was posted, by now.
        ConflictError
            ``agreement_differs`` where it changes what holds.
        """
        if party not in {agreement.buyer, agreement.seller}:
            raise RuleBrokenError(
                f"An agreement must be signed by its parties {agreement.buyer} and {agreement.seller}, was {party}.",
                code="party_foreign",
                hint="Name the adcode of one of them.",
            )
        name = agreement.agreement_id
        unit.lock(lock_of(name))
        found = self._texts(unit, name)
        is_newest = bool(found) and found[-1].agreement == agreement
        if is_newest and party in found[-1].at:
            return found[-1], False
        in_force = [one for one in found if one.is_in_force]
        if in_force:  # Also with the second signature: months may have been posted since the first.
            check_amends(in_force[-1].agreement, agreement, store.posted_to(unit, name))
        newest = found[-1] if is_newest else self._propose(unit, agreement, len(found) + 1, now)
        store.insert_signature(unit, name, newest.number, party, in_utc(now))
        told: dict[str, int | str] = {
            "agreement": name,
            "number": newest.number,
            "digest": newest.digest,
            "party": party,
        }
        self._log.append(unit, SIGNATURE_KIND, leaf(told, now), now)
        record_action(unit, "agreement_signed", name, now, party=party, number=newest.number)
        signed = Signed(agreement, newest.number, newest.digest, {**newest.at, party: in_utc(now)})
        if signed.is_in_force:
            self._open(unit, agreement, now)
        return signed, True

    def newest(self, unit: UnitOfWork, agreement_id: str) -> Signed:
        """Return the newest text of an agreement.

        Raises
        ------
        NotFoundError
            ``agreement_unknown``.
        """
        found = self._texts(unit, agreement_id)
        if not found:
            raise NotFoundError(
                f"An agreement must be on record, was not: {agreement_id}.",
                code="agreement_unknown",
                hint="List those that are with: qipan agreements list; a new one is on record once a party signs it.",
            )
        return found[-1]

    def in_force(self, unit: UnitOfWork, agreement_id: str) -> Signed:
        """Return the newest text that both parties have signed.

        Raises
        ------
        NotFoundError
            ``agreement_unknown``.
        RuleBrokenError
            ``agreement_unsigned``.
        """
        newest = self.newest(unit, agreement_id)
        found = [one for one in self._texts(unit, agreement_id) if one.is_in_force]
        if not found:
            raise RuleBrokenError(
                f"An agreement must be signed by both parties, was by {', '.join(newest.at)}: {agreement_id}.",
                code="agreement_unsigned",
                hint="Let the other party sign the same file.",
            )
        return found[-1]

    def text(self, unit: UnitOfWork, agreement_id: str, number: int) -> Signed:
        """Return a text by its number."""
        return self._texts(unit, agreement_id)[number - 1]

    def all(self, unit: UnitOfWork) -> tuple[Signed, ...]:
        """Return the newest text of each agreement."""
        names = dict.fromkeys(read(told).agreement_id for _, told, _ in store.texts(unit))
        return tuple(self.newest(unit, name) for name in names)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold every text against its digest and the log; nothing when all is well. Rule: ``text_differs``."""
        return tuple(
            Finding(
                0, "record", "text_differs", f"A text must be what was signed and logged, was not: {digest}.", digest
            )
            for _, told, digest in store.texts(unit)
            if sha256(told.encode()).hexdigest() != digest or not self._log.find_digest(unit, digest)
        )

    def _texts(self, unit: UnitOfWork, agreement_id: str) -> list[Signed]:
        return [
            Signed(read(told), number, digest, store.signatures(unit, agreement_id, number))
            for number, told, digest in store.texts(unit, agreement_id)
        ]

    def _propose(self, unit: UnitOfWork, agreement: Agreement, number: int, now: datetime) -> Signed:
        told = record(agreement)
        digest = sha256(told.encode()).hexdigest()
        store.insert_text(unit, agreement.agreement_id, number, record=told, digest=digest, now=in_utc(now))
        self._log.append(unit, TEXT_KIND, told.encode(), now)
        return Signed(agreement, number, digest, {})

    def _open(self, unit: UnitOfWork, agreement: Agreement, now: datetime) -> None:
        """Open the accounts that an agreement needs, and what of its revenue can be pledged; what is open stays."""
        self._accounts.open_asset(unit, MONEY, now)
        parties = {agreement.buyer: None, agreement.seller: None}
        for table in agreement.tables.values():
            for one in table.versions:
                parties |= dict.fromkeys(one.parts)
        for party in parties:
            self._accounts.open_account(unit, Account(account(party), party, MONEY.asset_id, "agreements"), now)
        for taker in dict.fromkeys(one.taker for terms in agreement.versions for one in terms.contributions):
            fund = Account(fund_account(taker), taker, MONEY.asset_id, "industry_transfer_fund")
            self._accounts.open_account(unit, fund, now)
        if Pool.ENCLAVE in agreement.tables:
            regions = dict.fromkeys(party for one in agreement.tables[Pool.ENCLAVE].versions for party in one.parts)
            for region in filter(ADCODE.fullmatch, regions):
                self._open_memo(unit, region, now)
        start, end = month_start(agreement.start), month_start(agreement.end)
        extent = Extent(revenue(agreement.agreement_id), MONEY.asset_id, REVENUE_PARTS, start, end)
        self._claims.open_extent(unit, extent, now)

    def _open_memo(self, unit: UnitOfWork, region: str, now: datetime) -> None:
        asset = Asset(f"memo/{region}", AssetKind.MEMO, place=region)
        self._accounts.open_asset(unit, asset, now)
        for made in (
            Account(memo_issued(region), "statistics", asset.asset_id, ISSUED, floor=None),
            Account(memo_account(region), region, asset.asset_id, "statistics"),
        ):
            self._accounts.open_account(unit, made, now)
