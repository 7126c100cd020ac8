"""What the pages of certificates show: who holds what, a certificate's life, scores by the hour and by the month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from qipan.accounts.model.claim import Claim
from qipan.accounts.model.posting import Account, Balance
from qipan.accounts.model.posting import Cell as Held
from qipan.certificates.issue import is_tradable
from qipan.certificates.model.certificate import Holding
from qipan.certificates.model.certification import Certification, Criteria, Measure
from qipan.certificates.model.device import Device
from qipan.certificates.model.quota import Declaration
from qipan.certificates.model.request import Entered
from qipan.certificates.model.score import Score
from qipan.interfaces.report import obligations
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, moment, percent
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.time import BOARD_ZONE

PPM: Final = 1_000_000
WH_PER_KWH: Final = 1000
STATES: Final = ("held", "allocated", "retired")
"""Purposes of a holder's accounts, in the order in which they are shown."""
PARTS_SHOWN: Final = 200
"""How many parts a page lists, the newest; the sums hold all."""


def kwh(amount_wh: int) -> str:
    """Write Wh in kWh, to the Wh.

    Examples
    --------
    >>> kwh(1_234_567), kwh(250_000)
    ('1,234.567', '250')
    """
    return grouped(amount_wh / WH_PER_KWH, 3 if amount_wh % WH_PER_KWH else 0)


def holder_address(holder: str) -> str:
    """Return where it is seen what somebody holds."""
    return f"/certificates/holder?{urlencode({'holder': holder})}"


def part_address(issuance_id: str) -> str:
    """Return where the life of an issuance is seen."""
    return f"/certificates/one?{urlencode({'issuance': issuance_id})}"


def sums(accounts: Mapping[str, Account], balances: Mapping[Held, Balance]) -> dict[tuple[str, str], int]:
    """Return Wh by owner and purpose over all months."""
    found: dict[tuple[str, str], int] = {}
    for (name, _), balance in balances.items():
        key = (accounts[name].owner, accounts[name].purpose)
        found[key] = found.get(key, 0) + balance.posted
    return found


def holders(held: Mapping[tuple[str, str], int], shown: Iterable[str], words: Words) -> Table:
    """Return holders with what they have in each state."""
    heads = (
        Head(words.say("Holder"), is_number=False),
        *(Head(label(obligations.CERTIFICATE_STATE, state, words), "kWh") for state in STATES),
    )
    rows = tuple(
        row(Cell(name, href=holder_address(name)), *(kwh(held.get((name, state), 0)) for state in STATES))
        for name in shown
    )
    return Table(words.say("Holders"), heads, rows, words.say("Nobody holds certificates yet."))


def devices(found: Iterable[Device], words: Words) -> Table:
    """Return the devices, and whether their certificates are traded."""
    heads = (
        Head(words.say("Device"), is_number=False),
        Head(words.say("Owner"), is_number=False),
        Head(words.say("Source"), is_number=False),
        Head(words.say("Region"), is_number=False),
        Head(words.say("Capacity"), "kW"),
        Head(words.say("Since"), is_number=False),
        Head(words.say("Traded"), is_number=False),
    )
    rows = tuple(
        row(
            one.device_id,
            one.owner,
            label(obligations.SOURCE, one.source.value, words),
            one.adcode,
            grouped(one.capacity_w / 1000),
            moment(one.commissioned.isoformat(), BOARD_ZONE)[:10],
            words.say("yes") if is_tradable(one) else words.say("no"),
        )
        for one in found
    )
    return Table(words.say("Devices"), heads, rows, words.say("No device is entered yet."))


def requests(found: Sequence[Entered], words: Words) -> Table:
    """Return the newest requests of the registry."""
    heads = (
        Head(words.say("Request"), is_number=False),
        Head(words.say("At"), "UTC+8", is_number=False),
        Head(words.say("What"), is_number=False),
        Head(words.say("Amount"), "kWh"),
    )
    rows = tuple(
        row(
            one.request_id,
            moment(one.at.isoformat(), BOARD_ZONE),
            label(obligations.CERTIFICATE_REQUEST, str(one.kind), words),
            kwh(one.wh) if one.wh else NOTHING,
        )
        for one in reversed(found[-20:])
    )
    return Table(words.say("Requests, the newest first"), heads, rows, words.say("Nothing was entered yet."))


