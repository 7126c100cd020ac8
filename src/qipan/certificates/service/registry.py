"""The registry: devices and rows of use are entered, requests sent, what is held is looked at and proved.

One writer at a time: a lock on PostgreSQL, the single writer of SQLite. That nothing is issued, held, bundled or
covered twice is kept by the engine, which refuses claims that overlap. A request and all that follows from it is one
commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.certificates.admit import check_device, check_request_id
from qipan.certificates.balance import balance
from qipan.certificates.match import score
from qipan.certificates.model.balance import Share
from qipan.certificates.model.certificate import Holding, State, Usage
from qipan.certificates.model.device import Device
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import Answer, Entered, Expire, Request, Selection, Transfer
from qipan.certificates.model.score import Score
from qipan.certificates.record import DEVICE_KIND, device_record
from qipan.certificates.service.audit import differences
from qipan.certificates.service.entry import LOCK, Entry
from qipan.certificates.service.holdings import CERTIFICATE, Holdings
from qipan.certificates.service.prove import prove
from qipan.certificates.service.requests import Requests, device_extent
from qipan.certificates.service.usages import Usages
from qipan.certificates.statement import Statement
from qipan.certificates.store import registry as store
from qipan.kernel.errors import ConflictError, Finding
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Registry:
    """Who was issued what, who holds it, and which use it covers."""

    def __init__(self, log: Log, accounts: Accounts, claims: Claims) -> None:
        self._log = log
        self._accounts = accounts
        self._claims = claims
        self._holdings = Holdings(accounts, claims)
        self._usages = Usages(log, claims)
        self._entry = Entry(log)
        self._requests = Requests(claims, self._holdings, self._usages)

    # --- what certificates rest on -------------------------------------------------------------------------------

    def enter_device(self, unit: UnitOfWork, device: Device, now: datetime) -> bool:
        """Enter a device; return ``False`` when the very same is there already.

        Raises
        ------
        BadInputError
            ``device_unfit``, ``holder_unfit``.
        ConflictError
            ``device_taken`` when another one has its id.
        """
        check_device(device)
        unit.lock(LOCK)
        stands = store.devices(unit, [device.device_id]).get(device.device_id)
        if stands is not None:
            if stands != device:
                raise ConflictError(
                    f"One device must stand under an id, was another: {device.device_id}.",
                    code="device_taken",
                    hint="Choose another id; a device is never changed.",
                )
            return False
        self._accounts.open_asset(unit, CERTIFICATE, now)
        store.insert_device(unit, device)
        self._claims.open_extent(unit, device_extent(device), now)
        self._log.append(unit, DEVICE_KIND, device_record(device), now)
        record_action(unit, "certificate_device_entered", device.device_id, now, owner=device.owner)
        return True

    def enter_usages(self, unit: UnitOfWork, usages: Sequence[Usage], now: datetime) -> int:
        """Enter rows of use, all or nothing; return how many are new.

        Raises
        ------
        BadInputError
            ``usage_unfit``, ``holder_unfit``.
        ConflictError
            ``usage_taken``.
        """
        unit.lock(LOCK)
        self._accounts.open_asset(unit, CERTIFICATE, now)
        return self._usages.enter(unit, usages, now)

    # --- requests ------------------------------------------------------------------------------------------------

    def send(self, unit: UnitOfWork, request: Request, now: datetime) -> Answer:
        """Carry a request out, whole or not at all; the same again is told the same, and nothing happens.

        Where it is refused, the caller must let it undo the unit of work; its id stays free.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``holder_unfit``, ``production_unfit``, ``selection_unfit``, ``month_unreadable``.
        NotFoundError
            ``device_unknown``, ``usage_unknown``, ``allocation_unknown``, ``issue_unknown``.
        ConflictError
            ``certificate_request_differs`` when another request stands under the id.
        RuleBrokenError
            ``production_outside``, ``production_beyond_capacity``, ``issued_already``, ``certificate_expired``,
            ``month_not_over``, ``certificates_short``, ``bundle_not_whole``, ``certificate_not_traded``,
            ``transfer_to_itself``, ``usage_elsewhere``, ``match_none``, ``beneficiary_other``, ``issue_moved_on``.
        """
        check_request_id(request.request_id)
        return self._entry.enter(unit, request, self._requests.carry_out, now)

    def hand_over(
        self, unit: UnitOfWork, request_id: str, *, holder: str, to: str, selection: Selection, now: datetime
    ) -> int:
        """Hand certificates over as part of another request, and return how many Wh; who calls enters that request.

        Raises
        ------
        QipanError
            As `send` of a transfer.
        """
        wh, _ = self._requests.carry_out(unit, Transfer(request_id, holder, to, selection), now)
        return wh

    def expire(self, unit: UnitOfWork, now: datetime) -> Answer | None:
        """Let all expire whose time is over; ``None`` where nothing is."""
        unit.lock(LOCK)
        over = self._requests.over(unit, now)
        if not over:
            return None
        mark = sha256(" ".join(sorted(one.claim_id for one in over)).encode()).hexdigest()[:24]
        return self._entry.enter(unit, Expire(f"expiry/{mark}"), self._requests.carry_out, now)

    # --- looking -------------------------------------------------------------------------------------------------

    def devices(self, unit: UnitOfWork) -> dict[str, Device]:
        """Return all devices by id."""
        return store.devices(unit)

    def requests(self, unit: UnitOfWork) -> tuple[Entered, ...]:
        """Return the requests in their order."""
        return tuple(store.requests(unit).values())

    def usages(self, unit: UnitOfWork, consumer: str | None = None, month: Month | None = None) -> tuple[Usage, ...]:
        """Return rows of use in the order of their time, of a consumer and a month if they are named."""
        return self._usages.of(unit, consumer, month)

    def holdings(
        self, unit: UnitOfWork, *, holder: str | None = None, states: Sequence[State] | None = None
    ) -> list[Holding]:
        """Return who has what, cut where bundles begin and end; of a holder and in states, if any are named."""
        return self._holdings.found(unit, holder=holder, states=states)

    def score(
        self,
        unit: UnitOfWork,
        consumer: str,
        month: Month | None = None,
        *,
        states: Sequence[State] = (State.RETIRED,),
        grid_share: float = 0.0,
    ) -> Score:
        """Return how green a consumer's use was, by the hour and by the month.

        Parameters
        ----------
        states
            Which of its certificates count.
        grid_share
            Carbon-free share of what the grid delivers, 0 to 1.

        Raises
        ------
        BadInputError
            ``usage_none``, ``grid_share_outside``.
        """
        held = self._holdings.found(unit, holder=consumer, states=states)
        in_month = [one for one in held if month in {None, one.month}]
        return score(in_month, self._usages.of(unit, consumer, month), grid_share)

    def score_over(self, unit: UnitOfWork, consumer: str, first: Month, last: Month) -> Score:
        """Return how green a consumer's use was over some months, both counted; what is retired counts.

        Raises
        ------
        BadInputError
            ``usage_none``.
        """
        held = self._holdings.found(unit, holder=consumer, states=[State.RETIRED])
        usages = self._usages.of(unit, consumer)
        return score(
            [one for one in held if first <= one.month <= last], [one for one in usages if first <= one.month <= last]
        )

    def balance(self, unit: UnitOfWork, month: Month | None = None) -> tuple[Share, ...]:
        """Return what each holder made, sold, bought and may claim, and what of its use is left uncovered.

        Parameters
        ----------
        month
            Only what was made and used in it.
        """
        held = [one for one in self._holdings.found(unit) if month in {None, one.month}]
        usages = self._usages.of(unit, None, month)
        owners = {name: device.owner for name, device in store.devices(unit).items()}
        return balance(held, owners, usages, self._usages.covering_wh(unit, usages))

    def statement(self, unit: UnitOfWork, consumer: str, month: Month | None = None) -> Statement:
        """Return what a consumer used and what is retired for it, of a month if one is named, with all proofs.

        Raises
        ------
        NotFoundError
            ``checkpoint_unknown`` before the first checkpoint of the log; ``leaf_not_found`` where something was
            retired behind the newest one.
        """
        retired = self._holdings.found(unit, holder=consumer, states=[State.RETIRED])
        held = [one for one in retired if month in {None, one.month}]
        usages = self._usages.of(unit, consumer, month)
        return prove(unit, self._log, self._claims, consumer, held=held, usages=usages)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold claims, transfers, requests and the log against each other; nothing when all is well.

        Rules: those of `qipan.certificates.service.audit.differences`.
        """
        return differences(unit, self._log, self._accounts, self._claims, self._holdings)
