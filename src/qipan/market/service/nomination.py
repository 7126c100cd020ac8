"""Members certify sites, nominate what they supply, and offer to buy in what others did not nominate.

A word on supply is kept before it is answered, and is a leaf of the log; the last word on an hour counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from qipan.kernel.errors import ConflictError, Finding, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.market.admit import check_signed, check_site, check_supply
from qipan.market.cover import certified_cards, free_lots
from qipan.market.deliver import gate_of, nominate
from qipan.market.fulfil import hours, lacking, nominated, owed, said, usable_cards
from qipan.market.model.contract import CARDS_PER_LOT, Instrument, Tenor, Window
from qipan.market.model.delivery import Nomination, SiteStep, Supply
from qipan.market.model.product import BankDeposit
from qipan.market.record import SUPPLY_KIND, supply_leaf, supply_record
from qipan.market.service.trading import Trading, lock_of
from qipan.market.store import book as books
from qipan.market.store import clearing as days
from qipan.market.store import delivery as store
from qipan.market.store import product as store_of_products
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Nominating:
    """Which sites supply what was sold, hour by hour."""

    def __init__(self, trading: Trading, log: Log) -> None:
        self._trading = trading
        self._log = log

    def certify_site(self, unit: UnitOfWork, step: SiteStep, now: datetime) -> None:
        """Enter a step of what a member has certified at a site; the last word on an hour counts.

        Raises
        ------
        BadInputError
            ``site_step_unfit``.
        NotFoundError
            ``member_unknown``.
        """
        check_site(step)
        self._trading.member(unit, step.member)
        store.insert_site(unit, step)
        record_action(unit, "site_certified", step.member, now, site=step.site_id, cards=step.cards)

    def supply(self, unit: UnitOfWork, supply: Supply, now: datetime, signature: str = "") -> bool:
        """Enter a nomination, or a buy-in where a price is named; ``False`` if the very same stands already.

        Raises
        ------
        BadInputError
            ``supply_unfit``.
        NotFoundError
            ``member_unknown``, ``book_unknown``.
        NotAllowedError
            ``request_forged``.
        ConflictError
            ``supply_differs`` where another word stands under its id.
        RuleBrokenError
            ``window_too_long`` for weeks and months; ``call_unmet``; ``delivery_allocated``; of nominations
            ``gate_closed``, ``nomination_above_owed``, ``nomination_above_certified``; of buy-ins ``gate_open``,
            ``buy_in_above_lacking``, ``buy_in_uncertified``, ``nomination_above_certified``.
        """
        unit.lock(lock_of(supply.instrument))
        unit.lock(f"market/cover/{supply.member}")
        ware = self._trading.listing(unit, supply.instrument).instrument
        check_supply(supply, ware.window)
        supply = replace(supply, start=in_utc(supply.start), end=in_utc(supply.end))
        check_signed(supply_record(supply), supply.supply_id, self._trading.member(unit, supply.member), signature)
        stands = store.supply(unit, supply.supply_id)
        if stands is not None:
            if stands != supply:
                raise _differs(supply)
            return False
        if supply.instrument in store.allocations(unit):
            raise RuleBrokenError(
                f"A supply must be told before its book is allocated, was after: {supply.instrument}.",
                code="delivery_allocated",
                hint="Nothing changes any more; tell what fails when the window is over.",
            )
        check_deliverable(ware)
        if supply.fen_per_card_h is None:
            self._check_nomination(unit, supply, ware, now)
        else:
            self._check_buy_in(unit, supply, ware, now)
        store.insert_supply(unit, supply, at=in_utc(now), signature=signature)
        self._log.append(unit, SUPPLY_KIND, supply_leaf(supply, signature), now)
        return True

    def sites(self, unit: UnitOfWork, member: str | None = None) -> tuple[SiteStep, ...]:
        """Return what is certified at sites, of a member if one is named, as it was entered."""
        return store.certified_sites(unit, member)

    def supplies(self, unit: UnitOfWork, instrument: str) -> tuple[Supply, ...]:
        """Return the words on a book in their order."""
        return store.supplies(unit, instrument=instrument)

    def lacking(self, unit: UnitOfWork, instrument: str) -> dict[datetime, dict[str, int]]:
        """Return what each seller of a book owes and did not nominate yet, in lots by hour.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        """
        window = self._trading.listing(unit, instrument).instrument.window
        positions, words = self._positions(unit, instrument), store.supplies(unit, instrument=instrument)
        return {hour: lacking(positions, words, hour) for hour in hours(window.start, window.end)}

    # --- how it is done -------------------------------------------------------------------------------------------

    def _positions(self, unit: UnitOfWork, instrument: str) -> dict[str, int]:
        return {one.member: one.position for one in self._trading.exposures(unit, instrument=instrument)}

    def _check_nomination(self, unit: UnitOfWork, supply: Supply, ware: Instrument, now: datetime) -> None:
        words = store.supplies(unit, instrument=supply.instrument)
        owing = owed(self._positions(unit, supply.instrument))
        barred = {*days.calls(unit), *days.defaults(unit)}
        promised = self._promised(unit, supply, ware)
        for hour in hours(supply.start, supply.end):
            asked = Nomination(supply.member, supply.site_id, supply.lots, in_utc(now))
            nominate(
                asked,
                nominated(words, hour, in_utc(now)),
                gate=gate_of(ware.window),
                owed_lots=owing.get(supply.member, 0),
                site_cards=promised[hour],
                called=barred,
            )

    def _check_buy_in(self, unit: UnitOfWork, supply: Supply, ware: Instrument, now: datetime) -> None:
        if in_utc(now) < gate_of(ware.window):
            raise RuleBrokenError(
                f"A buy-in must come after the gate closes at {gate_of(ware.window)}, was {now}.",
                code="gate_open",
                hint="Until then sellers may still nominate.",
            )
        if supply.member in {*days.calls(unit), *days.defaults(unit)}:
            raise RuleBrokenError(
                f"Who delivers must have met all calls of margin, was {supply.member}.",
                code="call_unmet",
                hint="Meet the call first.",
            )
        words = store.supplies(unit, instrument=supply.instrument)
        positions, promised = self._positions(unit, supply.instrument), self._promised(unit, supply, ware)
        for hour in hours(supply.start, supply.end):
            gaps = lacking(positions, words, hour)
            others = [
                one.lots
                for one in said(words, hour)
                if one.fen_per_card_h is not None and (one.member, one.site_id) != (supply.member, supply.site_id)
            ]
            free = sum(gaps.values()) - sum(others)
            if supply.lots > free or (supply.member in gaps and supply.lots):
                raise RuleBrokenError(
                    f"A buy-in must replace lots that others did not nominate, {free} at {hour}, was {supply.lots} of "
                    f"{supply.member}.",
                    code="buy_in_above_lacking",
                    hint="See what is lacking with qipan market deliver owed.",
                )
            if supply.lots * CARDS_PER_LOT > promised[hour]:
                raise RuleBrokenError(
                    f"A nomination must fit into the {promised[hour]} cards certified at {supply.site_id}, "
                    f"was {supply.lots} lots.",
                    code="nomination_above_certified",
                    hint="Nominate other sites for the rest.",
                )
            if supply.lots > self._unpromised(unit, supply, ware, hour):
                raise RuleBrokenError(
                    f"Lots that are bought in must be certified and promised to no book, was {supply.lots} at {hour}.",
                    code="buy_in_uncertified",
                    hint="Take cover away from books where it is not sold, or certify more.",
                )

    def _promised(self, unit: UnitOfWork, supply: Supply, ware: Instrument) -> Mapping[datetime, int]:
        """Return the cards of the site that the member has not promised to other words, by hour."""
        steps = store.sites(unit, supply.member, supply.site_id, ware.card_class, ware.hub_id)
        is_own = supply.fen_per_card_h is None
        others = [
            one
            for one in store.supplies(unit, member=supply.member)
            if one.site_id == supply.site_id
            and (one.instrument, one.fen_per_card_h is None) != (supply.instrument, is_own)
            and _same(one.instrument, ware)
        ]
        lent = store_of_products.deposits(unit)
        return {
            hour: usable_cards(steps, hour) - _cards_said(others, hour) - _cards_lent(lent, supply, ware, hour)
            for hour in hours(supply.start, supply.end)
        }

    def free_cards(self, unit: UnitOfWork, member: str, ware: Instrument, site_id: str) -> int:
        """Return the cards of a site that a member has certified for an hour and promised to nobody."""
        window = ware.window
        steps = store.sites(unit, member, site_id, ware.card_class, ware.hub_id)
        words = [
            one for one in store.supplies(unit, member=member) if one.site_id == site_id and _same(one.instrument, ware)
        ]
        asked = Supply("", member, ware.name, site_id, window.start, window.end, 0)
        lent = _cards_lent(store_of_products.deposits(unit), asked, ware, window.start)
        return usable_cards(steps, window.start) - _cards_said(words, window.start) - lent

    @staticmethod
    def _unpromised(unit: UnitOfWork, supply: Supply, ware: Instrument, hour: datetime) -> int:
        """Return the lots that the member has certified at the hub in an hour and promised to nobody."""
        one_hour = Window(hour, Tenor.HOUR)
        granted = [
            (Instrument.named(one.instrument).window, one.granted_lots)
            for one in books.exposures(unit, member=supply.member)
            if _same(one.instrument, ware)
        ]
        granted += [
            (one_hour, one.lots)
            for name in {one.instrument for one in store.supplies(unit, member=supply.member)}
            if _same(name, ware)
            for one in said(store.supplies(unit, instrument=name), hour)
            if one.member == supply.member
            and one.fen_per_card_h is not None
            and (one.instrument, one.site_id) != (supply.instrument, supply.site_id)
        ]
        steps = books.certifications(unit, supply.member, ware.card_class, ware.hub_id)
        return free_lots(certified_cards(steps, one_hour), hour, granted, one_hour)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold words on supply against the log.

        Rules: ``supply_differs``.
        """
        return tuple(
            Finding(0, "supply_id", "supply_differs", f"{one.supply_id} must stand in the log, was not.")
            for one, signature in store.signed_supplies(unit)
            if not self._log.find(unit, supply_leaf(one, signature))
        )


