"""What stands in the log behind a payment of an agreement: its text, and the bill."""

from __future__ import annotations

from qipan.accounts.model.posting import Transfer
from qipan.agreements.record import leaf
from qipan.agreements.store import agreement as store
from qipan.storage.books import UnitOfWork


def behind(unit: UnitOfWork, transfer: Transfer) -> tuple[bytes, ...]:
    """Return the text that a month was billed under, and the bill; nothing where a transfer is no such bill."""
    kind, *rest = transfer.transfer_id.split("/")
    if kind != "bill" or transfer.reason != "agreement_bill" or len(rest) < 2:
        return ()
    name = rest[0]
    texts = {number: record for number, record, _ in store.texts(unit, name)}
    found: list[bytes] = []
    for one in store.bills(unit, name):
        month = one.bill.month
        if f"{month:%Y-%m}" != rest[1]:
            continue
        told: dict[str, int | str] = {
            "agreement": name,
            "month": str(month),
            "due_fen": one.bill.due_fen,
            "number": one.number,
        }
        found += [texts[one.number].encode(), leaf(told, store.billed(unit, name, month))]
    return tuple(found)
