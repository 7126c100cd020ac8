"""What carries plans out, runs on, answers the grid and studies what could be is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.adapters import engine_of, no_file
from qipan.bootstrap.files import read_prospect
from qipan.bootstrap.services import Maker
from qipan.workflows.follow import Following
from qipan.workflows.respond import Responding
from qipan.workflows.roll import Rolling
from qipan.workflows.study import Studies

MAKERS: Final[Mapping[str, Maker]] = {
    "following": lambda services: Following(
        boards=services.boards,
        books=services.books,
        ledger=services.ledger,
        dispatch=services.dispatch,
        collection=services.collection,
        engine=engine_of,
    ),
    "rolling": lambda services: Rolling(
        catalog=services.catalog,
        books=services.books,
        ledger=services.ledger,
        dispatch=services.dispatch,
        boards=services.boards,
    ),
    "responding": lambda services: Responding(
        catalog=services.catalog,
        books=services.books,
        ledger=services.ledger,
        dispatch=services.dispatch,
        boards=services.boards,
    ),
    "studies": lambda services: Studies(
        books=services.books,
        observations=services.observations,
        day=services.day,
        rolling=services.rolling,
        read_prospect=lambda data: read_prospect(data, no_file, services.settings.facts),
    ),
}