def supply(found: Sequence[Holding], words: Words) -> Table:
    """Return what a holder has by month, state and device, and in how many national certificates it is."""
    totals: dict[tuple[str, str, str], int] = {}
    bundles: dict[tuple[str, str, str], set[str]] = {}
    for one in found:
        key = (one.month.name, one.state.value, one.device_id)
        totals[key] = totals.get(key, 0) + one.wh
        bundles.setdefault(key, set()).update({one.bundle_id} - {""})
    heads = (
        Head(words.say("Month"), is_number=False),
        Head(words.say("State"), is_number=False),
        Head(words.say("Device"), is_number=False),
        Head(words.say("Amount"), "kWh"),
        Head(words.say("National certificates")),
    )
    rows = tuple(
        row(month, label(obligations.CERTIFICATE_STATE, state, words), device, kwh(wh), grouped(len(bundles[key])))
        for key, wh in sorted(totals.items(), reverse=True)
        for month, state, device in [key]
    )
    return Table(words.say("What it has, by month"), heads, rows, words.say("It has no certificates."))


def parts(found: Sequence[Holding], words: Words) -> Table:
    """Return the newest parts of a holder; each leads to the life of its issuance."""
    heads = (
        Head(words.say("Made at"), "UTC+8", is_number=False),
        Head(words.say("Device"), is_number=False),
        Head(words.say("State"), is_number=False),
        Head(words.say("Range"), "Wh", is_number=False),
        Head(words.say("Amount"), "kWh"),
        Head(words.say("National certificate"), is_number=False),
    )
    newest = sorted(found, key=lambda one: (one.start, one.part), reverse=True)[:PARTS_SHOWN]
    rows = tuple(
        row(
            Cell(moment(one.start.isoformat(), BOARD_ZONE), href=part_address(one.part.issuance_id)),
            one.device_id,
            label(obligations.CERTIFICATE_STATE, one.state.value, words),
            f"[{grouped(one.part.unit_start)}, {grouped(one.part.unit_end)})",
            kwh(one.wh),
            one.bundle_id or NOTHING,
        )
        for one in newest
    )
    return Table(words.say("Parts, the newest first"), heads, rows, words.say("It has no certificates."))


def life(claims: Sequence[Claim], entered: Mapping[str, Entered], standing: set[str], words: Words) -> Table:
    """Return the life of an issuance: which request gave which range to whom; what stands now is set off."""
    heads = (
        Head(words.say("At"), "UTC+8", is_number=False),
        Head(words.say("What"), is_number=False),
        Head(words.say("Range"), "Wh", is_number=False),
        Head(words.say("Amount"), "kWh"),
        Head(words.say("Holder"), is_number=False),
        Head(words.say("State"), is_number=False),
        Head(words.say("Stands now"), is_number=False),
        Head(words.say("Request"), is_number=False),
    )

    def at(one: Claim) -> tuple[str, int]:
        found = entered.get(request_of(one))
        return ("" if found is None else found.at.isoformat(), one.unit_start)

    def of(one: Claim) -> Any:
        found = entered.get(request_of(one))
        return row(
            moment(found.at.isoformat(), BOARD_ZONE) if found else NOTHING,
            label(obligations.CERTIFICATE_REQUEST, str(found.kind), words) if found else NOTHING,
            f"[{grouped(one.unit_start)}, {grouped(one.unit_end)})",
            kwh(one.unit_end - one.unit_start),
            one.holder,
            label(obligations.CERTIFICATE_STATE, one.purpose, words),
            words.say("yes") if one.claim_id in standing else words.say("no"),
            request_of(one),
            is_own=one.claim_id in standing,
        )

    return Table(words.say("Its life, step by step"), heads, tuple(of(one) for one in sorted(claims, key=at)))


def request_of(claim: Claim) -> str:
    """Return the id of the request that made a claim.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> request_of(Claim("gec/expiry/ab/2", "issuance/i", "sun", "held", 0, 1, at, at))
    'expiry/ab'
    """
    return claim.claim_id.removeprefix("gec/").rpartition("/")[0]


def scores(found: Mapping[str, Score], words: Words) -> Table:
    """Return scores month by month: by the hour and by the month side by side, neither as the other."""
    heads = (
        Head(words.say("Month"), is_number=False),
        Head(words.say("Energy used"), "kWh"),
        Head(words.say("Made for it"), "kWh"),
        Head(words.say("Matched by the hour"), "kWh"),
        Head(words.say("By the hour"), words.say("share of use")),
        Head(words.say("Matched by the month"), "kWh"),
        Head(words.say("By the month"), words.say("share of use")),
    )
    rows = tuple(
        row(
            month,
            kwh(one.load_wh),
            kwh(one.made_wh),
            kwh(one.hourly_wh),
            percent(one.hourly_share),
            kwh(one.monthly_wh),
            percent(one.monthly_share),
        )
        for month, one in found.items()
    )
    return Table(words.say("Match by month of use"), heads, rows, words.say("No use is metered."))


