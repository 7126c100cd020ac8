"""Files of the indicators of labour meet their adapters, and facts what they assume; none of this needs a home."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.model.exposure import Adoption, Channel, Employed, Exposure, Triangle
from qipan.labour.model.replacement import Assumed
from qipan.labour.model.skills import Asked
from qipan.labour.sources import adoption, employed, occupation_exposure, skills

RISK_OCCUPATION = "risk_occupation"
Made = TypeVar("Made")


def read_exposure(data: bytes, catalog: Catalog) -> tuple[tuple[Exposure, ...], tuple[Finding, ...]]:
    """Read exposure of occupations, in our own form or a published one.

    Raises
    ------
    BadInputError
        ``table_unreadable`` where no row can be read, with what is wrong.
    """
    means = {channel: _triangle(catalog, f"replacement/mean_share/{channel}") for channel in Channel}
    return _some(occupation_exposure.read(data, means))


def read_adoption(data: bytes) -> tuple[tuple[Adoption, ...], tuple[Finding, ...]]:
    """Read adoption; refused as `read_exposure`."""
    return _some(adoption.read(data))


def read_employed(data: bytes) -> tuple[tuple[Employed, ...], tuple[Finding, ...]]:
    """Read people employed; refused as `read_exposure`."""
    return _some(employed.read(data))


def read_skills(data: bytes) -> tuple[tuple[Asked, ...], tuple[Finding, ...]]:
    """Read skills that postings ask for; refused as `read_exposure`."""
    return _some(skills.read(data))


def assumed(catalog: Catalog) -> Assumed:
    """Return what is assumed of what is handed over to machines."""
    return Assumed({channel: _triangle(catalog, f"replacement/handed_over/{channel}") for channel in Channel})


def risk_occupations(catalog: Catalog) -> dict[str, dict[str, str]]:
    """Return the occupations that the paper names, by their key: names in two languages, and codes.

    Examples
    --------
    >>> risk_occupations(Catalog.load())["data_entry"]["isco_08"]
    '4132'
    """
    found: dict[str, dict[str, str]] = {}
    for fact in catalog.under(RISK_OCCUPATION):
        _, key, column = fact.fact_id.split("/")
        found.setdefault(key, {})[column] = str(fact.value)
    return found


def codes_of(asked: list[str], catalog: Catalog) -> Callable[[str], bool]:
    """Return what tells whether an occupation is asked for, by its code or as one that the paper names; else any is."""
    named = risk_occupations(catalog)
    systems = ("csco_2022", "isco_08", "soc_2018")
    codes = {
        code
        for one in asked
        for code in (" ".join(named[one][at] for at in systems).split() if one in named else [one])
    }
    return lambda occupation: not codes or occupation in codes


def _triangle(catalog: Catalog, prefix: str) -> Triangle:
    return Triangle(*(catalog.number(f"{prefix}/{end}") for end in ("low", "likely", "high")))


def _some(read: tuple[tuple[Made, ...], tuple[Finding, ...]]) -> tuple[tuple[Made, ...], tuple[Finding, ...]]:
    if not read[0]:
        raise BadInputError(
            f"A table must have a row that can be read, had none; findings: {len(read[1])}.",
            code="table_unreadable",
            hint="Write the columns that docs/indicators.md has for it.",
            findings=read[1],
        )
    return read
