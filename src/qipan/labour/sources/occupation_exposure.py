"""Read exposure of occupations: our own table, and those that are published, each known by its columns.

====================================  ==============================================================================
``occupation, channel, low, likely,   our own; ``year`` may follow
high``
``O*NET-SOC Code, dv_rating_...``     "GPTs are GPTs": shares of tasks, rated by people and by a model. The least is the
                                      lower rating of what a language model does alone (alpha), the likeliest their mean
                                      where software built on it counts half (beta), the most the higher where it counts
                                      in full (gamma). Source: `eloundou2024`
``onetsoccode, robot_score, ...``     Patents: scores of robots and of software that only rank. Source: `webb2020`
``occ_code_onetsoc2010, year, ...``   DAIOE: scores of language models by year that only rank. Source: `engberg2024`
====================================  ==============================================================================

Occupations of O*NET are taken together under the first seven signs of their code, that of SOC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.model.exposure import Channel, Exposure, Triangle
from qipan.labour.rank_shares import rank_shares
from qipan.labour.sources.indicator_rows import CellError, Row, header, read_rows

OWN: Final = ("occupation", "channel", "low", "likely", "high")
RATERS: Final = ("dv", "human")
RATED: Final = ("O*NET-SOC Code", *(f"{who}_rating_{kind}" for who in RATERS for kind in ("alpha", "beta", "gamma")))
PATENT_KEY: Final = "onetsoccode"
PATENTS: Final = {Channel.ROBOTS: "robot_score", Channel.SOFTWARE: "software_score"}
YEARLY: Final = ("occ_code_onetsoc2010", "year", "daioe_lngmod")
SOC_SIGNS: Final = 7

Read = tuple[tuple[Exposure, ...], tuple[Finding, ...]]
Score = tuple[str, Channel, int | None, float]


def is_table(data: bytes) -> bool:
    """Tell whether a table is of exposure of occupations, by its columns."""
    names = set(header(data))
    return bool(names & {RATED[0], PATENT_KEY, YEARLY[0]}) or set(OWN) <= names


def read(data: bytes, mean_shares: Mapping[Channel, Triangle]) -> Read:
    r"""Return exposures, and what is wrong with rows that are left out.

    Rules: those of `read_rows`; ``channel_unknown``, ``triangle_unordered`` for a row.

    Parameters
    ----------
    mean_shares
        Over all occupations, by channel: what turns scores that only rank into shares.

    Examples
    --------
    >>> rows = b"occupation,channel,low,likely,high\n43-9021,robots,0,0.1,0.2\n43-9021,magic,0,0,1\n"
    >>> found, findings = read(rows, {})
    >>> found[0].share, findings[0].rule
    (Triangle(low=0.0, likely=0.1, high=0.2), 'channel_unknown')
    """
    names = set(header(data))
    if RATED[0] in names:
        rated, findings = read_rows(data, _rated, needed=RATED)
        return tuple(_averaged(rated)), findings
    if PATENT_KEY in names:
        scores, findings = read_rows(data, _patents, needed=(PATENT_KEY, *PATENTS.values()))
        return tuple(_ranked(scores, mean_shares)), findings
    if YEARLY[0] in names:
        scores, findings = read_rows(data, _yearly, needed=YEARLY)
        return tuple(_ranked(scores, mean_shares)), findings
    return read_rows(
        data, _own, needed=OWN, optional=("year",), about=lambda one: (one.occupation, one.channel, one.year)
    )


def _own(row: Row) -> Iterator[Exposure]:
    channel = row.text("channel")
    if channel not in set(Channel):
        message = f"A channel must be one of {', '.join(Channel)}, was {channel!r}."
        raise CellError(Finding(row.line, "channel", "channel_unknown", message, channel))
    low, likely, high = (row.number(name, 1.0) for name in ("low", "likely", "high"))
    try:
        share = Triangle(low, likely, high)
    except BadInputError as error:
        raise CellError(Finding(row.line, "likely", "triangle_unordered", error.message)) from error
    year = row.year("year") if row.text_or_empty("year") else None
    yield Exposure(row.text("occupation"), Channel(channel), year, share)


def _rated(row: Row) -> Iterator[Exposure]:
    alpha, beta, gamma = (
        [row.number(f"{who}_rating_{kind}", 1.0) for who in RATERS] for kind in ("alpha", "beta", "gamma")
    )
    share = Triangle(min(*alpha, *beta), sum(beta) / len(beta), max(*beta, *gamma))
    yield Exposure(row.text(RATED[0])[:SOC_SIGNS], Channel.LANGUAGE_MODELS, None, share)


def _averaged(rated: tuple[Exposure, ...]) -> Iterator[Exposure]:
    """Yield the mean exposure of each occupation of SOC."""
    held: dict[str, list[Triangle]] = defaultdict(list)
    for one in rated:
        held[one.occupation].append(one.share)
    for occupation, shares in sorted(held.items()):
        ends = ([getattr(one, end) for one in shares] for end in ("low", "likely", "high"))
        mean = Triangle(*(min(1.0, sum(values) / len(values)) for values in ends))
        yield Exposure(occupation, Channel.LANGUAGE_MODELS, None, mean)


def _patents(row: Row) -> Iterator[Score]:
    for channel, column in PATENTS.items():
        yield row.text(PATENT_KEY)[:SOC_SIGNS], channel, None, row.number(column)


def _yearly(row: Row) -> Iterator[Score]:
    # An empty score is of a year in which nothing of the kind could be done.
    score = row.number("daioe_lngmod") if row.text_or_empty("daioe_lngmod") else 0.0
    yield row.text(YEARLY[0])[:SOC_SIGNS], Channel.LANGUAGE_MODELS, row.year("year"), score


def _ranked(scores: tuple[Score, ...], mean_shares: Mapping[Channel, Triangle]) -> Iterator[Exposure]:
    """Yield shares that keep the ranking of the last year, and move over the years as the scores themselves do."""
    means: dict[tuple[Channel, int | None], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for occupation, channel, year, score in scores:
        means[channel, year][occupation].append(score)
    for channel in sorted({channel for channel, _ in means}):
        if channel not in mean_shares:
            continue
        years = sorted({year for one, year in means if one is channel}, key=lambda year: year or 0)
        of_year = {
            year: {kind: sum(all_of) / len(all_of) for kind, all_of in means[channel, year].items()} for year in years
        }
        last = of_year[years[-1]]
        shares = rank_shares(last, mean_shares[channel])
        for year in years:
            for occupation in sorted(set(of_year[year]) & set(last)):
                moved = of_year[year][occupation] / last[occupation] if last[occupation] else 1.0
                yield Exposure(occupation, channel, year, shares[occupation].times(moved))
