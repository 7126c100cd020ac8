"""Read posts from CSV, a row for each of their terms.

Columns ``post, region, most, terms, mode, from, until, days_a_month`` must be there; ``employer, fields, quotas,
pay_fen_per_month, equity_ppm`` may be. Further rows of a post may leave out what the first says of the post itself.
Quotas are written ``region=110000:2; region=110000 mode=visit:1``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from qipan.kernel.errors import BadInputError, Finding, RuleBrokenError
from qipan.talent.model.post import Post, Quota
from qipan.talent.model.terms import DAYS_MOST, Mode, Span, Terms, read_month
from qipan.talent.sources import rows
from qipan.talent.sources.experts import split

NEEDED: Final = ("post", "region", "most", "terms", "mode", "from", "until", "days_a_month")
OPTIONAL: Final = ("employer", "fields", "quotas", "pay_fen_per_month", "equity_ppm")
OF_POST: Final = ("region", "most", "employer", "fields", "quotas")
"""Columns that speak of the post and not of its terms."""
MOST: Final = 1_000_000
MODES_ZH: Final = {
    "短期访问": Mode.VISIT, "候鸟": Mode.MIGRATORY, "项目": Mode.PROJECT, "飞地": Mode.ENCLAVE,
    "技术入股": Mode.EQUITY, "工作站": Mode.WORKSTATION, "互派": Mode.EXCHANGE,
}  # fmt: skip
"""Modes by their name in Chinese."""
_QUOTA: Final = re.compile(r"((?:region|field|mode)=\S+(?: +(?:region|field|mode)=\S+)*) *: *(\d{1,7})")


def read(data: bytes) -> tuple[tuple[Post, ...], tuple[Finding, ...]]:
    """Return posts, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``whole_unfit``, ``mode_unreadable``, ``month_unreadable``,
    ``span_unfit``, ``quota_unreadable``, ``quotas_cross``, ``post_differs``, ``terms_twice``.
    """
    findings: list[Finding] = []
    found: dict[str, Post] = {}
    firsts: dict[str, rows.Row] = {}
    for row in rows.read(data, NEEDED, OPTIONAL, findings):
        try:
            (name,) = rows.filled(row, "post")
            post = found[name] if name in found else _post(row)
            if name in firsts:
                _must_agree(row, firsts[name])
            terms = _terms(row, post)
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[name] = replace(post, terms=(*post.terms, terms))
        firsts.setdefault(name, row)
    return tuple(found.values()), tuple(findings)


def _post(row: rows.Row) -> Post:
    name, region = rows.filled(row, "post", "region")
    cells = row[1]
    quotas = tuple(_quota(row, text) for text in split(cells.get("quotas", "")))
    most = rows.whole(row, "most", 1, MOST)
    try:
        return Post(name, region, cells.get("employer", ""), tuple(split(cells.get("fields", ""))), most, (), quotas)
    except RuleBrokenError as error:
        raise rows.RowError(Finding(row[0], "quotas", error.code, error.message, cells["quotas"])) from error


def _must_agree(row: rows.Row, first: rows.Row) -> None:
    for column in OF_POST:
        ours, theirs = row[1].get(column, ""), first[1].get(column, "")
        if ours not in {"", theirs}:
            told = f"Rows of a post must say the same of {column}, was {ours!r} and on line {first[0]} {theirs!r}."
            raise rows.RowError(Finding(row[0], column, "post_differs", told, ours))


def _terms(row: rows.Row, post: Post) -> Terms:
    first, until = rows.filled(row, "from", "until")
    number, days = rows.whole(row, "terms", 1, MOST), rows.whole(row, "days_a_month", 1, DAYS_MOST)
    if any(one.number == number for one in post.terms):
        told = f"Terms must have one row, was {number} of {post.post_id} again."
        raise rows.RowError(Finding(row[0], "terms", "terms_twice", told, str(number)))
    mode = _mode(row, "mode", row[1]["mode"])
    pay_fen, equity_ppm = rows.whole(row, "pay_fen_per_month", 0, 10**12), rows.whole(row, "equity_ppm", 0, 10**6)
    try:
        return Terms(number, mode, Span(read_month(first), read_month(until), days), pay_fen, equity_ppm)
    except BadInputError as error:
        raise rows.of_row(row, "from", error) from error


def _mode(row: rows.Row, column: str, text: str) -> Mode:
    known = {mode.value: mode for mode in Mode} | MODES_ZH
    if text not in known:
        told = f"A mode must be one of {', '.join(Mode)}, was {text!r}."
        raise rows.RowError(Finding(row[0], column, "mode_unreadable", told, text))
    return known[text]


def _quota(row: rows.Row, text: str) -> Quota:
    found = _QUOTA.fullmatch(text)
    parts = [part.split("=", 1) for part in found[1].split()] if found else []
    named = dict(parts)
    if not found or len(named) != len(parts) or int(found[2]) > MOST:
        told = f"A quota must be written as region=110000 mode=visit:2, was {text[: rows.SHOWN]!r}."
        raise rows.RowError(Finding(row[0], "quotas", "quota_unreadable", told, text[: rows.SHOWN]))
    mode = _mode(row, "quotas", named["mode"]) if "mode" in named else None
    return Quota(int(found[2]), named.get("region", ""), named.get("field", ""), mode)
