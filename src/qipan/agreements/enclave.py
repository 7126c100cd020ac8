"""Split one event of an enclave over regions: all its items by the same dated table, none counted twice."""

from __future__ import annotations

from qipan.agreements.model.enclave import Event, Split
from qipan.agreements.model.sharing import SharingTable
from qipan.agreements.share import share


def split(event: Event, table: SharingTable) -> Split:
    """Return what of an event stands in each region's books; of every item the parts add up to the event.

    Raises
    ------
    RuleBrokenError
        ``table_not_yet`` for a day before the table.

    Examples
    --------
    >>> from datetime import date
    >>> from decimal import Decimal
    >>> from qipan.agreements.model.enclave import Item
    >>> from qipan.agreements.model.sharing import Shares
    >>> even = SharingTable((Shares(date(2027, 1, 1), {"640000": Decimal("0.5"), "310000": Decimal("0.5")}),))
    >>> split(Event("2027-park", date(2027, 12, 31), {Item.TAX: 101}), even).parts["640000"][Item.TAX]
    51
    """
    shares = table.on(event.day)
    shared = {item: share(amount, shares) for item, amount in event.amounts.items()}
    parts = {party: {item: parts[party] for item, parts in shared.items()} for party in shares.parts}
    return Split(event.event_id, event.day, shares.holds_from, parts)
