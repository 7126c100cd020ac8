"""What stands in the log behind a transfer of certificates: the request that it came of."""

from __future__ import annotations

from qipan.accounts.model.posting import Transfer
from qipan.certificates.record import request_record
from qipan.certificates.store import registry as store
from qipan.storage.books import UnitOfWork


def behind(unit: UnitOfWork, transfer: Transfer) -> tuple[bytes, ...]:
    """Return the request that a transfer came of; nothing where it is not of certificates."""
    if not transfer.transfer_id.startswith("gec/"):
        return ()
    return tuple(map(request_record, store.requests(unit, [transfer.reference]).values()))
