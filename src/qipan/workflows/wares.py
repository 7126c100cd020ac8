"""What clearing types to open books and certify capacity, held against the hubs of the facts and the clock.

A slip here would stand for good: books, certified capacity and auctions are never taken back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import RuleBrokenError
from qipan.market.model.delivery import SiteStep
from qipan.market.model.request import Certification, Listing

_ADCODE: Final = re.compile("[0-9]{6}")

Step = TypeVar("Step", Certification, SiteStep)


def class_of(text: str) -> str:
    """Return a class of cards as it is written everywhere: in small letters.

    Examples
    --------
    >>> class_of(" H100-80G")
    'h100-80g'
    """
    return text.strip().lower()


def adcode_of(text: str, catalog: Catalog) -> str:
    """Return the adcode of a place within a region as it is given, or that of a region by its name.

    Raises
    ------
    NotFoundError
        ``region_unknown`` where the adcode is of no region.

    Examples
    --------
    >>> catalog = Catalog.load()
    >>> adcode_of("640500", catalog), adcode_of("宁夏", catalog)
    ('640500', '640000')
    """
    if _ADCODE.fullmatch(text):
        catalog.region(f"{text[:2]}0000")
        return text
    return catalog.region(text).adcode


def certified(step: Step, catalog: Catalog) -> Step:
    """Return a step of certified capacity with its class in small letters and its hub by its id.

    Raises
    ------
    NotFoundError
        ``hub_unknown``.
    """
    return replace(step, card_class=class_of(step.card_class), hub_id=catalog.hub(step.hub_id).hub_id)


def opened(listing: Listing, catalog: Catalog, now: datetime) -> Listing:
    """Return the terms of a book to open with its class in small letters and its hub by its id.

    Raises
    ------
    NotFoundError
        ``hub_unknown``.
    RuleBrokenError
        ``book_past`` when its trading is over.
    """
    ware = listing.instrument
    read = replace(ware, card_class=class_of(ware.card_class), hub_id=catalog.hub(ware.hub_id).hub_id)
    if listing.last_trading <= now:
        raise RuleBrokenError(
            f"A book must be opened before its trading ends, was {read.name}, whose trading would be over.",
            code="book_past",
            hint="Name a window to come.",
        )
    return replace(listing, instrument=read)
