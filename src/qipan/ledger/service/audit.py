"""Hold what was metered against physics and the register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.contradict import (
    ORDER,
    Contradictions,
    Floats,
    contradict_envelope,
    contradict_order,
    contradict_pue,
)
from qipan.ledger.lay_out import HOUR_S, Told, certified_unit_s, of_pools, of_sites
from qipan.ledger.model.discrepancy import Discrepancy
from qipan.ledger.model.figure import Miscount
from qipan.ledger.model.reading import Measure
from qipan.ledger.service.figures import Metered
from qipan.ledger.suspect import suspect

J_PER_WH: Final = 3600.0

WH_PER_KWH: Final = 1000.0

ENERGIES: Final = {
    "card_wh": Measure.CARD_ENERGY,
    "host_wh": Measure.HOST_ENERGY,
    "pdu_wh": Measure.PDU_ENERGY,
    "grid_wh": Measure.GRID_ENERGY,
    "green_wh": Measure.GREEN_ENERGY,
}

COUNTS: Final = {
    "used_unit_h": Measure.USED,
    "allocated_unit_h": Measure.ALLOCATED,
    "capacity_unit_h": Measure.CAPACITY,
}

COUNT_STEP_UNIT_H: Final = 60 / HOUR_S
"""Readings of each minute are whole unit-seconds, so an hour of them is wrong by up to 60."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What honest meters may do; the facts ``audit/...``.

    Attributes
    ----------
    meter_accuracy_share
        Greatest relative error of an energy meter.
    meter_step_kwh
        Step in which an energy meter counts.
    card_idle_w_least
        Least power of a card that is reported as used.
    """

    meter_accuracy_share: float
    meter_step_kwh: float
    pue_most: float
    card_idle_w_least: float
    card_idle_w_most: float
    card_busy_w_most: float


class Audit:
    """Finds what cannot be true, and what hardly is.

    Parameters
    ----------
    bounds
        What honest meters may do.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds

    def discrepancies(self, metered: Metered, miscounts: Sequence[Miscount]) -> tuple[Discrepancy, ...]:
        """Return each rule that a pool, site or meter breaks, once, with the hours and sums it rests on.

        Only hours that both sides told in full are compared; meters that measure other things are not: energy of a
        site's meter is compared with sums over pools only where the greater meter speaks for the whole site.

        Parameters
        ----------
        miscounts
            Of the same interval; those of meters that ``metered`` does not hold are left out.
        """
        found = [
            *self._pools(metered),
            *self._sites(metered),
            *_told_twice(metered),
            *_miscounted(metered, miscounts),
        ]
        return tuple(sorted(found, key=lambda one: (one.subject, one.rule)))

    def suspicions(self, metered: Metered, since: datetime, rate: float) -> tuple[Discrepancy, ...]:
        """Return the pools of cards whose energy does not go with their use as it did before, or as at their peers.

        Chance may explain them: each is told with the probability that an honest pool is named, half of it for either
        rule. That promise holds where honest pools are spread like a normal distribution.

        Parameters
        ----------
        metered
            A stretch to learn from, and behind it the stretch that is tried.
        since
            When the stretch begins that is tried.
        rate
            Probability, at most, that an honest pool is named.

        Raises
        ------
        BadInputError
            ``since_outside`` unless the stretch tried begins within what was metered; ``rate_out_of_range`` unless the
            rate lies between 0 and 1.
        """
        field = metered.field
        at = round((since - field.interval.start).total_seconds() / HOUR_S)
        if not 0 < at < field.hours:
            raise BadInputError(
                f"The stretch tried must begin within {field.interval.start.isoformat()} and "
                f"{field.interval.end.isoformat()}, was {since.isoformat()}.",
                code="since_outside",
                hint="Ask for days to learn from before it.",
            )
        if not 0 < rate < 1:
            raise BadInputError(
                f"The rate of false warnings must lie between 0 and 1, was {rate}.",
                code="rate_out_of_range",
                hint="Give 0.01 to have one honest pool in a hundred named.",
                field="rate",
            )
        told = {name: of_pools(field, metered.hourly, m) for name, m in _CARD_AND_USE.items()}
        modelled = _modelled(told)
        is_card = np.array([pool.kind is Kind.INTELLIGENT for _, pool in field.pools], dtype=np.bool_)
        card_wh = np.where(is_card[:, None], _whole(told["card_wh"], "card_wh"), np.nan)
        found = suspect(
            card_wh,
            _whole(told["used_unit_h"], "used_unit_h"),
            certified_unit_s(field) / HOUR_S,
            [pool.card_model for _, pool in field.pools],
            at,
            accuracy=self._bounds.meter_accuracy_share,
        )
        period = Interval(since, field.interval.end)
        return tuple(
            Discrepancy(
                rule=one.rule,
                subject=field.pool_names[pool],
                period=period,
                size=float(one.size[pool]),
                false_warning_rate=rate,
                message=f"{SUSPICIONS[one.rule]}; use was {'over' if one.size[pool] > 0 else 'under'}-reported by "
                f"{abs(one.size[pool]):.1%}, or something else has changed.",
                evidence={
                    "chance": float(one.chance[pool]),
                    "peers": float(one.peers[pool]),
                }
                | ({"modelled_h": float(modelled[pool].sum())} if modelled[pool].any() else {}),
            )
            for one in found
            for pool in np.flatnonzero(one.chance <= rate / len(found)).tolist()
        )

    def _pools(self, metered: Metered) -> Iterator[Discrepancy]:
        field = metered.field
        told = {name: of_pools(field, metered.hourly, m) for name, m in (ENERGIES | COUNTS).items()}
        series = {name: _whole(one, name) for name, one in told.items()}
        series["certified_unit_h"] = certified_unit_s(field) / HOUR_S
        subjects = field.pool_names
        modelled = _modelled(told)
        yield from self._order(metered, subjects, series, modelled)
        is_card = np.array([pool.kind is Kind.INTELLIGENT for _, pool in field.pools], dtype=np.bool_)
        card = np.where(is_card[:, None], series["card_wh"], np.nan)
        b = self._bounds
        # With its share of the host, so more than the card alone can take.
        busy_w = np.array([1000 * pool.it_kw_per_unit for _, pool in field.pools], dtype=np.float64)
        for broken in contradict_envelope(
            card,
            series["used_unit_h"],
            series["certified_unit_h"],
            (b.card_idle_w_least * (1 - b.meter_accuracy_share), b.card_idle_w_most * (1 + b.meter_accuracy_share)),
            np.minimum(b.card_busy_w_most, busy_w)[:, None] * (1 + b.meter_accuracy_share),
        ):
            sides = {name: series[name] for name in ("card_wh", "used_unit_h", "certified_unit_h")}
            yield from _name(metered.field.interval, subjects, broken, sides, modelled)

    def _sites(self, metered: Metered) -> Iterator[Discrepancy]:
        field = metered.field
        told = {name: of_sites(field, metered.hourly, measure) for name, measure in ENERGIES.items()}
        series = {name: _whole(one, name) for name, one in told.items()}
        subjects = [site.site_id for site in field.sites]
        modelled = _modelled(told)
        for name, measure in ENERGIES.items():
            speaks = [any(m.measure is measure and not m.pool_id for m in site.meters) for site in field.sites]
            bounded = {lesser: series[lesser] for _, lesser, greater in _ORDER if greater == name}
            whole = np.where(np.array(speaks, dtype=np.bool_)[:, None], series[name], np.nan)
            yield from self._order(metered, subjects, {**bounded, name: whole}, modelled, greater_only=name)
        both = [
            all(any(m.measure is one and not m.pool_id for m in site.meters) for one in _PUE) for site in field.sites
        ]
        pdu = np.where(np.array(both, dtype=np.bool_)[:, None], series["pdu_wh"], np.nan)
        broken = contradict_pue(pdu, series["grid_wh"], self._bounds.pue_most, self._bounds.meter_accuracy_share)
        sides = {name: series[name] for name in ("pdu_wh", "grid_wh")}
        yield from _name(field.interval, subjects, broken, sides, modelled)

    def _order(
        self,
        metered: Metered,
        subjects: Sequence[str],
        series: Mapping[str, Floats],
        modelled: NDArray[np.bool_],
        *,
        greater_only: str = "",
    ) -> Iterator[Discrepancy]:
        accuracy = dict.fromkeys(ENERGIES, self._bounds.meter_accuracy_share)
        step = dict.fromkeys(ENERGIES, self._bounds.meter_step_kwh * WH_PER_KWH)
        step |= {name.removesuffix("_unit_h"): COUNT_STEP_UNIT_H for name in COUNTS}
        bare = {name.removesuffix("_unit_h"): values for name, values in series.items()}
        pairs = {rule: (lesser, greater) for rule, lesser, greater in _ORDER}
        for broken in contradict_order(bare, accuracy, step):
            lesser, greater = pairs[broken.rule]
            if greater_only in ("", greater):
                sides = {lesser: series[lesser], greater: series[greater]}
                yield from _name(metered.field.interval, subjects, broken, sides, modelled)


