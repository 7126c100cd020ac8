"""Tell what changed from one release of a fleet to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime

from qipan.ledger.model.fleet import Change, Fleet

_NAMES = (
    "site_id",
    "pool_id",
    "meter_id",
    "source_id",
    "key_id",
    "origin_id",
    "exchange_id",
    "link_id",
    "data_id",
    "start",
)


def compare(before: Fleet, after: Fleet) -> tuple[Change, ...]:
    """Return every field that differs, in the order of the nouns; parts are matched by their name, not their place.

    A part that came or went is told as a whole. ``before`` is empty for what came, ``after`` for what went.

    Examples
    --------
    >>> from dataclasses import replace
    >>> fleet = Fleet("nord", "Nord", "北方", "Europe/Oslo", (), ())
    >>> compare(fleet, replace(fleet, name_en="North"))
    (Change(path='name_en', before='Nord', after='North'),)
    """
    return tuple(_between("", before, after))


def _between(path: str, before: object, after: object) -> Iterator[Change]:
    if before == after:
        return
    if is_dataclass(before) and type(before) is type(after):
        for field in fields(before):
            at = f"{path}.{field.name}" if path else field.name
            yield from _between(at, getattr(before, field.name), getattr(after, field.name))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _by_name(path, {_word(k): v for k, v in before.items()}, {_word(k): v for k, v in after.items()})
    elif _is_parts(before) and _is_parts(after) and (before or after):
        assert isinstance(before, tuple)
        assert isinstance(after, tuple)
        yield from _by_name(path, _named(before), _named(after))
    else:
        yield Change(path, said(before), said(after))


def _by_name(path: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for name, one in before.items():
        if name in after:
            yield from _between(f"{path}[{name}]", one, after[name])
        else:
            yield Change(f"{path}[{name}]", said(one), "")
    for name, other in after.items():
        if name not in before:
            yield Change(f"{path}[{name}]", "", said(other))
    if before.keys() == after.keys() and list(before) != list(after):
        yield Change(path, ", ".join(before), ", ".join(after))


def _is_parts(value: object) -> bool:
    return isinstance(value, tuple) and all(is_dataclass(part) for part in value)


def _named(parts: Sequence[object]) -> dict[str, object]:
    return {_name(part): part for part in parts}


def _name(part: object) -> str:
    # A meter names its pool and source too; its own name is the first field.
    first = fields(part)[0].name  # type: ignore[arg-type]
    return _word(getattr(part, first if first in _NAMES else "start"))


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return ".".join(map(str, value))
    return value.isoformat() if isinstance(value, datetime) else str(value)


def said(value: object) -> str:
    """Return a value as one line: the fields of a part that say something, by name."""
    if is_dataclass(value):
        told = ((field.name, getattr(value, field.name)) for field in fields(value))
        return ", ".join(f"{name} {said(one)}" for name, one in told if one not in ("", None, (), {}))
    if isinstance(value, tuple):
        return "; ".join(map(said, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{_word(name)} {said(one)}" for name, one in value.items())
    return "" if value is None else _word(value)
