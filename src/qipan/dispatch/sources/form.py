"""Read a JSON file, plain or gzipped, into its written form; who asks says how it is refused."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from qipan.kernel.errors import BadInputError, Finding

FINDINGS_MOST: Final = 100
GZIP: Final = b"\x1f\x8b"
READ_BY: Final = {"qipan-instance-1": "qipan dispatch solve", "qipan-expansion-1": "qipan dispatch expand"}
"""What reads the files of each format."""

Form = TypeVar("Form", bound=BaseModel)
Wrong = Sequence[tuple[str, str]]
"""Where something breaks the form, and what."""


def read_form(
    form: type[Form],
    data: bytes,
    *,
    unreadable: Callable[[str], BadInputError],
    bad: Callable[[Wrong], BadInputError],
) -> Form:
    """Read a file into its form.

    Parameters
    ----------
    unreadable, bad
        Make the error for what is no JSON, and for JSON that breaks the form.

    Raises
    ------
    BadInputError
        What ``unreadable`` or ``bad`` makes.
    """
    try:
        text = gzip.decompress(data) if data.startswith(GZIP) else data
        return form.model_validate_json(text)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(f"cut short or damaged: {error}") from error
    except ValidationError as error:
        found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            raise unreadable(f"not: {found[0]['msg']}") from error
        other = _format_of(text)
        if other in READ_BY and any(one["loc"] == ("format",) for one in found):
            raise bad([("format", f"it is {other}, which `{READ_BY[other]}` reads")]) from error
        raise bad([(".".join(map(str, one["loc"])), one["msg"]) for one in found]) from error


def _format_of(text: bytes) -> str:
    """Return the format that a JSON file says it is of, nothing where it says none."""
    told = json.loads(text)
    return str(told.get("format", "")) if isinstance(told, dict) else ""


def findings_of(wrong: Wrong, rule: str) -> list[Finding]:
    """Return the first things that break a form, as findings."""
    return [Finding(0, where, rule, what) for where, what in wrong[:FINDINGS_MOST]]
