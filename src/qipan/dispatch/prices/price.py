"""The money identities of locational prices, which anyone can recompute from a plan.

At optimal duals, what the streams pay for the work they get equals what the sites earn, plus what moving costs, plus
the congestion rent of the links; and what the sites earn equals their running cost plus the rents of capacity, power
and the reserve. Energy counts at its price at the site.

Source: `schweppe1988` (spot pricing); the identities follow from complementary slackness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Plan
from qipan.dispatch.programme.formulate import room_kwh, supply_fen_per_unit_h


@dataclass(frozen=True, slots=True)
class Identities:
    """Totals of a plan at its own prices, in fen, and how far each identity is from holding.

    Attributes
    ----------
    payments_fen
        What streams pay for their work in each slot: the delivered price less the value of distance.
    revenue_fen
        What sites earn at their locational prices.
    transfer_fen, link_rent_fen
        What moving data costs, and what scarce links earn.
    running_fen, capacity_rent_fen, power_rent_fen, reserve_rent_fen
        What the sites' revenue consists of.
    """

    payments_fen: float
    revenue_fen: float
    transfer_fen: float
    link_rent_fen: float
    running_fen: float
    capacity_rent_fen: float
    power_rent_fen: float
    reserve_rent_fen: float
    slackness_fen: float

    @property
    def payments_error(self) -> float:
        """|payments - revenue - transfer - link rent| relative to payments."""
        gap = self.payments_fen - self.revenue_fen - self.transfer_fen - self.link_rent_fen
        return abs(gap) / max(abs(self.payments_fen), 1.0)

    @property
    def revenue_error(self) -> float:
        """|revenue - running cost - rents of capacity, power and reserve| relative to payments."""
        rents = self.capacity_rent_fen + self.power_rent_fen + self.reserve_rent_fen
        return abs(self.revenue_fen - self.running_fen - rents) / max(abs(self.payments_fen), 1.0)

    @property
    def slackness_error(self) -> float:
        """Largest product of a price and its unused limit, relative to payments."""
        return self.slackness_fen / max(abs(self.payments_fen), 1.0)


def identities(board: Board, plan: Plan, rules: Rules) -> Identities:
    """Compute the totals of a plan at its own prices.

    Rents are priced on the whole limit (``rent * capacity``), not on what was used, so that the identities hold only
    if complementary slackness does.
    """
    work, supply = plan.work_unit_h, plan.supply_unit_h
    paid = plan.delivered_fen_per_unit_h[plan.work_stream, plan.work_slot] - plan.nearness_fen
    earned = plan.takes * plan.lmp_fen_per_unit_h[plan.work_product, plan.work_slot]
    limit_unit_h = board.capacity * board.slot_h
    burnt = supply * board.kwh_per_unit_h[:, None]
    used_kwh = np.zeros((len(board.sites), board.slot_count))
    np.add.at(used_kwh, board.pool_site, burnt)
    limit_kwh = np.where(np.isfinite(room_kwh(board)), room_kwh(board), used_kwh)
    reserve_unit_h = board.spare_units * board.slot_h if len(plan.reserve_rent_fen_per_unit_h) else np.zeros((0, 1))
    busy = np.zeros((len(board.spare_units), board.slot_count))
    np.add.at(busy, board.product_group[board.pool_product], supply)
    running = supply_fen_per_unit_h(board, rules) * supply
    if plan.energy is not None:
        running = running + plan.energy.energy_fen_per_kwh[board.pool_site] * burnt
    link_rent, link_slack = 0.0, 0.0
    if board.links is not None:
        # The dual of a flow at its upper limit is negative; the rent is its size times the limit.
        size = np.abs(plan.link_rent_fen_per_gb)
        link_rent = float((size * board.links.capacity_gb).sum())
        link_slack = float((size * (board.links.capacity_gb - np.abs(plan.link_flow_gb))).max(initial=0.0))
    slack = [
        np.abs(plan.capacity_rent_fen_per_unit_h * (limit_unit_h - supply)).max(initial=0.0),
        np.abs(plan.power_rent_fen_per_kwh * (limit_kwh - used_kwh)).max(initial=0.0),
        np.abs(plan.reserve_rent_fen_per_unit_h * (reserve_unit_h - busy[: len(reserve_unit_h)])).max(initial=0.0),
        link_slack,
    ]
    return Identities(
        payments_fen=float((paid * work).sum()),
        revenue_fen=float((earned * work).sum()),
        transfer_fen=float((plan.transfer_fen * work).sum()),
        link_rent_fen=link_rent,
        running_fen=float(running.sum()),
        capacity_rent_fen=float((plan.capacity_rent_fen_per_unit_h * limit_unit_h).sum()),
        power_rent_fen=float((plan.power_rent_fen_per_kwh * limit_kwh).sum()),
        reserve_rent_fen=float((plan.reserve_rent_fen_per_unit_h * reserve_unit_h).sum()),
        slackness_fen=float(max(slack)),
    )
