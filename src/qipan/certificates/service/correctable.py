"""How much of a transfer of certificates or quota a correction may take back: nothing, since claims rest on it."""

from __future__ import annotations

from qipan.accounts.model.posting import Transfer
from qipan.storage.books import UnitOfWork


def correctable(_: UnitOfWork, transfer: Transfer) -> int:
    """Return how much of a transfer may go back: all where it came of no request for certificates or quota."""
    return 0 if transfer.transfer_id.startswith(("gec/", "quota/")) else transfer.amount
