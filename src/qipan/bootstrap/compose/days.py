"""What plans a day is made; it loads the solvers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.adapters import load_reader
from qipan.bootstrap.services import Maker
from qipan.dispatch.sources import links, reservations, substitutes
from qipan.workflows.board import Boards
from qipan.workflows.day import Day

MAKERS: Final[Mapping[str, Maker]] = {
    "boards": lambda services: Boards(
        services.catalog,
        services.observations,
        read_load=load_reader(services.catalog),
        read_reservations=reservations.read,
        read_substitutes=substitutes.read,
        read_links=links.read,
    ),
    "day": lambda services: Day(
        catalog=services.catalog,
        books=services.books,
        observations=services.observations,
        log=services.log,
        ledger=services.ledger,
        dispatch=services.dispatch,
        boards=services.boards,
    ),
}
