"""Serve the positions of a book hour by hour, and say what its delivery comes to.

Buyers pay the last mark ahead for what is reserved for them. Sellers get it for what they supplied. What a seller did
not nominate is bought in as far as others offer it; what it costs above the mark the seller pays, what it costs below
goes to the clearing house. What nobody supplied the buyer does not pay, and the seller pays it what spot is above the
mark. A supplier of a buy-in that fails is not paid. All of it sums to zero, in whole fen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from qipan.kernel.apportion import apportion
from qipan.market.deliver import allocate, buy_in, failed_lots
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Instrument, Window
from qipan.market.model.delivery import (
    Delivery,
    Failure,
    Nomination,
    Outturn,
    Reservation,
    Reserved,
    Supply,
)

Lost = Mapping[tuple[str, str, bool], int]


def hours(start: datetime, end: datetime) -> tuple[datetime, ...]:
    """Return the starts of the hours from start to end."""
    return tuple(start + at * HOUR for at in range((end - start) // HOUR))


def said(supplies: Iterable[Supply], hour: datetime) -> tuple[Supply, ...]:
    """Return the last words on an hour, by member and site; own lots before those that are bought in."""
    told: dict[tuple[bool, str, str], Supply] = {}
    for one in supplies:
        if one.start <= hour < one.end:
            told[one.is_bought_in, one.member, one.site_id] = one
    return tuple(one for _, one in sorted(told.items(), key=lambda pair: pair[0]) if one.lots)


def supplied(positions: Mapping[str, int], supplies: Iterable[Supply], hour: datetime) -> tuple[Supply, ...]:
    """Return the words that count: no more own lots than are owed, and no more bought in than is lacking."""
    left = Counter(owed(positions))
    found = []
    for one in said(supplies, hour):
        is_own = not one.is_bought_in
        lots = min(one.lots, left[one.member] if is_own else left.total())
        if is_own:
            left[one.member] -= lots
        else:
            left[""] -= lots
        if lots:
            found.append(replace(one, lots=lots))
    return tuple(found)


def nominated(supplies: Iterable[Supply], hour: datetime, at: datetime) -> tuple[Nomination, ...]:
    """Return what sellers nominated of their own for an hour."""
    own = (one for one in said(supplies, hour) if not one.is_bought_in)
    return tuple(Nomination(one.member, one.site_id, one.lots, at) for one in own)


def owed(positions: Mapping[str, int]) -> dict[str, int]:
    """Return the lots that sellers owe, by name."""
    return {member: -lots for member, lots in sorted(positions.items()) if lots < 0}


def bought(positions: Mapping[str, int]) -> dict[str, int]:
    """Return the lots that buyers bought, by name."""
    return {member: lots for member, lots in sorted(positions.items()) if lots > 0}


def lacking(positions: Mapping[str, int], supplies: Iterable[Supply], hour: datetime) -> dict[str, int]:
    """Return what each seller owes and did not nominate, by name."""
    return failed_lots(owed(positions), nominated(supplies, hour, hour))


def serve(positions: Mapping[str, int], supplies: Iterable[Supply], hour: datetime) -> tuple[Reservation, ...]:
    """Return who is served at which site in an hour."""
    room: Counter[str] = Counter()
    for one in supplied(positions, supplies, hour):
        room[one.site_id] += one.lots
    return allocate(bought(positions), room) if room else ()


def reserve(
    instrument: Instrument, number: int, positions: Mapping[str, int], supplies: Sequence[Supply]
) -> tuple[Reserved, ...]:
    """Return what is reserved for whom in a window: hours that follow each other alike are one reservation."""
    open_since: dict[tuple[str, str, int], datetime] = {}
    spans: list[tuple[datetime, str, str, int, datetime]] = []
    window = instrument.window
    for hour in (*hours(window.start, window.end), None):
        now = {} if hour is None else {(r.member, r.site_id, r.lots): hour for r in serve(positions, supplies, hour)}
        end = window.end if hour is None else hour
        for key in [key for key in open_since if key not in now]:
            spans.append((open_since.pop(key), *key, end))
        for key in now:
            open_since.setdefault(key, end)
    return tuple(
        Reserved(f"a{number}-{place}", instrument.name, member, site_id, start, end, lots)
        for place, (start, member, site_id, lots, end) in enumerate(sorted(spans), start=1)
    )


def price_fen(reserved: Iterable[Reserved], fen_per_card_h: int) -> dict[str, int]:
    """Return what buyers pay ahead for what is reserved for them, by name."""
    found: Counter[str] = Counter()
    for one in reserved:
        found[one.member] += fen_per_card_h * one.lots * CARDS_PER_LOT * ((one.end - one.start) // HOUR)
    return dict(sorted(found.items()))


def fulfil(
    window: Window, positions: Mapping[str, int], supplies: Sequence[Supply], told: Delivery, *, fen_per_card_h: int
) -> Outturn:
    """Return what the delivery of a book comes to, of which buyers have paid `price_fen` ahead.

    Examples
    --------
    >>> from qipan.market.model.contract import Instrument
    >>> hour = Instrument("h100", "gui", Window.named("2026-03-03T05"))
    >>> supply = Supply("n", "site", hour.name, "north", hour.window.start, hour.window.end, 1)
    >>> told = Delivery(hour.name, (), {hour.window.start: 1300}, {})
    >>> found = fulfil(hour.window, {"firm": 2, "site": -2}, [supply], told, fen_per_card_h=1000)
    >>> found.paid_fen, found.failed_card_h
    ({'firm': 2400, 'site': 5600}, {'site': 8})
    """
    paid: Counter[str] = Counter(dict.fromkeys(positions, 0))
    failed: Counter[str] = Counter()
    unserved: Counter[str] = Counter()
    house = 0
    for hour in hours(window.start, window.end):
        lost = lost_lots(supplied(positions, supplies, hour), told.failures, hour)
        spot = told.spot_fen_per_card_h.get(hour, fen_per_card_h)
        house += _pay_sellers(positions, supplies, lost, hour, mark=fen_per_card_h, spot=spot, paid=paid, failed=failed)
        _pay_buyers(positions, supplies, lost, hour, mark=fen_per_card_h, spot=spot, paid=paid, unserved=unserved)
    return Outturn(dict(sorted(paid.items())), house, _told(failed), _told(unserved))


def short_hours(
    window: Window, positions: Mapping[str, int], supplies: Sequence[Supply], failures: Sequence[Failure]
) -> tuple[datetime, ...]:
    """Return the hours in which some of what is owed did not come, which is paid for at the price on spot."""
    owing = sum(owed(positions).values())
    found = []
    for hour in hours(window.start, window.end):
        told = supplied(positions, supplies, hour)
        if sum(one.lots for one in told) - sum(lost_lots(told, failures, hour).values()) < owing:
            found.append(hour)
    return tuple(found)


def lost_lots(supplies: Iterable[Supply], failures: Iterable[Failure], hour: datetime) -> Lost:
    """Return the lots that were told and did not come, by member, site and whether bought in; own ones first."""
    lost: dict[tuple[str, str, bool], int] = {}
    left: Counter[tuple[str, str]] = Counter()
    for failure in failures:
        if failure.start <= hour < failure.end:
            left[failure.member, failure.site_id] += failure.lots
    for one in supplies:
        place = one.member, one.site_id
        lost[*place, one.is_bought_in] = taken = min(left[place], one.lots)
        left[place] -= taken
    return lost


def missed(reserved: Sequence[Reservation], lost: Lost) -> list[tuple[Reservation, int]]:
    """Return the lots of each reservation of an hour that did not come: those of a site shared out among its holders.

    Examples
    --------
    >>> here = [Reservation("bank", "north", 2), Reservation("firm", "north", 4)]
    >>> [lots for _, lots in missed(here, {("site", "north", False): 3})]
    [1, 2]
    """
    missing: Counter[str] = Counter()
    for (_, site_id, _), lots in lost.items():
        missing[site_id] += lots
    found = []
    for site_id in sorted({one.site_id for one in reserved}):
        here = [one for one in reserved if one.site_id == site_id]
        found += list(zip(here, apportion(missing[site_id], [one.lots for one in here]), strict=True))
    return found


def _pay_sellers(
    positions: Mapping[str, int],
    supplies: Sequence[Supply],
    lost: Lost,
    hour: datetime,
    *,
    mark: int,
    spot: int,
    paid: Counter[str],
    failed: Counter[str],
) -> int:
    """Pay who supplied and charge who failed; return what the clearing house gains."""
    own: Counter[str] = Counter()
    in_lots, in_fen = 0, 0
    for one in supplied(positions, supplies, hour):
        came = one.lots - lost[one.member, one.site_id, one.is_bought_in]
        if one.is_bought_in:
            cost = came * CARDS_PER_LOT * (spot if one.fen_per_card_h is None else one.fen_per_card_h)
            in_lots += came
            in_fen += cost
            paid[one.member] += cost
        else:
            own[one.member] += came
            paid[one.member] += came * CARDS_PER_LOT * mark
    owing = owed(positions)
    gaps = lacking(positions, supplies, hour)
    parts = dict(zip(gaps, apportion(in_lots, list(gaps.values())), strict=True)) if gaps else {}
    costs = dict(zip(gaps, apportion(in_fen, list(parts.values())), strict=True)) if in_lots else {}
    house = 0
    for member, lots in owing.items():
        gap = lots - own[member]
        found = buy_in(
            gap * CARDS_PER_LOT,
            parts.get(member, 0) * CARDS_PER_LOT,
            cost_fen=costs.get(member, 0),
            mark_fen_per_card_h=mark,
            index_fen_per_card_h=spot,
        )
        paid[member] += found.seller_fen
        failed[member] += gap * CARDS_PER_LOT
        house += found.house_fen
    return house


def _pay_buyers(
    positions: Mapping[str, int],
    supplies: Sequence[Supply],
    lost: Lost,
    hour: datetime,
    *,
    mark: int,
    spot: int,
    paid: Counter[str],
    unserved: Counter[str],
) -> None:
    """Pay buyers back what they paid ahead and did not get, and what spot is above the mark for all that lacks."""
    got: Counter[str] = Counter()
    for one, part in missed(serve(positions, supplies, hour), lost):
        got[one.member] += one.lots - part
        paid[one.member] += part * CARDS_PER_LOT * mark
    for member, lots in bought(positions).items():
        gap = (lots - got[member]) * CARDS_PER_LOT
        unserved[member] += gap
        paid[member] += gap * max(spot - mark, 0)


def _told(counted: Mapping[str, int]) -> dict[str, int]:
    return {member: amount for member, amount in sorted(counted.items()) if amount}
