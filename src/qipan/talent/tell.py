"""Tell a matching and its balance as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qipan.talent.balance import balance
from qipan.talent.block import block
from qipan.talent.lay_out import lay_out
from qipan.talent.model.balance import RegionBalance
from qipan.talent.model.exchange import Exchange, Matching
from qipan.talent.model.terms import write_month
from qipan.talent.model.together import Together
from qipan.talent.move_together import match_everybody
from qipan.talent.optimum import find_optimum, step_for

STEP_SHARE = 0.001
"""The step of the auction, as a share of what a contract is worth."""


def tell_matching(exchange: Exchange) -> dict[str, Any]:
    """Return who signs what, what blocks, how far the value is from the optimum, and the balance of each region."""
    layout = lay_out(exchange)
    matching, together = match_everybody(exchange, layout)
    wrong = block(exchange, matching.held)
    optimum = find_optimum(layout, step_for(layout, matching.held, STEP_SHARE))
    value = float(layout.value[matching.held].sum())
    return {
        "experts": len(exchange.experts),
        "posts": len(exchange.posts),
        "possible": len(exchange.contracts),
        "signed": [_signed(exchange, one) for one in _in_order(exchange, matching)],
        "blocking": [_signed(exchange, one) for one in wrong.contracts.tolist()],
        "overbooked": [exchange.experts[one].expert_id for one in wrong.overbooked.tolist()],
        "overfull": [exchange.posts[one].post_id for one in wrong.overfull.tolist()],
        "together": [_together(exchange, one) for one in together],
        "rounds": matching.rounds,
        "value": round(value, 6),
        "best_found": round(optimum.value, 6),
        "bound": round(optimum.bound, 6),
        "gap": optimum.gap_of(value),
        "regions": tell_balance(balance(exchange, matching)),
    }


def tell_balance(balances: Sequence[RegionBalance]) -> list[dict[str, Any]]:
    """Return the balance of each region."""
    return [
        {
            "region": one.region,
            "own_days": one.own_days,
            "out_days": one.out_days,
            "in_days": one.in_days,
            "net_days": one.net_days,
            "returned_days": one.returned_days,
            "enclave_days": one.enclave_days,
            "home_grown_days": one.home_grown_days,
            "external_days": one.external_days,
            "retention": one.retention,
        }
        for one in balances
    ]


def _in_order(exchange: Exchange, matching: Matching) -> list[int]:
    contracts = exchange.contracts

    def names(one: int) -> tuple[str, str, int]:
        expert, post = exchange.experts[contracts.expert[one]], exchange.posts[contracts.post[one]]
        return expert.expert_id, post.post_id, exchange.terms_of(one).number

    return sorted(matching.signed.tolist(), key=names)


def _signed(exchange: Exchange, contract: int) -> dict[str, Any]:
    contracts, terms = exchange.contracts, exchange.terms_of(contract)
    return {
        "expert": exchange.experts[contracts.expert[contract]].expert_id,
        "post": exchange.posts[contracts.post[contract]].post_id,
        "terms": terms.number,
        "mode": terms.mode.value,
        "from": write_month(terms.span.first_month),
        "until": write_month(terms.span.until_month),
        "days_a_month": terms.span.days_a_month,
        "pay_fen_per_month": terms.pay_fen_per_month,
        "equity_ppm": terms.equity_ppm,
    }


def _together(exchange: Exchange, one: Together) -> dict[str, Any]:
    return {
        "experts": [exchange.experts[expert].expert_id for expert in one.experts],
        "signed": [_signed(exchange, contract) for contract in one.contracts],
        "blocking": [[_signed(exchange, contract) for contract in choice] for choice in one.blocking],
    }
