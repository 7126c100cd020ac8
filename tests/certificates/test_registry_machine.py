"""The registry against a model that keeps every quarter of a certificate apart, over random requests and repeats.

The model knows no ranges and no claims: a list of quarters, each with its hour, holder, state, bundle and use. Requests
are lost before they are committed, sent again, sent with other content, and come when months are over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.certificates.made import NOW, WIND, House, hour, used

from qipan.certificates.expire import expires
from qipan.certificates.model.certificate import BUNDLE_WH, Granularity, Production
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import (
    Allocate,
    Bundling,
    Issue,
    Release,
    Retire,
    Selection,
    Transfer,
    Withdraw,
)
from qipan.kernel.errors import QipanError
from qipan.storage.books import Books

QUARTER = BUNDLE_WH // 4
HOURS = [*range(6), *range(31 * 24, 31 * 24 + 4)]
HOLDERS = ["west", "east", "north"]
USES = {"u0": (0, 4), "u1": (1, 12), "v": (31 * 24, 15), "u2": (7, 20)}
OLD = st.integers(0, 9)
"""At 0, a request takes the id of an earlier one."""
CLOCKS = [NOW, expires(Month.of(hour(0))), expires(Month.of(hour(31 * 24)))]


@dataclass
class Quarter:
    """A quarter of 1,000 kWh, and what has become of it."""

    issuance: str
    number: int
    hour: int
    holder: str = "west"
    state: str = "held"
    bundle: str = ""
    use: str = ""
    by: str = ""

    @property
    def month(self):
        return Month.of(hour(self.hour))

    @property
    def place(self):
        return self.hour, self.issuance, self.number


class Model:
    """What the registry must come to."""

    def __init__(self):
        self.quarters: list[Quarter] = []
        self.withdrawn = set()

    def held(self, holder, now, **wanted):
        found = [one for one in self.quarters if one.holder == holder and one.state == "held"]
        found = [one for one in found if expires(one.month) > now]
        found = [one for one in found if all(getattr(one, name) == value for name, value in wanted.items())]
        return sorted(found, key=lambda one: one.place)

    def issue(self, name, hours):
        taken = {one.hour for one in self.quarters if one.state != "withdrawn"}
        if taken & {at for at, _ in hours} or len({at for at, _ in hours}) < len(hours):
            return None
        made = [
            Quarter(f"{name}/{row}", number, at)
            for row, (at, count) in enumerate(hours, start=1)
            for number in range(count)
        ]
        self.quarters += made
        return made

    def bundle(self, name, month, now):
        free = [one for one in self.held("west", now, bundle="") if one.month <= Month.named(month)]
        whole = free[: len(free) // 4 * 4]
        for place, one in enumerate(whole):
            one.bundle = f"{name}/{place // 4 + 1}"
        return whole

    def transfer(self, holder, to, count, now):
        free = self.held(holder, now, bundle="")
        return self._change(free[:count], holder=to) if count <= len(free) and to != holder else None

    def transfer_bundle(self, holder, to, bundle, now):
        whole = self.held(holder, now, bundle=bundle)
        return self._change(whole, holder=to) if len(whole) == 4 and to != holder else None

    def allocate(self, name, consumer, month, by, now):
        left = {
            use: count - sum(one.use == use for one in self.quarters)
            for use, (at, count) in USES.items()
            if Month.of(hour(at)).name == month
        }
        done = []
        for use in sorted(left, key=lambda use: USES[use][0]):
            for one in self.held(consumer, now):
                near = one.hour == USES[use][0] if by is Granularity.HOUR else one.month.name == month
                if left[use] and near:
                    one.state, one.use, one.by = "allocated", use, name
                    left[use] -= 1
                    done.append(one)
        return done or None

    def release(self, name, now):
        return self._of_allocation(name, now, state="held", use="", by="")

    def retire(self, name, now):
        return self._of_allocation(name, now, state="retired", by="")

    def retire_held(self, holder, beneficiary, count, now):
        held = self.held(holder, now)
        of = {name: [one.place for one in held if one.bundle == name] for name in {one.bundle for one in held}}
        # What is loose, then what is left of broken bundles, then bundle by bundle.
        order = {name: (name != "", name != "" and len(some) == 4, name and min(some)) for name, some in of.items()}
        found = sorted(held, key=lambda one: (*order[one.bundle][:2], order[one.bundle][2] or (), one.place))
        return self._change(found[:count], holder=beneficiary, state="retired") if count <= len(found) else None

    def withdraw(self, name, now):
        made = [one for one in self.quarters if one.issuance.startswith(f"{name}/")]
        whole = all((one.holder, one.state, one.bundle) == ("west", "held", "") for one in made)
        whole = whole and all(expires(one.month) > now for one in made)
        return self._change(made, state="withdrawn") if made and whole else None

    def expire(self, now):
        over = [one for one in self.quarters if one.state in {"held", "allocated"} and expires(one.month) <= now]
        return self._change(over, state="expired", use="", by="")

    def _of_allocation(self, name, now, **change):
        found = [one for one in self.quarters if one.by == name and one.state == "allocated"]
        if not found or any(expires(one.month) <= now for one in found):
            return None
        return self._change(found, **change)

    def _change(self, quarters, **change):
        for one in quarters:
            for name, value in change.items():
                setattr(one, name, value)
        return quarters


class LostError(Exception):
    """The process ends before its transaction does."""


class Certificates(RuleBasedStateMachine):
    """One registry, one model, and a clock that only goes on."""

    @initialize()
    def open(self):
        self.books = Books("sqlite://")
        self.books.migrate()
        self.house = House(self.books)
        self.house.open()
        self.house.use(*(used(name, at, count * QUARTER) for name, (at, count) in USES.items()))
        self.model = Model()
        self.clock: datetime = NOW
        self.sent = {}
        self.issue(1, [(0, 6), (1, 5), (31 * 24, 9)])
        self.transfer(1, "west", "east", 8)

    def name(self, old):
        """Return a new id, or an earlier one."""
        return f"r{len(self.sent)}" if old or not self.sent else f"r{len(self.sent) // 2}"

    def earlier(self, data, kind):
        of_kind = [name for name, (one, *_) in self.sent.items() if isinstance(one, kind)]
        return data.draw(st.sampled_from([*of_kind, "none"]))

    def teardown(self):
        if hasattr(self, "books"):
            self.books.close()

    def send(self, request, does):
        """Send a request; the model must move as much, or refuse it as well."""
        known = self.sent.get(request.request_id)
        if known is not None and known[0] != request:
            assert self.house.refused(request, self.clock) == "certificate_request_differs"
            return
        if known is not None:
            assert self.house.told(request, self.clock) == (known[1], known[2], False)
            return
        moved = does()
        if moved is None:
            self.house.refused(request, self.clock)
            return
        answer = self.house.send(request, self.clock)
        assert (answer.entered.wh, answer.is_new) == (len(moved) * QUARTER, True)
        self.sent[request.request_id] = (request, answer.entered.wh, answer.entered.count)

    @rule(old=OLD, rows=st.lists(st.tuples(st.sampled_from(HOURS), st.integers(1, 7)), min_size=1, max_size=3))
    def issue(self, old, rows):
        if self.clock != NOW:
            return
        name = self.name(old)
        made = tuple(Production(hour(at), hour(at + 1), count * QUARTER, "m") for at, count in rows)
        self.send(Issue(name, WIND.device_id, made), lambda: self.model.issue(name, rows))

    @rule(old=OLD, month=st.sampled_from(["2026-03", "2026-04"]))
    def bundle(self, old, month):
        name = self.name(old)
        request = Bundling(name, WIND.device_id, month)
        self.send(request, lambda: self.model.bundle(name, month, self.clock))

    @rule(old=OLD, holder=st.sampled_from(HOLDERS), to=st.sampled_from(HOLDERS), count=st.integers(1, 5))
    def transfer(self, old, holder, to, count):
        request = Transfer(self.name(old), holder, to, Selection(count * QUARTER))
        self.send(request, lambda: self.model.transfer(holder, to, count, self.clock))

    @rule(old=OLD, holder=st.sampled_from(HOLDERS), to=st.sampled_from(HOLDERS), data=st.data())
    def transfer_bundle(self, old, holder, to, data):
        bundles = sorted({one.bundle for one in self.model.quarters if one.bundle})
        if bundles:
            bundle = data.draw(st.sampled_from(bundles))
            request = Transfer(self.name(old), holder, to, Selection(bundle_ids=(bundle,)))
            self.send(request, lambda: self.model.transfer_bundle(holder, to, bundle, self.clock))

    @rule(old=OLD, month=st.sampled_from(["2026-03", "2026-04"]), by=st.sampled_from(list(Granularity)))
    def allocate(self, old, month, by):
        name = self.name(old)
        request = Allocate(name, "east", month, by)
        self.send(request, lambda: self.model.allocate(name, "east", month, by, self.clock))

    @rule(old=OLD, data=st.data())
    def release(self, old, data):
        allocation = self.earlier(data, Allocate)
        self.send(Release(self.name(old), allocation), lambda: self.model.release(allocation, self.clock))

    @rule(old=OLD, data=st.data())
    def retire(self, old, data):
        allocation = self.earlier(data, Allocate)
        request = Retire(self.name(old), "east", "east", allocation_id=allocation)
        self.send(request, lambda: self.model.retire(allocation, self.clock))

    @rule(old=OLD, holder=st.sampled_from(HOLDERS), beneficiary=st.sampled_from(HOLDERS), count=st.integers(1, 4))
    def retire_held(self, old, holder, beneficiary, count):
        request = Retire(self.name(old), holder, beneficiary, Selection(count * QUARTER))
        self.send(request, lambda: self.model.retire_held(holder, beneficiary, count, self.clock))

    @rule(old=OLD, data=st.data())
    def withdraw(self, old, data):
        issued = self.earlier(data, Issue)
        self.send(Withdraw(self.name(old), issued), lambda: self.model.withdraw(issued, self.clock))

    @rule()
    def let_time_pass(self):
        later = [one for one in CLOCKS if one > self.clock]
        if later and len(self.sent) > 4:
            self.clock = later[0]

    @rule()
    def expire(self):
        answer = self.house.expire(self.clock)
        over = self.model.expire(self.clock)
        assert (0 if answer is None else answer.entered.wh) == len(over) * QUARTER

    @rule(data=st.data())
    def send_again_or_with_other_content(self, data):
        if self.sent:
            request, wh, count = data.draw(st.sampled_from(list(self.sent.values())))
            assert self.house.told(request, self.clock) == (wh, count, False)
            other = Transfer(request.request_id, "east", "nobody", Selection(1))
            assert self.house.refused(other, self.clock) == "certificate_request_differs"

    @rule(data=st.data())
    def lose_before_the_commit(self, data):
        if not self.sent:
            return
        request, *_ = data.draw(st.sampled_from(list(self.sent.values())))
        before = self.house.everything()
        try:
            with self.books.begin() as unit:
                self.house.registry.send(unit, replace(request, request_id="lost"), self.clock)
                raise LostError
        except (LostError, QipanError):
            assert self.house.everything() == before

    @invariant()
    def both_tell_the_same(self):
        if not hasattr(self, "house"):
            return
        found = {}
        for one in self.house.holdings():
            assert one.wh % QUARTER == 0
            for number in range(one.part.unit_start // QUARTER, one.part.unit_end // QUARTER):
                found[one.part.issuance_id, number] = (one.holder, one.state.value, one.bundle_id)
        assert found == {(one.issuance, one.number): (one.holder, one.state, one.bundle) for one in self.model.quarters}

    @invariant()
    def all_is_well(self):
        if hasattr(self, "house"):
            assert self.house.check() == ()


Certificates.TestCase.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)
TestCertificates = Certificates.TestCase
