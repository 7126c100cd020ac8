"""Members certify sites, nominate what they supply, and offer to buy in what others did not nominate.

A word on supply is kept before it is answered, and is a leaf of the log; the last word on an hour counts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from qipan.kernel.errors import ConflictError, Finding, RuleBrokenError
from qipan.kernel.time import Interval, in_utc
from qipan.log.service import Log
from qipan.market.admit import check_signed, check_site, check_supply
from qipan.market.deliver import above_certified, gate_of, nominate
from qipan.market.fulfil import hours, lacking, nominated, owed, said, supplied
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Instrument, Tenor
from qipan.market.model.delivery import Nomination, SiteStep, Supply
from qipan.market.record import SUPPLY_KIND, supply_leaf, supply_record
from qipan.market.service import lock
from qipan.market.service.capacity import Holding, free_at_hub, free_at_site
from qipan.market.service.quote import check_priced
from qipan.market.service.trading import Trading
from qipan.market.store import clearing as days
from qipan.market.store import delivery as store
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
        """Enter a nomination, or a buy-in at the prices of the auction; ``False`` if the very same stands already.

        A price is stated only for hours that no cleared auction has priced.

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
            ``buy_in_above_lacking``, ``buy_in_uncertified``, ``nomination_above_certified``, ``spot_unpriced``,
            ``spot_priced``.
        """
        unit.lock(lock.of_book(supply.instrument))
        unit.lock(lock.of_cards(supply.member))
        ware = self._trading.listing(unit, supply.instrument).instrument
        check_supply(supply, ware.window)
        supply = replace(supply, start=in_utc(supply.start), end=in_utc(supply.end))
        check_signed(supply_record(supply), supply.supply_id, self._trading.member(unit, supply.member), signature)
        stands = store.supply(unit, supply.supply_id)
        if stands is not None:
            if stands != supply:
                raise _differs(supply)
            return False
        if store.allocations(unit, [supply.instrument]):
            raise RuleBrokenError(
                f"A supply must be told before its book is allocated, was after: {supply.instrument}.",
                code="delivery_allocated",
                hint="Nothing changes any more; tell what fails when the window is over.",
            )
        check_deliverable(ware)
        if supply.is_bought_in:
            self._check_buy_in(unit, supply, ware, now)
            check_priced(unit, ware, supply)
        else:
            self._check_nomination(unit, supply, ware, now)
        store.insert_supply(unit, supply, at=in_utc(now), signature=signature)
        if supply.fen_per_card_h is not None:
            record_action(unit, "buy_in_price_stated", supply.supply_id, now, fen_per_card_h=supply.fen_per_card_h)
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

    def bought_in(self, unit: UnitOfWork, instrument: str) -> dict[datetime, int]:
        """Return the lots of a book that others supply in the place of sellers who did not nominate, by hour.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        """
        window = self._trading.listing(unit, instrument).instrument.window
        positions, words = self._positions(unit, instrument), store.supplies(unit, instrument=instrument)
        told = {hour: supplied(positions, words, hour) for hour in hours(window.start, window.end)}
        return {hour: sum(one.lots for one in some if one.is_bought_in) for hour, some in told.items()}

    def most_lacking(self, unit: UnitOfWork, instrument: str) -> int:
        """Return the most lots of an hour of a book that nobody supplies, buy-ins counted.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        """
        window = self._trading.listing(unit, instrument).instrument.window
        positions, words = self._positions(unit, instrument), store.supplies(unit, instrument=instrument)
        owing = sum(owed(positions).values())
        told = (supplied(positions, words, hour) for hour in hours(window.start, window.end))
        return max(owing - sum(one.lots for one in some) for some in told)

    # --- how it is done -------------------------------------------------------------------------------------------

    def _positions(self, unit: UnitOfWork, instrument: str) -> dict[str, int]:
        return {one.member: one.position for one in self._trading.exposures(unit, instrument=instrument)}

    def _check_nomination(self, unit: UnitOfWork, supply: Supply, ware: Instrument, now: datetime) -> None:
        words = store.supplies(unit, instrument=supply.instrument)
        owing = owed(self._positions(unit, supply.instrument))
        barred = {*days.calls(unit), *days.defaults(unit)}
        free = _at_site(unit, supply, ware)
        for hour in hours(supply.start, supply.end):
            asked = Nomination(supply.member, supply.site_id, supply.lots, in_utc(now))
            nominate(
                asked,
                nominated(words, hour, in_utc(now)),
                gate=gate_of(ware.window),
                owed_lots=owing.get(supply.member, 0),
                site_cards=free[hour],
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
        positions, free_cards = self._positions(unit, supply.instrument), _at_site(unit, supply, ware)
        at_hub = free_at_hub(unit, _whose(supply, ware), _span(supply), word_besides=supply)
        for hour in hours(supply.start, supply.end):
            gaps = lacking(positions, words, hour)
            bought = [one for one in said(words, hour) if one.is_bought_in]
            place = supply.member, supply.site_id
            before = sum(one.lots for one in bought if (one.member, one.site_id) == place)
            free = sum(gaps.values()) - sum(one.lots for one in bought) + before
            if supply.lots > free or (supply.member in gaps and supply.lots):
                raise RuleBrokenError(
                    f"A buy-in must replace lots that others did not nominate, {free} at {hour}, was {supply.lots} of "
                    f"{supply.member}.",
                    code="buy_in_above_lacking",
                    hint="See what is lacking with qipan market deliver owed.",
                )
            if supply.lots <= before:
                continue
            if supply.lots * CARDS_PER_LOT > free_cards[hour]:
                raise above_certified(supply.site_id, supply.lots, free_cards[hour])
            if supply.lots * CARDS_PER_LOT > at_hub[(hour - supply.start) // HOUR]:
                raise RuleBrokenError(
                    f"Lots that are bought in must be certified and promised to nobody, was {supply.lots} at {hour}.",
                    code="buy_in_uncertified",
                    hint="Take cover or offers back where they are not sold, or certify more.",
                )

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


def _at_site(unit: UnitOfWork, supply: Supply, ware: Instrument) -> dict[datetime, int]:
    """Return the cards of the site that are promised to nobody, by hour."""
    free = free_at_site(unit, _whose(supply, ware), supply.site_id, _span(supply), besides=supply)
    return dict(zip(hours(supply.start, supply.end), free.tolist(), strict=True))


def _whose(supply: Supply, ware: Instrument) -> Holding:
    return Holding(supply.member, ware.card_class, ware.hub_id)


def _span(supply: Supply) -> Interval:
    return Interval(supply.start, supply.end)


def _differs(supply: Supply) -> ConflictError:
    return ConflictError(
        f"An id must name one supply for good, was {supply.supply_id} with other content.",
        code="supply_differs",
        hint="Give a new word a new id; the last one on an hour counts.",
    )
