"""Extents are opened; parts of them are claimed, each part once, and released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from qipan.accounts.admit import check_extent, check_name, check_purpose
from qipan.accounts.claim import check_claim
from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.record import (
    CLAIM_KIND,
    EXTENT_KIND,
    RELEASE_KIND,
    claim_record,
    extent_record,
    release_record,
)
from qipan.accounts.store import claim as store
from qipan.accounts.store import posting
from qipan.kernel.errors import ConflictError, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Claims:
    """Who has claimed which part of what can be claimed once."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def open_extent(self, unit: UnitOfWork, extent: Extent, now: datetime) -> bool:
        """Enter an extent; return ``False`` when the very same is there already.

        Raises
        ------
        QipanError
            As `open_extents`.
        """
        return self.open_extents(unit, [extent], now) == 1

    def open_extents(self, unit: UnitOfWork, extents: Sequence[Extent], now: datetime) -> int:
        """Enter extents, all or nothing; return how many are new.

        Raises
        ------
        BadInputError
            ``name_unfit``, ``extent_unfit``.
        NotFoundError
            ``asset_unknown``.
        ConflictError
            ``extent_taken`` when another one has the id.
        """
        for extent in extents:
            check_extent(extent)
        unit.lock("log")
        assets = {extent.asset_id for extent in extents}
        unknown = assets - set(posting.assets(unit, assets))
        if unknown:
            raise NotFoundError(
                f"An asset must be entered before it is used, was not: {min(unknown)}.",
                code="asset_unknown",
                hint="Enter it: qipan accounts asset",
            )
        stands = {name: one for name, (_, one) in store.extents(unit, {one.extent_id for one in extents}).items()}
        asked: dict[str, Extent] = {}
        for extent in extents:
            if extent != stands.get(extent.extent_id, asked.setdefault(extent.extent_id, extent)):
                raise ConflictError(
                    f"One extent must stand under an id, was another: {extent.extent_id}.",
                    code="extent_taken",
                    hint="Choose another id; an extent is never changed.",
                )
        new = [extent for name, extent in asked.items() if name not in stands]
        if not new:
            return 0
        store.insert_extents(unit, new)
        self._log.extend(unit, EXTENT_KIND, [extent_record(one) for one in new], now)
        record_action(unit, "extent_opened", new[0].extent_id, now, count=len(new))
        return len(new)

    def claim(self, unit: UnitOfWork, claims: Sequence[Claim], now: datetime) -> int:
        """Claim parts of extents, all or nothing; return how many are new, the very same ones again change nothing.

        Raises
        ------
        BadInputError
            ``name_unfit``.
        NotFoundError
            ``extent_unknown``.
        RuleBrokenError
            ``claim_empty``, ``claim_outside``; ``claim_overlaps`` when some unit is claimed at that time, by another or
            twice in the same call. The books refuse it, whoever writes.
        ConflictError
            ``claim_taken`` when another claim has the id.
        """
        extents = store.extents(unit, {one.extent_id for one in claims})
        for one in claims:
            check_name("claim_id", one.claim_id)
            check_name("holder", one.holder)
            check_purpose(one.purpose)
            if one.extent_id not in extents:
                raise NotFoundError(
                    f"An extent must be opened before it is claimed, was not: {one.extent_id}.",
                    code="extent_unknown",
                    hint="Open the extent first.",
                )
            check_claim(one, extents[one.extent_id][1])
        unit.lock("log")
        stands = store.claims(unit, names={one.claim_id for one in claims})
        new = [one for one in claims if one.claim_id not in stands]
        for one in claims:
            if one.claim_id in stands and stands[one.claim_id][0] != one:
                raise _taken(one.claim_id)
        twice = [name for name, count in Counter(one.claim_id for one in new).items() if count > 1]
        if twice:
            raise _taken(twice[0])
        if not new:
            return 0
        try:
            store.insert_claims(unit, new, {name: number for name, (number, _) in extents.items()})
        except sa.exc.IntegrityError as error:
            raise RuleBrokenError(
                f"A unit must be claimed once at a time, was claimed: {len(new)} claims from {new[0].claim_id} on.",
                code="claim_overlaps",
                hint="Look at what is claimed, and claim what is free. Nothing was claimed.",
            ) from error
        self._log.extend(unit, CLAIM_KIND, [claim_record(one) for one in new], now)
        record_action(unit, "claimed", new[0].claim_id, now, count=len(new))
        return len(new)

    def release(self, unit: UnitOfWork, claim_id: str, now: datetime) -> bool:
        """Release a claim, so that its units can be claimed anew; return ``False`` when it was released before.

        Raises
        ------
        NotFoundError
            ``claim_unknown``.
        RuleBrokenError
            ``claim_final``.
        """
        return self.release_all(unit, [claim_id], now) == 1

    def release_all(self, unit: UnitOfWork, claim_ids: Sequence[str], now: datetime) -> int:
        """Release claims, all or nothing; return how many were not released before.

        Raises
        ------
        NotFoundError
            ``claim_unknown``.
        RuleBrokenError
            ``claim_final``.
        """
        unit.lock("log")
        stands = store.claims(unit, names=claim_ids)
        for claim_id in claim_ids:
            if claim_id not in stands:
                raise NotFoundError(
                    f"A claim must stand before it is released, was not: {claim_id}.",
                    code="claim_unknown",
                    hint="Name the claim as it was made.",
                )
            if stands[claim_id][0].is_final:
                raise RuleBrokenError(
                    f"A claim that is final must never be released, was asked for: {claim_id}.",
                    code="claim_final",
                    hint="What is retired never moves; correct it by what follows, as a dispute decides.",
                )
        standing = [name for name in dict.fromkeys(claim_ids) if stands[name][1] is None]
        if not standing:
            return 0
        store.release(unit, standing, in_utc(now))
        self._log.extend(unit, RELEASE_KIND, [release_record(name, in_utc(now)) for name in standing], now)
        record_action(unit, "claim_released", standing[0], now, count=len(standing))
        return len(standing)

    def claims(self, unit: UnitOfWork, extent_id: str, *, standing_only: bool = False) -> tuple[Claim, ...]:
        """Return the claims of an extent in the order of their units."""
        found = store.claims(unit, extent_ids=[extent_id], standing_only=standing_only)
        return tuple(claim for claim, _ in found.values())

    def standing(
        self,
        unit: UnitOfWork,
        *,
        names: Collection[str] | None = None,
        extent_ids: Collection[str] | None = None,
        holder: str | None = None,
        purposes: Collection[str] | None = None,
    ) -> tuple[Claim, ...]:
        """Return the claims that stand, by extent and in the order of their units; of what is named, if anything is."""
        found = store.claims(
            unit, names=names, extent_ids=extent_ids, holder=holder, purposes=purposes, standing_only=True
        )
        return tuple(claim for claim, _ in found.values())


def _taken(claim_id: str) -> ConflictError:
    return ConflictError(
        f"One claim must stand under an id, was another: {claim_id}.",
        code="claim_taken",
        hint="Choose another id; a claim is never changed.",
    )
