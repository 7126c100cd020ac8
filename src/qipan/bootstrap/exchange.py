"""Files of the exchange of experts meet their adapters; none of this needs a home and its books."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.kernel.errors import BadInputError, Finding
from qipan.talent.model.exchange import Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.sources import contracts, experts, posts


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
