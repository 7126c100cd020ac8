"""Write what is entered in the log: devices, rows of use and requests as canonical JSON.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Final

from qipan.certificates.model.certificate import Usage
from qipan.certificates.model.device import Device
from qipan.certificates.model.request import Certifying, Entered, Request
from qipan.log.canonical import canonical

DEVICE_KIND: Final = "certificate_device"
USAGE_KIND: Final = "certificate_usage"
REQUEST_KIND: Final = "certificate_request"
"""Kinds of the leaves of the log."""


def kind_of(request: Request | Certifying) -> str:
    """Return what a request asks, in one word.

    Examples
    --------
    >>> from qipan.certificates.model.request import Release
    >>> kind_of(Release("r", "a"))
    'release'
    """
    return type(request).__name__.lower()


def record(request: Request | Certifying) -> str:
    """Return a request in canonical JSON.

    Examples
    --------
    >>> from qipan.certificates.model.request import Release
    >>> record(Release("r", "a"))
    '{"allocation_id":"a","kind":"release","request_id":"r"}'
    """
    return canonical({"kind": kind_of(request), **_plain(asdict(request))}).decode()


def told(entered: Entered) -> dict[str, Any]:
    """Return the plain values of a request."""
    values: dict[str, Any] = json.loads(entered.record)
    return values


def request_record(entered: Entered) -> bytes:
    """Return what is entered of a request: all of it, and what came of it."""
    return canonical(_plain(asdict(entered)))


def device_record(device: Device) -> bytes:
    """Return what is entered of a device."""
    return canonical(_plain(asdict(device)))


def usage_record(usage: Usage) -> bytes:
    """Return what is entered of a row of use."""
    return canonical(_plain(asdict(usage)))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
