"""Hold what is told twice against each other: claims, transfers, issuances, rows of use, requests and the log."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from qipan.accounts.model.claim import Claim
from qipan.accounts.model.posting import Account
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.certificates.match import fits
from qipan.certificates.model.certificate import BUNDLE_WH, Granularity, Holding, State
from qipan.certificates.model.month import Month
from qipan.certificates.record import REQUEST_KIND, request_record
from qipan.certificates.service.holdings import BUNDLING, CERTIFICATE, Holdings, account
from qipan.certificates.service.requests import DEVICE
from qipan.certificates.service.usages import pair_id
from qipan.certificates.statement import USAGE
from qipan.certificates.store import registry as store
from qipan.kernel.errors import Finding
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork


def differences(
    unit: UnitOfWork, log: Log, accounts: Accounts, claims: Claims, holdings: Holdings
) -> tuple[Finding, ...]:
    """Return what does not agree; nothing when all is well.

    Rules: ``request_unlogged``, ``request_lost`` where requests and leaves differ; ``issuance_torn`` where parts are
    not all of an issuance; ``issuance_unclaimed`` where an hour of its device is not claimed for it; ``bundle_torn``
    where a bundle is not 1,000 kWh; ``pair_differs`` where use and what covers it differ; ``account_differs`` where
    claims and balances do.
    """
    held = holdings.found(unit)
    return (
        *_requests(unit, log),
        *_issuances(unit, claims, held),
        *_bundles(unit, claims),
        *_pairs(unit, claims, held),
        *_balances(unit, accounts, held),
    )


def _requests(unit: UnitOfWork, log: Log) -> Iterator[Finding]:
    leaves = [leaf.digest for leaf in log.leaves(unit, kind=REQUEST_KIND)]
    left = set(leaves)
    for row, one in enumerate(store.requests(unit).values(), start=1):
        digest = sha256(request_record(one)).hexdigest()
        if digest not in left:
            told = f"A request must stand in the log, did not: {one.request_id}."
            yield Finding(row, "request_id", "request_unlogged", told, one.request_id)
        left.discard(digest)
    for digest in sorted(left):
        yield Finding(0, "request_id", "request_lost", f"A leaf must have its request, was gone: {digest}.", digest)


def _issuances(unit: UnitOfWork, claims: Claims, held: list[Holding]) -> Iterator[Finding]:
    parts: dict[str, list[Holding]] = {}
    for one in held:
        parts.setdefault(one.part.issuance_id, []).append(one)
    devices = [DEVICE + name for name in store.devices(unit)]
    once = {one.claim_id: one for one in claims.standing(unit, extent_ids=devices)}
    for row, issuance in enumerate(store.issuances(unit).values(), start=1):
        some = sorted(parts.get(issuance.issuance_id, []), key=lambda one: one.part)
        ends = [0, *(one.part.unit_end for one in some)]
        starts = [*(one.part.unit_start for one in some), issuance.wh]
        if ends != starts:
            told = f"Parts must be all {issuance.wh} Wh of {issuance.issuance_id} once, was not."
            yield Finding(row, "wh", "issuance_torn", told, issuance.issuance_id)
        is_withdrawn = {one.state for one in some} == {State.WITHDRAWN}
        claim = once.get(DEVICE + issuance.issuance_id)
        is_claimed = claim is not None and (claim.start, claim.end) == (issuance.start, issuance.end)
        if is_claimed is is_withdrawn:
            told = f"The hour of {issuance.issuance_id} must be claimed while it is not withdrawn, and only then."
            yield Finding(row, "start", "issuance_unclaimed", told, issuance.issuance_id)


def _bundles(unit: UnitOfWork, claims: Claims) -> Iterator[Finding]:
    sums: dict[str, int] = {}
    for one in claims.standing(unit, purposes={"bundled"}):
        if one.extent_id.startswith(BUNDLING):
            sums[one.holder] = sums.get(one.holder, 0) + one.unit_end - one.unit_start
    for row, (name, wh) in enumerate(sorted(sums.items()), start=1):
        if wh != BUNDLE_WH:
            yield Finding(row, "wh", "bundle_torn", f"A bundle must be {BUNDLE_WH} Wh, was {wh}: {name}.", name)


def _pairs(unit: UnitOfWork, claims: Claims, held: list[Holding]) -> Iterator[Finding]:
    usages = store.usages(unit)
    covered: dict[str, Claim] = {
        one.claim_id: one
        for one in claims.standing(unit, purposes={State.ALLOCATED.value, State.RETIRED.value})
        if one.extent_id.startswith(USAGE)
    }
    for row, one in enumerate(held, start=1):
        use = covered.pop(pair_id(one.claim_id), None)
        if use is None:
            if one.state is State.ALLOCATED:
                told = f"What is allocated must cover use, did not: {one.claim_id}."
                yield Finding(row, "claim_id", "pair_differs", told, one.claim_id)
            continue
        usage = usages[use.extent_id.removeprefix(USAGE)]
        same = (use.holder, use.purpose, use.unit_end - use.unit_start) == (one.holder, one.state.value, one.wh)
        if not same or not fits(one, usage, Granularity.MONTH):
            told = f"Use and what covers it must agree in holder, state, Wh and month, did not: {one.claim_id}."
            yield Finding(row, "claim_id", "pair_differs", told, one.claim_id)
    for name in sorted(covered):
        yield Finding(0, "claim_id", "pair_differs", f"Use must be covered by what was made, was not: {name}.", name)


def _balances(unit: UnitOfWork, accounts: Accounts, held: list[Holding]) -> Iterator[Finding]:
    true: dict[tuple[str, Month], int] = {}

    def add(one: Account, month: Month, wh: int) -> None:
        key = (one.account_id, month)
        true[key] = true.get(key, 0) + wh

    for one in held:
        add(account(one.holder, one.state), one.month, one.wh)
        add(account(one.holder, State.WITHDRAWN), one.month, -one.wh)
    names = list(accounts.accounts(unit, asset_id=CERTIFICATE.asset_id))
    told = {
        (name, Month(period)): balance.posted
        for (name, period), balance in accounts.balances(unit, names).items()
        if period is not None
    }
    for key in sorted({*true, *told}):
        if true.get(key, 0) != told.get(key, 0):
            message = f"{key[0]} must have {true.get(key, 0)} Wh of {key[1].name}, was {told.get(key, 0)}."
            yield Finding(0, "balance", "account_differs", message, key[0])
