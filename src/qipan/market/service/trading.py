"""Books are opened, requests entered, each durable before it is answered; books are looked at and proved.

One writer at a time per book: a lock of its name on PostgreSQL, the single writer of SQLite. A book in memory is used
by one unit of work at a time, and only where the digest of its last request is that of the books; else it is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256

from qipan.kernel.errors import BadInputError, ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import Interval, in_utc
from qipan.log.service import Log
from qipan.market.admit import check_certification, check_listing, check_member, check_request, check_signature
from qipan.market.deliver import gate_of
from qipan.market.keep import Kept, outcome
from qipan.market.model.contract import Tenor
from qipan.market.model.order import Order, Refusal, Trade
from qipan.market.model.request import (
    Answer,
    Certification,
    Cover,
    Entered,
    Exposure,
    Listing,
    Member,
    Passing,
    Request,
    id_of,
)
from qipan.market.record import REQUEST_KIND, link, read, record
from qipan.market.refuse import refuse
from qipan.market.service import lock
from qipan.market.service.audit import differences
from qipan.market.service.capacity import Holding, free_at_hub, free_lots_in
from qipan.market.store import book as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Trading:
    """Who trades what with whom; every request is kept, and is a leaf of the log."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._kept: dict[str, Kept] = {}

    # --- members and books ---------------------------------------------------------------------------------------

    def admit(self, unit: UnitOfWork, member: Member, now: datetime) -> bool:
        """Admit a member; return ``False`` when the very same is one already.

        Raises
        ------
        BadInputError
            ``member_unfit``; ``key_line_malformed``.
        ConflictError
            ``member_taken`` when it has another key.
        """
        check_member(member)
        unit.lock("market/members")
        stands = store.members(unit, [member.member_id]).get(member.member_id)
        if stands is not None:
            if stands != member:
                raise ConflictError(
                    f"A member must keep the key that it was admitted with, was another: {member.member_id}.",
                    code="member_taken",
                    hint="Admit it under another name.",
                )
            return False
        store.insert_member(unit, member, now)
        record_action(unit, "member_admitted", member.member_id, now)
        return True

    def open_book(self, unit: UnitOfWork, listing: Listing, now: datetime, *, is_carried: bool = False) -> bool:
        """Open a book; return ``False`` when the very same is open already.

        From the gate of its first day on, a week or a month can no longer become days: only a cascade that carries
        positions into it opens it then.

        Raises
        ------
        BadInputError
            ``listing_unfit``; ``last_trading_late``.
        ConflictError
            ``book_taken`` when it stands on other terms.
        RuleBrokenError
            ``book_late``.
        """
        check_listing(listing)
        Kept(listing)
        name = listing.instrument.name
        unit.lock(lock.BOOKS)
        stands = store.listings(unit, [name]).get(name)
        if stands is not None:
            if stands != listing:
                raise ConflictError(
                    f"A book must keep the terms that it was opened on, was other ones: {name}.",
                    code="book_taken",
                    hint="Use it as it is; terms never change while positions stand on them.",
                )
            return False
        window = listing.instrument.window
        if not is_carried and window.tenor in {Tenor.WEEK, Tenor.MONTH} and in_utc(now) >= gate_of(window):
            raise RuleBrokenError(
                f"A book of days must be opened before the gate of its first, {gate_of(window)}, was {now}: {name}.",
                code="book_late",
                hint="Open books of the days that are left.",
            )
        store.insert_listing(unit, listing, now)
        record_action(unit, "market_book_opened", name, now, margin_fen_per_card_h=listing.margin_fen_per_card_h)
        return True

    def certify(self, unit: UnitOfWork, step: Certification, now: datetime) -> None:
        """Enter a step of the capacity that a member has certified; the last word on an hour counts.

        Raises
        ------
        BadInputError
            ``certification_unfit``.
        NotFoundError
            ``member_unknown``.
        """
        check_certification(step)
        self.member(unit, step.member)
        store.insert_certification(unit, step)
        record_action(unit, "capacity_certified", step.member, now, cards=step.cards, certificate=step.certificate)

    def member(self, unit: UnitOfWork, member_id: str) -> Member:
        """Return a member.

        Raises
        ------
        NotFoundError
            ``member_unknown``.
        """
        found = store.members(unit, [member_id]).get(member_id)
        if found is None:
            raise NotFoundError(
                f"Who trades must be a member, was not: {member_id!r}.",
                code="member_unknown",
                hint="Admit it with qipan market member admit.",
            )
        return found

    def listing(self, unit: UnitOfWork, instrument: str) -> Listing:
        """Return the terms of a book.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        """
        found = store.listings(unit, [instrument]).get(instrument)
        if found is None:
            raise NotFoundError(
                f"A book must be open for the instrument, was none: {instrument!r}.",
                code="book_unknown",
                hint="See which are open with qipan market forward books.",
            )
        return found

    def members(self, unit: UnitOfWork) -> dict[str, Member]:
        """Return all members by name."""
        return store.members(unit)

    def listings(self, unit: UnitOfWork) -> dict[str, Listing]:
        """Return the terms of all books by the name of their instrument."""
        return store.listings(unit)

    # --- requests ------------------------------------------------------------------------------------------------

    def send(
        self, unit: UnitOfWork, requests: Sequence[Request], now: datetime, signatures: Mapping[str, str] | None = None
    ) -> tuple[Answer, ...]:
        """Enter requests of one book in their order, and return what became of each.

        What the book refuses is entered too: its id is used up, its refusal told, and nothing else has changed. The
        same request again is told the same. What no book could keep is raised, and the caller must let it undo the
        unit of work; its id stays free.

        Parameters
        ----------
        signatures
            By the id of a request, where its member has a key.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``cover_malformed``; ``order_elsewhere``, ``order_negative``,
            ``order_out_of_grid``.
        NotFoundError
            ``book_unknown``, ``member_unknown``.
        ConflictError
            ``order_differs`` when another request stands under an id.
        NotAllowedError
            ``request_forged``.
        RuleBrokenError
            ``cover_uncertified``, ``cover_spent``.
        """
        for request in requests:
            check_request(request)
        return self._enter(unit, requests, now, signatures or {})

    def pass_time(self, unit: UnitOfWork, instrument: str, now: datetime) -> Answer:
        """Enter that time has passed: orders whose time is over expire.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        """
        unit.lock(lock.of_book(instrument))
        last = store.newest(unit, instrument)
        number = 1 if last is None else last.number + 1
        (answer,) = self.act(unit, [Passing(f"passing/{instrument}/{number}", instrument)], now)
        return answer

    def act(self, unit: UnitOfWork, requests: Sequence[Request], now: datetime) -> tuple[Answer, ...]:
        """Enter what the clearing house asks in a member's name; such ids hold a slash, as no member's do."""
        return self._enter(unit, requests, now, {}, is_house=True)

    @contextmanager
    def look(self, unit: UnitOfWork, instrument: str, now: datetime | None = None) -> Iterator[Kept]:
        """Let one look at a book as its last request left it, or as it is at a later moment; it is never changed.

        It stays in memory for whoever comes next, unless orders have expired at that moment.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        """
        kept = self._made(unit, self.listing(unit, instrument))
        has_expired = now is not None and kept.book.due <= in_utc(now)
        if has_expired and now is not None:
            kept.book.expire(in_utc(now))
        yield kept
        if not has_expired:
            self._kept[instrument] = kept

    def exposures(
        self, unit: UnitOfWork, *, member: str | None = None, instrument: str | None = None
    ) -> tuple[Exposure, ...]:
        """Return what members have at stake, of a member or in a book if one is named."""
        return store.exposures(unit, member=member, instrument=instrument)

    def trades(self, unit: UnitOfWork, instrument: str) -> tuple[Trade, ...]:
        """Return the trades of a book in their order."""
        return store.trades(unit, instrument)

    def requests(self, unit: UnitOfWork, instrument: str) -> tuple[Entered, ...]:
        """Return the requests of a book in their order."""
        return tuple(store.requests(unit, instrument))

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make every book anew from its requests and hold all that follows against the books and the log.

        Rules: ``request_differs`` where a chain or its leaf is broken, ``answer_differs``, ``trade_differs``,
        ``exposure_differs``.
        """
        leaves = {leaf.digest for leaf in self._log.leaves(unit, kind=REQUEST_KIND)}
        return tuple(one for listing in self.listings(unit).values() for one in differences(unit, listing, leaves))

    # --- how it is done ------------------------------------------------------------------------------------------

    def _enter(
        self,
        unit: UnitOfWork,
        requests: Sequence[Request],
        now: datetime,
        signatures: Mapping[str, str],
        *,
        is_house: bool = False,
    ) -> tuple[Answer, ...]:
        if not requests:
            return ()
        instrument = requests[0].instrument
        for request in requests:
            if request.instrument != instrument:
                raise _elsewhere(request)
        unit.lock(lock.of_book(instrument))
        listing = self.listing(unit, instrument)
        stands = store.known(unit, [id_of(request) for request in requests])
        members = store.members(unit, {request.member for request in requests})
        kept = self._made(unit, listing)
        answers: dict[str, Answer] = {}
        payloads: list[bytes] = []
        touched: set[str] = set()
        for request in requests:
            name, text = id_of(request), record(request)
            if name in answers or name in stands:
                answers[name] = _again(unit, request, text, answers.get(name), stands.get(name))
                continue
            if not is_house:
                if request.member not in members:
                    self.member(unit, request.member)
                check_signature(request, members[request.member], signatures.get(name, ""))
            if isinstance(request, Cover):
                self._check_cover(unit, request, kept)
            at = in_utc(now) if kept.at is None else max(in_utc(now), kept.at)
            signature = signatures.get(name, "")
            payload = link(text, number=kept.number + 1, at=at, signature=signature, before=kept.digest)
            events = kept.take(request, at)
            kept.number, kept.digest, kept.at = kept.number + 1, sha256(payload).hexdigest(), at
            entered = Entered(
                instrument, kept.number, name, request.member, at, text, signature, kept.digest,
                *outcome(request, events),
            )  # fmt: skip
            answers[name] = Answer(entered, tuple(one for one in events if isinstance(one, Trade)), is_new=True)
            payloads.append(payload)
            touched |= kept.touched(request, events)
        new = [one for one in answers.values() if one.is_new]
        if new:
            traded = ((one.entered.number, trade) for one in new for trade in one.trades)
            store.enter(unit, [one.entered for one in new], traded, kept.exposures(touched))
            self._log.extend(unit, REQUEST_KIND, payloads, new[-1].entered.at)
        # Only now: a book in memory is never ahead of a unit of work that went wrong before.
        self._kept[instrument] = kept
        return tuple(answers[id_of(request)] for request in requests)

    def _made(self, unit: UnitOfWork, listing: Listing) -> Kept:
        """Return the book as its requests leave it, from what is in memory where that is still true."""
        name = listing.instrument.name
        kept = self._kept.pop(name, None)
        if kept is None or (kept.number and store.digest(unit, name, kept.number) != kept.digest):
            kept = Kept(listing)
        for one in store.requests(unit, name, after=kept.number):
            kept.take(read(one.record), one.at)
            kept.number, kept.digest, kept.at = one.number, one.digest, one.at
        return kept

    def _check_cover(self, unit: UnitOfWork, request: Cover, kept: Kept) -> None:
        """Refuse cover that certified capacity does not bear in every hour, in all books of the member together."""
        ware, member = kept.listing.instrument, request.member
        if request.lots < 0:
            if -request.lots > kept.granted_lots(member):
                raise RuleBrokenError(
                    f"Cover that is taken away must have been brought, was {-request.lots} lots of "
                    f"{kept.granted_lots(member)} in {ware.name}.",
                    code="cover_ungranted",
                    hint="Take away no more than was brought; sell what was bought.",
                )
            return
        unit.lock(lock.of_cards(member))
        whose = Holding(member, ware.card_class, ware.hub_id)
        span = Interval(ware.window.start, ware.window.end)
        free = free_lots_in(free_at_hub(unit, whose, span, book_besides=ware.name)) - kept.granted_lots(member)
        if request.lots > free:
            raise RuleBrokenError(
                f"Cover must be certified in every hour of {ware.window.name}, was {request.lots} lots of {free} free.",
                code="cover_uncertified",
                hint="Bring less, take cover or offers back elsewhere, or certify more.",
            )


def _elsewhere(request: Request) -> Exception:
    if isinstance(request, Order):
        return refuse(Refusal.ELSEWHERE, request)
    return BadInputError(
        f"Requests that are sent together must be of one book, was {request.instrument}.",
        code="requests_of_several_books",
        hint="Send those of each book by themselves.",
    )


def _again(unit: UnitOfWork, request: Request, text: str, now_entered: Answer | None, stands: Entered | None) -> Answer:
    """Return the answer that a request got before; another one under its id is refused."""
    entered = now_entered.entered if now_entered else stands
    if entered is None or entered.record != text:
        raise ConflictError(
            f"An id must name one request for good, was {id_of(request)} with other content.",
            code="order_differs",
            hint="Give a new request a new id.",
        )
    if now_entered:
        return now_entered
    return Answer(entered, store.trades(unit, entered.instrument, number=entered.number), is_new=False)