_PUE: Final = (Measure.PDU_ENERGY, Measure.GRID_ENERGY)

_ORDER: Final = tuple(
    (rule, *(one if one.endswith("_wh") else f"{one}_unit_h" for one in pair)) for rule, *pair in ORDER
)


def _whole(told: Told, name: str) -> Floats:
    """Return watt-hours or unit-hours of hours that were told in full, ``nan`` elsewhere."""
    per = J_PER_WH if name.endswith("_wh") else HOUR_S
    return np.where(told.told_s == HOUR_S, told.value / per, np.nan)


def _modelled(told: Mapping[str, Told]) -> NDArray[np.bool_]:
    return np.asarray(np.any([one.modelled for one in told.values()], axis=0))


def _name(
    interval: Interval,
    subjects: Sequence[str],
    broken: Contradictions,
    sides: Mapping[str, Floats],
    modelled: NDArray[np.bool_],
) -> Iterator[Discrepancy]:
    """Return a discrepancy for each place that breaks a law: hours, sums over them, and the greatest excess."""
    is_broken = broken.excess > 0
    for row in np.flatnonzero(is_broken.any(axis=1)).tolist():
        hours = np.flatnonzero(is_broken[row])
        compared = int((~broken.silent[row]).sum())
        excess = float(broken.excess[row].max())
        sums = {name: float(values[row, hours].sum()) for name, values in sides.items()}
        evidence = {"broken_h": float(len(hours)), "compared_h": float(compared), **sums}
        if modelled[row, hours].any():
            evidence["modelled_h"] = float(modelled[row, hours].sum())
        yield Discrepancy(
            rule=broken.rule,
            subject=subjects[row],
            period=_span(interval, int(hours[0]), int(hours[-1]) + 1),
            size=excess,
            false_warning_rate=0.0,
            message=f"{LAWS[broken.rule]}; in {len(hours)} of {compared} hours it did not, by up to {excess:.1%}.",
            evidence=evidence,
        )


