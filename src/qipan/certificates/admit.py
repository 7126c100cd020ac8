"""What devices, holders, rows of use and requests must be before they are entered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from qipan.certificates.issue import MOST_WH
from qipan.certificates.model.certificate import Usage
from qipan.certificates.model.device import Device
from qipan.certificates.model.month import Month
from qipan.kernel.errors import BadInputError

MOST_CAPACITY_W: Final = 10**12
"""Largest rated power of a device; more than any grid has."""

REGISTRY: Final = "registry"
"""Who issues; no holder bears this name."""

_HOLDER: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,19}")
_DEVICE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_REQUEST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,29}")
_USAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_ADCODE: Final = re.compile(r"[1-9][0-9]{5}")
_MOMENT: Final = timedelta(microseconds=1)


def check_device(device: Device) -> None:
    """Refuse a device that cannot be held to what it says.

    Raises
    ------
    BadInputError
        ``device_unfit``, ``holder_unfit``.
    """
    check_holder(device.owner)
    is_named = _DEVICE.fullmatch(device.device_id) and _ADCODE.fullmatch(device.adcode)
    is_dated = device.commissioned.tzinfo is not None
    if not is_named or not is_dated or not 1 <= device.capacity_w <= MOST_CAPACITY_W:
        raise BadInputError(
            f"A device must have a name of letters, figures and . _ -, an adcode of six figures, 1 to "
            f"{MOST_CAPACITY_W} W and a moment of commissioning with its zone, was {device.device_id!r} in "
            f"{device.adcode!r} with {device.capacity_w} W from {device.commissioned.isoformat()} on.",
            code="device_unfit",
            hint="Take them from the file of the plant's registration.",
        )


def check_holder(name: str) -> None:
    """Refuse a name that accounts and claims cannot stand under.

    Raises
    ------
    BadInputError
        ``holder_unfit``.
    """
    if not _HOLDER.fullmatch(name) or name == REGISTRY:
        raise BadInputError(
            f"A holder's name must be 1 to 20 small letters, figures and . _ -, not {REGISTRY}, was {name!r}.",
            code="holder_unfit",
            hint="Choose a name as east-1; a member of the market keeps the name it has there.",
        )


def check_request_id(request_id: str) -> None:
    """Refuse an id that cannot stand in the ids of all that follows from a request.

    Raises
    ------
    BadInputError
        ``request_id_malformed``.
    """
    if not _REQUEST.fullmatch(request_id):
        raise BadInputError(
            f"The id of a request must be 1 to 30 letters, figures and . _ -, was {request_id!r}.",
            code="request_id_malformed",
            hint="Choose a new id for each request, and send the same one again with it.",
        )


def check_usage(usage: Usage) -> None:
    """Refuse a row of use that cannot be covered.

    Raises
    ------
    BadInputError
        ``usage_unfit``, ``holder_unfit``.
    """
    check_holder(usage.consumer)
    start, end = usage.start, usage.end
    has_zone = start.tzinfo is not None and end.tzinfo is not None
    is_dated = has_zone and start < end and Month.of(end - _MOMENT) == usage.month
    if not is_dated or not _USAGE.fullmatch(usage.usage_id) or not 1 <= usage.wh <= MOST_WH:
        raise BadInputError(
            f"A row of use must have a name of letters, figures and . _ : -, at least 1 Wh, and lie in one month of "
            f"UTC+8, was {usage.usage_id!r} with {usage.wh} Wh from {start.isoformat()} to "
            f"{end.isoformat()}.",
            code="usage_unfit",
            hint="Divide what lies in two months, as the meter was read.",
        )
