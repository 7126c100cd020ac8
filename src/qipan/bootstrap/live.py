"""Services become what operates a fleet on a real clock."""

from __future__ import annotations

from collections.abc import Mapping

from qipan.bootstrap.services import Services
from qipan.dispatch.model.roll import RollTerms
from qipan.workflows.live import Live


def live(
    services: Services,
    fleet_id: str,
    terms: RollTerms,
    *,
    keeps_reserve: bool = False,
    substitutes: bytes | None = None,
    links: bytes | None = None,
    file_names: Mapping[str, str] | None = None,
) -> Live:
    """Return what operates a fleet on a real clock.

    Parameters
    ----------
    keeps_reserve, substitutes, links
        As `Live` takes them.

    Raises
    ------
    NotFoundError
        ``fleet_unknown``.
    """
    return Live(
        fleet_id,
        terms,
        catalog=services.catalog,
        books=services.books,
        observations=services.observations,
        ledger=services.ledger,
        dispatch=services.dispatch,
        boards=services.boards,
        keeps_reserve=keeps_reserve,
        substitutes=substitutes,
        links=links,
        file_names=file_names,
    )
