"""Deliver what was traded at a hub, hour by hour: nominations of sites, the gate, allocation, buy-in, use.

Allocation: sellers say before the gate which of their sites supply. Buyers, the largest first, then by name, each take
the site with the least room that holds them whole, else the sites with the most room; ties go by the site's id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from qipan.kernel.apportion import apportion
from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Window
from qipan.market.model.delivery import BuyIn, Nomination, Reservation, Use

CLOSE_BEFORE: Final = timedelta(hours=12)
"""How long before a window the book ends that a cascade opens for it: noon of the day before."""
GATE_BEFORE: Final = timedelta(hours=6)
"""How long before a window its gate closes."""


def gate_of(window: Window) -> datetime:
    """Return the first moment at which nothing is nominated any more.

    Examples
    --------
    >>> gate_of(Window.named("2026-03-03")).isoformat()
    '2026-03-02T10:00:00+00:00'
    """
    return window.start - GATE_BEFORE


def nominate(
    asked: Nomination,
    standing: Sequence[Nomination],
    *,
    gate: datetime,
    owed_lots: int,
    site_cards: int,
    called: Collection[str] = (),
) -> tuple[Nomination, ...]:
    """Return the nominations of an hour with one more; it replaces the member's earlier one of the same site.

    Parameters
    ----------
    standing
        Nominations of the hour so far.
    gate
        First moment at which nothing is nominated any more.
    owed_lots
        What the member sold for the hour.
    site_cards
        Cards that the member certified at the site for the hour, after derating, and promised to nobody; below 0 where
        the certificate was cut since. What is nominated may always become less.
    called
        Members with a call of margin that is not met.

    Raises
    ------
    BadInputError
        ``nomination_negative``.
    RuleBrokenError
        ``gate_closed``; ``call_unmet``; ``nomination_above_owed``; ``nomination_above_certified``.
    """
    if type(asked.lots) is not int or asked.lots < 0:
        raise BadInputError(
            f"A nomination must be a whole number of lots, none of them negative, was {asked.lots!r}.",
            code="nomination_negative",
            hint="Give a whole number of at least 0; 0 takes the nomination back.",
        )
    if asked.at >= gate:
        raise RuleBrokenError(
            f"A nomination must come before the gate closes at {gate}, was {asked.at}.",
            code="gate_closed",
            hint="What is not nominated is bought in on spot.",
        )
    if asked.member in called:
        raise RuleBrokenError(
            f"Who delivers must have met all calls of margin, was {asked.member}.",
            code="call_unmet",
            hint="Meet the call first.",
        )
    kept = [one for one in standing if (one.member, one.site_id) != (asked.member, asked.site_id)]
    elsewhere = sum(one.lots for one in kept if one.member == asked.member)
    before = sum(one.lots for one in standing if (one.member, one.site_id) == (asked.member, asked.site_id))
    # Who owes less than before, as lots were bought back, takes nominations back site by site.
    if asked.lots > before and elsewhere + asked.lots > owed_lots:
        raise RuleBrokenError(
            f"Nominations must not exceed the {owed_lots} lots that {asked.member} owes, was {elsewhere + asked.lots}.",
            code="nomination_above_owed",
            hint="Nominate less, or sell the rest on spot.",
        )
    if asked.lots > before and asked.lots * CARDS_PER_LOT > site_cards:
        raise above_certified(asked.site_id, asked.lots, site_cards)
    return (*kept, asked) if asked.lots else tuple(kept)


def above_certified(site_id: str, lots: int, free_cards: int) -> RuleBrokenError:
    """Return the refusal of more than a site has certified and not promised."""
    return RuleBrokenError(
        f"A nomination must fit into the cards of {site_id} that are certified and promised to nobody, {free_cards}, "
        f"was {lots} lots.",
        code="nomination_above_certified",
        hint="Nominate other sites for the rest.",
    )


def failed_lots(owed_lots: Mapping[str, int], nominated: Sequence[Nomination]) -> dict[str, int]:
    """Return what each seller owes and did not nominate, by name; sellers that fail nothing are left out."""
    told = Counter(owed_lots)
    for one in nominated:
        told[one.member] -= one.lots
    return {member: lots for member, lots in sorted(told.items()) if lots > 0}


def allocate(bought_lots: Mapping[str, int], room_lots: Mapping[str, int]) -> tuple[Reservation, ...]:
    """Return who is served at which site, by member and site.

    Where there is less room than was bought, each buyer is served in proportion, what is left by name.

    Examples
    --------
    >>> [(r.member, r.site_id, r.lots) for r in allocate({"a": 3, "b": 5}, {"north": 4, "south": 5})]
    [('a', 'north', 3), ('b', 'south', 5)]
    """
    members = sorted(bought_lots)
    bought = [bought_lots[member] for member in members]
    served = apportion(min(sum(bought), sum(room_lots.values())), bought)
    room = dict(sorted(room_lots.items()))
    found = []
    for lots, member in sorted(zip((-lots for lots in served), members, strict=True)):
        left = -lots
        while left:
            site_id = _site(room, left)
            taken = min(left, room[site_id])
            found.append(Reservation(member, site_id, taken))
            room[site_id] -= taken
            left -= taken
    return tuple(sorted(found, key=lambda one: (one.member, one.site_id)))


def _site(room: Mapping[str, int], lots: int) -> str:
    """Return the site with the least room that holds all lots, else the one with the most."""
    holding = [site_id for site_id in room if room[site_id] >= lots]
    if holding:
        return min(holding, key=room.__getitem__)
    return max(room, key=room.__getitem__)


def buy_in(
    failed_card_h: int, bought_card_h: int, *, cost_fen: int, mark_fen_per_card_h: int, index_fen_per_card_h: int
) -> BuyIn:
    """Return who pays what for a failed delivery.

    Parameters
    ----------
    bought_card_h, cost_fen
        What could be bought on spot instead, and what it cost in all.
    mark_fen_per_card_h
        Last mark of the contract, up to which variation margin was paid.
    index_fen_per_card_h
        Price of such cards elsewhere: what could not be had is refunded at what this is above the mark.

    Raises
    ------
    BadInputError
        ``buy_in_bad`` where more was bought in than failed, or a number is negative.

    Examples
    --------
    >>> buy_in(80, 60, cost_fen=72_000, mark_fen_per_card_h=1000, index_fen_per_card_h=1300)
    BuyIn(buyer_fen=-54000, spot_fen=72000, seller_fen=-18000, house_fen=0)
    """
    if min(bought_card_h, cost_fen, mark_fen_per_card_h, index_fen_per_card_h) < 0 or bought_card_h > failed_card_h:
        raise BadInputError(
            f"A buy-in must lie between nothing and what failed, no amount negative, was {bought_card_h} card-hours "
            f"of {failed_card_h} for {cost_fen} fen at marks of {mark_fen_per_card_h} and {index_fen_per_card_h}.",
            code="buy_in_bad",
            hint="Give what was bought for this failure alone.",
        )
    due_fen = mark_fen_per_card_h * bought_card_h
    damages_fen = (failed_card_h - bought_card_h) * max(index_fen_per_card_h - mark_fen_per_card_h, 0)
    return BuyIn(
        buyer_fen=damages_fen - due_fen,
        spot_fen=cost_fen,
        seller_fen=-max(cost_fen - due_fen, 0) - damages_fen,
        house_fen=max(due_fen - cost_fen, 0),
    )


def by_hour(fen_by_window: Mapping[str, int]) -> dict[datetime, int]:
    """Return prices that are told by window as prices by the start of the hour; the later of two on an hour counts.

    Raises
    ------
    BadInputError
        ``window_name_bad``.

    Examples
    --------
    >>> prices = by_hour({"2026-03-03": 1400, "2026-03-03T05": 1500})
    >>> len(prices), sorted(set(prices.values()))
    (24, [1400, 1500])
    """
    windows = ((Window.named(name), fen) for name, fen in fen_by_window.items())
    return {window.start + at * HOUR: fen for window, fen in windows for at in range(window.hours)}


def use(reserved_card_s: int, metered_card_s: int) -> Use:
    """Return what of a reservation was used and what was not, and what was used beyond it.

    Examples
    --------
    >>> use(80, 50), use(80, 90)
    (Use(used_card_s=50, unused_card_s=30, beyond_card_s=0), Use(used_card_s=80, unused_card_s=0, beyond_card_s=10))
    """
    used = min(reserved_card_s, metered_card_s)
    return Use(used, reserved_card_s - used, metered_card_s - used)
