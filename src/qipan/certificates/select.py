"""Choose Wh among what somebody holds, and cut ranges so that nothing is lost or counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from qipan.certificates.model.certificate import BUNDLE_WH, Holding, Part
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import Selection
from qipan.kernel.errors import BadInputError, RuleBrokenError


def oldest_first(holdings: Iterable[Holding]) -> list[Holding]:
    """Return holdings in the order in which they are used up: as they were made, then by their ranges."""
    return sorted(holdings, key=lambda one: (one.start, one.part))


def select(holdings: Iterable[Holding], selection: Selection, *, takes_bundled: bool) -> tuple[Holding, ...]:
    """Return what is selected, the last of it cut where it is too much.

    Parameters
    ----------
    holdings
        Of one holder, held.
    takes_bundled
        Whether Wh of national certificates that are not named may be taken, once nothing loose is left: those of
        bundles that are broken already, then bundle by bundle.

    Raises
    ------
    BadInputError
        ``selection_unfit``.
    RuleBrokenError
        ``certificates_short``; ``bundle_not_whole`` unless the holder has all of each that is named.
    """
    if selection.bundle_ids:
        return _bundles(holdings, selection)
    if selection.wh is not None and selection.wh < 1:
        raise _unfit(f"at least 1 Wh, was {selection.wh}")
    month = Month.named(selection.month) if selection.month else None
    held = oldest_first(holdings)
    found = [
        one
        for one in _loose_first(held)
        if (takes_bundled or not one.bundle_id)
        and month in {None, one.month}
        and selection.device_id in {"", one.device_id}
    ]
    whole = sum(one.wh for one in found)
    wanted = whole if selection.wh is None else selection.wh
    if not whole or whole < wanted:
        raise RuleBrokenError(
            f"A holder must have what is asked of it, was {whole} Wh of {wanted}.",
            code="certificates_short",
            hint="See what is held with qipan certificates supply. Parts of a bundle are not handed over.",
        )
    return take(found, wanted)[0]


def take(holdings: Iterable[Holding], wh: int) -> tuple[tuple[Holding, ...], tuple[Holding, ...]]:
    """Return the first Wh of holdings, as many as there are up to a number, and what is left of them."""
    taken: list[Holding] = []
    left: list[Holding] = []
    for one in holdings:
        first = one.part.unit_start
        cut = first + min(one.wh, wh)
        if first < cut:
            taken.append(one.cut(first, cut))
        if cut < one.part.unit_end:
            left.append(one.cut(cut, one.part.unit_end))
        wh -= cut - first
    return tuple(taken), tuple(left)


def remains(whole: Part, taken: Iterable[Part]) -> tuple[Part, ...]:
    """Return what is left of a part when others are taken out of it.

    Examples
    --------
    >>> remains(Part("i", 0, 1000), [Part("i", 250, 400)])
    (Part(issuance_id='i', unit_start=0, unit_end=250), Part(issuance_id='i', unit_start=400, unit_end=1000))
    """
    left: list[Part] = []
    start = whole.unit_start
    for one in sorted(taken):
        if start < one.unit_start:
            left.append(Part(whole.issuance_id, start, one.unit_start))
        start = one.unit_end
    if start < whole.unit_end:
        left.append(Part(whole.issuance_id, start, whole.unit_end))
    return tuple(left)


def join(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the same Wh in as few parts as can be.

    Examples
    --------
    >>> join([Part("i", 5, 9), Part("i", 0, 5)])
    (Part(issuance_id='i', unit_start=0, unit_end=9),)
    """
    joined: list[Part] = []
    for one in sorted(parts):
        last = joined[-1] if joined else None
        if last is not None and last.issuance_id == one.issuance_id and last.unit_end == one.unit_start:
            joined[-1] = Part(last.issuance_id, last.unit_start, one.unit_end)
        else:
            joined.append(one)
    return tuple(joined)


def by_month(holdings: Iterable[Holding]) -> dict[Month, int]:
    """Return Wh by the month that they belong to, the oldest first."""
    ordered = oldest_first(holdings)
    return {month: sum(one.wh for one in some) for month, some in groupby(ordered, lambda one: one.month)}


def broken(held: Iterable[Holding], taken: Iterable[Holding]) -> tuple[str, ...]:
    """Return the bundles that are held whole and of which a part is taken."""
    whole_wh, taken_wh = _bundled_wh(held), _bundled_wh(taken)
    return tuple(name for name, wh in taken_wh.items() if whole_wh.get(name) == BUNDLE_WH and wh < BUNDLE_WH)


def _loose_first(held: Sequence[Holding]) -> list[Holding]:
    """Return holdings, the oldest first, with bundles behind what is loose: the broken ones, then one by one."""
    bundled_wh = _bundled_wh(held)
    place = {name: at for at, name in enumerate(bundled_wh)}
    return sorted(
        held,
        key=lambda one: (one.bundle_id != "", bundled_wh.get(one.bundle_id) == BUNDLE_WH, place.get(one.bundle_id, 0)),
    )


def _bundled_wh(holdings: Iterable[Holding]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in holdings:
        if one.bundle_id:
            found[one.bundle_id] = found.get(one.bundle_id, 0) + one.wh
    return found


def _bundles(holdings: Iterable[Holding], selection: Selection) -> tuple[Holding, ...]:
    if selection.wh is not None or selection.month or selection.device_id:
        raise _unfit("bundles alone, or Wh by month and device, was both")
    named = set(selection.bundle_ids)
    found = [one for one in oldest_first(holdings) if one.bundle_id in named]
    held_wh = dict.fromkeys(selection.bundle_ids, 0)
    for one in found:
        held_wh[one.bundle_id] += one.wh
    for name, held in held_wh.items():
        if held != BUNDLE_WH:
            raise RuleBrokenError(
                f"A bundle must be held whole, {BUNDLE_WH} Wh, was {held}: {name}.",
                code="bundle_not_whole",
                hint="See what is held with qipan certificates supply.",
            )
    return tuple(found)


def _unfit(told: str) -> BadInputError:
    return BadInputError(
        f"A selection must name {told}.",
        code="selection_unfit",
        hint="Say how many Wh, and of which month and device; or name bundles.",
    )
