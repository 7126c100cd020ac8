"""A book is made anew from its requests, and all that follows is held against the books and the log."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from qipan.kernel.errors import Finding
from qipan.market.keep import Kept, outcome
from qipan.market.model.order import Trade
from qipan.market.model.request import Listing
from qipan.market.record import link, read
from qipan.market.store import book as store
from qipan.storage.books import UnitOfWork


def differences(unit: UnitOfWork, listing: Listing, leaves: Collection[str]) -> list[Finding]:
    """Return where the rows of a book are not what its requests lead to, or not in the log.

    Parameters
    ----------
    leaves
        Digests of all requests that the log holds.
    """
    name, kept = listing.instrument.name, Kept(listing)
    found: list[Finding] = []
    traded: list[Trade] = []
    members: set[str] = set()
    for row, one in enumerate(store.requests(unit, name), start=1):
        request = read(one.record)
        payload = link(one.record, number=row, at=one.at, signature=one.signature, before=kept.digest)
        kept.digest = sha256(payload).hexdigest()
        if (kept.digest, row) != (one.digest, one.number) or kept.digest not in leaves:
            told = f"Request {row} of {name} must be linked to those before it and stand in the log, was not."
            return [*found, Finding(row, "digest", "request_differs", told)]
        events = kept.take(request, one.at)
        members |= kept.touched(request, events)
        traded += [event for event in events if isinstance(event, Trade)]
        if outcome(request, events) != (one.state, one.left_lots, one.refusal):
            told = f"The answer to request {row} of {name} must follow from the book, was {one.state}."
            found.append(Finding(row, "state", "answer_differs", told))
    if tuple(traded) != store.trades(unit, name):
        told = f"Trades of {name} must be those that its requests lead to, was not."
        found.append(Finding(0, "sequence", "trade_differs", told))
    if kept.exposures(members) != store.exposures(unit, instrument=name):
        told = f"Exposures in {name} must follow from its requests, was not."
        found.append(Finding(0, "member", "exposure_differs", told))
    return found
