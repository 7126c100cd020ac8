"""Read adoption: the share of employers, or hours, that use a kind of machine, with its standard error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.exposure import Adoption, Channel
from qipan.labour.sources.indicator_rows import CellError, Row, read_rows

NEEDED: Final = ("channel", "year", "share", "standard_error")
OPTIONAL: Final = ("region", "industry", "occupation")


def read(data: bytes) -> tuple[tuple[Adoption, ...], tuple[Finding, ...]]:
    r"""Return adoption, and what is wrong with rows that are left out.

    Rules: those of `read_rows`; ``channel_unknown`` for a row.

    Examples
    --------
    >>> found, _ = read(b"industry,channel,year,share,standard_error\nI65,language_models,2024,0.18,0.01\n")
    >>> found[0].industry, found[0].share
    ('I65', 0.18)
    """
    return read_rows(data, _made, needed=NEEDED, optional=OPTIONAL, about=_about)


def _about(one: Adoption) -> tuple[str, str, str, str, int]:
    return one.region, one.industry, one.occupation, one.channel, one.year


def _made(row: Row) -> Iterator[Adoption]:
    channel = row.text("channel")
    if channel not in set(Channel):
        message = f"A channel must be one of {', '.join(Channel)}, was {channel!r}."
        raise CellError(Finding(row.line, "channel", "channel_unknown", message, channel))
    region, industry, occupation = (row.text_or_empty(one) for one in OPTIONAL)
    share, error = row.number("share", 1.0), row.number("standard_error", 1.0)
    yield Adoption(region, industry, occupation, Channel(channel), row.year("year"), share, error)
