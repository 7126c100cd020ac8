"""Balance by region who gives days to whom: what stays, goes out, comes in and comes back."""

from __future__ import annotations

from collections import defaultdict

from qipan.talent.model.balance import RegionBalance
from qipan.talent.model.exchange import Exchange, Matching
from qipan.talent.model.terms import Mode


def balance(exchange: Exchange, matching: Matching) -> tuple[RegionBalance, ...]:
    """Return the balance of each region that has an expert or a post, in the order of their names.

    Days that go out of all regions are those that come in.
    """
    regions = {one.region for one in exchange.experts} | {one.region for one in exchange.posts}
    days: dict[str, dict[str, int]] = {region: defaultdict(int) for region in regions}
    for contract in matching.signed.tolist():
        expert = exchange.experts[exchange.contracts.expert[contract]]
        post, terms = exchange.posts[exchange.contracts.post[contract]], exchange.terms_of(contract)
        there = days[post.region]
        if expert.region == post.region:
            there["own_days"] += terms.span.days
        else:
            days[expert.region]["out_days"] += terms.span.days
            there["in_days"] += terms.span.days
            if expert.home == post.region:
                there["returned_days"] += terms.span.days
            if terms.mode is Mode.ENCLAVE:
                there["enclave_days"] += terms.span.days
        if expert.home == post.region:
            there["home_grown_days"] += terms.span.days
    return tuple(RegionBalance(region, **days[region]) for region in sorted(regions))
