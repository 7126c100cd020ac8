"""Rows of use, and which of their Wh are covered: each once, as the engine refuses claims that overlap.

A Wh that was made and a Wh that it covers are claimed as a pair: both claims bear the number of the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.service.claims import Claims
from qipan.certificates.admit import check_usage
from qipan.certificates.model.certificate import Holding, Pair, Part, State, Usage
from qipan.certificates.model.month import Month
from qipan.certificates.record import USAGE_KIND, usage_record
from qipan.certificates.select import remains
from qipan.certificates.service.holdings import CERTIFICATE, claim_id
from qipan.certificates.statement import USAGE
from qipan.certificates.store import registry as store
from qipan.kernel.errors import ConflictError, NotFoundError
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


def pair_id(holding_claim: str) -> str:
    """Return the claim on a row of use that is paired with a claim on what was made.

    Examples
    --------
    >>> pair_id("gec/march/7")
    'use/march/7'
    """
    return "use/" + holding_claim.removeprefix("gec/")


class Usages:
    """What was used, and what covers it."""

    def __init__(self, log: Log, claims: Claims) -> None:
        self._log = log
        self._claims = claims

    def enter(self, unit: UnitOfWork, usages: Sequence[Usage], now: datetime) -> int:
        """Enter rows of use, all or nothing; return how many are new.

        Raises
        ------
        BadInputError
            ``usage_unfit``, ``holder_unfit``.
        ConflictError
            ``usage_taken`` where another row stands under an id.
        """
        for one in usages:
            check_usage(one)
        stands = store.usages(unit, {one.usage_id for one in usages})
        new: dict[str, Usage] = {}
        for one in usages:
            if (stands.get(one.usage_id) or new.get(one.usage_id) or one) != one:
                raise ConflictError(
                    f"One row of use must stand under an id, was another: {one.usage_id}.",
                    code="usage_taken",
                    hint="Enter a correction as a row of its own; a row is never changed.",
                )
            if one.usage_id not in stands:
                new[one.usage_id] = one
        if not new:
            return 0
        store.insert_usages(unit, list(new.values()))
        self._claims.open_extents(unit, [_extent(one) for one in new.values()], now)
        self._log.extend(unit, USAGE_KIND, [usage_record(one) for one in new.values()], now)
        record_action(unit, "certificate_usage_entered", next(iter(new)), now, count=len(new))
        return len(new)

    def named(self, unit: UnitOfWork, names: Sequence[str]) -> tuple[Usage, ...]:
        """Return rows of use by their ids.

        Raises
        ------
        NotFoundError
            ``usage_unknown``.
        """
        found = store.usages(unit, names)
        for name in names:
            if name not in found:
                raise NotFoundError(
                    f"A row of use must be entered before it is covered, was not: {name}.",
                    code="usage_unknown",
                    hint="Enter it with qipan certificates usage.",
                )
        return tuple(found[name] for name in dict.fromkeys(names))

    def of(self, unit: UnitOfWork, consumer: str | None, month: Month | None = None) -> tuple[Usage, ...]:
        """Return rows of use in the order of their time, of a consumer and a month if they are named."""
        span = None if month is None else (month.start, month.end)
        return tuple(store.usages(unit, consumer=consumer, span=span).values())

    def covered(self, unit: UnitOfWork, usages: Sequence[Usage]) -> tuple[Claim, ...]:
        """Return the claims on rows of use that stand."""
        return self._claims.standing(unit, extent_ids=[USAGE + one.usage_id for one in usages])

    def covering_wh(self, unit: UnitOfWork, usages: Sequence[Usage]) -> dict[str, int]:
        """Return by consumer how many Wh of rows of use are covered for good."""
        found: dict[str, int] = {}
        for one in self.covered(unit, usages):
            if one.is_final:
                found[one.holder] = found.get(one.holder, 0) + one.unit_end - one.unit_start
        return found

    def free(self, unit: UnitOfWork, usages: Sequence[Usage]) -> dict[str, list[tuple[int, int]]]:
        """Return by row the ranges of its Wh that nothing covers."""
        taken: dict[str, list[Part]] = {}
        for one in self.covered(unit, usages):
            name = one.extent_id.removeprefix(USAGE)
            taken.setdefault(name, []).append(Part(name, one.unit_start, one.unit_end))
        return {
            one.usage_id: [
                (left.unit_start, left.unit_end)
                for left in remains(Part(one.usage_id, 0, one.wh), taken.get(one.usage_id, ()))
            ]
            for one in usages
        }

    def cover(self, unit: UnitOfWork, request_id: str, pairs: Sequence[Pair], now: datetime) -> None:
        """Claim the Wh of rows of use that pairs cover, numbered as what covers them."""
        claims = [
            Claim(
                pair_id(claim_id(request_id, number)),
                USAGE + one.usage.usage_id,
                one.usage.consumer,
                State.ALLOCATED.value,
                one.usage_start,
                one.usage_end,
                one.usage.start,
                one.usage.end,
            )
            for number, one in enumerate(pairs, start=1)
        ]
        self._claims.claim(unit, claims, now)

    def uncover(self, unit: UnitOfWork, holdings: Sequence[Holding], now: datetime) -> None:
        """Release the Wh of rows of use that allocated holdings cover."""
        self._claims.release_all(unit, [pair_id(one.claim_id) for one in holdings], now)

    def retire(self, unit: UnitOfWork, request_id: str, holdings: Sequence[Holding], now: datetime) -> None:
        """Cover for good what allocated holdings cover, numbered in their order."""
        names = [pair_id(one.claim_id) for one in holdings]
        stands = {one.claim_id: one for one in self._claims.standing(unit, names=names)}
        self._claims.release_all(unit, names, now)
        claims = [
            Claim(
                pair_id(claim_id(request_id, number)),
                stands[name].extent_id,
                stands[name].holder,
                State.RETIRED.value,
                stands[name].unit_start,
                stands[name].unit_end,
                stands[name].start,
                stands[name].end,
                is_final=True,
            )
            for number, name in enumerate(names, start=1)
        ]
        self._claims.claim(unit, claims, now)


def _extent(usage: Usage) -> Extent:
    return Extent(USAGE + usage.usage_id, CERTIFICATE.asset_id, usage.wh, usage.start, usage.end)
