"""Everything that is to be matched: experts, posts, and the contracts that both sides could sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.model.terms import Terms


@dataclass(frozen=True, slots=True)
class Contracts:
    """Contracts that could be signed, a position each; points of a side say nothing but its order, the more the better.

    Ties have a written order. Experts: more points, then the post first by name, then the terms first by number. Posts:
    more points, then the expert first by name, then the terms first by number.

    Attributes
    ----------
    expert, post, terms
        Positions of the expert, of the post, and of the terms in the post.
    expert_points, post_points
        What each side gives the contract.
    """

    expert: Ints
    post: Ints
    terms: Ints
    expert_points: Floats
    post_points: Floats

    def __len__(self) -> int:
        return len(self.expert)

    @property
    def value(self) -> Floats:
        """Points of both sides together, which the optimum adds up."""
        return self.expert_points + self.post_points


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange of experts.

    Attributes
    ----------
    contracts
        What both sides accept; whatever is not there is signed by nobody.
    """

    experts: tuple[Expert, ...]
    posts: tuple[Post, ...]
    contracts: Contracts

    def terms_of(self, contract: int) -> Terms:
        """Return the terms of a contract."""
        post = self.posts[int(self.contracts.post[contract])]
        return post.terms[int(self.contracts.terms[contract])]

    def pairs(self) -> list[tuple[int, int]]:
        """Return positions of experts who move together, in the order of their names."""
        at = {one.expert_id: position for position, one in enumerate(self.experts)}
        found = [
            (at[one.expert_id], at[one.partner])
            for one in self.experts
            if one.expert_id < one.partner and one.partner in at
        ]
        return sorted(found, key=lambda pair: self.experts[pair[0]].expert_id)


@dataclass(frozen=True, slots=True)
class Matching:
    """Who signs what.

    Attributes
    ----------
    held
        ``(contracts,)``, whether a contract is signed.
    rounds
        How often everybody was matched until those who move together were settled.
    """

    held: Bools
    rounds: int = 1

    @property
    def signed(self) -> Ints:
        """Positions of the contracts that are signed."""
        return np.flatnonzero(self.held).astype(np.int64)
