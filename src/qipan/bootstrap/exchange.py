"""Files of the exchange of experts meet their adapters; none of this needs a home and its books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qipan.kernel.errors import BadInputError, Finding, of_file
from qipan.talent.model.exchange import Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.sources import contracts, experts, posts

COLUMNS: Final = {"experts": experts.NEEDED, "posts": posts.NEEDED, "contracts": contracts.NEEDED}
"""Columns that each file must have."""


@dataclass(frozen=True, slots=True)
class Contracted:
    """An exchange as its files have it.

    Attributes
    ----------
    one_sided
        Rows of contracts that only one side accepts.
    findings
        What is wrong with rows of contracts that are left out.
    """

    exchange: Exchange
    one_sided: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An exchange as its three files have it, and what is wrong with rows that are left out, by role of the file."""

    exchange: Exchange
    one_sided: int
    left_out: Mapping[str, tuple[Finding, ...]]


def read_exchange(experts: tuple[str, bytes], posts: tuple[str, bytes], contracts: tuple[str, bytes]) -> Exchanged:
    """Read the three files, each with its name, which an error tells.

    Raises
    ------
    BadInputError
        ``exchange_unreadable`` where no row of a file can be read, or no contract is accepted by both sides.
    """
    with of_file(experts[0]):
        asking, wrong_experts = read_experts(experts[1])
    with of_file(posts[0]):
        offering, wrong_posts = read_posts(posts[1])
    with of_file(contracts[0]):
        found = read_contracts(contracts[1], asking, offering)
    left_out = {"experts": wrong_experts, "posts": wrong_posts, "contracts": found.findings}
    return Exchanged(found.exchange, found.one_sided, left_out)


def read_experts(data: bytes) -> tuple[tuple[Expert, ...], tuple[Finding, ...]]:
    """Read experts, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``exchange_unreadable`` where no row can be read.
    """
    found, findings = experts.read(data)
    if not found:
        raise _none(experts.NEEDED, findings)
    return found, findings


def read_posts(data: bytes) -> tuple[tuple[Post, ...], tuple[Finding, ...]]:
    """Read posts, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``exchange_unreadable`` where no row can be read.
    """
    found, findings = posts.read(data)
    if not found:
        raise _none(posts.NEEDED, findings)
    return found, findings


def read_contracts(data: bytes, asking: tuple[Expert, ...], offering: tuple[Post, ...]) -> Contracted:
    """Read the contracts that could be signed.

    Raises
    ------
    BadInputError
        ``exchange_unreadable`` where no row can be read, or none is accepted by both sides.
    """
    exchange, one_sided, findings = contracts.read(data, asking, offering)
    if not len(exchange.contracts):
        raise _none(contracts.NEEDED, findings)
    return Contracted(exchange, one_sided, findings)


def _none(columns: tuple[str, ...], findings: tuple[Finding, ...]) -> BadInputError:
    return BadInputError(
        f"A file of the exchange must have a row that can be used, had none: {len(findings)} findings.",
        code="exchange_unreadable",
        hint=f"Write rows with the columns {', '.join(columns)}, as docs/exchange.md has them.",
        findings=findings,
    )
