"""Make the statement of a consumer: find what was entered of each retired part, and prove it."""

from __future__ import annotations

from collections.abc import Sequence

from qipan.accounts.model.claim import Claim
from qipan.accounts.record import claim_record
from qipan.accounts.service.claims import Claims
from qipan.certificates.model.certificate import Holding, Usage
from qipan.certificates.record import request_record, usage_record
from qipan.certificates.service.usages import pair_id
from qipan.certificates.statement import Line, Proved, Statement
from qipan.certificates.store import registry as store
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork


def prove(
    unit: UnitOfWork, log: Log, claims: Claims, consumer: str, *, held: Sequence[Holding], usages: Sequence[Usage]
) -> Statement:
    """Return the statement of what is retired for a consumer, in the order of its time, beside what it used."""
    ordered = sorted(held, key=lambda one: (one.start, one.part))
    # A claim that lies in two bundles is one part here.
    names = list(dict.fromkeys(one.claim_id for one in ordered))
    found = {one.claim_id: one for one in claims.standing(unit, names=[*names, *map(pair_id, names)])}
    issues = {one.claim_id: one.part.issuance_id.rpartition("/")[0] for one in ordered}
    entered = store.requests(unit, set(issues.values()))

    def proved(payload: bytes) -> Proved:
        leaf = log.find(unit, payload)[0]
        return Proved(payload.decode(), log.proof(unit, leaf.seq))

    def of_claim(claim: Claim | None) -> Proved | None:
        return None if claim is None else proved(claim_record(claim))

    lines = tuple(
        Line(issues[name], proved(claim_record(found[name])), of_claim(found.get(pair_id(name)))) for name in names
    )
    made = {name: proved(request_record(one)) for name, one in entered.items()}
    return Statement(consumer, made, lines, tuple(proved(usage_record(one)) for one in usages))
