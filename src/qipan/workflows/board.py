"""Set a board up on the terms of a plan, the first time and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol

from qipan.dispatch.board.route import route
from qipan.dispatch.model.board import Board, Link, Rules, Substitute
from qipan.dispatch.model.power import GridLoad
from qipan.dispatch.model.reservation import ReservationIntake
from qipan.dispatch.placement.uphold import valued
from qipan.dispatch.reservation.allot import allot
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, of_file
from qipan.ledger.model.fleet import Fleet
from qipan.observations.service import Observations
from qipan.storage.books import UnitOfWork
from qipan.workflows.backbone import links_of
from qipan.workflows.energy import with_modelled_power
from qipan.workflows.fleet import Setting, rules_of, set_up
from qipan.workflows.request import DayRequest

LOAD = "grid_load"
"""Kind of the batch that holds a file of hourly load."""
RESERVATIONS = "reservations"
"""Kind of the batch that holds a file of reservations."""
WORTH = "worth_fen_per_unit_h"
"""Term of a plan: the values of lost hours by tier, where service was upheld by them."""
SUBSTITUTES = "substitutes"
"""Kind of the batch that holds a table of substitutes."""
LINKS = "links"
"""Kind of the batch that holds a table of links."""
FILES = (LOAD, SUBSTITUTES, LINKS)
"""What a board is laid out with besides its fleet."""
NAMES = "file_names"
"""Term of a plan: how the files of load, reservations, substitutes and links were called, by their kind."""


def _plain_terms(request: DayRequest) -> dict[str, Any]:
    """Return the terms of a plan that are no files."""
    names = ("carbon_yuan_per_t", "carbon_account", "green_share", "outlook_h", "models_power", "grid_load_scale")
    return {name: getattr(request, name) for name in names}


class LoadReader(Protocol):
    """An adapter that turns a file into the load of regions."""

    def __call__(self, data: bytes) -> GridLoad:
        """Read a year of every region."""


class ReservationReader(Protocol):
    """An adapter that turns a file into reservations."""

    def __call__(self, data: bytes) -> ReservationIntake:
        """Read the reservations of a file."""


class SubstitutesReader(Protocol):
    """An adapter that turns a file into substitutes."""

    def __call__(self, data: bytes) -> tuple[Substitute, ...]:
        """Read all of them."""


class LinksReader(Protocol):
    """An adapter that turns a file into links."""

    def __call__(self, data: bytes) -> tuple[Link, ...]:
        """Read all of them."""


def name_of(terms: Mapping[str, Any], kind: str) -> str:
    """Return how a file was called on some terms; older terms name none."""
    return str(terms.get(NAMES, {}).get(kind, kind))


class Boards:
    """Sets boards up; what a plan was made with is kept with it, so that others see the same board."""

    def __init__(
        self,
        catalog: Catalog,
        observations: Observations,
        *,
        read_load: LoadReader,
        read_reservations: ReservationReader,
        read_substitutes: SubstitutesReader,
        read_links: LinksReader,
    ) -> None:
        self._catalog = catalog
        self._observations = observations
        self._read_load = read_load
        self._read_reservations = read_reservations
        self._read_substitutes = read_substitutes
        self._read_links = read_links

    def terms(self, unit: UnitOfWork, request: DayRequest, now: datetime) -> dict[str, Any]:
        """Return the terms of a plan: what it takes, besides jobs and fleet, to plan on the same terms again.

        Files of load, reservations, substitutes and links are archived, and named by their batches.

        Raises
        ------
        BadInputError
            ``grid_load_unreadable``, ``substitutes_unreadable``, ``links_unreadable``; what the adapter of reservations
            refuses; ``rows_bad`` when ``strict`` and one of their rows is bad.
        """
        kept: dict[str, Any] = {LOAD: None, RESERVATIONS: None, SUBSTITUTES: None, LINKS: None}
        kept[NAMES] = {kind: name for kind, name in request.file_names.items() if kind in kept}
        if request.grid_load is not None:
            with of_file(name_of(kept, LOAD)):
                hours = self._read_load(request.grid_load).load_kw.shape[1]
            kept[LOAD] = self._receive(unit, LOAD, request.grid_load, hours, now)
        if request.substitutes is not None:
            with of_file(name_of(kept, SUBSTITUTES)):
                rows = len(self._read_substitutes(request.substitutes))
            kept[SUBSTITUTES] = self._receive(unit, SUBSTITUTES, request.substitutes, rows, now)
        if request.links is not None:
            with of_file(name_of(kept, LINKS)):
                rows = len(self._read_links(request.links))
            kept[LINKS] = self._receive(unit, LINKS, request.links, rows, now)
        if request.reservations is not None:
            with of_file(name_of(kept, RESERVATIONS)):
                kept[RESERVATIONS] = self._receive_reservations(unit, request, now)
        return _plain_terms(request) | kept

    def check(self, request: DayRequest, fleet: Fleet, day: date) -> None:
        """Read the files of a request besides its jobs and lay its board out; nothing is kept.

        Raises
        ------
        BadInputError
            What `terms` and `set_up` refuse; ``reservations_unmet``, ``reservations_over_links``.
        """
        terms = _plain_terms(request) | {NAMES: request.file_names}
        board = self._laid_out(fleet, day, terms, {kind: getattr(request, kind) for kind in FILES}).board
        if request.reservations is not None:
            with of_file(name_of(terms, RESERVATIONS)):
                reserved = self._strictly_read(request)
            self.check_reservations(reserved, board, fleet, terms)

    def links_joining(self, fleet: Fleet) -> tuple[Link, ...]:
        """Return links without a limit that join all places of a fleet, for limits to be written in."""
        return links_of(fleet, self._catalog)

    def set_up(self, unit: UnitOfWork, fleet: Fleet, day: date, terms: Mapping[str, Any]) -> Setting:
        """Return the board of a day on some terms; older terms name no power, substitutes or links.

        Raises
        ------
        BadInputError
            ``fleet_incomplete``, ``load_unknown``, ``links_unconnected``.
        """
        named = {kind: terms.get(kind) for kind in FILES}
        files = {
            kind: None if sequence is None else self._kept(unit, kind, int(sequence))
            for kind, sequence in named.items()
        }
        return self._laid_out(fleet, day, terms, files)

    def _laid_out(
        self, fleet: Fleet, day: date, terms: Mapping[str, Any], files: Mapping[str, bytes | None]
    ) -> Setting:
        names, load = terms.get(NAMES, {}), files[LOAD]
        with of_file(name_of(terms, LOAD)):
            hours = None if load is None else self._read_load(load)
        setting = set_up(
            with_modelled_power(fleet, self._catalog) if terms.get("models_power") else fleet,
            self._catalog,
            day,
            outlook_h=int(terms["outlook_h"]),
            green_share=terms["green_share"],
            load=hours,
            load_scale=float(terms.get("grid_load_scale", 1.0)),
        )
        board = self.with_tables(setting.board, substitutes=files[SUBSTITUTES], links=files[LINKS], names=names)
        return replace(setting, board=board)

    def reservations(self, unit: UnitOfWork, terms: Mapping[str, Any]) -> ReservationIntake:
        """Return the reservations of a plan on some terms; none where nothing was reserved."""
        sequence = terms.get(RESERVATIONS)
        if sequence is None:
            return ReservationIntake((), 0, ())
        return self._read_reservations(self._kept(unit, RESERVATIONS, int(sequence)))

    def check_reservations(
        self, reserved: ReservationIntake, board: Board, fleet: Fleet, terms: Mapping[str, Any]
    ) -> None:
        """Refuse reservations that the board of a plan has no room for.

        Raises
        ------
        BadInputError
            ``reservations_unmet``, ``reservations_over_links``.
        """
        whose, rules = f"fleet {fleet.fleet_id}", self.rules(terms)
        with of_file(name_of(terms, RESERVATIONS)):
            allot(reserved.reservations, board, rules, fleet.zone_name, whose, aside=reserved.findings)

    def read_reservations(self, data: bytes, name: str) -> ReservationIntake:
        """Return the reservations of a file that is not kept.

        Raises
        ------
        BadInputError
            What the adapter refuses.
        """
        with of_file(name):
            return self._read_reservations(data)

    def with_tables(
        self, board: Board, *, substitutes: bytes | None, links: bytes | None, names: Mapping[str, str]
    ) -> Board:
        """Return a board with the substitutes and links of two files.

        Parameters
        ----------
        names
            How the files are called, by what they hold.

        Raises
        ------
        BadInputError
            ``substitutes_unreadable``, ``links_unreadable``, ``links_unconnected``.
        """
        if substitutes is not None:
            with of_file(names.get(SUBSTITUTES, SUBSTITUTES)):
                board = replace(board, substitutes=self._read_substitutes(substitutes))
        if links is not None:
            with of_file(names.get(LINKS, LINKS)):
                board = replace(board, links=route(self._read_links(links), board))
        return board

    def links(self, unit: UnitOfWork, terms: Mapping[str, Any]) -> tuple[Link, ...]:
        """Return the links of a plan on some terms; none where no table was given."""
        sequence = terms.get(LINKS)
        return () if sequence is None else self._read_links(self._kept(unit, LINKS, int(sequence)))

    def rules(self, terms: Mapping[str, Any]) -> Rules:
        """Return the rules of a plan on some terms: with the values of lost hours that it was placed by, if others."""
        price, account = float(terms["carbon_yuan_per_t"]), str(terms["carbon_account"])
        rules = rules_of(self._catalog, carbon_yuan_per_t=price, carbon_account=account)
        return valued(rules, terms[WORTH]) if terms.get(WORTH) else rules

    def _receive(self, unit: UnitOfWork, kind: str, data: bytes, rows: int, now: datetime) -> int:
        return self._observations.receive(unit, source=kind, kind=kind, data=data, now=now, rows=rows).sequence

    def _receive_reservations(self, unit: UnitOfWork, request: DayRequest, now: datetime) -> int:
        intake = self._strictly_read(request)
        return self._observations.receive(
            unit,
            source=RESERVATIONS,
            kind=RESERVATIONS,
            data=request.reservations or b"",
            now=now,
            rows=intake.rows_read,
            findings=intake.findings,
        ).sequence

    def _strictly_read(self, request: DayRequest) -> ReservationIntake:
        """Return the reservations of a request; a strict one with a bad row is refused."""
        intake = self._read_reservations(request.reservations or b"")
        bad = {finding.row for finding in intake.findings if finding.row > 0}
        if request.strict and bad:
            raise BadInputError(
                f"Every reservation must be good in a strict import, was bad in {len(bad)} of {intake.rows_read} rows.",
                code="rows_bad",
                hint="Correct these rows, or leave out --strict to set them aside.",
                findings=intake.findings,
            )
        return intake

    def _kept(self, unit: UnitOfWork, kind: str, sequence: int) -> bytes:
        (receipt,) = self._observations.batches(unit, kind=kind, after=sequence - 1, limit=1)
        return self._observations.data(receipt)