def check_deliverable(ware: Instrument) -> None:
    """Refuse a window that is longer than a day.

    Raises
    ------
    RuleBrokenError
        ``window_too_long``.
    """
    if ware.window.tenor not in {Tenor.DAY, Tenor.HOUR}:
        raise RuleBrokenError(
            f"What is delivered must be a day or an hour, was {ware.name}.",
            code="window_too_long",
            hint="Cascade it into shorter windows with qipan market deliver cascade.",
        )


def _cards_said(words: Collection[Supply], hour: datetime) -> int:
    """Return the cards that words of one member on one site promise in an hour."""
    names = {one.instrument for one in words}
    return CARDS_PER_LOT * sum(
        one.lots for name in names for one in said([word for word in words if word.instrument == name], hour)
    )


def _cards_lent(lent: Collection[BankDeposit], supply: Supply, ware: Instrument, hour: datetime) -> int:
    """Return the cards of the site that the member has in the compute bank in an hour."""
    return sum(
        one.card_h
        for one in lent
        if (one.member, one.site_id) == (supply.member, supply.site_id)
        and _same(one.instrument, ware)
        and Instrument.named(one.instrument).window.start == hour
    )


def _same(instrument: str, ware: Instrument) -> bool:
    other = Instrument.named(instrument)
    return (other.card_class, other.hub_id) == (ware.card_class, ware.hub_id)


def _differs(supply: Supply) -> ConflictError:
    return ConflictError(
        f"An id must name one supply for good, was {supply.supply_id} with other content.",
        code="supply_differs",
        hint="Give a new word a new id; the last one on an hour counts.",
    )