def scores_chart(found: Mapping[str, Score], words: Words) -> dict[str, Any]:
    """Return both shares of each month side by side."""
    return {
        "kind": "bars",
        "names": list(found),
        "unit": "%",
        "series": [
            {"name": words.say("By the hour"), "values": [round(100 * one.hourly_share, 2) for one in found.values()]},
            {
                "name": words.say("By the month"),
                "values": [round(100 * one.monthly_share, 2) for one in found.values()],
            },
        ],
    }


def declared(found: Iterable[Declaration], words: Words) -> Table:
    """Return what was declared to have been emitted, the newest first."""
    heads = (
        Head(words.say("Declaration"), is_number=False),
        Head(words.say("Holder"), is_number=False),
        Head(words.say("Year"), is_number=False),
        Head(words.say("Emitted"), "kg"),
    )
    rows = tuple(row(one.declaration_id, one.holder, f"{one.year}", grouped(one.kg)) for one in reversed(list(found)))
    return Table(words.say("Declared emissions"), heads, rows, words.say("Nothing was declared yet."))


def centres(found: Iterable[Certification], now: datetime, words: Words) -> Table:
    """Return certifications, what each rests on, and whether it is valid now."""
    heads = (
        Head(words.say("Centre"), is_number=False),
        Head(words.say("Grade"), is_number=False),
        Head(words.say("Valid"), is_number=False),
        Head(words.say("By the month"), words.say("share of use")),
        Head(words.say("By the hour"), words.say("share of use")),
        Head("PUE"),
        Head(words.say("Months looked at"), is_number=False),
        Head(words.say("Expires"), is_number=False),
        Head(words.say("Auditor"), is_number=False),
    )

    def ppm(one: Certification, measure: Measure) -> float | None:
        return one.found_ppm[measure] / PPM if measure in one.found_ppm else None

    rows = tuple(
        row(
            Cell(one.site, note=one.certification_id),
            one.grade,
            _standing(one, now, words),
            percent(ppm(one, Measure.GREEN_SHARE)),
            percent(ppm(one, Measure.HOURLY_SHARE)),
            grouped(ppm(one, Measure.PUE), 2),
            f"{one.first} – {one.last}",
            moment(one.expires.isoformat(), BOARD_ZONE)[:10],
            one.auditor,
        )
        for one in sorted(found, key=lambda one: (one.site, one.audited), reverse=False)
    )
    return Table(words.say("Certified centres"), heads, rows, words.say("No centre is certified yet."))


def _standing(one: Certification, now: datetime, words: Words) -> str:
    if one.is_valid(now):
        return words.say("yes")
    return words.say("revoked: %(reason)s", reason=one.reason) if one.revoked else words.say("no")


def criteria(found: Criteria, words: Words) -> Table:
    """Return what each grade asks for."""
    heads = (
        Head(words.say("Grade"), is_number=False),
        Head(words.say("Measure"), is_number=False),
        Head(words.say("Bound")),
    )
    rows = tuple(
        row(
            grade,
            label(obligations.GREEN_MEASURE, one.measure.value, words),
            f"{'≥' if one.is_least else '≤'} {_bound(one.measure, one.value_ppm / PPM)}",
        )
        for grade, some in found.grades
        for one in some
    )
    return Table(words.say("Criteria of %(version)s", version=found.version), heads, rows)


def _bound(measure: Measure, value: float) -> str:
    return f"{value:g}" if measure is Measure.PUE else percent(value, 0)


def quota(found: Mapping[tuple[str, int], int], shown: set[str] | None, words: Words) -> Table:
    """Return kg of quota by account and year; of some owners' accounts, if any are named."""
    heads = (
        Head(words.say("Account"), is_number=False),
        Head(words.say("Year")),
        Head(words.say("Quota"), words.say("kg")),
    )
    rows = tuple(
        row(Cell(name, href=f"/accounts/one?{urlencode({'account': name})}"), f"{year}", grouped(kg))
        for (name, year), kg in sorted(found.items())
        if shown is None or name in shown
    )
    return Table(words.say("Quota by account and year"), heads, rows, words.say("No quota was given yet."))
