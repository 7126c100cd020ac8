"""Write a value as bytes in exactly one way, so that equal payloads have equal hashes.

Objects, lists, text, whole numbers, booleans and null only: a fraction enters the log as an integer of a smaller unit.

Source: RFC 8785 (JSON Canonicalization Scheme), within I-JSON (RFC 7493).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from qipan.kernel.errors import BadInputError

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
"""What can be entered in the log."""

WHOLE_MAX = 2**53 - 1
"""Largest whole number that every JSON reader keeps exactly."""


def canonical(value: Json) -> bytes:
    """Return the canonical JSON of a value.

    Raises
    ------
    BadInputError
        ``payload_not_canonical`` for fractions, whole numbers beyond ±(2**53 - 1), keys that are not text, broken
        text, and anything that is not JSON.

    Examples
    --------
    >>> canonical({"name": "中卫", "cards": 1300}).decode()
    '{"cards":1300,"name":"中卫"}'
    """
    try:
        return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise _refused(f"text with a lone surrogate at {error.start}") from error


def _ordered(value: object) -> object:
    match value:
        case None | bool() | str():
            return value
        case int():
            if abs(value) > WHOLE_MAX:
                raise _refused(f"the number {value}")
            return value
        case Mapping():
            wrong = [key for key in value if not isinstance(key, str)]
            if wrong:
                raise _refused(f"the key {wrong[0]!r}")
            # RFC 8785 orders keys by UTF-16 code units.
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return {key: _ordered(value[key]) for key in keys}
        case list() | tuple():
            return [_ordered(one) for one in value]
        case _:
            raise _refused(f"{value!r} of type {type(value).__name__}")


def _refused(found: str) -> BadInputError:
    return BadInputError(
        f"A payload must be text, whole numbers up to 2**53 - 1, booleans, null, lists and objects, was {found}.",
        code="payload_not_canonical",
        hint="Write a fraction as a whole number of a smaller unit, for example 1.5 kWh as 1500 Wh.",
    )
