"""Who holds what: read out of claims, and changed by claims and transfers together.

Every Wh of an issuance is in exactly one claim that stands; its holder and purpose say who has it and what for. What
moves is released, cut, and claimed anew; transfers of accounts move the same Wh by month.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from qipan.accounts.model.claim import Claim
from qipan.accounts.model.posting import EXPIRED, ISSUED, RETIRED, Account, Action, Asset, AssetKind, Draft
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.certificates.admit import REGISTRY
from qipan.certificates.bundle import mark_bundles
from qipan.certificates.expire import VALID_MONTHS
from qipan.certificates.model.certificate import Holding, Issuance, Part, State
from qipan.certificates.model.month import Month
from qipan.certificates.select import by_month, remains
from qipan.certificates.statement import ISSUANCE
from qipan.certificates.store import registry as store
from qipan.storage.books import UnitOfWork

# Accounts count from the end of a period, certificates from its start.
CERTIFICATE: Final = Asset("gec", AssetKind.CERTIFICATE_MONTH, lifetime_months=VALID_MONTHS - 1)
"""What is issued: Wh by the month in which they were made."""

BUNDLING: Final = "bundling/"
"""Begins the extents that say which bundle Wh of an issuance are in; those of `ISSUANCE` say who holds them."""

_ISSUED: Final = Account(f"{REGISTRY}/gec", REGISTRY, CERTIFICATE.asset_id, ISSUED, floor=None)
_EXPIRED: Final = Account(f"{REGISTRY}/gec/expired", REGISTRY, CERTIFICATE.asset_id, EXPIRED)
_STATES: Final = frozenset(state.value for state in State)


def claim_id(request_id: str, number: int) -> str:
    """Return the id of the claim that a request makes of a part."""
    return f"gec/{request_id}/{number}"


def account(holder: str, state: State) -> Account:
    """Return the account that what a holder has in a state is counted in."""
    match state:
        case State.WITHDRAWN:
            return _ISSUED
        case State.EXPIRED:
            return _EXPIRED
        case State.RETIRED:
            return Account(f"{holder}/gec/retired", holder, CERTIFICATE.asset_id, RETIRED)
        case State.ALLOCATED:
            return Account(f"{holder}/gec/allocated", holder, CERTIFICATE.asset_id, "allocated")
        case State.HELD:
            return Account(f"{holder}/gec", holder, CERTIFICATE.asset_id, "held")


class Holdings:
    """What holders have, and how it moves."""

    def __init__(self, accounts: Accounts, claims: Claims) -> None:
        self._accounts = accounts
        self._claims = claims

    def found(
        self,
        unit: UnitOfWork,
        *,
        holder: str | None = None,
        states: Collection[State] | None = None,
        issuance_ids: Collection[str] | None = None,
    ) -> list[Holding]:
        """Return holdings, cut where bundles begin and end; of what is named, if anything is."""
        claims = self._claims.standing(
            unit,
            holder=holder,
            purposes=_STATES if states is None else [state.value for state in states],
            extent_ids=None if issuance_ids is None else [ISSUANCE + name for name in issuance_ids],
        )
        ours = [one for one in claims if one.extent_id.startswith(ISSUANCE)]
        names = {one.extent_id.removeprefix(ISSUANCE) for one in ours}
        issuances = store.issuances(unit, names)
        return mark_bundles((_holding(one, issuances) for one in ours), self._bundled(unit, names))

    def issue(
        self, unit: UnitOfWork, request_id: str, holder: str, issuances: Sequence[Issuance], now: datetime
    ) -> None:
        """Give all Wh of new issuances to a holder; their extents are open."""
        whole = [(holder, State.HELD, Part(one.issuance_id, 0, one.wh)) for one in issuances]
        self._claim(unit, request_id, whole, {one.issuance_id: one for one in issuances}, now)
        made = [
            Holding(Part(one.issuance_id, 0, one.wh), holder, State.HELD, one.device_id, one.start, one.end, "")
            for one in issuances
        ]
        moves = {(account("", State.WITHDRAWN), account(holder, State.HELD), month): wh
                 for month, wh in by_month(made).items()}  # fmt: skip
        self._post(unit, request_id, "certificate_issued", moves, now)

    def move(
        self,
        unit: UnitOfWork,
        request_id: str,
        moved: Sequence[Holding],
        state: State,
        now: datetime,
        *,
        holder: str | None = None,
        reason: str,
    ) -> None:
        """Give parts to a holder in a state; each becomes one claim, numbered from 1 in their order.

        Parameters
        ----------
        holder
            ``None`` for who has them.
        """
        taken: dict[str, list[Part]] = {}
        for one in moved:
            taken.setdefault(one.claim_id, []).append(one.part)
        parts = [(holder or one.holder, state, one.part) for one in moved]
        for before in self._claims.standing(unit, names=list(taken)):
            part = Part(before.extent_id.removeprefix(ISSUANCE), before.unit_start, before.unit_end)
            left = remains(part, taken[before.claim_id])
            parts += [(before.holder, State(before.purpose), one) for one in left]
        self._claims.release_all(unit, list(taken), now)
        self._claim(unit, request_id, parts, store.issuances(unit, {part.issuance_id for *_, part in parts}), now)
        moves: dict[tuple[Account, Account, Month], int] = {}
        for one in moved:
            key = (account(one.holder, one.state), account(holder or one.holder, state), one.month)
            moves[key] = moves.get(key, 0) + one.wh
        self._post(unit, request_id, reason, moves, now)

    def _claim(
        self,
        unit: UnitOfWork,
        request_id: str,
        parts: Sequence[tuple[str, State, Part]],
        issuances: Mapping[str, Issuance],
        now: datetime,
    ) -> None:
        """Claim parts for their holders, numbered from 1."""
        claims = [
            Claim(
                claim_id(request_id, number),
                ISSUANCE + part.issuance_id,
                holder,
                state.value,
                part.unit_start,
                part.unit_end,
                issuances[part.issuance_id].start,
                issuances[part.issuance_id].end,
                is_final=state.is_final,
            )
            for number, (holder, state, part) in enumerate(parts, start=1)
        ]
        self._claims.claim(unit, claims, now)

    def _bundled(self, unit: UnitOfWork, names: Iterable[str]) -> dict[str, list[tuple[Part, str]]]:
        """Return by issuance which parts are in which bundle."""
        found: dict[str, list[tuple[Part, str]]] = {}
        for one in self._claims.standing(unit, extent_ids=[BUNDLING + name for name in names]):
            name = one.extent_id.removeprefix(BUNDLING)
            found.setdefault(name, []).append((Part(name, one.unit_start, one.unit_end), one.holder))
        return found

    def _post(
        self,
        unit: UnitOfWork,
        request_id: str,
        reason: str,
        moves: dict[tuple[Account, Account, Month], int],
        now: datetime,
    ) -> None:
        for one in dict.fromkeys(one for debit, credit, _ in moves for one in (debit, credit)):
            self._accounts.open_account(unit, one, now)
        drafts = [
            Draft(
                transfer_id=f"gec/{request_id}/{number}",
                action=Action.EXPIRE if credit == _EXPIRED else Action.MOVE,
                debit=debit.account_id,
                credit=credit.account_id,
                amount=wh,
                period=month.start,
                linked=number < len(moves),
                reason=reason,
                reference=request_id,
            )
            for number, ((debit, credit, month), wh) in enumerate(moves.items(), start=1)
        ]
        self._accounts.post_whole(unit, drafts, now)


def _holding(claim: Claim, issuances: dict[str, Issuance]) -> Holding:
    issuance = issuances[claim.extent_id.removeprefix(ISSUANCE)]
    part = Part(issuance.issuance_id, claim.unit_start, claim.unit_end)
    return Holding(
        part,
        claim.holder,
        State(claim.purpose),
        issuance.device_id,
        issuance.start,
        issuance.end,
        claim.claim_id,
    )
