"""What members, books and requests must be before they are entered."""

from __future__ import annotations

import re
from typing import Final

from qipan.accounts.model.posting import AMOUNT_MAX
from qipan.kernel.errors import BadInputError, NotAllowedError
from qipan.log.note import is_signed, parted, verifier_of
from qipan.market.model.auction import Auction, Network
from qipan.market.model.contract import HOUR, Window
from qipan.market.model.delivery import SiteStep, Supply
from qipan.market.model.order import MOST_FEN_PER_CARD_H, MOST_LOTS, Entry, Order, Refusal
from qipan.market.model.request import Cancel, Certification, Cover, Listing, Member, Request, id_of
from qipan.market.model.voucher import Programme
from qipan.market.record import record, signed_text
from qipan.market.refuse import refuse

MOST_CARDS: Final = MOST_LOTS * 8
BASIS_POINTS: Final = 10_000
WHOLE: Final = 100
HOUSE: Final = "market"
"""Name of the clearing house; no member bears it."""

_MEMBER = re.compile(r"[a-z0-9][a-z0-9._-]{0,19}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
_WARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def check_member(member: Member) -> None:
    """Refuse a member whose name or key cannot be used.

    Raises
    ------
    BadInputError
        ``member_unfit``; ``key_line_malformed``.
    """
    if not _MEMBER.fullmatch(member.member_id) or member.member_id == HOUSE:
        raise BadInputError(
            f"A member's name must be 1 to 20 small letters, figures and . _ -, not {HOUSE}, was {member.member_id!r}.",
            code="member_unfit",
            hint="Choose a name as east-1.",
        )
    if member.key:
        verifier_of(member.key)


def check_listing(listing: Listing) -> None:
    """Refuse terms of a book that secure nothing or name nothing.

    Raises
    ------
    BadInputError
        ``listing_unfit``.
    """
    ware = listing.instrument
    is_named = _WARE.fullmatch(ware.card_class) and _WARE.fullmatch(ware.hub_id)
    if not is_named or not 1 <= listing.margin_fen_per_card_h <= MOST_FEN_PER_CARD_H:
        raise BadInputError(
            f"A book must name class and hub in letters, figures and . _ -, and a margin of 1 to {MOST_FEN_PER_CARD_H} "
            f"fen a card-hour, was {ware.name} with {listing.margin_fen_per_card_h}.",
            code="listing_unfit",
            hint="Take the margin from a price history, or state one of at least 1 fen.",
        )


def check_certification(step: Certification) -> None:
    """Refuse a step of certified capacity that is no count of cards from a full hour on.

    Raises
    ------
    BadInputError
        ``certification_unfit``.
    """
    start = step.start
    is_hour = start.tzinfo is not None and not (start.minute or start.second or start.microsecond)
    if type(step.cards) is not int or not 0 <= step.cards <= MOST_CARDS or not is_hour:
        raise BadInputError(
            f"A step must be 0 to {MOST_CARDS} cards from a full hour with its zone on, was {step.cards} from {start}.",
            code="certification_unfit",
            hint="Give whole cards and a start as 2026-03-01T00:00:00+08:00.",
        )


def is_id(name: str) -> bool:
    """Tell whether a member may use a name for what it asks: at most 40 letters, figures, dots and dashes."""
    return _ID.fullmatch(name) is not None


def check_id(name: str) -> None:
    """Refuse an id that nobody may give: those with a stroke are the clearing house's own.

    Raises
    ------
    BadInputError
        ``request_id_malformed``.
    """
    if not is_id(name):
        raise _malformed(name)


def check_site(step: SiteStep) -> None:
    """Refuse a step of what is certified at a site that is no count of cards from a full hour on.

    Raises
    ------
    BadInputError
        ``site_step_unfit``.
    """
    start = step.start
    is_hour = start.tzinfo is not None and not (start.minute or start.second or start.microsecond)
    is_named = all(_WARE.fullmatch(name) for name in (step.site_id, step.card_class, step.hub_id))
    is_count = type(step.cards) is int and 0 <= step.cards <= MOST_CARDS and 0 <= step.derating_percent <= WHOLE
    if not (is_hour and is_named and is_count):
        raise BadInputError(
            f"What a site has must be 0 to {MOST_CARDS} cards from a full hour on, of which 0 to 100 % are kept back, "
            f"was {step.cards} of {step.card_class} at {step.site_id} from {start}, {step.derating_percent} %.",
            code="site_step_unfit",
            hint="Give whole cards, a start as 2026-03-01T00:00:00+08:00, and the names of the books.",
        )


def check_supply(supply: Supply, window: Window) -> None:
    """Refuse a word on supply that does not name lots, hours of the window and a price that could be.

    Raises
    ------
    BadInputError
        ``supply_unfit``.
    """
    fen = 0 if supply.fen_per_card_h is None else supply.fen_per_card_h
    is_count = type(supply.lots) is int and 0 <= supply.lots <= MOST_LOTS
    is_priced = type(fen) is int and 0 <= fen <= MOST_FEN_PER_CARD_H
    is_named = _ID.fullmatch(supply.supply_id) and _WARE.fullmatch(supply.site_id)
    is_aware = supply.start.tzinfo is not None and supply.end.tzinfo is not None
    is_inside = is_aware and window.start <= supply.start < supply.end <= window.end
    is_whole = is_inside and not any((at - window.start) % HOUR for at in (supply.start, supply.end))
    if not (is_count and is_priced and is_named and is_whole):
        raise BadInputError(
            f"A supply must be 0 to {MOST_LOTS} lots in whole hours of {window.name}, at a price of at most "
            f"{MOST_FEN_PER_CARD_H} fen if it has one, was {supply.lots} lots from {supply.start} until {supply.end} "
            f"at {fen} fen under {supply.supply_id!r}.",
            code="supply_unfit",
            hint="Leave out the hours to mean the whole window; 0 lots take a nomination back.",
        )


def check_request(request: Request) -> None:
    """Refuse a request that no book could keep; its id stays free.

    Raises
    ------
    BadInputError
        ``request_id_malformed``, ``cover_malformed``; ``order_negative``, ``order_out_of_grid``.
    """
    name = id_of(request)
    check_id(name)
    if isinstance(request, Cancel) and len(request.order_id) > 100:
        raise _malformed(name)
    if isinstance(request, Cover) and (type(request.lots) is not int or not 0 < abs(request.lots) <= MOST_LOTS):
        raise BadInputError(
            f"Cover must be a whole number of lots, at most {MOST_LOTS} and not 0, was {request.lots!r}.",
            code="cover_malformed",
            hint="Give lots to bring, or below 0 to take away.",
        )
    if isinstance(request, Order):
        flaw = _form(request)
        if flaw is not None:
            raise refuse(flaw, request)


def check_bid(request: Order | Cancel) -> None:
    """Refuse a request that no auction could keep; its id stays free.

    Raises
    ------
    BadInputError
        ``request_id_malformed``; ``order_negative``, ``order_out_of_grid``; ``bid_unfit``.
    """
    check_request(request)
    if isinstance(request, Order) and (request.entry, request.is_whole, request.good_until) != (
        Entry.STANDING,
        False,
        None,
    ):
        raise BadInputError(
            f"A bid or offer must stand until its auction and may be filled in parts, was otherwise: {id_of(request)}.",
            code="bid_unfit",
            hint="Leave out entry, whole and until; an auction awards in whole lots, in proportion.",
        )


def check_auction(auction: Auction) -> None:
    """Refuse terms of an auction that name nothing, close too late, or do not fit together.

    Raises
    ------
    BadInputError
        ``auction_unfit``.
    """
    must = _flaw(auction)
    if must:
        raise BadInputError(
            f"The terms of an auction must fit together: {must}, was otherwise in {auction.name}.",
            code="auction_unfit",
            hint="Correct what is named; docs/spot.md has an example.",
        )


def _flaw(auction: Auction) -> str:
    """Return what must hold of an auction and does not; empty where all is well."""
    net = auction.network
    count = len(net.hubs)
    sizes = [len(net.capacity_lots), len(net.share)]
    grids = [net.transfer_fen_per_card_h, *net.share]
    rules = {
        "a class of 1 to 20 letters, figures and . _ -": bool(_SHORT.fullmatch(auction.card_class)),
        "a gate with its zone, at the start of the day or before": auction.gate.tzinfo is not None
        and auction.gate <= auction.window.start,
        "a fee of 0 to 10000 basis points": 0 <= auction.fee_bp <= BASIS_POINTS,
        "at least one hub, each named once": count > 0
        and len(set(net.hubs)) == count
        and all(_WARE.fullmatch(hub) for hub in net.hubs),
        "a figure for each link and pair of hubs": set(sizes) <= {len(net.links)}
        and all(len(grid) == count and all(len(row) == count for row in grid) for grid in grids),
    }
    broken = [must for must, holds in rules.items() if not holds]
    return broken[0] if broken else _network_flaw(net)


def _network_flaw(net: Network) -> str:
    most = MOST_FEN_PER_CARD_H
    rules = {
        f"prices of carriers of 0 to {most} whole fen, none within a hub": all(
            type(fen) is int and 0 <= fen <= most and (fen == 0 or start != end)
            for start, row in enumerate(net.transfer_fen_per_card_h)
            for end, fen in enumerate(row)
        ),
        "links of at least 0 whole lots, each named once": len(set(net.links)) == len(net.links)
        and all(type(lots) is int and lots >= 0 for lots in net.capacity_lots),
        "shares in whole parts of at least one": type(net.parts) is int
        and net.parts > 0
        and all(type(part) is int for link in net.share for row in link for part in row),
    }
    return next((must for must, holds in rules.items() if not holds), "")


def check_programme(programme: Programme) -> None:
    """Refuse a programme of vouchers that pays nothing, or nobody.

    Raises
    ------
    BadInputError
        ``programme_unfit``.
    """
    amounts = [programme.cap_fen, *programme.holders.values()]
    rules = {
        "a name of 1 to 20 small letters, figures and . _ -": bool(_MEMBER.fullmatch(programme.programme_id)),
        "a rate of 1 to 10000 basis points": 0 < programme.rate_bp <= BASIS_POINTS,
        "a holder, a supplier": bool(programme.holders) and bool(programme.suppliers),
        "a cap and amounts of whole fen above 0": all(type(fen) is int and 0 < fen <= AMOUNT_MAX for fen in amounts)
        and programme.fen <= AMOUNT_MAX,
        "a start before its end": programme.starts < programme.ends,
    }
    broken = [must for must, holds in rules.items() if not holds]
    if broken:
        raise BadInputError(
            f"A programme of vouchers must have {broken[0]}, was otherwise: {programme.programme_id!r}.",
            code="programme_unfit",
            hint="Correct what is named; docs/spot.md has an example.",
        )


def check_signature(request: Request, member: Member, signature: str) -> None:
    """Refuse a request that its member's key has not signed; a member without a key is vouched for by the door.

    Raises
    ------
    NotAllowedError
        ``request_forged``.
    """
    check_signed(record(request), id_of(request), member, signature)


def check_signed(text: str, name: str, member: Member, signature: str) -> None:
    """Refuse a record that its member's key has not signed.

    Raises
    ------
    NotAllowedError
        ``request_forged``.
    """
    if not member.key:
        return
    if not _is_signed(signed_text(text), signature, member.key):
        raise NotAllowedError(
            f"A request of {member.member_id} must be signed by its key, was not: {name}.",
            code="request_forged",
            hint="Sign exactly what is asked, with the key that the member has registered.",
        )


def _is_signed(text: str, signature: str, key: str) -> bool:
    try:
        _, (found,) = parted(f"{text}\n{signature}\n")
    except (BadInputError, ValueError):
        return False
    return is_signed(text, found, verifier_of(key))


def _form(order: Order) -> Refusal | None:
    lots, limit, until = order.lots, order.fen_per_card_h, order.good_until
    if type(lots) is not int or type(limit) is not int:
        return Refusal.OUT_OF_GRID
    if lots <= 0 or limit < 0:
        return Refusal.NEGATIVE
    naive = until is not None and until.tzinfo is None
    return Refusal.OUT_OF_GRID if lots > MOST_LOTS or limit > MOST_FEN_PER_CARD_H or naive else None


def _malformed(name: str) -> BadInputError:
    return BadInputError(
        f"The id of a request must be 1 to 40 letters, figures and . _ -, was {name!r}.",
        code="request_id_malformed",
        hint="Give each request an id of its own, as east-2026-0001.",
    )
