"""Bundle Wh into national certificates of 1,000 kWh; what is less is carried forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from qipan.certificates.model.certificate import BUNDLE_WH, Bundle, Holding, Part
from qipan.certificates.select import join, oldest_first, take


def bundle(holdings: Iterable[Holding], request_id: str) -> tuple[Bundle, ...]:
    """Return as many national certificates as holdings of one device give, the oldest Wh first.

    What is not enough for one more stays as it is: the next month carries it on.
    """
    left = tuple(one for one in oldest_first(holdings) if not one.bundle_id)
    made: list[Bundle] = []
    for number in range(1, sum(one.wh for one in left) // BUNDLE_WH + 1):
        taken, left = take(left, BUNDLE_WH)
        made.append(Bundle(f"{request_id}/{number}", join(one.part for one in taken)))
    return tuple(made)


def mark_bundles(holdings: Iterable[Holding], bundled: Mapping[str, Sequence[tuple[Part, str]]]) -> list[Holding]:
    """Cut holdings where national certificates begin and end, and say which each is in.

    Parameters
    ----------
    bundled
        By issuance, parts that do not overlap and the bundle that each is in.
    """
    found: list[Holding] = []
    for one in holdings:
        start = one.part.unit_start
        for part, name in sorted(bundled.get(one.part.issuance_id, ())):
            low, high = max(start, part.unit_start), min(one.part.unit_end, part.unit_end)
            if low >= high:
                continue
            if start < low:
                found.append(one.cut(start, low))
            found.append(replace(one.cut(low, high), bundle_id=name))
            start = high
        if start < one.part.unit_end:
            found.append(one.cut(start, one.part.unit_end))
    return found