def _told_twice(metered: Metered) -> Iterator[Discrepancy]:
    hourly, field = metered.hourly, metered.field
    is_twice = (hourly.told_s > HOUR_S) & (hourly.hour >= 0) & (hourly.hour < field.hours)
    for meter in np.unique(hourly.meter[is_twice]).tolist():
        rows = is_twice & (hourly.meter == meter)
        hours, excess_s = hourly.hour[rows], float((hourly.told_s[rows] - HOUR_S).sum())
        yield Discrepancy(
            rule="readings_overlap",
            subject=field.meters[meter][1].meter_id,
            period=_span(field.interval, int(hours.min()), int(hours.max()) + 1),
            size=excess_s / (HOUR_S * len(hours)),
            false_warning_rate=0.0,
            message=f"{LAWS['readings_overlap']}; {len(hours)} hours were told twice and count as silent.",
            evidence={"broken_h": float(len(hours)), "excess_s": excess_s},
        )


def _miscounted(metered: Metered, miscounts: Sequence[Miscount]) -> Iterator[Discrepancy]:
    ours = frozenset(metered.field.meter_ids)
    for one in miscounts:
        if one.meter_id in ours:
            yield Discrepancy(
                rule=one.rule,
                subject=one.meter_id,
                period=one.period,
                size=one.size,
                false_warning_rate=0.0,
                message=f"{LAWS[one.rule]}; in {one.broken} of {one.compared} readings it was not so, by up to "
                f"{one.size:.1%}.",
                evidence={
                    "broken_readings": float(one.broken),
                    "compared_readings": float(one.compared),
                    "most_apart": float(one.most),
                },
            )


def _span(interval: Interval, first: int, end: int) -> Interval:
    return Interval(interval.start + timedelta(hours=first), interval.start + timedelta(hours=end))


_CARD_AND_USE: Final = {"card_wh": Measure.CARD_ENERGY, "used_unit_h": Measure.USED}

SUSPICIONS: Final = {
    "energy_left_use": "The energy of cards should follow their use as it did before",
    "energy_unlike_peers": "A busy card should take as much as one of the same model elsewhere",
}
"""What honest pools do, by rule, but for chance."""

LAWS: Final = {
    "card_above_host": "Cards must burn no more than their hosts",
    "host_above_pdu": "Hosts must burn no more than the power distribution gives",
    "pue_below_one": "Machines must burn no more than the grid brings",
    "host_above_grid": "Hosts must burn no more than the grid brings",
    "green_above_grid": "Green energy must be no more than the grid brings",
    "pue_above_bound": "The grid must bring no more than the greatest PUE explains",
    "used_above_allocated": "Use must be no more than what is allocated",
    "allocated_above_certified": "What is allocated must be no more than what is certified",
    "used_above_certified": "Use must be no more than what is certified",
    "capacity_above_certified": "What the site says is there must be no more than what is certified",
    "energy_below_envelope": "Cards in use must burn at least the power of a waiting one",
    "energy_above_envelope": "Cards must burn no more than their use explains",
    "readings_overlap": "Each moment must be told once",
    "counter_fell": "A counter must never fall without a declared reset, nor a reset be taken back",
    "value_not_counted": "A value must be what the counter rose by",
}
"""What must hold, by rule."""
