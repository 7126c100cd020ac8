"""Requests are carried out: each reads what it speaks of, is held to the rules, and moves claims and transfers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.service.claims import Claims
from qipan.certificates.admit import check_holder
from qipan.certificates.bundle import bundle
from qipan.certificates.expire import VALID_MONTHS, expired, is_over
from qipan.certificates.issue import is_tradable, issuances
from qipan.certificates.match import pair
from qipan.certificates.model.certificate import BUNDLE_WH, Holding, Issuance, State
from qipan.certificates.model.device import Device
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import (
    Allocate,
    Bundling,
    Expire,
    Issue,
    Release,
    Request,
    Retire,
    Transfer,
    Withdraw,
)
from qipan.certificates.record import told
from qipan.certificates.select import broken, select
from qipan.certificates.service.entry import Done
from qipan.certificates.service.holdings import BUNDLING, CERTIFICATE, Holdings, claim_id
from qipan.certificates.service.usages import Usages
from qipan.certificates.statement import ISSUANCE
from qipan.certificates.store import registry as store
from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

DEVICE: Final = "device/"
"""Begins the extent of a device: the one certificate that each of its moments may be issued."""

FOREVER: Final = datetime(2200, 1, 1, tzinfo=UTC)


def device_extent(device: Device) -> Extent:
    """Return what can be issued of a device: each moment since its commissioning, once."""
    return Extent(DEVICE + device.device_id, CERTIFICATE.asset_id, 1, device.commissioned, FOREVER)


class Requests:
    """What becomes of requests; who calls holds the lock of the registry."""

    def __init__(self, claims: Claims, holdings: Holdings, usages: Usages) -> None:
        self._claims = claims
        self._holdings = holdings
        self._usages = usages
        self._does: dict[type[Request], Callable[..., Done]] = {
            Issue: self._issue,
            Bundling: self._bundle,
            Transfer: self._transfer,
            Allocate: self._allocate,
            Release: self._release,
            Retire: self._retire,
            Withdraw: self._withdraw,
            Expire: self._expire,
        }

    def carry_out(self, unit: UnitOfWork, request: Request, now: datetime) -> Done:
        """Do what a request asks, whole or not at all.

        Raises
        ------
        QipanError
            As `qipan.certificates.service.registry.Registry.send`.
        """
        return self._does[type(request)](unit, request, now)

    def over(self, unit: UnitOfWork, now: datetime) -> tuple[Holding, ...]:
        """Return what must expire."""
        last = Month.of(now).later(1 - VALID_MONTHS)
        names = list(store.issuances(unit, before=last.start))
        found = self._holdings.found(unit, issuance_ids=names, states={State.HELD, State.ALLOCATED})
        return expired(found, now)

    def _issue(self, unit: UnitOfWork, request: Issue, now: datetime) -> Done:
        device = self._device(unit, request.device_id)
        made = issuances(device, request.productions, request.request_id, now)
        if not made:
            return 0, 0
        once = [
            Claim(
                DEVICE + one.issuance_id, DEVICE + device.device_id, device.owner, "issued", 0, 1, one.start, one.end
            )
            for one in made
        ]  # fmt: skip
        try:
            self._claims.claim(unit, once, now)
        except RuleBrokenError as error:
            if error.code != "claim_overlaps":
                raise
            raise RuleBrokenError(
                f"What a device made must be issued once, was issued for some of {len(made)} rows: {device.device_id}.",
                code="issued_already",
                hint="Leave out what was issued, or withdraw it first. Nothing was issued.",
            ) from error
        store.insert_issuances(unit, made)
        self._claims.open_extents(unit, [_extent(ISSUANCE, one) for one in made], now)
        self._holdings.issue(unit, request.request_id, device.owner, made, now)
        return sum(one.wh for one in made), len(made)

    def _bundle(self, unit: UnitOfWork, request: Bundling, now: datetime) -> Done:
        device, month = self._device(unit, request.device_id), Month.named(request.month)
        if month.end > in_utc(now):
            raise RuleBrokenError(
                f"A month must be over before it is bundled, was to end at {month.end.isoformat()}: {month.name}.",
                code="month_not_over",
                hint="Bundle the month before.",
            )
        held = [
            one
            for one in self._valid(unit, device.owner, now)
            if one.device_id == device.device_id and one.month <= month
        ]
        made = bundle(held, request.request_id)
        names = {part.issuance_id for one in made for part in one.parts}
        found = store.issuances(unit, names)
        claims = [
            Claim(
                f"bundle/{one.bundle_id}/{number}",
                BUNDLING + part.issuance_id,
                one.bundle_id,
                "bundled",
                part.unit_start,
                part.unit_end,
                found[part.issuance_id].start,
                found[part.issuance_id].end,
                is_final=True,
            )
            for one in made
            for number, part in enumerate(one.parts, start=1)
        ]
        if claims:
            self._claims.open_extents(unit, [_extent(BUNDLING, one) for one in found.values()], now)
            self._claims.claim(unit, claims, now)
        return len(made) * BUNDLE_WH, len(made)

    def _transfer(self, unit: UnitOfWork, request: Transfer, now: datetime) -> Done:
        check_holder(request.to)
        selection = request.selection
        if request.to == request.holder:
            raise RuleBrokenError(
                f"Certificates must be handed to somebody else, was to {request.to}.",
                code="transfer_to_itself",
                hint="Name another holder.",
            )
        held = self._valid(unit, request.holder, now)
        tradable = {name for name, device in store.devices(unit).items() if is_tradable(device)}
        asked = {one.device_id for one in held if one.bundle_id and one.bundle_id in selection.bundle_ids}
        asked |= {selection.device_id} - {""}
        if asked - tradable:
            raise RuleBrokenError(
                f"Certificates must be of a device whose certificates are traded, was {min(asked - tradable)}.",
                code="certificate_not_traded",
                hint="Own use, and hydro power from before 2023, can be allocated and retired by its owner.",
            )
        moved = select((one for one in held if one.device_id in tradable), selection, takes_bundled=False)
        self._holdings.move(
            unit, request.request_id, moved, State.HELD, now, holder=request.to, reason="certificate_transfer"
        )
        return _done(moved)

    def _allocate(self, unit: UnitOfWork, request: Allocate, now: datetime) -> Done:
        month = Month.named(request.month)
        usages = (
            self._usages.named(unit, request.usage_ids)
            if request.usage_ids
            else self._usages.of(unit, request.consumer, month)
        )
        strange = [one.usage_id for one in usages if one.consumer != request.consumer or one.month != month]
        if strange:
            raise RuleBrokenError(
                f"Use must be of {request.consumer} in {month.name}, was not: {strange[0]}.",
                code="usage_elsewhere",
                hint="A consumer covers its own use; hand certificates over first.",
            )
        held = [one for one in self._valid(unit, request.consumer, now) if one.month == month]
        pairs = pair(held, usages, self._usages.free(unit, usages), request.by)
        if not pairs:
            raise RuleBrokenError(
                f"Something held must fit use that is not covered, was nothing by the {request.by} in {month.name}.",
                code="match_none",
                hint="See what is held and what is covered with qipan certificates match.",
            )
        moved = [one.holding for one in pairs]
        self._holdings.move(unit, request.request_id, moved, State.ALLOCATED, now, reason="certificate_allocation")
        self._usages.cover(unit, request.request_id, pairs, now)
        return _done(moved)

    def _release(self, unit: UnitOfWork, request: Release, now: datetime) -> Done:
        moved = self._allocated(unit, request.allocation_id, now)
        self._usages.uncover(unit, moved, now)
        self._holdings.move(unit, request.request_id, moved, State.HELD, now, reason="certificate_release")
        return _done(moved)

    def _retire(self, unit: UnitOfWork, request: Retire, now: datetime) -> Done:
        check_holder(request.beneficiary)
        moved: Sequence[Holding]
        if request.allocation_id:
            moved = self._allocated(unit, request.allocation_id, now)
            if {one.holder for one in moved} != {request.holder} or request.beneficiary != request.holder:
                raise RuleBrokenError(
                    f"An allocation must be retired by and for its consumer, was by {request.holder} for "
                    f"{request.beneficiary}: {request.allocation_id}.",
                    code="beneficiary_other",
                    hint="Name the consumer, or release the allocation and retire what is held.",
                )
            self._usages.retire(unit, request.request_id, moved, now)
        else:
            held = self._valid(unit, request.holder, now)
            moved = select(held, request.selection, takes_bundled=True)
            for name in broken(held, moved):
                record_action(unit, "certificate_bundle_broken", name, now, retirement=request.request_id)
        self._holdings.move(
            unit,
            request.request_id,
            moved,
            State.RETIRED,
            now,
            holder=request.beneficiary,
            reason="certificate_retirement",
        )
        return _done(moved)

    def _withdraw(self, unit: UnitOfWork, request: Withdraw, now: datetime) -> Done:
        made = store.issuances(unit, request_id=request.issue_id)
        if not made:
            raise NotFoundError(
                f"Something must have been issued under the request, was nothing: {request.issue_id}.",
                code="issue_unknown",
                hint="Name the request that issued it.",
            )
        owner = self._device(unit, next(iter(made.values())).device_id).owner
        moved = self._holdings.found(unit, issuance_ids=list(made))
        if any(one.holder != owner or one.state is not State.HELD or one.bundle_id for one in moved):
            raise RuleBrokenError(
                f"Only what its owner still holds, in no bundle, must be withdrawn, was moved on: {request.issue_id}.",
                code="issue_moved_on",
                hint="Let it be handed back or released first; what is bundled, retired or expired stays.",
            )
        _check_valid(moved, request.issue_id, now)
        self._holdings.move(unit, request.request_id, moved, State.WITHDRAWN, now, reason="certificate_withdrawal")
        self._claims.release_all(unit, [DEVICE + name for name in made], now)
        return _done(moved)

    def _expire(self, unit: UnitOfWork, request: Expire, now: datetime) -> Done:
        moved = self.over(unit, now)
        allocated = [one for one in moved if one.state is State.ALLOCATED]
        if allocated:
            self._usages.uncover(unit, allocated, now)
        self._holdings.move(unit, request.request_id, moved, State.EXPIRED, now, reason="certificate_expiry")
        return _done(moved)

    def _device(self, unit: UnitOfWork, device_id: str) -> Device:
        found = store.devices(unit, [device_id]).get(device_id)
        if found is None:
            raise NotFoundError(
                f"A device must be entered before its energy is issued, was not: {device_id}.",
                code="device_unknown",
                hint="Enter it with qipan certificates device.",
            )
        return found

    def _valid(self, unit: UnitOfWork, holder: str, now: datetime) -> list[Holding]:
        """Return what somebody holds and may still move."""
        held = self._holdings.found(unit, holder=holder, states={State.HELD})
        return [one for one in held if not is_over(one, now)]

    def _allocated(self, unit: UnitOfWork, allocation_id: str, now: datetime) -> list[Holding]:
        """Return what stands allocated by a request, in the order of its numbers."""
        begins = claim_id(allocation_id, 0)[:-1]
        entered = store.requests(unit, [allocation_id]).get(allocation_id)
        consumer = None if entered is None else told(entered).get("consumer")
        found = [
            one
            for one in self._holdings.found(unit, holder=consumer, states={State.ALLOCATED})
            if one.claim_id.startswith(begins)
        ]
        if consumer is None or not found:
            raise NotFoundError(
                f"An allocation must stand, was none: {allocation_id}.",
                code="allocation_unknown",
                hint="Name the request that allocated; what is released, retired or expired is no allocation any more.",
            )
        _check_valid(found, allocation_id, now)
        return sorted(found, key=lambda one: int(one.claim_id.removeprefix(begins)))


def _extent(begins: str, issuance: Issuance) -> Extent:
    return Extent(begins + issuance.issuance_id, CERTIFICATE.asset_id, issuance.wh, issuance.start, issuance.end)


def _check_valid(moved: Sequence[Holding], request_id: str, now: datetime) -> None:
    if any(is_over(one, now) for one in moved):
        raise RuleBrokenError(
            f"Certificates must be valid while they are moved, was over: request {request_id}.",
            code="certificate_expired",
            hint="Let what is over expire with qipan certificates expire.",
        )


def _done(moved: Sequence[Holding]) -> Done:
    return sum(one.wh for one in moved), len(moved)
