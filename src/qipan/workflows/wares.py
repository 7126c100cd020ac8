"""What clearing types to open books and certify capacity, held against the hubs of the facts and the clock.

A slip here would stand for good: books, certified capacity and auctions are never taken back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import NotFoundError, RuleBrokenError
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


def hub_of(text: str, catalog: Catalog) -> str:
    """Return the id of a hub that is named by it, in Chinese with or without 枢纽, or in English in any case.

    Raises
    ------
    NotFoundError
        ``hub_unknown``.

    Examples
    --------
    >>> hub_of("宁夏", Catalog.load())
    'ningxia'
    """
    names: dict[str, str] = {}
    for hub in catalog.hubs():
        short = hub.name_zh.removesuffix("枢纽")
        names |= dict.fromkeys((hub.hub_id, hub.name_zh, short, hub.name_en.casefold()), hub.hub_id)
    found = names.get(text.strip().casefold())
    if found is None:
        raise NotFoundError(
            f"A hub must be a national one, was {text!r}.",
            code="hub_unknown",
            hint=f"Name one of: {', '.join(hub.hub_id for hub in catalog.hubs())}.",
        )
    return found


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
    return replace(step, card_class=class_of(step.card_class), hub_id=hub_of(step.hub_id, catalog))


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
    read = replace(ware, card_class=class_of(ware.card_class), hub_id=hub_of(ware.hub_id, catalog))
    if listing.last_trading <= now:
        raise RuleBrokenError(
            f"A book must be opened before its trading ends, was {read.name}, whose trading would be over.",
            code="book_past",
            hint="Name a window to come.",
        )
    return replace(listing, instrument=read)
